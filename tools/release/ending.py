"""
How a release ends that did not succeed: what is undone, what the operator reads, and whether the lock is given back.

The lock is kept exactly when something may be under way that nobody waits for: the release was left running, or AWS
does not say how it ends.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from tools.release.aftermath import describe_now, diagnose, may_migrate, stop_migration, tag_serving
from tools.release.context import ReleaseError, UndecidedError
from tools.release.going_back import BACK, NO_TRAFFIC, StuckError, go_back
from tools.release.interrupt import Interrupt, Wish
from tools.release.journal import LostError
from tools.release.outcome import Outcome, describe_error, next_commands

if TYPE_CHECKING:
    from tools.release.run import Release

_NOTHING = "nothing has changed"


def guarded(release: "Release", end: Callable[[], Outcome]) -> Outcome:
    """End a release, whatever happens on the way: if that is not clear, it stays locked and says so."""
    try:
        return end()
    except Interrupt:
        return left(release)
    except Exception as error:  # the operator must read how it stands
        text, reasons = describe_error(release.context.manifest.service, error)
        release.context.reporter.tell(phase="failed", detail="not known how it stands")
        return _outcome(release, text, reasons, after=next_commands(release.context.manifest), left=True)


def succeeded(release: "Release") -> Outcome:
    """End a release that serves: nothing that fails from here on is a reason to undo it."""
    context, entry, code_deploy = release.context, release.journal.entry, release.context.manifest.code_deploy
    notes: list[str] = []
    if code_deploy is not None and entry.step == "verifying" and entry.deployment:
        notes.append(
            f"CodeDeploy keeps the replaced tasks for {code_deploy.termination_wait_min} min: until then an alarm "
            "still rolls it back"
        )
    try:
        release.steps.tag(context, entry.image, entry.image_tag)
        release.give_back()
    except Exception as error:  # it serves, whatever this is
        notes += [
            f"but not all is tidied up: {describe_error(release.context.manifest.service, error)[0]}",
            next_commands(context.manifest),
        ]
    context.reporter.tell(phase="done", detail=entry.image_tag)
    text = f"{context.manifest.service}: {entry.image_tag} is released and serves"
    return Outcome(service=context.manifest.service, ok=True, text=text, reasons=notes, serves=describe_now(release))


def failed(release: "Release", error: Exception) -> Outcome:
    """End a release in which something failed: undo what has to be undone."""
    text, reasons = describe_error(release.context.manifest.service, error)
    if isinstance(error, LostError):
        return Outcome(service=release.context.manifest.service, ok=False, text=text, left=True)
    entry = release.journal.entry
    release.context.reporter.tell(phase="failed", detail="")
    # A step's own errors say that what it began has ended, others that nobody knows.
    ended = isinstance(error, ReleaseError) and not isinstance(error, UndecidedError)
    if entry.step in ("checking", "registering"):
        return _give_back(release, text, reasons, _NOTHING)
    if entry.step == "migrating":
        if ended or entry.migrated or not may_migrate(release):
            return _give_back(release, text, reasons, NO_TRAFFIC)
        return _left(release, text, reasons, f"{NO_TRAFFIC}; whether the migration runs is not known")
    if entry.step == "settling" and not ended:
        return _left(release, text, reasons, "all traffic has moved, and it served well; whether it stays is not known")
    if entry.step != "rolling_back":
        release.context.reporter.tell(phase="diagnosing")
        reasons = [*reasons, *(line for line in diagnose(release) if line not in reasons)]
    return _undo(release, text, reasons)


def interrupted(release: "Release", wish: Wish) -> Outcome:
    """End a release as the operator wishes."""
    if wish == "leave":
        return left(release)
    return _stopped(release, f"{release.context.manifest.service}: stopped by you")


def gone_back(release: "Release") -> Outcome:
    """Undo a release because the operator asked for nothing else."""
    outcome = _stopped(release, f"{release.context.manifest.service}: {release.journal.entry.image_tag} is rolled back")
    if outcome.after == BACK:
        tag_serving(release)
    return replace(outcome, ok=outcome.after in (BACK, NO_TRAFFIC, _NOTHING))


def abandoned(release: "Release", others: str) -> Outcome:
    """End a release that waited for others, before traffic moved."""
    text = f"{release.context.manifest.service}: not released, because {others} failed"
    release.context.reporter.tell(phase="not released", detail=f"because {others} failed")
    return _give_back(release, text, [], NO_TRAFFIC)


def left(release: "Release") -> Outcome:
    """Leave a release as it is. It is locked as long as it has done anything."""
    service, entry = release.context.manifest.service, release.journal.entry
    if not entry.task_definition:
        return _give_back(release, f"{service}: stopped by you", [], _NOTHING)
    release.context.reporter.tell(phase="left", detail=f"at {entry.step}")
    return Outcome(
        service=service,
        ok=False,
        text=f"{service}: left as it is, at {entry.step}",
        after=f"what AWS has begun goes on; {next_commands(release.context.manifest)}",
        left=True,
    )


def _left(release: "Release", text: str, reasons: list[str], how: str) -> Outcome:
    """Keep the lock, because something may go on that nobody waits for."""
    return _outcome(release, text, reasons, after=f"{how}; {next_commands(release.context.manifest)}", left=True)


def _stopped(release: "Release", text: str) -> Outcome:
    """Stop a release and undo what has to be undone."""
    entry = release.journal.entry
    if entry.step in ("checking", "registering"):
        return _give_back(release, text, [], _NOTHING)
    if entry.step == "migrating":
        return _give_back(release, text, stop_migration(release), NO_TRAFFIC)
    return _undo(release, text, [])


def _undo(release: "Release", text: str, reasons: list[str]) -> Outcome:
    """Go back, and say how that went."""
    try:
        after, notes = go_back(release)
    except StuckError as error:
        return _give_back(release, text, [*reasons, *error.reasons], f"going back failed: {error}")
    except Interrupt:
        release.context.reporter.tell(phase="left", detail="at rolling_back")
        return _left(release, text, reasons, "left while it was going back")
    except LostError as error:
        return _outcome(release, text, reasons, after=str(error), left=True)
    except Exception as error:  # what failed first must not be lost
        release.context.reporter.tell(phase="failed", detail="not known how it stands")
        problem, others = describe_error(release.context.manifest.service, error)
        return _left(release, text, [*reasons, *others], f"how going back ends is not known: {problem}")
    release.context.reporter.tell(phase="rolled back", detail="")
    return _give_back(release, text, [*reasons, *notes], after)


def _give_back(release: "Release", text: str, reasons: list[str], after: str) -> Outcome:
    """Give the lock back: nothing is under way any more, and what serves is known."""
    try:
        release.give_back()
    except Exception as error:  # how it ended must not be lost
        problem, _ = describe_error(release.context.manifest.service, error)
        return _left(release, text, [*reasons, after], f"but the lock cannot be given back: {problem}")
    return _outcome(release, text, reasons, after=after, left=False)


def _outcome(release: "Release", text: str, reasons: list[str], *, after: str, left: bool) -> Outcome:
    entry = release.journal.entry
    if entry.migrated and entry.migration_task:
        reasons = [*reasons, "its migration has run, and stays"]
    return Outcome(
        service=release.context.manifest.service,
        ok=False,
        text=text,
        reasons=reasons,
        after=after,
        serves=describe_now(release),
        left=left,
    )
