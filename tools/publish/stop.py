"""Ctrl-C, and what a pipeline sends: noticed by the main thread, and by the threads that send files."""

import threading
import time
from dataclasses import dataclass, field

from tools.release.interrupt import Signals

_LOOK_S = 0.1


class Stopped(KeyboardInterrupt):
    """
    Raised in what is to end.

    Not an `Exception`, so that botocore does not take it for a broken connection and try again.
    """


@dataclass(frozen=True, kw_only=True)
class Stop:
    """Whether the operator wants it to end."""

    signals: Signals
    _wanted: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """:raises Stopped: it is to end; from then on always"""
        if self.signals.take() is not None:
            self._wanted.set()
        self.check_quickly()

    def check_quickly(self) -> None:
        """:raises Stopped: it was found out that it is to end; for other threads than the main one"""
        if self._wanted.is_set():
            raise Stopped

    def sleep(self, seconds: float) -> None:
        """
        Wait.

        :raises Stopped: it is to end
        """
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.check()
            time.sleep(min(_LOOK_S, left))
        self.check()
