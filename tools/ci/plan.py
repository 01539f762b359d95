"""
A plan that one job writes and another one applies, after somebody has read it. `docs/decisions/0011-pipelines.md`.

A plan file is a zip of the configuration, the whole state as it was and as it will be, and the variables, in clear text
(developer.hashicorp.com/terraform, "Manage sensitive data"). So it is looked through before it may leave the machine.
"""

import hashlib
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools import terraform
from tools.ci.by_hand import changes_by_hand
from tools.console import err
from tools.environment import applied
from tools.errors import InfraError
from tools.project import Stack

_LOCK_TIMEOUT = "-lock-timeout=10m"
"""How long another apply, or a person's, is waited for."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A plan in a file."""

    changes: list[str]
    """The addresses of the resources and outputs that it changes."""

    text: str
    """As Terraform shows it to people."""

    sha256: str


def write(stack: Stack, path: Path) -> Plan:
    """
    Plan a stack into a file.

    :raises InfraError: Terraform failed, or the plan must be applied by a person; then there is no file
    """
    engine = terraform.Terraform(stack)
    engine.init()
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.resolve()
    changes = engine.plan(str(file), _LOCK_TIMEOUT)
    document = json.loads(_show(stack, file, "-json"))
    refusals = {
        "holds values that must not leave this machine": sorted(set(sensitive_values(document))),
        "changes what the role that applies may not touch": changes_by_hand(document),
    }
    for reason, found in refusals.items():
        if found:
            file.unlink()
            raise InfraError(
                f"stack {stack.name!r}: the plan {reason} ({', '.join(found)}): "
                f"apply it by hand, cdktf deploy {stack.name}"
            )
    return Plan(changes=changes, text=_show(stack, file), sha256=_digest(file))


def apply(stack: Stack, path: Path, sha256: str) -> None:
    """
    Apply the plan in a file, and no other: Terraform refuses it when the state has changed since.

    :param sha256: that of the file which was approved
    :raises InfraError: it is another file, or Terraform failed
    """
    try:
        got = _digest(path)
    except FileNotFoundError:
        raise InfraError(f"{path} does not exist: plan again") from None
    if got != sha256:
        raise InfraError(f"{path}: the SHA-256 is {got}: must be {sha256}, that of the plan which was approved")
    engine = terraform.Terraform(stack)
    engine.init()
    with applied({"TF_CLI_ARGS_apply": _LOCK_TIMEOUT}):
        engine.apply(str(path.resolve()), report=lambda message: err.print(message["@message"], markup=False))


def sensitive_values(document: dict[str, Any]) -> Iterator[str]:
    """List where a plan, as JSON, holds something that Terraform calls sensitive: resources, outputs and variables."""
    for state in ("prior_state", "planned_values"):
        values = document.get(state, {})
        values = values.get("values", values)
        yield from _of_module(values.get("root_module", {}))
        for name, output in values.get("outputs", {}).items():
            if output.get("sensitive") and output.get("value") not in (None, ""):
                yield f"output.{name}"
    for name, variable in document.get("configuration", {}).get("root_module", {}).get("variables", {}).items():
        if variable.get("sensitive"):
            yield f"var.{name}"


def _of_module(module: dict[str, Any]) -> Iterator[str]:
    for resource in module.get("resources", []):
        values = resource.get("values", {})
        for path in _marked(values, resource.get("sensitive_values", {})):
            yield f"{resource['address']}.{path}"
    for child in module.get("child_modules", []):
        yield from _of_module(child)


def _marked(value: Any, mark: Any, path: str = "") -> Iterator[str]:  # noqa: ANN401 any JSON
    """Walk through a value and what marks it: True for sensitive, or the same shape again."""
    if mark is True:
        if value not in (None, "", [], {}):
            yield path
    elif isinstance(mark, dict) and isinstance(value, dict):
        for key, below in mark.items():
            yield from _marked(value.get(key), below, f"{path}.{key}" if path else key)
    elif isinstance(mark, list) and isinstance(value, list):
        for index, (item, below) in enumerate(zip(value, mark, strict=False)):
            yield from _marked(item, below, f"{path}[{index}]")


def _show(stack: Stack, file: Path, *arguments: str) -> str:
    result = subprocess.run(  # noqa: S603 Terraform with our own arguments
        [terraform.executable(), "show", "-no-color", *arguments, str(file)],
        cwd=stack.directory,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise InfraError(f"terraform show: {terraform.explain(result.stderr or result.stdout)}")
    return result.stdout


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
