"""`main.py` as cdktf runs it: in a process of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.project import ROOT


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what `main.py` needs."""
    for name in ("envs", "stacks", "modules", "lazy_bindings"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "main.py", tmp_path)
    return tmp_path


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run `main.py` in a folder."""
    environment = os.environ | {"CDKTF_OUTDIR": str(folder / "out")}
    return subprocess.run(
        [sys.executable, "main.py"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_writes_the_stacks(copy: Path) -> None:
    """Every environment becomes Terraform JSON."""
    result = run(copy)

    assert 0 == result.returncode, result.stderr
    assert (copy / "out" / "stacks" / "dev" / "cdk.tf.json").exists()


def test_is_quiet(copy: Path) -> None:
    """A run without mistakes says nothing: no deprecations of Node, which cdktf would print in red."""
    result = run(copy)

    assert ("", "") == (result.stdout, result.stderr)


def test_mistakes_are_a_message(copy: Path) -> None:
    """Mistakes are listed on standard error, with exit code 1, without a traceback, and nothing is written."""
    file = copy / "envs" / "dev.py"
    file.write_text(file.read_text().replace("cpu=512", "cpu=512.5").replace("us-east-1", "Virginia"))

    result = run(copy)

    assert 1 == result.returncode
    assert result.stderr.splitlines() == [
        "envs/dev.py: 2 mistakes",
        "  cpu      must be one of 256, 512, 1024, 2048, 4096, 8192, 16384, got 512.5",
        "  region   must be the code of an AWS region, such as us-east-1, got 'Virginia'",
    ]
    assert not (copy / "out").exists()


def test_no_node(copy: Path) -> None:
    """Without Node there is one line and exit code 1."""
    result = subprocess.run(
        [sys.executable, "main.py"], cwd=copy, env={"PATH": str(copy)}, capture_output=True, text=True, check=False
    )

    assert 1 == result.returncode
    assert 1 == len(result.stderr.splitlines())
    assert "make setup" in result.stderr
