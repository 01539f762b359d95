"""Which values a stack has, as its output `secrets` says."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.errors import InfraError
from tools.project import Stack

OUTPUT = "secrets"
"""The output of a stack: `{"<name>": {"secret": "<physical name>", "key": "<key>", "generated": false}}`, literals."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One value and where it lies."""

    name: str
    secret: str
    """The physical name of the secret."""

    key: str | None
    """The key in the JSON object that the secret holds; None when the secret holds the value alone."""

    generated: bool
    """Whether any random value will do."""


def read_entries(stack: Stack) -> dict[str, Entry]:
    """
    List the values of a synthesized stack by their names.

    :raises InfraError: it has none
    """
    document: dict[str, Any] = json.loads((stack.directory / "cdk.tf.json").read_text())
    output = document.get("output", {}).get(OUTPUT)
    if not output or not output["value"]:
        raise InfraError(f"stack {stack.name!r} has no secrets: it has no output {OUTPUT!r}")
    return {
        # Terraform JSON leaves out a key that is null.
        name: Entry(name=name, secret=one["secret"], key=one.get("key"), generated=one["generated"])
        for name, one in output["value"].items()
    }


def find_entry(entries: Mapping[str, Entry], name: str) -> Entry:
    """
    Find a value by its name.

    :raises InfraError: there is none; the message lists those that are
    """
    if name not in entries:
        raise InfraError(f"unknown secret {name!r}: must be one of {', '.join(entries)}")
    return entries[name]
