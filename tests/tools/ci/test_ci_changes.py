"""Which stacks a change touches, in a copy of the project with a history."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tools import project
from tools.ci import changes
from tools.errors import InfraError
from tools.project import ROOT

pytestmark = pytest.mark.slow

ROOMS = ("main.py", "cdktf.json", "envs", "stacks", "modules", "lazy_bindings")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project at its first commit."""
    root = tmp_path_factory.mktemp("checkout")
    for room in ROOMS:
        copy = shutil.copytree if (ROOT / room).is_dir() else shutil.copy
        copy(ROOT / room, root / room)
    (root / ".venv").symlink_to(ROOT / ".venv")
    (root / ".gitignore").write_text(".venv\ncdktf.out\n__pycache__\n")
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "First")
    return root


@pytest.fixture(autouse=True)
def _here(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in the copy, and let every test begin with the first commit."""
    git(checkout, "checkout", "--quiet", "--force", "HEAD")
    git(checkout, "checkout", "--", ".")
    for module in (project, changes):
        monkeypatch.setattr(module, "ROOT", checkout)
    monkeypatch.setattr(changes, "OUTPUT", checkout / "cdktf.out")
    synthesize = project.synthesize
    monkeypatch.setattr(changes, "synthesize", lambda: synthesize(checkout / "cdktf.out"))
    names, load = project.stack_names, project.load_stack
    monkeypatch.setattr(changes, "stack_names", lambda: names(checkout / "cdktf.out"))
    monkeypatch.setattr(changes, "load_stack", lambda name: load(name, checkout / "cdktf.out"))


def git(folder: Path, *arguments: str) -> None:
    """Run git as somebody who may commit."""
    identity = ["-c", "user.name=Test", "-c", "user.email=test@trust.demo.paythru.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], capture_output=True, check=True)  # noqa: S603, S607


def edit(path: Path, old: str, new: str) -> None:
    """Replace text that is there."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_nothing(checkout: Path) -> None:
    """A comment changes no stack, because what counts is the JSON."""
    edit(checkout / "envs" / "staging.py", "SETTINGS =", "# A comment.\nSETTINGS =")

    assert [] == changes.changed_stacks("HEAD")
    assert {"cdktf.out", ".git", ".gitignore", ".venv", *ROOMS} == set(os.listdir(checkout))


def test_one(checkout: Path) -> None:
    """A setting of one environment changes that one."""
    edit(checkout / "envs" / "staging.py", "max_capacity=4", "max_capacity=5")

    assert ["staging"] == changes.changed_stacks("HEAD")


def test_all_of_a_system(checkout: Path) -> None:
    """A part changes every stack that is made of it, and no other."""
    edit(checkout / "stacks" / "isms.py", "What the domain's record points to", "Where the domain points to")

    assert {"staging", "production"} == set(changes.changed_stacks("HEAD"))


def test_new_stack(checkout: Path) -> None:
    """A new stack is a changed one."""
    edit(
        checkout / "main.py",
        "app.synth()",
        'IsmsStack(app, "blue", settings=staging.SETTINGS.model_copy())\napp.synth()',
    )

    assert ["blue"] == changes.changed_stacks("HEAD")


def test_base_that_does_not_synthesize(checkout: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """When the other commit cannot be compared with, every stack counts, and that is said."""
    edit(checkout / "main.py", "app.synth()", "app.synthesize()")
    git(checkout, "commit", "--quiet", "--all", "--message", "Broken")
    edit(checkout / "main.py", "app.synthesize()", "app.synth()")
    try:
        found = changes.changed_stacks("HEAD")
        assert project.stack_names(checkout / "cdktf.out") == found
    finally:
        git(checkout, "reset", "--quiet", "--hard", "HEAD^")
    assert "HEAD does not synthesize here: every stack counts as changed" in capfd.readouterr().err


def test_no_such_commit() -> None:
    """A commit that is not there, as in a checkout of depth 1, is an error and no change."""
    with pytest.raises(InfraError, match="git archive: fatal: not a valid object name: nowhere"):
        changes.changed_stacks("nowhere")


def test_role(checkout: Path) -> None:
    """A stack that has roles for pipelines is planned with the one that its JSON names; another one has none."""
    edit(
        checkout / "envs" / "staging.py",
        "    budget=",
        "    github=GitHubRolesSettings(\n"
        '        repository=GitHubRepositorySettings(owner="octo-org", repository="octo-repo"),\n'
        '        push_environment="staging",\n        release_environment="staging",\n'
        '        migrate_environment="staging",\n        plan_environment="staging-plan",\n    ),\n    budget=',
    )
    edit(
        checkout / "envs" / "staging.py",
        "from modules.load_balancer",
        "from modules.github.roles import GitHubRolesSettings\n"
        "from modules.github.subject import GitHubRepositorySettings\nfrom modules.load_balancer",
    )
    changes.changed_stacks("HEAD")

    assert ["isms-staging-github-plan", None] == [changes.plan_role(stack) for stack in ("staging", "production")]
