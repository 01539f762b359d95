"""Taking locks: anew, or over from releases that were killed or left."""

from collections.abc import Sequence
from dataclasses import dataclass

from tools.errors import InfraError
from tools.release import entry as entries
from tools.release.journal import Journal
from tools.release.targets import Target


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A service whose lock is held."""

    target: Target
    journal: Journal
    undo: bool = False
    """Whether what the journal says is to be undone."""


def take_over(targets: Sequence[Target], *, undo: bool = False) -> list[Taken]:
    """
    Take over the releases of these services, as far as there are any.

    :param undo: to go back, not on
    :raises InfraError: there is none
    """
    found = [(target, Journal.resume(target.aws, target.manifest)) for target in targets]
    taken = [Taken(target=target, journal=journal, undo=undo) for target, journal in found if journal is not None]
    if not taken:
        names = ", ".join(target.manifest.service for target in targets)
        raise InfraError(f"there is no release of {names} to resume: see infra status {targets[0].manifest.stack}")
    return taken


def take(targets: Sequence[Target], image_tags: Sequence[str], *, migrated: bool) -> list[Taken]:
    """
    Take the locks of all these services or of none.

    :param migrated: there is nothing to migrate
    :raises HeldError: somebody has one
    """
    taken: list[Taken] = []
    try:
        for target, image_tag in zip(targets, image_tags, strict=True):
            nothing = migrated or target.manifest.migration_command is None
            journal = Journal.take(target.aws, target.manifest, image_tag, migrated=nothing)
            taken.append(Taken(target=target, journal=journal))
    except BaseException:
        give_back(taken)
        raise
    return taken


def give_back(taken: Sequence[Taken]) -> None:
    """Give back locks of releases that have not begun."""
    for one in taken:
        one.journal.give_back()


def expect_free(targets: Sequence[Target]) -> None:
    """
    Look at the locks without taking them.

    :raises HeldError: somebody has one
    """
    for target in targets:
        entry = entries.read(target.aws, target.manifest)
        if entry is not None:
            raise entries.HeldError(target.manifest, entry)
