"""What the operator sees while a site is published: a bar on a terminal, plain lines everywhere else."""

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

_LINE_EVERY_S = 5.0


class Display(Protocol):
    """Shows how it goes on; called by several threads."""

    def __enter__(self) -> "Display": ...
    def __exit__(self, *_: object) -> None: ...

    def phase(self, text: str, *, files: int = 0, size: int = 0) -> None:
        """Begin with something that takes some time, with so many files and bytes."""

    def advance(self, *, files: int = 0, size: int = 0) -> None:
        """Tell that so much more is done; bytes that have to be sent again count negative."""

    def detail(self, text: str) -> None:
        """Say what it waits for."""

    def line(self, text: str) -> None:
        """Show a whole line."""


class Plain:
    """Lines: one for each phase, and one every 5 seconds while files are sent."""

    def __init__(self, console: Console, now: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._now = now
        self._lock = threading.Lock()
        self._text = ""
        self._files = self._of_files = self._bytes = self._of_bytes = 0
        self._said_at = 0.0
        self._said = ""

    def __enter__(self) -> "Plain":
        return self

    def __exit__(self, *_: object) -> None:
        return

    def phase(self, text: str, *, files: int = 0, size: int = 0) -> None:
        """Print what begins."""
        with self._lock:
            self._text, self._files, self._of_files, self._bytes, self._of_bytes = text, 0, files, 0, size
            parts = [f"{files} file{'' if files == 1 else 's'}"] * (files > 0) + [human(size)] * (size > 0)
            self._write(f"{text}: {', '.join(parts)}" if parts else text)

    def advance(self, *, files: int = 0, size: int = 0) -> None:
        """Print how far it is, now and then."""
        with self._lock:
            self._files += files
            self._bytes += size
            if self._now() - self._said_at >= _LINE_EVERY_S:
                sizes = f", {human(self._bytes)} of {human(self._of_bytes)}" if self._of_bytes else ""
                self._write(f"{self._text}: {self._files} of {self._of_files} files{sizes}")

    def detail(self, text: str) -> None:
        """Print it, now and then."""
        with self._lock:
            if text != self._said and self._now() - self._said_at >= _LINE_EVERY_S:
                self._said = text
                self._write(f"{self._text}: {text}")

    def line(self, text: str) -> None:
        """Print a line."""
        with self._lock:
            self._write(text)

    def _write(self, text: str) -> None:
        self._said_at = self._now()
        # Whoever reads may have gone, as in `infra publish … 2>&1 | head`. That is no reason to end.
        with suppress(OSError):
            self._console.file.write(f"site: {text}\n")
            self._console.file.flush()


class Bars:
    """One bar a phase, with bytes and files."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            TextColumn("{task.fields[files]}", markup=False),
            TimeElapsedColumn(),
            console=console,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._lock = threading.Lock()
        self._task: TaskID | None = None
        self._files = self._of_files = 0

    def __enter__(self) -> "Bars":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def phase(self, text: str, *, files: int = 0, size: int = 0) -> None:
        """Draw another bar; without files it only tells that something is under way."""
        with self._lock:
            if self._task is not None:
                self._progress.update(self._task, total=1, completed=1)
                self._progress.remove_task(self._task)
            self._files, self._of_files = 0, files
            self._task = self._progress.add_task(text, total=size if size else None, files="")

    def advance(self, *, files: int = 0, size: int = 0) -> None:
        """Move the bar."""
        with self._lock:
            self._files += files
            if self._task is not None:
                self._progress.update(self._task, advance=size, files=f"{self._files}/{self._of_files} files")

    def detail(self, text: str) -> None:
        """Write it behind the bar."""
        with self._lock:
            if self._task is not None:
                self._progress.update(self._task, files=text)

    def line(self, text: str) -> None:
        """Print a line above the bar."""
        with suppress(OSError):
            self._progress.console.print(Text(text), soft_wrap=True)


def open_display(console: Console) -> Display:
    """Choose how to show it: bars where something can be drawn in place, which FORCE_COLOR does not tell."""
    drawable = console.is_terminal and console.file.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    return Bars(Console(file=console.file, highlight=False)) if drawable else Plain(console)


def human(size: int) -> str:
    """Write a size in the largest unit that fits, in steps of 1000 as rich does."""
    if size < 1000:
        return f"{size} bytes"
    for unit, factor in (("kB", 1e3), ("MB", 1e6)):
        if size < factor * 1000:
            return f"{size / factor:.1f} {unit}"
    return f"{size / 1e9:.1f} GB"
