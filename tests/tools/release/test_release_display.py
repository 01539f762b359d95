"""What the operator sees while a release goes on."""

import io
import os
import pty
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import TextIO

import pytest
from rich.console import Console

from tools.release.display import LiveTable, Plain, describe, open_display
from tools.release.progress import State

SHIFTING = State(service="backend", phase="shifting traffic", traffic_percent=10, healthy=1, total=2, detail="d-1")
APPROVE = "aws deploy continue-deployment --deployment-wait-type READY_WAIT --deployment-id d-AB12CD34E"
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Gone(io.StringIO):
    """A pipe that nobody reads any more."""

    def write(self, _: str) -> int:
        """Fail as the system does."""
        raise BrokenPipeError


@pytest.fixture
def file() -> io.StringIO:
    """A pipe, or GitHub's log."""
    return io.StringIO()


@pytest.fixture
def plain(file: io.StringIO) -> Plain:
    """Lines."""
    return Plain(Console(file=file))


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> "Iterator[Screen]":
    """A terminal of 100 columns."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LINES", "30")
    monkeypatch.delenv("TTY_COMPATIBLE", raising=False)
    screen = Screen()
    yield screen
    screen.close()


class Screen:
    """A terminal, and all that was written to it."""

    def __init__(self) -> None:
        self._reader, writer = pty.openpty()
        self.file: TextIO = os.fdopen(writer, "w")
        self._written = bytearray()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Close it, once all is read."""
        self.file.close()
        self._thread.join(timeout=10)

    @property
    def text(self) -> str:
        """All that was written so far, without what moves the cursor and colours."""
        return CONTROL.sub("", self.raw)

    @property
    def raw(self) -> str:
        """All of it."""
        self.file.flush()
        time.sleep(0.1)
        return bytes(self._written).decode()

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._reader, 65536)
            except OSError:  # closed
                break
            if not data:
                break
            self._written += data
        os.close(self._reader)


class TestDescribe:
    """A state in words."""

    def test_all(self) -> None:
        """Phase, percent of traffic, healthy and total tasks."""
        assert "shifting traffic, 10 % of traffic, 1 of 2 healthy (d-1)" == describe(SHIFTING)

    def test_little(self) -> None:
        """What is not known is not said."""
        assert "checking" == describe(State(service="backend", phase="checking"))

    def test_none_healthy(self) -> None:
        """Tasks of which the load balancer says nothing are not healthy."""
        assert "starting tasks, 0 of 2 healthy" == describe(State(service="backend", phase="starting tasks", total=2))


class TestPlain:
    """Lines, for pipes and GitHub Actions."""

    def test_line(self, plain: Plain, file: io.StringIO) -> None:
        """A state is a line that names its service."""
        plain.report(SHIFTING)

        assert "backend: shifting traffic, 10 % of traffic, 1 of 2 healthy (d-1)\n" == file.getvalue()

    def test_no_duplicates(self, plain: Plain, file: io.StringIO) -> None:
        """A state that is told twice is one line."""
        plain.report(SHIFTING)
        plain.report(SHIFTING)

        assert 1 == file.getvalue().count("\n")

    def test_two_services(self, plain: Plain, file: io.StringIO) -> None:
        """The states of one service do not repeat those of the other."""
        for service in ("backend", "frontend", "backend", "frontend"):
            plain.report(State(service=service, phase="checking"))

        assert "backend: checking\nfrontend: checking\n" == file.getvalue()

    def test_log(self, plain: Plain, file: io.StringIO) -> None:
        """Lines of a log are all printed, as they are."""
        plain.line("backend", "[bold]1 migration found[/bold]")
        plain.line("backend", "[bold]1 migration found[/bold]")

        assert "backend: [bold]1 migration found[/bold]\n" * 2 == file.getvalue()

    def test_long_line(self, plain: Plain, file: io.StringIO) -> None:
        """Nothing is cut or wrapped."""
        plain.line("backend", "x" * 500)

        assert f"backend: {'x' * 500}\n" == file.getvalue()

    def test_nobody_reads(self) -> None:
        """A pipe that nobody reads any more does not end a release."""
        Plain(Console(file=Gone())).report(SHIFTING)


