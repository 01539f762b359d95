"""`infra state`: the command line of the state bucket."""

from collections.abc import Callable
from typing import Annotated

import typer
from rich.table import Table

from tools.aws import clear_errors, s3_client
from tools.console import out
from tools.errors import InfraError
from tools.project import Stack, load_stack, synthesize
from tools.state.bucket import StateBucket

Results = dict[str, tuple[str, str]]
"""What is right, and what was found or done, for every property of a bucket by its name."""

Report = Callable[[Stack, Results], None]

app = typer.Typer(help="The S3 bucket that holds Terraform's state.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Keep `bootstrap` a command of its own, also while it is the only one."""


@app.command("bootstrap")
def bootstrap_command(
    stack: Annotated[str, typer.Argument(help="The stack, as in `cdktf deploy <stack>`.")],
    check: Annotated[bool, typer.Option("--check", help="Change nothing; fail if something is off.")] = False,
) -> None:
    """
    Create the bucket for a stack's state, or check it and repair what is not as it must be.

    It works with your AWS credentials and refuses those of another account. What others have put on the bucket
    (policy statements, lifecycle rules, tags, a KMS key) stays. A second run changes nothing.
    """
    synthesize()
    wanted = load_stack(stack)
    if check:
        check_bucket(wanted)
    else:
        bootstrap(wanted)


def print_report(stack: Stack, results: Results) -> None:
    """Print one line a property: its name, what is right, what was found or done."""
    table = Table("property", "wanted", "result", title=f"{stack.state_bucket} ({stack.account_id}, {stack.region})")
    for name, (wanted, result) in results.items():
        table.add_row(name, wanted, result, style=None if result == "ok" else "yellow")
    out.print(table)


def bootstrap(stack: Stack, report: Report = print_report) -> None:
    """
    Create or repair the state bucket of a stack.

    :param report: gets what was done, also when it failed half-way
    :raises InfraError: the bucket or the credentials are someone else's, or AWS refused a call
    """
    results: Results = {}
    try:
        with clear_errors():
            bucket = StateBucket(s3_client(stack), stack)
            done = "repaired" if bucket.exists() else "created"
            if done == "created":
                bucket.create()
            for finding in bucket.examine():
                if not finding.right:
                    bucket.repair(finding)
                results[finding.subject.name] = (finding.subject.wanted, "ok" if finding.right else done)
    finally:
        if results:
            report(stack, results)


def check_bucket(stack: Stack, report: Report = print_report) -> None:
    """
    Compare the state bucket of a stack with what it must be.

    :param report: gets what was found
    :raises InfraError: the bucket is missing, something about it is off, or it cannot be read
    """
    with clear_errors():
        bucket = StateBucket(s3_client(stack), stack)
        if not bucket.exists():
            raise InfraError(f"bucket {stack.state_bucket!r} does not exist: run infra state bootstrap {stack.name}")
        findings = bucket.examine()
    report(stack, {one.subject.name: (one.subject.wanted, "ok" if one.right else "off") for one in findings})
    if off := [finding.subject.name for finding in findings if not finding.right]:
        raise InfraError(
            f"bucket {stack.state_bucket!r} is not as it must be ({', '.join(off)}): "
            f"run infra state bootstrap {stack.name}"
        )
