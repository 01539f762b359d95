"""What Ctrl-C asks."""

import signal
import sys

from tools.console import err
from tools.release.display import Display
from tools.release.interrupt import Wish

_ANSWERS: dict[str, Wish | None] = {"s": "stop", "l": "leave", "g": None}

_TEXT = """\
s  stop and roll back: what served before serves again
l  leave it running: it stays locked, and --resume goes on with it
g  go on, and wait for its end"""


def ask(display: Display) -> Wish | None:
    """Ask what is to become of the releases; None: go on. Where nobody can answer, they are left running."""
    if not display.interactive or not sys.stdin.isatty():
        return "leave"
    with display.paused():
        err.print(_TEXT, markup=False)
        return _answer()


def _answer() -> Wish | None:
    """Read the answer. Another Ctrl-C, or a terminal that is closed, means: leave it running."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        while True:
            err.print("s, l or g? ", end="")
            line = sys.stdin.readline()
            if not line:
                return "leave"
            answer = line.strip().lower()[:1]
            if answer in _ANSWERS:
                return _ANSWERS[answer]
    except (KeyboardInterrupt, OSError):
        return "leave"
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
