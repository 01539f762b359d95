"""The `infra` command: its map, and the one place where an error becomes a line and an exit code."""

import sys

import typer

from tools import ci, demo, doctor, lifecycle, local, secrets, state, terraform
from tools.console import err
from tools.environment import applied, export_lines
from tools.errors import InfraError
from tools.publish import command as publishing
from tools.release import command as releases
from tools.scan import gate

app = typer.Typer(
    name="infra",
    help="What happens around Terraform. Stacks are named as in `cdktf deploy <stack>`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(local.app, name="local")
app.add_typer(state.app, name="state")
app.add_typer(secrets.app, name="secrets")
app.add_typer(ci.images_app, name="images")
app.add_typer(ci.ci_app, name="ci")
app.command("doctor")(doctor.command)
app.command("lifecycle")(lifecycle.command)
app.command("scan")(gate.command)
app.command("demo")(demo.demo)
app.command("release")(releases.release)
app.command("rollback")(releases.rollback)
app.command("status")(releases.status)
app.command("publish")(publishing.publish)

_WITHOUT_TERRAFORM = {"local", "publish", "release", "rollback", "status"}
"""Commands that start no Terraform of their own."""


@app.callback()
def prepare(context: typer.Context) -> None:
    """Let Terraform and cdktf find their providers, in every command that may start them."""
    if context.invoked_subcommand not in _WITHOUT_TERRAFORM:
        context.with_resource(applied(terraform.environment()))


@app.command("env")
def env() -> None:
    """Print the variables for Terraform and cdktf, for `eval "$(infra env)"`: the providers of TF_PLUGIN_MIRROR."""
    for line in export_lines(terraform.environment()):
        typer.echo(line)


def main() -> None:
    """Run `infra`: exit code 0 when it worked, 1 when it failed, 2 when it was called wrongly."""
    try:
        app(prog_name="infra")
    except InfraError as error:
        err.print(f"error: {error}", markup=False, style="red")
        sys.exit(1)
