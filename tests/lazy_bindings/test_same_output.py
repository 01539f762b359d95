"""The Terraform JSON does not depend on how the bindings were loaded."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

RunPython = Callable[..., subprocess.CompletedProcess[str]]

APP = Path(__file__).with_name("sample_app.py")


def files_of(folder: Path) -> dict[str, bytes]:
    """Return what lies below a folder, by relative path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_output_equals_that_of_the_stock_bindings(run_python: RunPython, tmp_path: Path) -> None:
    """Lazy and stock bindings write the same files, byte for byte."""
    run_python(APP, CDKTF_OUTDIR=str(tmp_path / "stock"), ECS_STACKS_STOCK_BINDINGS="1").check_returncode()
    run_python(APP, CDKTF_OUTDIR=str(tmp_path / "lazy")).check_returncode()
    stock = files_of(tmp_path / "stock")
    assert "stacks/sample/cdk.tf.json" in stock

    assert stock == files_of(tmp_path / "lazy")
