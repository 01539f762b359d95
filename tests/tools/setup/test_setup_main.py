"""The Python side of the setup, and its command line."""

import fcntl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.errors import InfraError
from tools.setup.__main__ import main
from tools.setup.checkov import install_checkov
from tools.setup.layout import Layout
from tools.setup.pipenv import install_packages

Fake = Callable[[Path, str], Path]
Calls = Callable[[], list[str]]


@pytest.fixture
def python(tmp_path: Path, fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let making a virtual environment only make its folder."""
    monkeypatch.setattr(sys, "executable", str(fake(tmp_path / "python", '/bin/mkdir -p "$4"')))


def test_the_packages_are_installed_once(layout: Layout, pipenv_calls: Calls) -> None:
    """Both categories are installed, into `.venv`, and the second run installs nothing."""
    install_packages(layout)
    install_packages(layout)

    assert ["sync --categories=packages dev-packages pipfile=Pipfile venv=.venv"] == pipenv_calls()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"default": {}}'])
def test_a_broken_lock_file_is_one_line(layout: Layout, content: str) -> None:
    """The file is named, with what to do."""
    (layout.root / "Pipfile.lock").write_text(content)

    with pytest.raises(InfraError, match=r"Pipfile\.lock: not a usable lock file .*: restore it with git"):
        install_packages(layout)


@pytest.mark.usefixtures("python")
def test_checkov_has_an_environment_of_its_own(layout: Layout, pipenv_calls: Calls) -> None:
    """Pipenv works on that environment and no other; the second run installs nothing."""
    install_checkov(layout)
    install_checkov(layout)

    assert ["sync pipfile=tools/scan/Pipfile venv=.cache/checkov"] == pipenv_calls()


@pytest.mark.usefixtures("python", "pipenv_calls")
def test_the_whole_setup_prints_nothing_the_second_time(
    layout: Layout, machine: Path, fake: Fake, capfd: pytest.CaptureFixture[str]
) -> None:
    """With everything in place there is nothing to do and nothing to say."""
    fake(machine / "node", "echo v24.11.1")
    fake(machine / "npm", "/bin/mkdir -p node_modules")
    fake(machine / "terraform", """echo '{"terraform_version": "1.11.4"}'""")
    main([], layout.root)
    capfd.readouterr()

    assert (0, "", "") == (main([], layout.root), *capfd.readouterr())


def test_a_failure_is_one_line_and_exit_code_1(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    """No traceback reaches the operator."""
    code = main([], layout.root)
    last = capsys.readouterr().err.splitlines()[-1]

    assert (1, f"error: cannot install the Python packages: {layout.bin}/pipenv: No such file or directory") == (
        code,
        last,
    )


def test_an_unknown_command_is_exit_code_2(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    """The usage is shown."""
    assert (2, "usage: python -m tools.setup [lock]\n") == (main(["install"], layout.root), capsys.readouterr().err)


def test_a_second_setup_waits(layout: Layout) -> None:
    """Two setups of one checkout do not work at the same time."""
    with layout.locked(), (layout.cache / "setup.lock").open("w") as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_setup_needs_no_package() -> None:
    """It runs before the packages are there: an interpreter without any imports it."""
    root = Path(__file__).resolve().parents[3]
    command = [sys.executable, "-S", "-c", "import tools.setup.__main__"]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True)  # noqa: S603 a fixed command

    assert "" == result.stderr
