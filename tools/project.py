"""Where things lie in the project, and how its environments become Terraform JSON."""

import json
import os
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tools.errors import InfraError

ROOT = Path(__file__).resolve().parent.parent

CACHE = ROOT / ".cache"
"""What the tools make and may lose: downloads, the state of local AWS, its logs. Ignored by git."""

OUTPUT = ROOT / "cdktf.out"


@dataclass(frozen=True, kw_only=True)
class Stack:
    """One synthesized environment, as `infra` sees it: what its Terraform JSON says, and nothing else."""

    name: str
    directory: Path
    """The folder that holds `cdk.tf.json`; Terraform runs here."""

    account_id: str
    region: str
    state_bucket: str
    state_key: str
    provider_version: str


CONTEXT = "CDKTF_CONTEXT_JSON"
"""The variable through which CDKTF's context reaches the app."""


def synthesize(output: Path = OUTPUT, context: Mapping[str, str] = MappingProxyType({})) -> None:
    """
    Run the app of `cdktf.json`, which writes the Terraform JSON.

    :param context: keys of the CDKTF context, beside those that the environment gives it
    :raises InfraError: the app failed; the message is what it printed
    """
    configuration = json.loads((ROOT / "cdktf.json").read_text())
    keys = json.loads(os.environ.get(CONTEXT, "{}")) | dict(context)
    variables = os.environ | {"CDKTF_OUTDIR": str(output), CONTEXT: json.dumps(keys)}
    output.mkdir(parents=True, exist_ok=True)
    result = subprocess.run(  # noqa: S603 the command is the project's own
        shlex.split(configuration["app"]), cwd=ROOT, env=variables, capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        raise InfraError((result.stderr or result.stdout).strip())


def load_stack(name: str, output: Path = OUTPUT) -> Stack:
    """
    Read one synthesized stack.

    :raises InfraError: no stack has this name
    """
    names = stack_names(output)
    if name not in names:
        raise InfraError(f"unknown stack {name!r}: must be one of {', '.join(names)}")
    directory = output / "stacks" / name
    document: dict[str, Any] = json.loads((directory / "cdk.tf.json").read_text())
    (provider,) = (block for block in document["provider"]["aws"] if "alias" not in block)
    (account_id,) = provider["allowed_account_ids"]
    backend = document["terraform"]["backend"]["s3"]
    return Stack(
        name=name,
        directory=directory,
        account_id=account_id,
        region=provider["region"],
        state_bucket=backend["bucket"],
        state_key=backend["key"],
        provider_version=document["terraform"]["required_providers"]["aws"]["version"],
    )


def stack_names(output: Path = OUTPUT) -> list[str]:
    """
    List the synthesized stacks, in the order of `main.py`.

    :raises InfraError: nothing was synthesized yet
    """
    try:
        return list(json.loads((output / "manifest.json").read_text())["stacks"])
    except FileNotFoundError:
        raise InfraError(f"{output.name} holds no stacks: run cdktf synth") from None
