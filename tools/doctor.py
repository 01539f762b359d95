"""`infra doctor`: what stands between a stack and its deployment, found before Terraform trips over it."""

import shutil
from typing import Annotated

import typer

from tools import state, terraform
from tools.console import out
from tools.errors import InfraError
from tools.project import load_stack, synthesize


def command(stack: Annotated[str, typer.Argument(help="The stack that is to be deployed.")]) -> None:
    """Check tools, settings, credentials, account, state bucket, lock and provider; stop at the first fault."""
    _say("terraform", terraform.executable())
    _say("cdktf", _cdktf())
    synthesize()
    wanted = load_stack(stack)
    _say("settings", f"{stack} in account {wanted.account_id}, {wanted.region}")
    state.check_bucket(wanted, report=lambda *_: None)
    _say("state", f"{wanted.state_bucket} is ours and as it must be")
    state.check_lock(wanted)
    _say("lock", "nobody holds it")
    terraform.Terraform(wanted).init()
    _say("provider", f"hashicorp/aws {wanted.provider_version}")


def _say(name: str, found: str) -> None:
    out.print(f"[green]ok[/green]  {name:<10}{found}")


def _cdktf() -> str:
    for program in ("node", "cdktf"):
        if shutil.which(program) is None:
            raise InfraError(f"{program} is not on the PATH: run make setup, then source .venv/bin/activate")
    return str(shutil.which("cdktf"))
