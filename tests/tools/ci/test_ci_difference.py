"""What `cdktf diff` prints, and the comment that is made of it."""

from pathlib import Path

import pytest

from tools.ci import difference
from tools.ci.difference import Difference
from tools.errors import InfraError

PRINTED = r"""
printf '\033[1mstaging\033[0m  Initializing the backend...\n'
printf '⠋  Processing\n'
printf 'staging  aws_vpc.network: Refreshing state... [id=vpc-1]\n'
printf 'staging  Terraform used the selected providers to generate the following\n'
printf '         plan.\n\n\n\n'
printf 'staging    # aws_vpc.network will be updated in-place\n'
printf 'staging  Plan: 0 to add, 1 to change, 0 to destroy.\n'
"""


@pytest.fixture
def cdktf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cdktf that prints a plan, first on the PATH."""
    program = tmp_path / "bin" / "cdktf"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{PRINTED}")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return program


def plan(text: str, stack: str = "staging", *, failed: bool = False) -> Difference:
    """A difference of one stack."""
    return Difference(stack=stack, text=text, failed=failed)


@pytest.mark.usefixtures("cdktf")
def test_text() -> None:
    """The plan alone: without colors, spinners, the stack's name, what was read and what came before it."""
    assert (
        "Terraform used the selected providers to generate the following\nplan.\n\n"
        "  # aws_vpc.network will be updated in-place\nPlan: 0 to add, 1 to change, 0 to destroy."
    ) == difference.differ("staging").text


@pytest.mark.usefixtures("cdktf")
def test_shows_it(capfd: pytest.CaptureFixture[str]) -> None:
    """All of it is also in the log, what came before the plan included."""
    difference.differ("staging")

    assert "Initializing the backend..." in capfd.readouterr().err


def test_locks_nothing(cdktf: Path) -> None:
    """A plan that nobody applies takes no lock."""
    cdktf.write_text('#!/bin/sh\necho "$TF_CLI_ARGS_plan $*"\n')

    assert "-lock=false diff staging" == difference.differ("staging").text


def test_failed(cdktf: Path) -> None:
    """A plan that fails is one, with all that was printed."""
    cdktf.write_text("#!/bin/sh\necho 'staging  Error: no credentials'\nexit 1\n")
    found = difference.differ("staging")

    assert (True, "the plan failed", "Error: no credentials") == (found.failed, found.verdict, found.text)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("x\nPlan: 1 to add, 0 to change, 2 to destroy.\n", "Plan: 1 to add, 0 to change, 2 to destroy."),
        ("No changes. Your infrastructure matches the configuration.", "No changes."),
        ('Changes to Outputs:\n  + url = "x"', "only outputs change"),
    ],
)
def test_verdict(text: str, verdict: str) -> None:
    """What it comes to is the line above the plan."""
    assert verdict == plan(text).verdict


def test_markdown() -> None:
    """A section is folded in."""
    assert (
        "### `staging`: No changes.\n\n<details><summary>Plan</summary>\n\n```\nNo changes.\n```\n\n</details>\n"
    ) == plan("No changes.").markdown()


def test_nothing_ends_the_fence() -> None:
    """Text with a fence of its own, such as a description, stays inside."""
    assert "\n`````\na ```` b\n`````\n" in plan("a ```` b").markdown()


@pytest.mark.parametrize("count", [1, 3])
def test_fits(count: int) -> None:
    """However long the plans are, GitHub takes the comment, and every stack is in it."""
    body = difference.comment([plan("x" * 100_000, f"stack-{number}") for number in range(count)])

    assert (True, count) == (len(body) < 65_000, body.count("### `stack-"))
    assert count == body.count("… and so on: all of it is in the log of the run\n```\n\n</details>")


def test_no_difference() -> None:
    """When no environment changes, the comment says so."""
    assert "No environment changes.\n" == difference.comment([])


def test_kept(tmp_path: Path) -> None:
    """What one job keeps, another one reads."""
    difference.save(plan("text", failed=True), tmp_path / "diff" / "staging.json")

    assert plan("text", failed=True) == difference.load(tmp_path / "diff" / "staging.json")


@pytest.mark.parametrize("text", ["", "[]", "{}"])
def test_not_kept(tmp_path: Path, text: str) -> None:
    """Anything else is named."""
    path = tmp_path / "staging.json"
    path.write_text(text)

    with pytest.raises(InfraError, match=r"staging\.json: is not what infra ci diff writes"):
        difference.load(path)
