"""`infra secrets`: the command line of a stack's secret values."""

from typing import Annotated

import typer
from rich.table import Table

from tools.aws import clear_errors, secrets_client
from tools.console import err, out
from tools.errors import InfraError
from tools.project import Stack, load_stack, synthesize
from tools.secrets.entries import find_entry, read_entries
from tools.secrets.store import SecretStore
from tools.secrets.value import generate_value, read_value

app = typer.Typer(help="The values of a stack's secrets. None of them is ever shown.", no_args_is_help=True)

StackName = Annotated[str, typer.Argument(help="The stack, as in `cdktf deploy <stack>`.")]


@app.command("set", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def set_command(
    context: typer.Context,
    stack: StackName,
    name: Annotated[str, typer.Argument(help="The environment variable that the application gets the value in.")],
    generate: Annotated[bool, typer.Option("--generate", help="Make up a new random value.")] = False,
) -> None:
    """
    Give a secret a value: it is asked for, or read from standard input, as in `infra secrets set dev KEY < file`.

    It works with your AWS credentials and refuses those of another account. The other values of the secret stay.
    """
    if context.args:
        # Typer would repeat them, and one of them may be the value.
        raise typer.BadParameter("only a stack and a name are arguments: the value is read from standard input")
    synthesize()
    set_value(load_stack(stack), name, generate=generate)
    err.print(f"{name} of {stack} is set: tasks that start from now on get it", markup=False)


@app.command("list")
def list_command(stack: StackName) -> None:
    """Say which secrets have a value, and since when; `--generate` is possible for those that are `generated`."""
    synthesize()
    print_values(load_stack(stack))


def set_value(stack: Stack, name: str, *, generate: bool) -> None:
    """
    Give a secret of a stack a value, from standard input or from chance.

    :raises InfraError: the name is unknown, the value is not one, or the secret cannot be changed
    """
    entry = find_entry(read_entries(stack), name)
    if generate and not entry.generated:
        raise InfraError(f"{name} comes from elsewhere: a random value would not work, give the real one")
    with clear_errors():
        store = SecretStore(secrets_client(stack), stack.name)
        store.set(entry, generate_value() if generate else read_value(name))


def print_values(stack: Stack) -> None:
    """
    Print one line a value: its name, whether it has one, since when, and the secret that it lies in.

    :raises InfraError: the stack has no secrets, or one cannot be read
    """
    entries = read_entries(stack)
    table = Table(title=f"{stack.name} ({stack.account_id})")
    for column in ("name", "value", "secret changed", "kind", "secret"):
        table.add_column(column, overflow="fold")  # a name that is cut short cannot be copied
    with clear_errors():
        for found in SecretStore(secrets_client(stack), stack.name).look(list(entries.values())):
            since = "" if found.since is None else f"{found.since.astimezone():%Y-%m-%d %H:%M %Z}"
            kind = "generated" if found.entry.generated else "provided"
            style = None if found.state == "set" else "yellow"
            table.add_row(found.entry.name, found.state, since, kind, found.entry.secret, style=style)
    out.print(table)
