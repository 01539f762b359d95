"""A target group, as those who only refer to it see it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class TargetGroup:
    """References to one target group that always travel together."""

    name: str
    arn: str
    arn_suffix: str
    """What CloudWatch calls the target group: the dimension `TargetGroup`."""
