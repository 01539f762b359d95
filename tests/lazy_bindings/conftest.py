"""Runs Python in processes of its own: lazy_bindings acts once a process, before anything else."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

RunPython = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def run_python() -> RunPython:
    """Run code or a file in the project's folder, with a clean environment plus the variables given."""

    def run(code: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name not in {"NODE_OPTIONS", "ECS_STACKS_STOCK_BINDINGS"}
        }
        program = [str(code)] if isinstance(code, Path) else ["-c", code]
        return subprocess.run(  # noqa: S603 code of these tests
            [sys.executable, *program],
            cwd=ROOT,
            env=inherited | {"PYTHONPATH": str(ROOT)} | variables,
            capture_output=True,
            text=True,
        )

    return run
