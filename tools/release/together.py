"""Several services released side by side, stage by stage, while the main thread listens to the operator."""

import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait

from tools.release.interrupt import Signals, Wish
from tools.release.outcome import Outcome
from tools.release.run import STAGES, Release

_LOOK_S = 0.1
"""How soon Ctrl-C is noticed."""

Ask = Callable[[], Wish | None]
"""Ask the operator what is to become of the releases; None: go on."""


def release_all(releases: Sequence[Release], ask: Ask) -> list[Outcome]:
    """
    Release services side by side.

    All are checked before anything is changed, and all have migrated before any traffic moves: when one fails until
    then, none is released. From then on each one is finished, whatever becomes of the others.
    """
    with Signals() as signals, ThreadPoolExecutor(max_workers=len(releases)) as pool:
        for stage in STAGES:
            pending = {pool.submit(release.run, stage) for release in releases}
            while pending:
                done, pending = wait(pending, timeout=_LOOK_S)
                number = signals.take()
                if number is not None:
                    _pass_on(releases, ask() if number == signal.SIGINT else "leave")
                for future in done:
                    future.result()
            if stage != "shift":
                _end_those_that_wait(releases)
    return [release.outcome for release in releases if release.outcome is not None]


def _pass_on(releases: Sequence[Release], wish: Wish | None) -> None:
    for release in releases:
        if wish is not None and release.outcome is None:
            release.interruption.ask(wish)


def _end_those_that_wait(releases: Sequence[Release]) -> None:
    """When one has ended before any traffic moved, end those that have not begun to move either."""
    ended = [release for release in releases if release.outcome is not None and not release.outcome.ok]
    if not ended:
        return
    names = ", ".join(release.context.manifest.service for release in ended)
    left = any(release.outcome is not None and release.outcome.left for release in ended)
    for release in releases:
        if release.outcome is None and not release.moves:
            if left:
                release.leave()
            else:
                release.abandon(names)
