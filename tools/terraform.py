"""Terraform: which one, with which variables, and one run of it with its progress and its errors."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tools.errors import InfraError
from tools.project import CACHE, Stack
from tools.setup.terraform import OLDEST, terraform_version

PLUGIN_MIRROR = "TF_PLUGIN_MIRROR"
"""The variable that names a folder of providers in the layout of a filesystem mirror, for use without a registry."""

_CLI_CONFIG = "TF_CLI_CONFIG_FILE"
_AWS_PROVIDER = Path("registry.terraform.io/hashicorp/aws")


def executable() -> str:
    """
    Find Terraform on the PATH.

    :raises InfraError: there is none, or it is too old
    """
    found = shutil.which("terraform")
    wanted = ".".join(str(part) for part in OLDEST)
    if found is None:
        raise InfraError(f"terraform is not on the PATH: run make setup, which brings it, or install {wanted} or newer")
    version = terraform_version(Path(found))
    if version == (0,):
        raise InfraError(f"{found} does not say that it is Terraform: run make setup, or install {wanted} or newer")
    if version < OLDEST:
        shown = ".".join(str(part) for part in version)
        raise InfraError(f"{found} is Terraform {shown}: must be {wanted} or newer; make setup brings one")
    return found


def environment() -> dict[str, str]:
    """
    List the variables that Terraform and cdktf need beside those of the shell, as `tools.environment` takes them.

    :raises InfraError: the mirror is not one
    """
    variables = {"CHECKPOINT_DISABLE": "1"}
    mirror = os.environ.get(PLUGIN_MIRROR)
    if mirror:
        variables |= _mirror_environment(Path(mirror))
    elif _CLI_CONFIG in os.environ and not Path(os.environ[_CLI_CONFIG]).exists():
        # Terraform would print a warning about the missing file into every output.
        variables[_CLI_CONFIG] = ""
    return variables


def _mirror_environment(mirror: Path) -> dict[str, str]:
    versions = [path.name for path in (mirror / _AWS_PROVIDER).glob("[0-9]*") if path.is_dir()]
    if not versions:
        raise InfraError(f"{PLUGIN_MIRROR}={mirror} holds no {_AWS_PROVIDER}: must be a Terraform filesystem mirror")
    newest = max(versions, key=lambda version: [int(part) for part in re.findall(r"\d+", version)])
    CACHE.mkdir(exist_ok=True)
    config = CACHE / "terraform.rc"
    text = f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror.resolve()}"\n  }}\n}}\n'
    if not config.exists() or config.read_text() != text:
        config.write_text(text)
    return {
        _CLI_CONFIG: str(config),
        "CDKTF_SKIP_PROVIDER_LOCK": "true",  # cdktf's lock command asks the registry
        "CDKTF_CONTEXT_JSON": json.dumps({"aws_provider_version": newest}),
    }


class Terraform:
    """Terraform in one stack's folder, without questions asked."""

    def __init__(self, stack: Stack) -> None:
        """:raises InfraError: there is no Terraform, or it is too old"""
        self._directory = stack.directory
        self._executable = executable()

    def init(self) -> None:
        """:raises InfraError: the state or a provider cannot be had."""
        self._run("init", "-input=false", "-no-color", "-reconfigure")

    def plan(self, plan: str, *arguments: str) -> list[str]:
        """
        Write a plan.

        :return: the addresses of the resources and outputs that would change
        :raises InfraError: Terraform failed
        """
        changes = []
        for message in self._stream("plan", f"-out={plan}", *arguments):
            if message["type"] == "planned_change" and message["change"]["action"] != "read":
                changes.append(message["change"]["resource"]["addr"])
            if message["type"] == "outputs":
                outputs = message["outputs"].items()
                changes += [f"output.{name}" for name, output in outputs if output.get("action", "noop") != "noop"]
        return changes

    def apply(self, plan: str, *, report: Callable[[dict[str, Any]], None]) -> None:
        """
        Apply a plan.

        :param report: gets every message of Terraform's machine-readable output
        :raises InfraError: Terraform failed
        """
        for message in self._stream("apply", plan):
            report(message)

    def output(self) -> dict[str, Any]:
        """Read the values of the stack's outputs."""
        document = json.loads(self._run("output", "-json", "-no-color"))
        return {name: output["value"] for name, output in document.items()}

    def resources(self) -> list[str]:
        """List the addresses in the state, data sources left out."""
        addresses = self._run("state", "list").split()
        return [address for address in addresses if not address.startswith("data.")]

    def _run(self, *arguments: str) -> str:
        result = subprocess.run(  # noqa: S603 Terraform with our own arguments
            [self._executable, *arguments],
            cwd=self._directory,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode != 0:
            raise InfraError(f"terraform {arguments[0]}: {explain(result.stderr or result.stdout)}")
        return result.stdout

    def _stream(self, verb: str, *arguments: str) -> Iterator[dict[str, Any]]:
        command = [self._executable, verb, "-json", "-input=false", *arguments]
        errors: list[str] = []
        with subprocess.Popen(  # noqa: S603 Terraform with our own arguments
            command,
            cwd=self._directory,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            for line in process.stdout or ():
                try:
                    message = json.loads(line)
                except ValueError:
                    errors.append(line.strip())
                    continue
                if message["type"] == "diagnostic" and message["@level"] == "error":
                    errors.append(_diagnosis(message["diagnostic"]))
                yield message
        if process.returncode != 0:
            raise InfraError(f"terraform {verb}: {explain('; '.join(errors)) or f'exit code {process.returncode}'}")


def _diagnosis(diagnostic: dict[str, Any]) -> str:
    place = f"{diagnostic['address']}: " if diagnostic.get("address") else ""
    text = " ".join(f"{diagnostic['summary']}: {diagnostic.get('detail', '')}".split())
    return f"{place}{text}"


_EXPLANATIONS = {
    # What the credentials and the bucket say comes first: Terraform also reports it as a lock that it did not get.
    "ExpiredToken": "the AWS credentials have expired: sign in again",
    "No valid credential sources": "there are no AWS credentials: sign in, or set AWS_PROFILE",
    "account ID not allowed": "the credentials are of another account than the stack's",
    "NoSuchBucket|S3 bucket .* does not exist": "the state bucket does not exist: run infra state bootstrap",
    "Error acquiring the state lock.*(PreconditionFailed|StatusCode: 412)": (
        "the state is locked by another run: wait for it, or see infra doctor"
    ),
    "no available releases match the given constraints": (
        f"there is no such version of the provider: see aws_provider_version, or what {PLUGIN_MIRROR} holds"
    ),
    "could not query provider registry|could not connect to|Failed to query available provider packages": (
        f"the provider registry is out of reach: set {PLUGIN_MIRROR} to a folder that holds the provider"
    ),
}


def explain(output: str) -> str:
    """Turn what Terraform printed into one line: the explanation of a failure that is known, else its own words."""
    words = " ".join(re.sub(r"[│╷╵]", " ", output).split())
    for pattern, explanation in _EXPLANATIONS.items():
        if re.search(pattern, words):
            return explanation
    return words.removeprefix("Error: ")
