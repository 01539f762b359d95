"""`infra lifecycle`: a stack's whole life on a fresh local AWS, which shows that it can be applied and removed."""

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from tools import local, state, terraform
from tools.console import err, out
from tools.environment import applied
from tools.errors import InfraError
from tools.project import Stack, load_stack, stack_names, synthesize


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


def run(stack: Stack, *, variables: Sequence[str] = (), report: Callable[[str], None] = lambda _: None) -> Life:
    """
    Bootstrap the state, apply, plan again and destroy, on a local AWS that exists only for this.

    :param variables: Terraform variables, each `name=value`
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
        _change(engine, "destroy", ["-destroy", *inputs], report)
        left = sorted(aws.inventory(stack.account_id, stack.region) - before)
    return Life(stack=stack.name, resources=resources, seconds=time.monotonic() - started, changes=changes, left=left)


def _change(engine: terraform.Terraform, verb: str, arguments: list[str], report: Callable[[str], None]) -> None:
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
    stacks: Annotated[list[str] | None, typer.Argument(help="Stacks to run; all when none is named.")] = None,
    var: Annotated[list[str] | None, typer.Option(help="A Terraform variable, name=value.")] = None,
) -> None:
    """Apply, plan again and destroy stacks on a fresh local AWS; fail unless nothing changes and nothing is left."""
    with tempfile.TemporaryDirectory(prefix="lifecycle-") as folder:
        output = Path(folder)
        synthesize(output)
        chosen = [load_stack(name, output) for name in stacks or stack_names(output)]
        lives = [_watched(stack, var or []) for stack in chosen]
    out.print(_table(lives))
    for life in lives:
        for heading, lines in (("changed in the second plan", life.changes), ("left after destroy", life.left)):
            for line in lines:
                err.print(f"{life.stack}: {heading}: {line}", markup=False)
    if not all(life.ok for life in lives):
        raise InfraError("lifecycle: a second plan must change nothing, and destroy must leave nothing")


def _watched(stack: Stack, variables: Sequence[str]) -> Life:
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=err) as progress:
        task: TaskID = progress.add_task(stack.name)
        return run(
            stack,
            variables=variables,
            report=lambda line: progress.update(task, description=f"{stack.name}: {line}"),
        )


def _table(lives: Sequence[Life]) -> Table:
    table = Table("stack", title="Life cycle on local AWS")
    for column in ("resources", "seconds", "changes in the second plan", "left after destroy"):
        table.add_column(column, justify="right")
    for life in lives:
        table.add_row(
            life.stack, str(life.resources), f"{life.seconds:.0f}", str(len(life.changes)), str(len(life.left))
        )
    return table
