"""
What exists in an account, found in the emulators' memory without knowing their services.

Every ministack service keeps its things in dictionaries scoped by account, and every moto backend in plain ones, so
walking them finds whatever a stack left behind, also of services that this project does not use yet. What AWS itself
keeps or forgets is left out by the rules below; whatever no rule knows is reported.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterator
from types import ModuleType
from typing import Any, NamedTuple

from ministack.core.responses import (  # type: ignore[import-untyped]
    AccountRegionScopedDict,
    AccountScopedDict,
)
from moto.core.base_backend import BackendDict

from tools.local.gateway import MOTO_SERVICES

PREFIX = "ministack.services."

HISTORY = re.compile(
    r"cloudwatch/(?:metrics|alarm_history)|codedeploy/deployments|s3/(?:bucket|object)_\w+|ssm/commands|"
    r"\w+/(?:\w*tags|changes|events|operations)"
)
"""Stores of what happened and of what hangs on a thing: no AWS call deletes these."""

DEFAULT = re.compile(r"ec2/\w+/[a-z]+-0000000\d|\w+/\w+/default(?:\..+)?")
"""The default VPC and what belongs to it, which have the same ids in every account; default buses and groups."""

GONE = {"deleted", "deregistered", "disassociated", "inactive", "stopped", "terminated"}
"""States in which AWS still shows a thing that is no more, for a while."""

STATES = ("status", "Status", "lastStatus", "State", "state")

PENDING = ("DeletedDate", "DeletionDate")
"""What a secret and a key carry while their recovery window runs: they block their name, so they count."""


class Thing(NamedTuple):
    """One entry of one store."""

    account: str
    region: str
    """Empty in a global service."""
    name: str
    value: Any


def accounts() -> dict[str, int]:
    """Count what each account holds, in all regions."""
    return dict(Counter(thing.account for thing in _things()))


def take(account: str, region: str) -> list[str]:
    """List `service/store/id` of what an account holds in a region and in its global services."""
    found = (thing for thing in _things() if thing.account == account and thing.region in {region, ""})
    return sorted(thing.name + (" (pending deletion)" if _is_pending(thing.value) else "") for thing in found)


def _things() -> Iterator[Thing]:
    for thing in (*_ministack(), *_moto()):
        store = "/".join(thing.name.split("/")[:2])
        if _is_thing(thing.value) and not HISTORY.fullmatch(store) and not DEFAULT.fullmatch(thing.name):
            yield thing


def _is_thing(value: object) -> bool:
    if not value or isinstance(value, int | float):  # an empty list or a counter
        return False
    return not isinstance(value, dict) or not any(_is_gone(value.get(key)) for key in STATES)


def _is_gone(state: object) -> bool:
    if isinstance(state, dict):  # an instance of EC2's: a stopped one is still there
        return bool(state.get("Name") == "terminated")
    return str(state).lower() in GONE


def _is_pending(value: object) -> bool:
    return isinstance(value, dict) and any(value.get(key) for key in PENDING)


def _ministack() -> Iterator[Thing]:
    for module in list(sys.modules.values()):
        if not isinstance(module, ModuleType) or not module.__name__.startswith(PREFIX):
            continue
        for name, store in list(vars(module).items()):
            path = f"{module.__name__.removeprefix(PREFIX)}/{name.strip('_')}"
            if isinstance(store, AccountRegionScopedDict):
                for (account, region, key), value in list(store._data.items()):
                    yield Thing(account, region, f"{path}/{key}", value)
            elif isinstance(store, AccountScopedDict):
                for (account, key), value in list(store._data.items()):
                    yield Thing(account, "", f"{path}/{key}", value)


def _moto() -> Iterator[Thing]:
    used: list[Any] = BackendDict._instances  # type: ignore[misc]
    for backends in (each for each in used if each.service_name in MOTO_SERVICES.values()):
        for account, regions in backends.items():
            for region, backend in regions.items():
                for path, value in _leaves(backends.service_name, vars(backend)):
                    yield Thing(account, region, path, value)


def _leaves(path: str, node: object) -> Iterator[tuple[str, object]]:
    """Walk dictionaries and lists down to the objects in them, leaving out the backend's own helpers."""
    if isinstance(node, dict):
        children = list(node.items())
    elif isinstance(node, list):
        children = list(enumerate(node))
    else:
        if path.count("/") > 1:
            yield path, node
        return
    for key, child in children:
        yield from _leaves(f"{path}/{key}", child)
