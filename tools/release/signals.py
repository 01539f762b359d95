"""Ctrl-C, and what a pipeline or a closed terminal sends: noticed in the main thread, answered when there is time."""

import signal
import threading
from types import FrameType

_CAUGHT = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""GitHub sends SIGINT when a run is cancelled, SIGTERM 7.5 seconds later, and ends the process after 2.5 more (its
"Workflow cancellation reference")."""


class Signals:
    """Signals that arrive while this is open; the handlers that were there come back at its end."""

    def __init__(self) -> None:
        self._arrived: list[int] = []
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> "Signals":
        if threading.current_thread() is threading.main_thread():  # Python lets no other thread set handlers
            for number in _CAUGHT:
                if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup wishes, and a shell's background jobs
                    self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type] # what signal.signal returned

    def take(self) -> int | None:
        """Give the signal that arrived last, once."""
        if not self._arrived:
            return None
        last = self._arrived[-1]
        self._arrived.clear()
        return last

    def _note(self, number: int, _: FrameType | None) -> None:
        self._arrived.append(number)
