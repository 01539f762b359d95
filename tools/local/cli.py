"""`infra local`: local AWS from the command line."""

import time
from typing import Annotated

import typer

from tools import terraform
from tools.console import err, out
from tools.environment import applied, export_lines
from tools.errors import InfraError
from tools.local import control
from tools.project import Stack, load_stack, stack_names, synthesize

app = typer.Typer(
    name="local",
    help="An AWS control plane on this machine, on the loopback interface only. No Docker, no account.",
    no_args_is_help=True,
)


@app.command()
def up(
    port: Annotated[int | None, typer.Option(help="Take this port or fail; else 4566 or the next free one.")] = None,
) -> None:
    """Start local AWS, unless it runs, and wait until it answers."""
    before = control.status(control.DIRECTORY)
    local = control.up(control.DIRECTORY, port)
    err.print(f"local AWS {'already runs' if local == before else 'runs'} at {local.url} (log: {local.log})")


@app.command()
def down() -> None:
    """Stop local AWS. Everything in it is gone, and nothing keeps running."""
    err.print("local AWS stopped" if control.down(control.DIRECTORY) else "local AWS does not run")


@app.command()
def reset() -> None:
    """Empty every account, by starting again on the same port."""
    local = control.reset(control.DIRECTORY)
    err.print(f"local AWS is empty and runs at {local.url}")


@app.command()
def status() -> None:
    """Show whether local AWS runs, and what is in it. Exit code 1 when it does not run."""
    local = control.status(control.DIRECTORY)
    if local is None:
        raise InfraError("local AWS does not run: start it with `infra local up`")
    details = local.details()
    versions = ", ".join(f"{name} {version}" for name, version in details["versions"].items())
    out.print(f"url       {local.url}")
    out.print(f"pid       {local.pid}, up {time.time() - local.created:.0f} s")
    out.print(f"versions  {versions}")
    out.print(f"log       {local.log}")
    for account, count in details["accounts"].items():
        out.print(f"account   {account}: {count} records")


@app.command()
def env(stack: Annotated[str | None, typer.Argument(help="The stack whose account to act as.")] = None) -> None:
    """Print the variables that lead Terraform and SDKs to local AWS, for `eval "$(infra local env STACK)"`."""
    local = control.status(control.DIRECTORY)
    if local is None:
        raise InfraError("local AWS does not run: start it with `infra local up`")
    providers = terraform.environment()
    with applied(providers):
        synthesize()
    for line in export_lines(providers | control.environment(local, _choose(stack))):
        typer.echo(line)


def _choose(name: str | None) -> Stack:
    """
    Load the stack named, or the only account's.

    :raises InfraError: none is named and they are in different accounts, or there is none
    """
    if name is not None:
        return load_stack(name)
    stacks = [load_stack(each) for each in stack_names()]
    if len({(stack.account_id, stack.region) for stack in stacks}) == 1:
        return stacks[0]
    raise InfraError(f"which stack? They are in different accounts: name one of {', '.join(stack_names())}")