class TestChoice:
    """A table or lines."""

    def test_pipe(self, file: io.StringIO) -> None:
        """In a pipe: lines, and nobody to ask."""
        display = open_display(Console(file=file), ["backend"])

        assert (True, False) == (isinstance(display, Plain), display.interactive)

    def test_forced_color(self, file: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
        """Also where colours are forced, as pipelines do."""
        monkeypatch.setenv("FORCE_COLOR", "1")

        assert isinstance(open_display(Console(file=file), ["backend"]), Plain)

    def test_terminal(self, terminal: Screen) -> None:
        """On a terminal: a table, and somebody to ask."""
        display = open_display(Console(file=terminal.file), ["backend"])

        assert (True, True) == (isinstance(display, LiveTable), display.interactive)

    def test_dumb_terminal(self, terminal: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
        """On a terminal that cannot move its cursor: lines."""
        monkeypatch.setenv("TERM", "dumb")

        assert isinstance(open_display(Console(file=terminal.file), ["backend"]), Plain)


class TestTable:
    """One table of all services."""

    def rows(self, text: str) -> list[list[str]]:
        """The cells of the last table drawn."""
        table = text.rpartition("─")[2]
        return [re.split(r"\s{2,}", line.strip()) for line in table.splitlines() if line.strip()]

    def test_rows(self, terminal: Screen) -> None:
        """Both services are in one table, with phase, time, traffic and tasks; details stand below it."""
        with open_display(Console(file=terminal.file), ["backend", "frontend"]) as display:
            display.report(SHIFTING)

        assert [
            ["backend", "shifting traffic", "0:00", "10 %", "1 of 2"],
            ["frontend", "waiting", "0:00"],
            ["backend: d-1"],
        ] == self.rows(terminal.text)

    @pytest.mark.parametrize("columns", ["80", "60"])
    def test_nothing_is_cut(self, terminal: Screen, monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
        """In a narrow terminal too every word can be read: a command, where approval is waited for."""
        monkeypatch.setenv("COLUMNS", columns)
        state = replace(SHIFTING, phase="waiting for approval", detail=APPROVE)
        with open_display(Console(file=terminal.file), ["backend"]) as display:
            display.report(state)

        assert [["backend", "waiting for approval", "0:00", "10 %", "1 of 2"]] == self.rows(terminal.text)[:1]
        assert f"backend: {APPROVE}" in " ".join(terminal.text.split())

    def test_lines_stand_above(self, terminal: Screen) -> None:
        """A line of a log is printed once, above the table."""
        with open_display(Console(file=terminal.file), ["backend"]) as display:
            display.report(SHIFTING)
            display.line("backend", "1 migration found")

        assert 1 == terminal.text.count("backend: 1 migration found")
        assert terminal.text.rindex("1 migration found") < terminal.text.rindex("service ")

    def test_drawn_in_place(self, terminal: Screen) -> None:
        """A table that is drawn again takes the place of the one before: as many lines up as it has."""
        with open_display(Console(file=terminal.file), ["backend"]) as display:
            display.report(SHIFTING)
            time.sleep(0.6)
        drawn = terminal.text.count("service ")

        assert drawn >= 2
        assert 3 * (drawn - 1) - 1 == terminal.raw.count("\x1b[1A"), "4 lines: 3 up; the first has no detail"

    def test_question(self, terminal: Screen) -> None:
        """For a question the table goes away; lines wait for the answer; then it is drawn again."""
        with open_display(Console(file=terminal.file), ["backend"]) as display:
            with display.paused():
                display.line("backend", "1 migration found")
                before = terminal.text
                time.sleep(0.6)
                still = terminal.text
            display.report(SHIFTING)

        assert before == still
        assert "1 migration found" not in before
        assert "1 migration found" in terminal.text
        assert "shifting traffic" in terminal.text

    def test_cursor_comes_back(self, terminal: Screen) -> None:
        """After it the cursor is visible."""
        with open_display(Console(file=terminal.file), ["backend"]):
            pass

        assert terminal.raw.rindex("\x1b[?25h") > terminal.raw.rindex("\x1b[?25l")
