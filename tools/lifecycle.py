"""`infra lifecycle`: a stack's whole life on a fresh local AWS, which shows that it can be applied and removed."""

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from tools import local, state, terraform
from tools.console import err, out
from tools.environment import applied
from tools.errors import InfraError
from tools.project import Stack, load_stack, stack_names, synthesize
from tools.side_by_side import Report, run_side_by_side

_LIFTED = {"disposable": "true"}
"""The CDKTF context that lifts the protections of every stack, as the setting `disposable` does."""


@dataclass(frozen=True, kw_only=True)
class Life:
    """What one life cycle showed. It is as it should be when the second plan is empty and nothing is left."""

    stack: str
    resources: int
    seconds: float
    changes: list[str]
    """The addresses that a second plan, right after the first apply, would change."""

    left: list[str]
    """What the account holds after the destruction that it did not hold before the first apply."""

    @property
    def ok(self) -> bool:
        """Whether nothing is left to mend."""
        return not self.changes and not self.left


def run(
    stack: Stack,
    *,
    unprotected: Stack | None = None,
    variables: Sequence[str] = (),
    interlude: Callable[[terraform.Terraform], None] | None = None,
    report: Report = lambda _: None,
) -> Life:
    """
    Bootstrap the state, apply, plan again and destroy, on a local AWS that exists only for this.

    :param unprotected: the same stack with its protections lifted, which is applied before it is destroyed
    :param variables: Terraform variables, each `name=value`
    :param interlude: changes something after the second plan, as a release would; a third plan must be empty too
    :param report: gets a line about what is going on, often
    :raises InfraError: a step failed
    """
    started = time.monotonic()
    report("starting local AWS")
    with local.fresh() as aws, applied(local.environment(aws, stack)):
        report("preparing the state")
        state.bootstrap(stack, report=lambda *_: None)
        before = aws.inventory(stack.account_id, stack.region)
        engine = terraform.Terraform(stack)
        engine.init()
        inputs = [f"-var={variable}" for variable in variables]
        _change(engine, "apply", inputs, report)
        resources = len(engine.resources())
        report("planning again")
        changes = engine.plan("second.tfplan", *inputs)
        if interlude is not None:
            interlude(engine)
            report("planning a third time")
            changes += engine.plan("third.tfplan", *inputs)
        if unprotected is not None:
            engine = terraform.Terraform(unprotected)
            engine.init()
            _change(engine, "lift protections", inputs, report)
        _change(engine, "destroy", ["-destroy", *inputs], report)
        left = sorted(aws.inventory(stack.account_id, stack.region) - before)
    return Life(stack=stack.name, resources=resources, seconds=time.monotonic() - started, changes=changes, left=left)


def _change(engine: terraform.Terraform, verb: str, arguments: list[str], report: Report) -> None:
    report(f"{verb}: planning")
    changes = engine.plan("change.tfplan", *arguments)
    total = len([change for change in changes if not change.startswith("output.")])
    done = 0

    def count(message: dict[str, Any]) -> None:
        nonlocal done
        if message["type"] == "apply_complete":
            done += 1
            report(f"{verb}: {done} of {total} resources")

    engine.apply("change.tfplan", report=count)


def command(
    stacks: Annotated[list[str] | None, typer.Argument(help="The stacks; all of them when none is named.")] = None,
    var: Annotated[list[str] | None, typer.Option("--var", help="A Terraform variable, name=value.")] = None,
) -> None:
    """Apply, plan again and destroy stacks, each on a fresh local AWS of its own, all at the same time."""
    with tempfile.TemporaryDirectory(prefix="lifecycle-") as folder:
        output, lifted = Path(folder, "stacks"), Path(folder, "lifted")
        synthesize(output)
        synthesize(lifted, _LIFTED)
        names = list(dict.fromkeys(stacks or stack_names(output)))
        lives = _lives([(load_stack(name, output), _unprotected(name, output, lifted)) for name in names], var or [])
    out.print(_table(lives))
    for life in lives:
        for heading, lines in (("changed in the second plan", life.changes), ("left after destroy", life.left)):
            for line in lines:
                err.print(f"{life.stack}: {heading}: {line}", markup=False)
    if not all(life.ok for life in lives):
        raise InfraError("lifecycle: a second plan must change nothing, and destroy must leave nothing")


def _unprotected(name: str, output: Path, lifted: Path) -> Stack | None:
    """Load the stack as it is without its protections, when it has any."""
    stack, other = load_stack(name, output), load_stack(name, lifted)
    same = (stack.directory / "cdk.tf.json").read_bytes() == (other.directory / "cdk.tf.json").read_bytes()
    return None if same else other


def _lives(stacks: Sequence[tuple[Stack, Stack | None]], variables: Sequence[str]) -> list[Life]:
    """
    Run the life cycles side by side.

    :raises InfraError: a life cycle failed; the others were still seen to their end
    """
    return run_side_by_side({stack.name: partial(_life, stack, other, list(variables)) for stack, other in stacks})


def _life(stack: Stack, unprotected: Stack | None, variables: list[str], report: Report) -> Life:
    return run(stack, unprotected=unprotected, variables=variables, report=report)


def _table(lives: Sequence[Life]) -> Table:
    table = Table(title="Life cycle on local AWS")
    # The names are whole in a narrow terminal and in a pipe too.
    table.add_column("stack", no_wrap=True)
    for column in ("resources", "seconds", "changes in the second plan", "left after destroy"):
        table.add_column(column, justify="right")
    for life in lives:
        table.add_row(
            life.stack, str(life.resources), f"{life.seconds:.0f}", str(len(life.changes)), str(len(life.left))
        )
    return table
