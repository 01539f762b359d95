"""Somewhere that a service's tasks may connect to, and no further."""

from typing import Annotated

from pydantic import Field, StringConstraints, field_validator

from modules.container.settings import Port
from modules.settings import Settings, mistake
from modules.types import Cidr

RuleDescription = Annotated[
    str,
    StringConstraints(pattern=r"^[a-zA-Z0-9 ._:/()#,@\[\]+=&;!*-]{1,255}$"),
    Field(description="1 to 255 letters, digits, spaces and ._-:/()#,@[]+=&;!*"),
]
"""EC2 API, IpRange.Description, less what Terraform takes for an expression."""


class DestinationSettings(Settings):
    """A TCP port in some networks, such as that of a message broker."""

    description: RuleDescription
    """What is there, for whoever reads the security group's rules."""

    port: Port
    cidrs: Annotated[list[Cidr], Field(min_length=1)]
    """The networks. For a port that is to be reached anywhere there is `outbound_ports`."""

    @field_validator("cidrs")
    @classmethod
    def _names_each_once(cls, cidrs: list[str]) -> list[str]:
        if len(set(cidrs)) != len(cidrs):
            raise mistake("must name each network once")
        return cidrs
