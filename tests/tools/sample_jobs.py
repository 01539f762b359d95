"""Jobs for `tools.side_by_side`, whose processes import them; as a program: one that takes a minute."""

import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from tools.errors import InfraError
from tools.side_by_side import Report, run_side_by_side


def steps(result: int, report: Report) -> int:
    """Report two steps, one of them with a count."""
    for line in ("starting", "apply: 1 of 2", "apply: 2 of 2"):
        report(line)
    return result


def failure(report: Report) -> int:
    """Fail."""
    report("starting")
    raise InfraError("it broke")


def sleeper(folder: Path, report: Report) -> int:
    """Start a program that takes a minute, leave its number in a file, and say when it was tidied up after."""
    with subprocess.Popen(["sleep", "60"]) as process:  # noqa: S607 any sleep will do
        try:
            Path(folder, "started").write_text(str(process.pid))
            report("sleeping")
            time.sleep(60)
        finally:
            Path(folder, "tidied").touch()
    return 0


if __name__ == "__main__":
    run_side_by_side({"sleeper": partial(sleeper, Path(sys.argv[1]))})
