"""
Classes of instances: which there are, and how much memory they have.

Memory follows from the letter and the size alone: docs.aws.amazon.com/AmazonRDS, "Hardware specifications for DB
instance classes". Which of them a region has for a version says
`aws rds describe-orderable-db-instance-options --engine postgres --engine-version …`.
"""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from modules.settings import mistake

_LETTERS = {
    "t": ("t3", "t4g"),
    "m": ("m5", "m6g", "m6i", "m7g", "m7i", "m8g"),
    "r": ("r5", "r6g", "r6i", "r7g", "r7i", "r8g"),
}
_LARGE_GIB = {"t": 8, "m": 8, "r": 16}
_SMALLER_GIB = {"micro": 1, "small": 2, "medium": 4}
_TIMES_LARGE = {"large": 1, "xlarge": 2, "2xlarge": 4, "4xlarge": 8, "8xlarge": 16, "12xlarge": 24, "16xlarge": 32}
_LARGEST_BURSTABLE = 4
_CLASS = re.compile(r"db\.(([tmr])[a-z0-9]+)\.([a-z0-9]+)")


def _check(name: str) -> str:
    found = _CLASS.fullmatch(name)
    families = [family for several in _LETTERS.values() for family in several]
    if found is None or found[1] not in families:
        raise mistake(f"must be a class such as db.t4g.micro, of the families {', '.join(families)}")
    sizes = _sizes(found[2])
    if found[3] not in sizes:
        raise mistake(f"must have one of the sizes {', '.join(sizes)} in the family {found[1]}")
    return name


InstanceClass = Annotated[
    str, AfterValidator(_check), Field(description="a class of instances for PostgreSQL, such as db.t4g.micro")
]


def memory_gib(instance_class: str) -> int:
    """
    Say how much memory a class has.

    >>> memory_gib("db.r7g.xlarge")
    32
    """
    letter, size = _parse(instance_class)
    return _sizes(letter)[size]


def is_burstable(instance_class: str) -> bool:
    """
    Say whether a class lives on CPU credits.

    >>> is_burstable("db.t3.micro")
    True
    """
    return _parse(instance_class)[0] == "t"


def _parse(instance_class: str) -> tuple[str, str]:
    _, family, size = instance_class.split(".")
    return family[0], size


def _sizes(letter: str) -> dict[str, int]:
    """Give the sizes of a family and their memory in GiB, the smallest first."""
    larger = {size: times * _LARGE_GIB[letter] for size, times in _TIMES_LARGE.items()}
    if letter != "t":
        return larger
    return _SMALLER_GIB | {size: gib for size, gib in larger.items() if _TIMES_LARGE[size] <= _LARGEST_BURSTABLE}
