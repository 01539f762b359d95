"""Ending a release from outside: the operator's word reaches a step while it waits."""

import threading
import time
from dataclasses import dataclass, field
from typing import Literal

from tools.release.context import Clock

Wish = Literal["stop", "leave"]
"""Stop it and go back to what served before; or leave it as it is, to be resumed."""


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
