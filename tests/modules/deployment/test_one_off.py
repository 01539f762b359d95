"""The command of a release's one-off task, run by a real shell."""

import subprocess

import pytest

from modules.deployment.one_off import in_order


def run(*commands: list[str]) -> subprocess.CompletedProcess[str]:
    """Run the command as a container would."""
    return subprocess.run(in_order(*commands), capture_output=True, text=True, check=False)  # noqa: S603


def test_one_needs_no_shell() -> None:
    """An image without a shell can have one command."""
    assert ["python", "manage.py", "migrate"] == in_order(["python", "manage.py", "migrate"])


def test_runs_in_order() -> None:
    """Each command runs, in the order given, with the words that it was given."""
    assert "one  two\n$HOME\n" == run(["echo", "one  two"], ["echo", "$HOME"]).stdout


def test_log() -> None:
    """The log says what runs."""
    assert "+ echo a\n+ echo b\n" == run(["echo", "a"], ["echo", "b"]).stderr


@pytest.mark.parametrize("position", [0, 1])
def test_ends_with_the_first_failure(position: int) -> None:
    """What fails is the task's exit code, and nothing runs after it."""
    commands = [["echo", "ran"], ["echo", "ran"]]
    commands.insert(position, ["sh", "-c", "exit 7"])
    result = run(*commands)

    assert (7, "ran\n" * position) == (result.returncode, result.stdout)


@pytest.mark.parametrize("commands", [[], [["echo"], []]])
def test_refused(commands: list[list[str]]) -> None:
    """Nothing to run is a mistake, not a success."""
    with pytest.raises(ValueError, match="one command or more"):
        in_order(*commands)
