"""`infra release`, `infra rollback` and `infra status`: the command lines."""

import re
from collections.abc import Sequence
from functools import partial
from typing import Annotated

import typer

from tools.aws import clear_errors
from tools.console import err, out
from tools.release import resume as resuming
from tools.release import status as states
from tools.release.context import Context, ReleaseError, quiet
from tools.release.display import Display, open_display
from tools.release.interrupt import Interruption
from tools.release.outcome import Outcome, print_outcomes
from tools.release.plan import Options, plan
from tools.release.progress import Reporter
from tools.release.question import ask
from tools.release.rollback import take_back
from tools.release.run import Release
from tools.release.steps import Steps
from tools.release.targets import Target, open_targets
from tools.release.together import release_all

_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}|sha256:[0-9a-f]{64}")
"""What a registry takes for a tag (OCI distribution specification, "Pulling manifests"), or a digest."""


def _tag(value: str | None) -> str | None:
    """Refuse what cannot be an image's tag before anything is locked."""
    if value is not None and not _TAG.fullmatch(value):
        raise typer.BadParameter(f"{value!r} is no tag: must be a tag such as sha-0123abc, a commit, or sha256:…")
    return value


StackName = Annotated[str, typer.Argument(help="The stack, as in `cdktf deploy <stack>`.")]
Services = Annotated[list[str] | None, typer.Argument(help="Its services; all of them when none is named.")]
Timeout = Annotated[
    int | None, typer.Option(min=1, help="Seconds until all traffic must have moved; else as the manifest has it.")
]
ImageTag = Annotated[str | None, typer.Option(callback=_tag, help="The image: a tag, a commit, or sha256:….")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check, say what would happen, change nothing.")]
NoMigrate = Annotated[bool, typer.Option("--no-migrate", help="Leave the database as it is.")]
MovingTag = Annotated[bool, typer.Option("--allow-moving-tag", help="Take `latest`, or the stack's.")]
DespiteAlarms = Annotated[bool, typer.Option("--despite-alarms", help="It mends what fires.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with a release that was killed or left.")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Do not stay until CodeDeploy has ended the replaced tasks.")]
NoUrlCheck = Annotated[bool, typer.Option("--no-url-check", help="Do not ask the health URL: it is out of reach.")]


def release(
    stack: StackName,
    services: Services = None,
    image_tag: ImageTag = None,
    dry_run: DryRun = False,
    no_migrate: NoMigrate = False,
    timeout: Timeout = None,
    allow_moving_tag: MovingTag = False,
    despite_alarms: DespiteAlarms = False,
    resume: Resume = False,
    no_url_check: NoUrlCheck = False,
    no_wait: NoWait = False,
) -> None:
    """
    Release an image: check, register, migrate, move the traffic, verify; or roll back and say so.

    Several services are released side by side: all are checked, then all migrate, and only then any traffic moves; when
    one fails until then, none is released. It needs AWS credentials, and nothing of this checkout.
    """
    _expect_sense(image_tag, resume=resume, fresh=dry_run or no_migrate)
    options = _options(timeout, no_url_check, no_wait, moving_tag=allow_moving_tag, despite_alarms=despite_alarms)
    with clear_errors():
        targets = open_targets(stack, services if services is not None else [])
        taken = [] if dry_run else _take(targets, image_tag, migrate=not no_migrate)
    if dry_run and image_tag is not None:
        _print_plans(targets, image_tag, migrate=not no_migrate, options=options)
    else:
        _carry_out(taken, options)


def rollback(
    stack: StackName,
    service: Annotated[str | None, typer.Argument(help="The service; all of them when none is named.")] = None,
    to: Annotated[str | None, typer.Option(callback=_tag, help="The image to go back to: a tag or a commit.")] = None,
    timeout: Timeout = None,
    resume: Annotated[bool, typer.Option("--resume", help="Undo a release that was killed or left.")] = False,
    no_url_check: NoUrlCheck = False,
    no_wait: NoWait = False,
) -> None:
    """
    Go back to the image that served before, or to another one, with today's configuration and without migrating.

    While CodeDeploy still keeps the replaced tasks, it is a matter of seconds. Done twice, it is a way back and forth.
    """
    if resume and to is not None:
        raise typer.BadParameter("--resume goes back to what served before: without --to")
    options = _options(timeout, no_url_check, no_wait, moving_tag=False, despite_alarms=True)
    with clear_errors():
        targets = open_targets(stack, [] if service is None else [service])
        taken = resuming.take_over(targets, undo=True) if resume else take_back(targets, to)
    _carry_out(taken, options)


def status(stack: StackName) -> None:
    """Show what runs where, since when and from which commit, and the releases under way."""
    with clear_errors():
        rows = [states.look(target) for target in open_targets(stack, [])]
    if out.is_terminal:
        out.print(states.table(stack, rows))
    else:
        typer.echo("\n".join(states.lines(rows)))
    if not all(row.known for row in rows):
        raise typer.Exit(1)


def _options(
    timeout: int | None, no_url_check: bool, no_wait: bool, *, moving_tag: bool, despite_alarms: bool
) -> Options:
    return Options(
        allow_moving_tag=moving_tag,
        despite_alarms=despite_alarms,
        timeout_s=timeout,
        url=not no_url_check,
        wait=not no_wait,
    )


def _expect_sense(image_tag: str | None, *, resume: bool, fresh: bool) -> None:
    """
    Refuse what makes no sense.

    :param fresh: whether something was said that only counts for a release that begins
    """
    if resume and (image_tag is not None or fresh):
        raise typer.BadParameter("--resume goes on as begun: without --image-tag, --dry-run and --no-migrate")
    if not resume and image_tag is None:
        raise typer.BadParameter("--image-tag is missing (or --resume)")


@clear_errors()
def _print_plans(targets: Sequence[Target], image_tag: str, *, migrate: bool, options: Options) -> None:
    """Print what a release of each service would do, or why it would be refused: exit code 1 then."""
    resuming.expect_free(targets)
    steps = Steps()
    refused = []
    for target in targets:
        name = target.manifest.service
        context = quiet(target.aws, target.manifest)
        try:
            for line in plan(context, image_tag, migrate=migrate, options=options, steps=steps):
                out.print(line, markup=False)
        except ReleaseError as error:
            refused.append(Outcome(service=name, ok=False, text=str(error), reasons=error.reasons))
    print_outcomes(refused)
    if refused:
        raise typer.Exit(1)


def _take(targets: Sequence[Target], image_tag: str | None, *, migrate: bool) -> Sequence[resuming.Taken]:
    """Take the locks, or take them over where no image is named, and say who waits for whom."""
    if image_tag is None:
        taken = resuming.take_over(targets)
    else:
        taken = resuming.take(targets, [image_tag] * len(targets), migrated=not migrate)
    first = [one.target.manifest.service for one in taken if not one.journal.entry.migrated]
    if len(taken) > 1 and first:
        err.print(f"first the migration of {', '.join(first)}: until it is done, no traffic moves", markup=False)
    return taken


def _carry_out(taken: Sequence[resuming.Taken], options: Options) -> None:
    """Let the releases run to their end, and say how they ended: exit code 0 when all did what was asked for."""
    steps = Steps()
    with open_display(err, [one.target.manifest.service for one in taken]) as display:
        releases = [_make(one, display, options, steps) for one in taken]
        outcomes = release_all(releases, partial(ask, display))
    print_outcomes(outcomes)
    if not all(outcome.ok for outcome in outcomes):
        raise typer.Exit(1)


def _make(taken: resuming.Taken, display: Display, options: Options, steps: Steps) -> Release:
    manifest, interruption = taken.target.manifest, Interruption()
    reporter = Reporter(manifest.service, display.report, partial(display.line, manifest.service))
    context = Context(aws=taken.target.aws, manifest=manifest, reporter=reporter, clock=interruption.clock())
    return Release(context, taken.journal, steps=steps, options=options, interruption=interruption, undo=taken.undo)
