"""
What the fast start is worth: the synth of `main.py` with lazy bindings against the same with the stock bindings.

    python -m benchmarks.synth [--runs N]

The two take turns, after one warm-up each, and the medians are compared. Both outputs must be the same bytes.

- CPU: user + system seconds of Python and of everything it started and waited for, as the kernel accounts them
  (`wait4`). The jsii kernel is among them: Python waits for it at exit.
- Peak memory: the largest sum of the resident sets of all processes alive at the same time, looked at every 10 ms.
  Pages that two processes share count twice. That adds the same few MiB to both sides.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / "main.py"

CPU_TARGET = 0.12
MEMORY_TARGET = 0.25
"""Lazy divided by stock, at most."""

SAMPLE_SECONDS = 0.01
MIB = 1024 * 1024
LAZY = {"ECS_STACKS_STOCK_BINDINGS": "0"}
STOCK = {"ECS_STACKS_STOCK_BINDINGS": "1"}


@dataclass(frozen=True)
class Synth:
    """One run of the app: its cost, and what it wrote by relative path."""

    cpu_seconds: float
    peak_mib: float
    output: dict[str, bytes]


def synthesize(switch: dict[str, str], app: Path = APP) -> Synth:
    """
    Run the app once, into a new folder.

    :raises SystemExit: the app failed; the message is what it printed
    """
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as printed:
        environment = os.environ | switch | {"CDKTF_OUTDIR": folder}
        process = subprocess.Popen(  # noqa: S603 the project's own app
            [sys.executable, str(app)], cwd=ROOT, env=environment, stdout=printed, stderr=subprocess.STDOUT
        )
        cpu_seconds, peak = _watch(process)
        if process.returncode != 0:
            printed.seek(0)
            sys.exit(f"{app.name} failed:\n{printed.read().decode(errors='replace')}")
        return Synth(cpu_seconds, peak / MIB, _files(Path(folder)))


def _watch(process: subprocess.Popen[bytes]) -> tuple[float, int]:
    """Wait for a process: CPU seconds of its tree, and the largest resident bytes of the tree."""
    root = psutil.Process(process.pid)
    peak = 0
    while True:
        peak = max(peak, _resident(root))
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return usage.ru_utime + usage.ru_stime, peak
        time.sleep(SAMPLE_SECONDS)


def _resident(root: psutil.Process) -> int:
    total = 0
    for process in [root, *root.children(recursive=True)]:
        try:
            total += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue  # ended since it was listed
    return total


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def compare(runs: int, app: Path = APP) -> tuple[list[Synth], list[Synth]]:
    """Run lazy and stock in turns, after one warm-up each: it fills the caches of jsii and Python."""
    synthesize(LAZY, app)
    synthesize(STOCK, app)
    pairs = [(synthesize(LAZY, app), synthesize(STOCK, app)) for _ in range(runs)]
    return [lazy for lazy, _ in pairs], [stock for _, stock in pairs]


def table_of(lazy: list[Synth], stock: list[Synth]) -> Table:
    """Put the medians side by side, with their ratio and the target."""
    table = Table("medians", "lazy", "stock", "lazy / stock", "target")
    measures = [
        ("CPU, s", [run.cpu_seconds for run in lazy], [run.cpu_seconds for run in stock], ".2f", CPU_TARGET),
        ("peak memory, MiB", [run.peak_mib for run in lazy], [run.peak_mib for run in stock], ".0f", MEMORY_TARGET),
    ]
    for name, ours, theirs, form, target in measures:
        ratio = median(ours) / median(theirs)
        verdict = "met" if ratio <= target else "MISSED"
        table.add_row(
            name, f"{median(ours):{form}}", f"{median(theirs):{form}}", f"{ratio:.3f}", f"≤ {target:.2f} {verdict}"
        )
    return table


def machine() -> str:
    """Name what the numbers depend on: cores, memory, Python, the Node.js that jsii starts."""
    node = subprocess.run(  # noqa: S603 the program that jsii would start
        [os.environ.get("JSII_NODE", "node"), "--version"], capture_output=True, text=True, check=True
    ).stdout.strip()
    memory = psutil.virtual_memory().total / MIB / 1024
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}, Node.js {node}"


def main() -> None:
    """Measure and print; exit code 1 when the outputs differ, whatever the ratios are."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.synth", description="Lazy against stock bindings.")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="measured runs of each (default: 5)")
    runs = max(1, parser.parse_args().runs)
    lazy, stock = compare(runs)
    console = Console()
    console.print(f"Synth of {APP.name}, {runs} runs each in turns, {machine()}", soft_wrap=True)
    console.print(table_of(lazy, stock))
    if any(run.output != lazy[0].output for run in [*lazy, *stock]):
        sys.exit("the outputs differ: lazy and stock bindings must write the same bytes")
    console.print(f"Both wrote the same {len(lazy[0].output)} files, byte for byte.")


if __name__ == "__main__":
    main()
