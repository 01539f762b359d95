"""`infra local` as an operator sees it; without a server."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tools.errors import InfraError
from tools.local import cli, control
from tools.local.instance import LocalAws

Run = Callable[..., Result]

RUNNING = LocalAws(directory=Path("here"), pid=1, created=0.0, port=4566)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command against an instance that is only claimed to run."""
    monkeypatch.setattr(control, "status", lambda _: RUNNING)
    monkeypatch.setattr(control, "up", lambda *_: RUNNING)
    monkeypatch.setattr(cli, "synthesize", lambda: None)
    return lambda *arguments: CliRunner().invoke(cli.app, list(arguments))


@pytest.fixture
def stacks(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str]], None]:
    """Pretend that these stacks, by name with their accounts, are synthesized."""

    def pretend(accounts: dict[str, str]) -> None:
        monkeypatch.setattr(cli, "stack_names", lambda: list(accounts))
        monkeypatch.setattr(
            cli, "load_stack", lambda name: SimpleNamespace(account_id=accounts[name], region="eu-west-1")
        )

    return pretend


Stacks = Callable[[dict[str, str]], None]


def test_up_twice_says_that_it_runs(run: Run) -> None:
    """A second `up` is a success that says so."""
    result = run("up")

    assert (0, True) == (result.exit_code, "already runs at http://127.0.0.1:4566" in result.output)


def test_env_exports_the_stacks_account(run: Run, stacks: Stacks) -> None:
    """The named stack's account id is the access key."""
    stacks({"dev": "956880242582", "staging": "641918319442"})

    assert "export AWS_ACCESS_KEY_ID=641918319442\n" in run("env", "staging").output


def test_env_unsets_what_leads_to_a_real_account(run: Run, stacks: Stacks, monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile, a session and an endpoint of one service are taken away."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://example.com")
    stacks({"dev": "956880242582"})
    unset = run("env").output.splitlines()[0].split()

    assert {"unset", "AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"} <= set(unset)


def test_env_needs_a_name_when_accounts_differ(run: Run, stacks: Stacks) -> None:
    """With several accounts nothing is guessed."""
    stacks({"dev": "956880242582", "staging": "641918319442"})

    assert "name one of dev, staging" in str(run("env").exception)


@pytest.mark.parametrize("command", ["status", "env"])
def test_a_question_needs_a_server(run: Run, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """When it does not run the message says how to start it."""
    monkeypatch.setattr(control, "status", lambda _: None)
    error: Any = run(command).exception

    assert (InfraError, True) == (type(error), "infra local up" in str(error))
