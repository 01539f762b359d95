"""Ministack itself: what its service modules speak, and what it must not do here."""

from typing import Any

from ministack import app  # type: ignore[import-untyped]
from ministack.core import router  # type: ignore[import-untyped]

Params = dict[str, Any]
"""The parameters of a query call."""

Response = tuple[int, dict[str, str], bytes]
"""Status, headers and body."""


def members(params: Params, name: str, infix: str = ".member") -> list[str]:
    """Read a list parameter of a query call: `name.member.1` and so on, or `name.1` with an empty infix."""
    values: list[str] = []
    while value := params.get(f"{name}{infix}.{len(values) + 1}"):
        values.append(value[0] if isinstance(value, list) else value)
    return values


def collect_scripts(*_folders: str) -> list[str]:
    """Run no init scripts, whatever lies in the well-known folders of the machine."""
    return []


def is_aws_service_name(_name: str) -> bool:
    """Take every signed service for one. The stock function reads all models of botocore, which takes seconds."""
    return True


def apply() -> None:
    """Patch the server around the services."""
    app._collect_scripts = collect_scripts
    router._is_aws_service_name = is_aws_service_name
