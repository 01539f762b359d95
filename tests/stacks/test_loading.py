"""Reading environment files: every mistake of every file, as a message and exit code 1."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stacks.loading import loading_environments

GOOD = 'account_id="956880242582", region="us-east-1", aws_provider_version="6.33.0"'
HEAD = "from stacks.nocomelon import AutoscalingSettings, NoComelonSettings\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty package of environment files."""
    package = tmp_path / "places"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    yield package
    for name in [name for name in sys.modules if name.partition(".")[0] == "places"]:
        del sys.modules[name]


def load(folder: Path, **files: str) -> str | None:
    """Write environment files, load them and return what the program ends with."""
    for name, text in files.items():
        (folder / f"{name}.py").write_text(HEAD + text)
    try:
        with loading_environments("places"):
            for name in files:
                importlib.import_module(f"places.{name}")
    except SystemExit as end:
        return str(end.code)
    return None


def test_good_file(folder: Path) -> None:
    """A file without mistakes loads."""
    assert load(folder, dev=f"SETTINGS = NoComelonSettings({GOOD})") is None


def test_all_mistakes_of_a_file(folder: Path) -> None:
    """Mistakes in the settings and in their parts come in one message, each with its path."""
    message = load(
        folder,
        dev=f"SETTINGS = NoComelonSettings({GOOD}, cpu=512, memory_mib=512, autoscaling=AutoscalingSettings("
        "max_capacity=0), colour='red')",
    )

    assert message is not None
    assert message.splitlines() == [
        "places/dev.py: 3 mistakes",
        "  autoscaling.max_capacity   must be a whole number between 1 and 100, got 0",
        "  colour                     is not a setting: must be one of account_id, region, aws_provider_version, "
        "state_bucket, disposable, tags, cpu, memory_mib, desired_count, health_check_path, image_tag, "
        "log_retention_days, secret_recovery_days, https, autoscaling",
        "  memory_mib                 must be one of 1024, 2048, 3072, 4096 when cpu is 512, got 512",
    ]


def test_all_files(folder: Path) -> None:
    """A mistake in one file does not hide those of another."""
    bad = f"SETTINGS = NoComelonSettings({GOOD}, cpu=1)"

    message = load(folder, staging=bad, dev=bad)

    assert message is not None
    assert ["places/dev.py: 1 mistake", "places/staging.py: 1 mistake"] == message.splitlines()[::2]


def test_missing_settings(folder: Path) -> None:
    """A file must define SETTINGS."""
    message = load(folder, dev="")

    assert "places/dev.py: SETTINGS is missing: must be the settings of the environment" == message


def test_faulty_python(folder: Path) -> None:
    """An error of Python's own is one line with the place."""
    message = load(folder, dev="\nSETTINGS = unknown_name")

    assert "places/dev.py:3: NameError: name 'unknown_name' is not defined" == message


def test_syntax_error(folder: Path) -> None:
    """A file that is not Python is one line with the place."""
    message = load(folder, dev="SETTINGS = (")

    assert "places/dev.py:2: SyntaxError: '(' was never closed" == message


def test_bad_import(folder: Path) -> None:
    """A name that a stack does not have is one line with the place."""
    message = load(folder, dev="from stacks.nocomelon import Nothing\n")

    assert message is not None
    assert message.startswith("places/dev.py:2: ImportError: cannot import name 'Nothing'")
