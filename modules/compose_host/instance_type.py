"""
Types of machines for hosts: which there are, and what each has.

docs.aws.amazon.com/ec2, Instance Types guide, "Specifications for Amazon EC2 general purpose instances". The nano is
left out: it has no more than the 512 MiB that the host itself needs.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from modules.settings import mistake

Architecture = Literal["X86_64", "ARM64"]
"""As ECS writes it, so that it can be compared with what a service's image is built for."""

_ARCHITECTURES: dict[str, Architecture] = {"t3": "X86_64", "t4g": "ARM64"}
_MEMORY_MIB = {
    "micro": 1024,
    "small": 2048,
    "medium": 4096,
    "large": 8192,
    "xlarge": 16384,
    "2xlarge": 32768,
}


def _check(name: str) -> str:
    family, _, size = name.partition(".")
    if family not in _ARCHITECTURES:
        raise mistake(f"must be an instance type such as t3.medium, of the families {', '.join(_ARCHITECTURES)}")
    if size not in _MEMORY_MIB:
        raise mistake(f"must have one of the sizes {', '.join(_MEMORY_MIB)} in the family {family}")
    return name


InstanceType = Annotated[
    str, AfterValidator(_check), Field(description="an instance type of the families t3 and t4g, such as t3.medium")
]


def host_memory_mib(instance_type: str) -> int:
    """
    Say how much memory a type has, of which the kernel keeps a little for itself.

    >>> host_memory_mib("t3.medium")
    4096
    """
    return _MEMORY_MIB[instance_type.partition(".")[2]]


def architecture(instance_type: str) -> Architecture:
    """
    Say what a type's images must be built for.

    >>> architecture("t4g.small")
    'ARM64'
    """
    return _ARCHITECTURES[instance_type.partition(".")[0]]
