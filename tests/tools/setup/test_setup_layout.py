"""What every installation step stands on: stamps, links, clean processes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tools.errors import InfraError
from tools.setup.layout import Layout, once, telling_lines

Fake = Callable[[Path, str], Path]


def test_the_same_thing_is_installed_once(tmp_path: Path) -> None:
    """A second run with the same key installs nothing."""
    installed: list[str] = []

    for _ in range(2):
        once(tmp_path / "stamp", "key", lambda: installed.append("x"))

    assert ["x"] == installed


def test_another_key_installs_again(tmp_path: Path) -> None:
    """A changed lock file is another key."""
    installed: list[str] = []

    for key in ("old", "new"):
        once(tmp_path / "stamp", key, lambda key=key: installed.append(key))  # type: ignore[misc]

    assert ["old", "new"] == installed


def test_a_failed_installation_is_done_again(tmp_path: Path) -> None:
    """An installation that stopped half way leaves no stamp, not even the one of the version before."""

    def fail() -> None:
        raise InfraError("stopped")

    installed: list[str] = []
    once(tmp_path / "stamp", "old", lambda: None)
    with pytest.raises(InfraError):
        once(tmp_path / "stamp", "new", fail)

    once(tmp_path / "stamp", "old", lambda: installed.append("x"))

    assert ["x"] == installed


@pytest.mark.parametrize("variable", ["VIRTUAL_ENV", "PIPENV_PIPFILE", "PIP_TARGET", "PIP_USER", "PYTHONPATH"])
def test_the_callers_shell_does_not_redirect_an_installation(
    layout: Layout, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """An activated environment or a pipenv setting of the caller does not reach pip, npm or pipenv."""
    monkeypatch.setenv(variable, "/elsewhere")

    assert variable not in layout.environment()


def test_the_package_index_of_the_machine_is_kept(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which index serves the packages is the machine's own setting."""
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1/simple")

    assert "http://127.0.0.1:1/simple" == layout.environment()["PIP_INDEX_URL"]


def test_the_projects_programs_come_first(layout: Layout, machine: Path) -> None:
    """The Node and Terraform of `.venv/bin` win over the machine's."""
    assert f"{layout.bin}:{machine}" == layout.environment()["PATH"]


def test_the_projects_links_are_not_the_machines(
    layout: Layout, machine: Path, monkeypatch: pytest.MonkeyPatch, fake: Fake
) -> None:
    """With the environment activated, setup does not mistake its own link for the machine's program."""
    fake(layout.bin / "terraform", "")
    monkeypatch.setenv("PATH", f"{layout.bin}:{machine}")

    assert layout.find_on_machine("terraform") is None


def test_a_failed_command_says_what_it_printed(
    layout: Layout, machine: Path, fake: Fake, capsys: pytest.CaptureFixture[str]
) -> None:
    """The lines about the error are shown."""
    fake(machine / "tool", "echo working; echo ERROR: no such package; exit 3")

    with pytest.raises(InfraError, match=r"cannot install it \(exit code 3\)"):
        layout.run("install it", ["tool"])

    assert "  ERROR: no such package\n" == capsys.readouterr().err


def test_a_command_that_does_not_exist_is_one_line(layout: Layout, machine: Path) -> None:
    """A missing program is an error of the operator's kind."""
    with pytest.raises(InfraError) as caught:
        layout.run("install it", [machine / "none"])

    assert f"cannot install it: {machine}/none: No such file or directory" == str(caught.value)


def test_without_an_error_line_the_last_lines_tell() -> None:
    """A command that does not say `error` shows how it ended."""
    assert ["4", "5", "6", "7", "8", "9"] == telling_lines("\n".join("0123456789"))


def test_links_are_relative(layout: Layout) -> None:
    """A checkout can be moved: no link names its folder."""
    layout.link("cdktf", layout.root / "node_modules" / ".bin" / "cdktf")

    assert Path("../../node_modules/.bin/cdktf") == (layout.bin / "cdktf").readlink()


def test_links_replace_what_is_there(layout: Layout, fake: Fake) -> None:
    """A link to an older version is replaced in one step."""
    fake(layout.bin / "terraform", "")
    layout.link("terraform", layout.cache / "terraform")

    assert Path("../../.cache/terraform") == (layout.bin / "terraform").readlink()
