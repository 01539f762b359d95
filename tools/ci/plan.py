"""
A plan that one job writes and another one applies, after somebody has read it. `docs/decisions/0011-pipelines.md`.

A plan file is a zip of the configuration, the whole state as it was and as it will be, and the variables, in clear text
(developer.hashicorp.com/terraform, "Manage sensitive data"). So it is looked through before it may leave the machine.
One that holds something sensitive stays, and what Terraform shows of it goes: the other job plans again, and applies
that if it reads the same, letter by letter.
"""

import hashlib
import json
import subprocess
import tempfile
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


_TEXT_ALONE = "Not a plan but what Terraform shows of it, because it holds sensitive values.\n\n"
"""How a file begins that says what is to be applied, and cannot be applied itself."""


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
    Plan a stack into a file; of a plan that holds sensitive values only the text goes there.

    :raises InfraError: Terraform failed, or the plan must be applied by a person; then there is no file
    """
    engine = terraform.Terraform(stack)
    engine.init()
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.resolve()
    changes = engine.plan(str(file), _LOCK_TIMEOUT)
    document = json.loads(_show(stack, file, "-json"))
    if by_hand := changes_by_hand(document):
        file.unlink()
        raise InfraError(
            f"stack {stack.name!r}: the plan changes what the role that applies may not touch ({', '.join(by_hand)}): "
            f"apply it by hand, cdktf deploy {stack.name}"
        )
    text = _show(stack, file)
    if found := sorted(set(sensitive_values(document))):
        err.print(f"only the text is kept, because the plan holds {', '.join(found)}", markup=False)
        file.write_text(_TEXT_ALONE + text)
    return Plan(changes=changes, text=text, sha256=_digest(file))


def apply(stack: Stack, path: Path, sha256: str) -> None:
    """
    Apply the plan in a file, and no other: Terraform refuses it when the state has changed since.

    Where the file is the text of a plan, it is planned again.

    :param sha256: that of the file which was approved
    :raises InfraError: it is another file, the new plan reads otherwise than the approved one, or Terraform failed
    """
    try:
        got = _digest(path)
    except FileNotFoundError:
        raise InfraError(f"{path} does not exist: plan again") from None
    if got != sha256:
        raise InfraError(f"{path}: the SHA-256 is {got}: must be {sha256}, that of the plan which was approved")
    engine = terraform.Terraform(stack)
    engine.init()
    with path.open("rb") as file:
        is_text = file.read(len(_TEXT_ALONE)) == _TEXT_ALONE.encode()
    if is_text:
        _apply_what_reads(stack, engine, path.read_text())
    else:
        _apply(engine, path)


def _apply_what_reads(stack: Stack, engine: terraform.Terraform, text: str) -> None:
    """Plan again, into a file that does not leave this machine, and apply it if it reads like this."""
    with tempfile.TemporaryDirectory(prefix="plan-") as folder:
        again = Path(folder) / "again.tfplan"
        engine.plan(str(again), _LOCK_TIMEOUT)
        if _TEXT_ALONE + _show(stack, again) != text:
            raise InfraError(f"stack {stack.name!r}: the plan is another one by now than what was approved: plan again")
        _apply(engine, again)


def _apply(engine: terraform.Terraform, path: Path) -> None:
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
