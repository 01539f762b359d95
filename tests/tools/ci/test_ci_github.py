"""What a step tells GitHub, and what the commands print."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tools.ci import changes, command, comment, difference, github
from tools.ci.difference import Difference
from tools.errors import InfraError


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files that GitHub names."""
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    return tmp_path


def test_output(files: Path) -> None:
    """Outputs follow each other, a line each."""
    github.set_output("a", "1")
    github.set_output("b", "[]")

    assert "a=1\nb=[]\n" == (files / "output").read_text()


def test_one_line(files: Path) -> None:
    """A value with a line break could set other outputs, and is refused."""
    with pytest.raises(InfraError, match="output a: must be one line"):
        github.set_output("a", "1\nb=2")
    assert not (files / "output").exists()


def test_elsewhere(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """On a person's machine the value is printed, and nothing is written."""
    monkeypatch.delenv("GITHUB_OUTPUT", raising=False)
    github.set_output("image_tag", "sha-1")

    assert "image_tag=sha-1\n" == capfd.readouterr().out


def test_changed(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stacks that a pipeline can plan are a matrix for it, and of the others the operator hears."""
    monkeypatch.setattr(changes, "changed_stacks", lambda base: ["dev", "staging"] if base == "HEAD^1" else [])
    monkeypatch.setattr(changes, "plan_role", {"dev": None, "staging": "isms-staging-github-plan"}.get)
    result = CliRunner().invoke(command.ci_app, ["changed", "--base", "HEAD^1"], catch_exceptions=False)
    (line,) = (files / "output").read_text().splitlines()

    assert [{"stack": "staging", "role": "isms-staging-github-plan"}] == json.loads(line.removeprefix("plans="))
    assert "dev changes, but has no role for a pipeline's plan: cdktf diff dev\n" == result.stderr


def test_diff(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan is kept for the comment, and shown on the page of the run."""
    found = Difference(stack="staging", text="No changes.", failed=False)
    monkeypatch.setattr(difference, "differ", lambda _: found)
    result = CliRunner().invoke(command.ci_app, ["diff", "staging", "--to", str(files / "staging.json")])

    assert (0, found) == (result.exit_code, difference.load(files / "staging.json"))
    assert found.markdown() in (files / "summary").read_text()


def test_failed_diff(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan that failed is kept too, and fails the step."""
    monkeypatch.setattr(difference, "differ", lambda stack: Difference(stack=stack, text="Error", failed=True))
    result = CliRunner().invoke(command.ci_app, ["diff", "staging", "--to", str(files / "staging.json")])

    assert (True, "cdktf diff staging failed: see above") == (
        difference.load(files / "staging.json").failed,
        str(result.exception),
    )


@pytest.mark.parametrize(("stacks", "create"), [(["production", "staging"], True), ([], False)], ids=["some", "none"])
def test_comment(files: Path, monkeypatch: pytest.MonkeyPatch, stacks: list[str], create: bool) -> None:
    """All plans come into one comment; without any, a comment is only brought up to date."""
    put: list[tuple[str, bool]] = []
    monkeypatch.setattr(comment, "put", lambda body, *, create: put.append((body, create)))
    found = [Difference(stack=stack, text="No changes.", failed=False) for stack in stacks]
    for one in found:
        difference.save(one, files / "diff" / f"{one.stack}.json")
    CliRunner().invoke(command.ci_app, ["comment", "--from", str(files / "diff")], catch_exceptions=False)

    assert [(difference.comment(found), create)] == put
