"""
Ending a release from outside: signals are noticed, and the operator's word reaches a step while it waits.

Ctrl-C, and what a pipeline or a closed terminal sends, are noticed in the main thread and answered when there is time.
"""

import signal
import threading
import time
from dataclasses import dataclass, field
from types import FrameType
from typing import Literal

from tools.release.context import Clock

Wish = Literal["stop", "leave"]
"""Stop it and go back to what served before; or leave it as it is, to be resumed."""

_CAUGHT = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""GitHub sends SIGINT when a run is cancelled, SIGTERM 7.5 seconds later, and ends the process after 2.5 more (its
"Workflow cancellation reference")."""


class Interrupt(KeyboardInterrupt):
    """
    Raised in a step that is to end.

    Not an `Exception`, so that no step takes it for a failure of its own.
    """

    def __init__(self, wish: Wish) -> None:
        super().__init__(wish)
        self.wish = wish


@dataclass
class Interruption:
    """What is wished for one service's release. A wish is fulfilled once."""

    _asked: threading.Event = field(default_factory=threading.Event)
    _wish: Wish = "leave"
    _going_back: bool = False

    def ask(self, wish: Wish) -> None:
        """Wish for something; the release follows when it next waits, or takes its next step."""
        if wish == "stop" and self._going_back:
            return
        self._wish = wish
        self._asked.set()

    def goes_back(self) -> None:
        """Note that the release is being rolled back, so that nobody has to wish for it any more."""
        self._going_back = True
        if self._wish == "stop":
            self._asked.clear()

    def check(self) -> None:
        """:raises Interrupt: something was wished for."""
        if self._asked.is_set():
            self._asked.clear()
            raise Interrupt(self._wish)

    def sleep(self, seconds: float) -> None:
        """
        Wait, unless something is wished for.

        :raises Interrupt: it is
        """
        self._asked.wait(seconds)
        self.check()

    def clock(self) -> Clock:
        """The clock for a context: steps wait by it."""
        return Clock(now=time.monotonic, sleep=self.sleep)


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
