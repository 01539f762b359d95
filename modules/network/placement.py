"""Where in a network something runs."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Subnets of one kind in one VPC: references that always travel together."""

    vpc_id: str
    subnet_ids: Sequence[str]
    assign_public_ip: bool = False
    """Whether tasks get public addresses, which they need in a public subnet to reach anything."""
