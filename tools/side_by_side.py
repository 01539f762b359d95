"""Long jobs side by side, a process each: watched on the way, and stopped together whatever ends the command."""

import os
import signal
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from multiprocessing.connection import Connection
from queue import Empty
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from tools.console import err
from tools.errors import InfraError

_POLL_SECONDS = 0.2

_idle = threading.Event()
"""In a job's process: no job runs."""

Report = Callable[[str], None]
Result = TypeVar("Result")

_lines: Any = None
"""In a job's process: the queue to the process that started it."""


def run_side_by_side(jobs: Mapping[str, Callable[[Report], Result]], console: Console = err) -> list[Result]:
    """
    Run jobs, a process each, because most of their time is waiting.

    A terminal's Ctrl-C, SIGTERM and SIGKILL of this process end the jobs and what they started as Ctrl-C would.

    :param jobs: by their names; each gets a function for lines about what is going on
    :param console: gets those lines: a moving one a job on a terminal, else one for each new step
    :raises InfraError: a job failed; the others were still seen to their end
    """
    context = get_context("spawn")
    lines = context.Queue()
    # The end that only we have open closes with us.
    theirs, ours = context.Pipe(duplex=False)
    with (
        ours,
        ProcessPoolExecutor(len(jobs), mp_context=context, initializer=_begin, initargs=(lines, theirs)) as pool,
        _Display(jobs, console) as display,
    ):
        try:
            futures = {name: pool.submit(_run, name, job) for name, job in jobs.items()}
            _follow(list(futures.values()), lines, display)
        except BaseException:
            ours.close()  # before the pool waits for its processes
            raise
        failures = [str(error) for one in as_completed(futures.values()) if (error := one.exception()) is not None]
    if failures:
        raise InfraError("; ".join(failures))
    return [future.result() for future in futures.values()]


def _follow(futures: list["Future[Any]"], lines: Any, display: "_Display") -> None:  # noqa: ANN401 a queue
    running = True
    while running:
        try:
            display.show(*lines.get(timeout=_POLL_SECONDS))
        except Empty:
            running = not all(future.done() for future in futures)


def _begin(lines: Any, theirs: Connection) -> None:  # noqa: ANN401 a queue
    """Prepare a job's process: in a group with what it starts, so that all of it is interrupted at once."""
    global _lines
    _lines = lines
    _idle.set()
    os.setpgid(0, 0)
    threading.Thread(target=_end_with, args=(theirs,), daemon=True).start()


def _end_with(theirs: Connection) -> None:
    """Interrupt this process and what it started when the process that started it has closed its end, or is gone."""
    theirs.poll(None)
    os.killpg(0, signal.SIGINT)
    _idle.wait()
    # A process of a pool would wait for another job, also when nobody is left to give one.
    os._exit(128 + signal.SIGINT)


def _run(name: str, job: Callable[[Report], Result]) -> Result:
    _idle.clear()
    try:
        return job(lambda line: _lines.put((name, line)))
    except InfraError as error:
        raise InfraError(f"{name}: {error}") from None
    finally:
        _lines.put((name, None))
        _idle.set()


class _Display:
    """What is to be seen of the jobs while they run."""

    def __init__(self, names: Mapping[str, Any], console: Console) -> None:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        self._console = console
        self._progress = Progress(*columns, console=console, disable=not console.is_terminal)
        self._tasks = {name: self._progress.add_task(name, total=1) for name in names}
        self._steps: dict[str, str] = {}

    def __enter__(self) -> "_Display":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, name: str, line: str | None) -> None:
        """Show a line of a job, or that it ended."""
        if line is None:
            self._progress.update(self._tasks[name], completed=1)
            return
        self._progress.update(self._tasks[name], description=f"{name}: {line}")
        step = line.partition(":")[0]
        if not self._console.is_terminal and step != self._steps.get(name):
            self._console.print(f"{name}: {step}", markup=False)
        self._steps[name] = step
