"""A checkout in a temporary folder, and a machine whose programs are small shell scripts."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tools.setup.layout import Layout


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Give an empty checkout with a virtual environment and the three lock files."""
    layout = Layout(tmp_path / "checkout")
    layout.bin.mkdir(parents=True)
    layout.cache.mkdir()
    scan = layout.root / "tools" / "scan"
    scan.mkdir(parents=True)
    (layout.root / "Pipfile.lock").write_text('{"default": {}, "develop": {}, "node": {}}')
    (scan / "Pipfile.lock").write_text('{"default": {}}')
    (layout.root / "package.json").write_text("{}")
    (layout.root / "package-lock.json").write_text("{}")
    return layout


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the one folder on PATH, which is empty."""
    folder = tmp_path / "machine"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def fake() -> Callable[[Path, str], Path]:
    """Give a function that writes a shell script."""

    def write(path: Path, body: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        return path

    return write


@pytest.fixture
def pipenv_calls(layout: Layout, fake: Callable[[Path, str], Path]) -> Callable[[], list[str]]:
    """Put a pipenv into the checkout that only writes down how it was called, and give a reader of its notes."""
    notes = layout.root / "pipenv.txt"
    fake(layout.bin / "pipenv", f'echo "$* pipfile=$PIPENV_PIPFILE venv=$VIRTUAL_ENV" >> {notes}')
    return lambda: notes.read_text().replace(f"{layout.root}/", "").splitlines() if notes.exists() else []
