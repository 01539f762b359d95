"""The gate: which of checkov's findings are accepted, and whether checkov looked at all."""

import json
import subprocess
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tools.console import err, out
from tools.errors import InfraError
from tools.project import CACHE, OUTPUT, synthesize

ALLOW_LIST = Path(__file__).with_name("allow.toml")
CHECKOV = CACHE / "checkov" / "bin" / "checkov"


Names = Annotated[list[str], Field(min_length=1)]


class Allowed(BaseModel):
    """Findings of one check that are accepted, each resource in each of the stacks, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    check: str
    resources: Names
    stacks: Names
    reason: Annotated[str, Field(min_length=10)]


class AllowList(BaseModel):
    """The allow-list file: the accepted findings, and how many checks ran on each stack when it was written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    floor: dict[str, int]
    allow: list[Allowed]


@dataclass(frozen=True, order=True, kw_only=True)
class Finding:
    """One failed check on one resource of one stack."""

    stack: str
    resource: str
    check: str
    description: str


@dataclass(frozen=True, kw_only=True)
class Scan:
    """What checkov said of a folder of stacks."""

    findings: list[Finding]
    checks: dict[str, int]
    """How many checks ran on each stack."""

    parsing_errors: int


def read_allow_list(path: Path = ALLOW_LIST) -> AllowList:
    """:raises InfraError: the file is not an allow list."""
    try:
        return AllowList.model_validate(tomllib.loads(path.read_text()))
    except (ValidationError, tomllib.TOMLDecodeError) as error:
        raise InfraError(f"{path.name}: {error}") from None


def scan(output: Path = OUTPUT) -> Scan:
    """
    Let checkov look at every stack of a folder.

    :raises InfraError: checkov is missing or failed
    """
    if not CHECKOV.exists():
        raise InfraError("checkov is not installed: run make setup")
    command = [str(CHECKOV), "-d", str(output), "--framework", "terraform_json", "--skip-download", "--output", "json"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 the pinned checkov
    try:
        report = json.loads(result.stdout)
        results = report["results"]
    except (ValueError, KeyError, TypeError):
        raise InfraError(f"checkov scanned nothing: {(result.stderr or result.stdout).strip()[-500:]}") from None
    documents = {path.parent.name: json.loads(path.read_text()) for path in output.glob("stacks/*/cdk.tf.json")}
    return Scan(
        findings=sorted({_finding(failed, documents) for failed in results["failed_checks"]}),
        checks=Counter(_stack(check) for outcome in ("passed_checks", "failed_checks") for check in results[outcome]),
        parsing_errors=report["summary"]["parsing_errors"],
    )


def judge(scanned: Scan, allowed: AllowList, stacks: list[str]) -> list[str]:
    """List everything that is wrong with a scan of these stacks; nothing when it passes."""
    accepted = {
        (stack, resource, entry.check)
        for entry in allowed.allow
        for stack in entry.stacks
        for resource in entry.resources
    }
    found = {(finding.stack, finding.resource, finding.check) for finding in scanned.findings}
    faults = [f"{scanned.parsing_errors} files could not be parsed"] if scanned.parsing_errors else []
    for stack in stacks:
        ran, floor = scanned.checks.get(stack, 0), allowed.floor.get(stack)
        if floor is None:
            faults.append(f"{stack}: has no floor in {ALLOW_LIST.name}; {ran} checks ran")
        elif ran < floor:
            faults.append(f"{stack}: only {ran} checks ran: must be at least {floor}")
    faults += [
        f"{finding.stack}: {finding.resource}: {finding.check} {finding.description}"
        for finding in scanned.findings
        if (finding.stack, finding.resource, finding.check) not in accepted
    ]
    faults += [
        f"{stack}: {resource}: {check} is in {ALLOW_LIST.name} but finds nothing: remove it"
        for stack, resource, check in sorted(accepted - found)
    ]
    return faults


def _stack(check: dict[str, Any]) -> str:
    return Path(check["file_path"]).parent.name


def _finding(check: dict[str, Any], documents: dict[str, Any]) -> Finding:
    stack = _stack(check)
    return Finding(
        stack=stack,
        resource=_address(check["resource"], documents[stack]),
        check=check["check_id"],
        description=check["check_name"],
    )


def _address(resource: str, document: dict[str, Any]) -> str:
    """Give a resource its Terraform address: of some, checkov names only `resource.<id>`."""
    kind, _, id_ = resource.partition(".")
    if kind != "resource":
        return resource
    return " or ".join(f"{type_}.{id_}" for type_, blocks in document["resource"].items() if id_ in blocks)


def command(
    output: Annotated[Path | None, typer.Option(help="A folder of synthesized stacks; default: synthesize.")] = None,
) -> None:
    """Scan the Terraform JSON with checkov; fail on a finding that the allow list does not accept."""
    if output is None:
        synthesize()
        output = OUTPUT
    stacks = sorted(path.parent.name for path in output.glob("stacks/*/cdk.tf.json"))
    scanned = scan(output)
    faults = judge(scanned, read_allow_list(), stacks)
    for fault in faults:
        err.print(fault, markup=False)
    if faults:
        raise InfraError(f"security scan: {len(faults)} things to mend")
    out.print(
        f"{sum(scanned.checks.values())} checks on {', '.join(stacks)}: {len(scanned.findings)} findings, all accepted"
    )
