"""What the operator sees while a release goes on: one table on a terminal, plain lines everywhere else."""

import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Protocol

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from tools.release.progress import State

_REFRESH_PER_S = 4

_COLUMNS = {"service": 8, "phase": 21, "for": 5, "traffic": 7, "healthy": 7}
"""The columns and how wide they are at least, so that nothing jumps from phase to phase: 60 in all."""


class Display(Protocol):
    """Shows how releases go on; called by several threads."""

    interactive: bool
    """Whether somebody is there who can be asked."""

    def __enter__(self) -> "Display": ...
    def __exit__(self, *_: object) -> None: ...

    def report(self, state: State) -> None:
        """Show where a service stands."""

    def line(self, service: str, text: str) -> None:
        """Show a whole line, such as one of a migration's log."""

    def paused(self) -> AbstractContextManager[None]:
        """Keep still for a question."""


def describe(state: State) -> str:
    """Say in a few words where a service stands."""
    parts = [state.phase]
    if state.traffic_percent is not None:
        parts.append(f"{state.traffic_percent} % of traffic")
    if state.total is not None:
        parts.append(tasks(state))
    return ", ".join(parts) + (f" ({state.detail})" if state.detail else "")


def tasks(state: State) -> str:
    """Say how many of the new tasks are well."""
    if state.total is None:
        return ""
    return f"{0 if state.healthy is None else state.healthy} of {state.total} healthy"


class Plain:
    """One line for every change, `service: phase …`: for pipes, files and GitHub Actions."""

    interactive = False

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._said: dict[str, str] = {}

    def __enter__(self) -> "Plain":
        return self

    def __exit__(self, *_: object) -> None:
        return

    def report(self, state: State) -> None:
        """Print where a service stands, unless that was the last thing said of it."""
        text = describe(state)
        with self._lock:
            if self._said.get(state.service) == text:
                return
            self._said[state.service] = text
            self._write(f"{state.service}: {text}")

    def line(self, service: str, text: str) -> None:
        """Print a line."""
        with self._lock:
            self._write(f"{service}: {text}")

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Nothing has to stop."""
        yield

    def _write(self, text: str) -> None:
        # Whoever reads may have gone, as in `infra release … 2>&1 | head`. That is no reason to end a release.
        with suppress(OSError):
            self._console.file.write(f"{text}\n")
            self._console.file.flush()


class LiveTable:
    """A table of all services that is drawn again in place; lines go above it."""

    interactive = True

    def __init__(self, console: Console, services: Sequence[str]) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._states = {service: State(service=service, phase="waiting") for service in services}
        self._since = dict.fromkeys(services, time.monotonic())
        self._held: list[str] | None = None
        """Lines that wait for the end of a question."""

        self._live = self._new_live()

    def __enter__(self) -> "LiveTable":
        self._live.start(refresh=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def report(self, state: State) -> None:
        """Change a row; it is drawn with the next refresh."""
        with self._lock:
            if state.phase != self._states[state.service].phase:
                self._since[state.service] = time.monotonic()
            self._states[state.service] = state

    def line(self, service: str, text: str) -> None:
        """Print a line above the table."""
        with self._lock:
            if self._held is not None:
                self._held.append(f"{service}: {text}")
                return
        self._print(f"{service}: {text}")

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Take the table away for a question, and draw it again below the answer."""
        with self._lock:
            self._held = []
        self._live.transient = True
        self._live.stop()
        try:
            yield
        finally:
            self._live = self._new_live()
            self._live.start(refresh=True)
            with self._lock:
                held, self._held = self._held, None
            for text in held:
                self._print(text)

    def table(self) -> Group:
        """Draw the table as it is now. Details stand below it, where a line has room for a command to be copied."""
        table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
        for name, width in _COLUMNS.items():
            table.add_column(name, min_width=width, no_wrap=True)
        details = []
        with self._lock:
            for service, state in self._states.items():
                percent = "" if state.traffic_percent is None else f"{state.traffic_percent} %"
                seconds = int(time.monotonic() - self._since[service])
                elapsed = f"{seconds // 60}:{seconds % 60:02}"
                healthy = "" if state.total is None else tasks(state).removesuffix(" healthy")
                table.add_row(service, state.phase, elapsed, percent, healthy)
                if state.detail:
                    details.append(Text(f"{service}: {state.detail}", overflow="fold"))
        return Group(table, *details)

    def _print(self, text: str) -> None:
        with suppress(OSError):
            self._console.print(Text(text), soft_wrap=True)

    def _new_live(self) -> Live:
        return Live(
            get_renderable=self.table,
            console=self._console,
            refresh_per_second=_REFRESH_PER_S,
            redirect_stdout=False,
            redirect_stderr=False,
        )


def open_display(console: Console, services: Sequence[str]) -> Display:
    """
    Choose how to show releases.

    Not by `console.is_terminal`, which FORCE_COLOR makes true where nothing can be drawn in place, as in a pipeline.
    """
    drawable = console.is_terminal and console.file.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    # A console of its own, because one with soft_wrap does not fit tables into the terminal.
    return LiveTable(Console(file=console.file, highlight=False), services) if drawable else Plain(console)
