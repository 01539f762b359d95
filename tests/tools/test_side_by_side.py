"""Jobs side by side: their results, what is seen of them, and that nothing of them outlives the command."""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from tests.tools.sample_jobs import failure, steps
from tools.errors import InfraError
from tools.project import ROOT
from tools.side_by_side import Report, run_side_by_side


def seen(terminal: bool) -> tuple[list[int], str]:
    """Run two jobs; give their results and what they showed."""
    text = io.StringIO()
    console = Console(file=text, force_terminal=terminal, width=80)
    return run_side_by_side({"a": partial(steps, 1), "b": partial(steps, 2)}, console), text.getvalue()


def test_lines_in_a_pipe() -> None:
    """Where no line can move, each new step is a line; and the results come in the order of the jobs."""
    results, text = seen(terminal=False)

    assert ([1, 2], ["a: apply", "a: starting", "b: apply", "b: starting"]) == (results, sorted(text.splitlines()))


def test_lines_on_a_terminal() -> None:
    """A terminal shows counts in lines that move."""
    assert "a: apply: 2 of 2" in seen(terminal=True)[1]


def test_a_failure_names_its_job() -> None:
    """One failure is the failure of the whole."""
    jobs: dict[str, Callable[[Report], int]] = {"a": partial(steps, 1), "b": failure}
    with pytest.raises(InfraError, match=r"^b: it broke$"):
        run_side_by_side(jobs, Console(file=io.StringIO()))


def eventually(condition: Callable[[], bool]) -> bool:
    """Wait some seconds for something."""
    deadline = time.monotonic() + 20
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_outlives_the_command(tmp_path: Path, how: signal.Signals) -> None:
    """Whichever way the command ends, jobs tidy up, and no process of theirs stays."""
    command = [sys.executable, "-m", "tests.tools.sample_jobs", str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL, start_new_session=True) as process:  # noqa: S603
        assert eventually((tmp_path / "started").exists)
        family = psutil.Process(process.pid).children(recursive=True)
        os.kill(process.pid, how)

        assert eventually(lambda: not any(one.is_running() for one in family))
    assert (tmp_path / "tidied").exists()
