"""Synthesizing, and reading what was synthesized."""

import json
from pathlib import Path

import pytest

from tools import project
from tools.errors import InfraError


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose app is a shell script."""
    monkeypatch.setattr(project, "ROOT", tmp_path)
    (tmp_path / "cdktf.json").write_text(json.dumps({"app": "sh app.sh"}))
    return tmp_path


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """A folder with one synthesized stack."""
    folder = tmp_path / "cdktf.out" / "stacks" / "dev"
    folder.mkdir(parents=True)
    document = {
        "provider": {
            "aws": [
                {"region": "eu-west-2", "allowed_account_ids": ["956880242582"]},
                {"region": "us-east-1", "allowed_account_ids": ["956880242582"], "alias": "global"},
            ]
        },
        "terraform": {
            "backend": {"s3": {"bucket": "states", "key": "dev/terraform.tfstate"}},
            "required_providers": {"aws": {"version": "6.33.0"}},
        },
    }
    (folder / "cdk.tf.json").write_text(json.dumps(document))
    (tmp_path / "cdktf.out" / "manifest.json").write_text('{"stacks": {"dev": {}}}')
    return tmp_path / "cdktf.out"


def test_synthesize_tells_the_app_where_to_write(root: Path) -> None:
    """The app gets the output folder as cdktf would give it."""
    (root / "app.sh").write_text('echo hello > "$CDKTF_OUTDIR/out"')

    project.synthesize(root / "out")

    assert "hello\n" == (root / "out" / "out").read_text()


def test_failed_synthesis_is_what_the_app_said(root: Path) -> None:
    """The app's own message is the error."""
    (root / "app.sh").write_text("echo 'envs/dev.py: 1 mistake' >&2; exit 1")

    with pytest.raises(InfraError, match=r"^envs/dev.py: 1 mistake$"):
        project.synthesize(root / "out")


def test_stack_is_what_its_json_says(output: Path) -> None:
    """Account, region, state and provider version are read from the JSON; an aliased provider is not the stack's."""
    stack = project.load_stack("dev", output)

    assert ("956880242582", "eu-west-2", "6.33.0") == (stack.account_id, stack.region, stack.provider_version)
    assert ("states", "dev/terraform.tfstate") == (stack.state_bucket, stack.state_key)


def test_unknown_stack_lists_the_known(output: Path) -> None:
    """A misspelt stack is answered with those there are."""
    with pytest.raises(InfraError, match="unknown stack 'staging': must be one of dev"):
        project.load_stack("staging", output)


def test_nothing_synthesized(tmp_path: Path) -> None:
    """Without output the message says how to make it."""
    with pytest.raises(InfraError, match="holds no stacks: run cdktf synth"):
        project.stack_names(tmp_path)


def test_context(root: Path, output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of the context are added to those that the environment gives the app."""
    monkeypatch.setenv(project.CONTEXT, '{"aws_provider_version": "5.100.0"}')
    (root / "app.sh").write_text('printf %s "$CDKTF_CONTEXT_JSON" > "$CDKTF_OUTDIR/context"')

    project.synthesize(output, {"disposable": "true"})

    assert {"aws_provider_version": "5.100.0", "disposable": "true"} == json.loads((output / "context").read_text())
