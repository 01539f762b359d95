"""The gate of `infra lifecycle`: what passes, and what must not. The life cycles themselves are in tests/stacks."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tools import lifecycle
from tools.cli import app
from tools.errors import InfraError
from tools.lifecycle import Life

Command = Callable[[Life], Result]


def life(changes: list[str] | None = None, left: list[str] | None = None) -> Life:
    """A life cycle with this outcome."""
    return Life(stack="dev", resources=29, seconds=80.4, changes=changes or [], left=left or [])


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run the command with a life cycle that is only claimed to have happened."""

    def run(outcome: Life) -> Result:
        monkeypatch.setattr(lifecycle, "synthesize", lambda *_: None)
        monkeypatch.setattr(lifecycle, "load_stack", lambda *_: None)
        monkeypatch.setattr(lifecycle, "_unprotected", lambda *_: None)
        monkeypatch.setattr(lifecycle, "_lives", lambda *_: [outcome])
        return CliRunner().invoke(app, ["lifecycle", "dev"])

    return run


def test_nothing_to_mend_passes(command: Command) -> None:
    """An empty second plan and nothing left is a success, with a row in the table."""
    result = command(life())

    assert 0 == result.exit_code
    assert ["dev", "29", "80", "0", "0"] == [
        cell.strip() for line in result.output.splitlines() if "dev" in line for cell in line.strip("│").split("│")
    ]


def test_long_name(command: Command) -> None:
    """A stack's name is whole also where the table has little room."""
    result = command(dataclasses.replace(life(), stack="aldeia-production"))

    assert "│ aldeia-production │" in result.output


@pytest.mark.parametrize("outcome", [life(changes=["aws_lb.x"]), life(left=["s3/buckets/x"])])
def test_anything_to_mend_fails(command: Command, outcome: Life) -> None:
    """A change in the second plan, or something left, fails and is named."""
    result = command(outcome)

    assert isinstance(result.exception, InfraError)
    assert "x" in result.output


def folder_with(folder: Path, text: str) -> Path:
    """A folder of one synthesized stack named dev, whose JSON also holds this text."""
    directory = folder / "stacks" / "dev"
    directory.mkdir(parents=True)
    document = {
        "provider": {"aws": [{"region": "eu-west-2", "allowed_account_ids": ["956880242582"]}]},
        "terraform": {
            "backend": {"s3": {"bucket": "states", "key": "dev/terraform.tfstate"}},
            "required_providers": {"aws": {"version": "6.33.0"}},
        },
        "locals": text,
    }
    (directory / "cdk.tf.json").write_text(json.dumps(document))
    (folder / "manifest.json").write_text('{"stacks": {"dev": {}}}')
    return folder


@pytest.mark.parametrize(("lifted", "found"), [("kept", False), ("lifted", True)])
def test_protections(tmp_path: Path, lifted: str, found: bool) -> None:
    """Protections are lifted before the destruction exactly when the stack has any."""
    other = lifecycle._unprotected("dev", folder_with(tmp_path / "a", "kept"), folder_with(tmp_path / "b", lifted))

    assert found == (other is not None)
