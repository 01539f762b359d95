"""
What a pipeline plans but may not apply: the role that applies, the boundary of all others, the identity provider.

AWS refuses it (`modules/github/apply_permissions.py`), in the middle of an apply. So the plan is refused before.
"""

from collections.abc import Iterator
from typing import Any

_APPLY_ROLE = "-github-apply"
_BOUNDARY = "-boundary"


def changes_by_hand(document: dict[str, Any]) -> list[str]:
    """
    List the addresses of a plan's changes that the role which applies is denied.

    :param document: the plan, as `terraform show -json` has it
    :return: none for a stack that has no such role
    """
    changes = document.get("resource_changes", [])
    names = {str(value.get("name", "")) for change in changes for value in _values(change, "aws_iam_role")}
    if not any(name.endswith(_APPLY_ROLE) for name in names):
        return []
    changing = [one for one in changes if not {"no-op", "read"} & set(one["change"]["actions"])]
    return [one["address"] for one in changing if _is_denied(one)]


def _is_denied(change: dict[str, Any]) -> bool:
    return (
        change["type"] == "aws_iam_openid_connect_provider"
        or any(str(one.get("name", "")).endswith(_APPLY_ROLE) for one in _values(change, "aws_iam_role"))
        or any(str(one.get("role", "")).endswith(_APPLY_ROLE) for one in _values(change, "aws_iam_role_policy"))
        or any(str(one.get("name", "")).endswith(_BOUNDARY) for one in _values(change, "aws_iam_policy"))
    )


def _values(change: dict[str, Any], type_: str) -> Iterator[dict[str, Any]]:
    """Give what a resource of this type was and what it will be."""
    if change["type"] == type_:
        yield from (value for value in (change["change"].get("before"), change["change"].get("after")) if value)
