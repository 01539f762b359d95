"""Signals to a real process: in a pipe, in a terminal, once and twice."""

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.project import ROOT

pytestmark = pytest.mark.slow

SECONDS = 40


class Infra:
    """`infra release` as a process, whose standard error is a pipe or a terminal."""

    def __init__(self, journal: Path, step: str, *, terminal: bool) -> None:
        self._journal = journal
        self.text = ""
        self._reader, writer = pty.openpty() if terminal else os.pipe()
        variables = {
            **os.environ,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "eu-west-2",
            "MOTO_ACCOUNT_ID": "956880242582",
            "TERM": "xterm",
        }
        self.process = subprocess.Popen(  # noqa: S603 the command under test
            [sys.executable, "-m", "tests.tools.release.played_infra", str(journal), step],
            cwd=ROOT,
            env=variables,
            stdin=writer if terminal else subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=writer,
            start_new_session=True,
        )
        os.close(writer)
        os.set_blocking(self._reader, False)

    def read_until(self, words: str) -> None:
        """Read until it says something."""
        deadline = time.monotonic() + SECONDS
        while words not in self.text:
            assert time.monotonic() < deadline, self.text
            self._read()
            time.sleep(0.05)

    def answer(self, letter: str) -> None:
        """Answer the question that comes next."""
        self.read_until("s, l or g?")
        self.text = self.text.replace("s, l or g?", "")
        os.write(self._reader, f"{letter}\n".encode())

    def end(self) -> tuple[int, str]:
        """Wait for its end: the exit code, and the step in the journal, empty when the lock is given back."""
        deadline = time.monotonic() + SECONDS
        while self.process.poll() is None:
            assert time.monotonic() < deadline, self.text
            self._read()
            time.sleep(0.05)
        self._read()
        os.close(self._reader)
        return self.process.returncode, self._journal.read_text() if self._journal.exists() else "not written"

    def _read(self) -> None:
        try:
            self.text += os.read(self._reader, 100_000).decode(errors="replace")
        except (BlockingIOError, OSError):
            return


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., Infra]:
    """Start a release whose step waits."""

    def begin(step: str, *, terminal: bool = False) -> Infra:
        infra = Infra(tmp_path / "journal", step, terminal=terminal)
        infra.read_until(f"waiting in {step}")
        return infra

    return begin


@pytest.mark.parametrize(
    ("step", "noted"),
    [
        ("check", ""),
        ("register", ""),
        ("migrate", "migrating"),
        ("watch", "shifting"),
        ("verify", "verifying"),
        ("settle", "settling"),
    ],
)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_pipe(start: Callable[..., Infra], step: str, noted: str, number: int) -> None:
    """In a pipe it is left running at every phase: exit code 1, the lock is kept as soon as anything was done."""
    infra = start(step)
    infra.process.send_signal(number)

    assert (1, noted) == infra.end()
    assert "Traceback" not in infra.text


def test_pipe_twice(start: Callable[..., Infra]) -> None:
    """As GitHub does: SIGINT, and SIGTERM soon after. It is said once how to go on."""
    infra = start("watch")
    infra.process.send_signal(signal.SIGINT)
    infra.process.send_signal(signal.SIGTERM)

    assert (1, "shifting") == infra.end()
    assert (1, False) == (infra.text.count("infra release staging backend --resume goes on"), "Traceback" in infra.text)


def test_terminal_twice(start: Callable[..., Infra]) -> None:
    """In a terminal the first asks, and the second leaves it running."""
    infra = start("watch", terminal=True)
    infra.process.send_signal(signal.SIGINT)
    infra.read_until("s, l or g?")
    infra.process.send_signal(signal.SIGINT)

    assert (1, "shifting") == infra.end()
    assert "Traceback" not in infra.text


def test_terminal_stop(start: Callable[..., Infra]) -> None:
    """In a terminal it is stopped on request, and another Ctrl-C while it goes back asks again, and can go on."""
    infra = start("watch", terminal=True)
    infra.process.send_signal(signal.SIGINT)
    infra.answer("s")
    infra.read_until("waiting in stop")
    infra.process.send_signal(signal.SIGINT)
    infra.answer("g")

    assert (1, "") == infra.end()
    assert "rolled back: what served before serves again" in infra.text
