"""Physical names: the one place that knows how long AWS lets a name be."""

import hashlib
from typing import Literal

Kind = Literal["bucket", "load_balancer", "role", "target_group"]

_LONGEST: dict[Kind, int] = {
    "bucket": 63,
    "load_balancer": 32,
    "role": 64,
    "target_group": 32,
}
"""Characters: S3 "Bucket naming rules"; ELBv2 CreateLoadBalancer, CreateTargetGroup; IAM CreateRole."""

_HASH_LENGTH = 6


def physical_name(kind: Kind, *parts: str) -> str:
    """
    Join the parts with hyphens; a name that is too long is cut, and ends in a hash of all of it so as to stay unique.

    >>> physical_name("target_group", "nocomelon", "dev")
    'nocomelon-dev'
    """
    name = "-".join(parts)
    return name if len(name) <= _LONGEST[kind] else _cut(kind, name, name)


def generation_name(kind: Kind, *parts: str, replaced_by: tuple[object, ...]) -> str:
    """
    Name a resource that is created anew before its predecessor is destroyed, when both need a name.

    :param replaced_by: every attribute whose change replaces the resource; a change of one changes the name
    """
    name = "-".join(parts)
    return _cut(kind, name, f"{name} {replaced_by!r}")


def _cut(kind: Kind, name: str, hashed: str) -> str:
    suffix = hashlib.sha256(hashed.encode()).hexdigest()[:_HASH_LENGTH]
    return f"{name[: _LONGEST[kind] - _HASH_LENGTH - 1].rstrip('-')}-{suffix}"
