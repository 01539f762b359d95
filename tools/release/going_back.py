"""Going back: what served before a release serves again, and it is certain that nothing is under way any more."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tools.release.context import ReleaseError, UndecidedError
from tools.release.looking import short
from tools.release.steps import patiently

if TYPE_CHECKING:
    from tools.release.run import Release

BACK = "rolled back: what served before serves again"
NO_TRAFFIC = "no traffic has moved: what served before serves on"


class StuckError(ReleaseError):
    """What served before does not serve again, but nothing is under way any more: the state is known."""


def go_back(release: "Release") -> tuple[str, list[str]]:
    """
    Undo a release, from wherever it stands after its traffic began to move; it may have been begun before.

    :return: what was done, and what the operator should know about it
    :raises StuckError: AWS tried, and it failed
    :raises InfraError: it is not known how it ends
    """
    context, journal = release.context, release.journal
    release.interruption.goes_back()
    context.reporter.tell(phase="rolling back", detail="", traffic_percent=None, healthy=None, total=None)
    if journal.entry.step != "rolling_back":
        release.note(step="rolling_back")
    notes: list[str] = []
    if not journal.entry.rollback:
        if not _has_begun(release):
            return NO_TRAFFIC, []
        if journal.entry.deployment:
            notes += _stop(release)
        with _known(notes):
            _release_previous(release)
    if journal.entry.rollback:
        with _known(notes):
            release.steps.watch(context, journal.entry.rollback, timeout_s=release.timeout_s)
    return BACK, notes + _verify(release)


def serves(release: "Release", task_definition: str, *, everywhere: bool = False) -> bool:
    """
    Say whether a revision serves: its tasks are the primary ones, and the rules lead to them.

    :param everywhere: on hosts: they all run it, too, and it is not only noted that they are to
    """
    now = patiently(release.context, lambda: release.steps.serving(release.context))
    led = now.color is None or now.tasks_color is None or now.color == now.tasks_color
    return now.task_definition == task_definition and led and (now.everywhere or not everywhere)


def _has_begun(release: "Release") -> bool:
    """Say whether anything was deployed; a release that was killed may not have noted it."""
    entry = release.journal.entry
    if entry.deployment:
        return True
    if entry.task_definition == entry.previous:
        return False
    found = release.steps.find(release.context, entry.task_definition)
    if found:
        release.note(deployment=found)
    return found != "" or serves(release, entry.task_definition)


def _stop(release: "Release") -> list[str]:
    """Stop the release's deployment. It is no obstacle when it has ended by itself, in whatever way."""
    try:
        release.steps.stop(release.context, release.journal.entry.deployment)
    except UndecidedError:
        raise
    except ReleaseError as error:
        return [str(error), *error.reasons]
    return []


def _release_previous(release: "Release") -> None:
    """Deploy what served before, unless it serves again already."""
    context, previous = release.context, release.journal.entry.previous
    if not previous:
        raise ReleaseError(f"{context.manifest.service}: nothing served before, so there is nothing to go back to")
    if serves(release, previous, everywhere=True):
        return
    context.reporter.line(f"what served before is released again: {short(previous)}")
    deployment = release.steps.start(context, previous)
    release.note(rollback=deployment)


@contextmanager
def _known(notes: list[str]) -> Iterator[None]:
    """:raises StuckError: it failed, and is over."""
    try:
        yield
    except UndecidedError:
        raise
    except ReleaseError as error:
        raise StuckError(str(error), [*notes, *error.reasons]) from None


def _verify(release: "Release") -> list[str]:
    """See whether what served before is well. It serves in any case; if it is not well, the operator has to know."""
    try:
        release.steps.verify(release.context, release.journal.entry.previous, url=release.options.url)
    except ReleaseError as error:
        return [f"what served before is not well: {error}", *error.reasons]
    return []
