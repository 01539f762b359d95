"""Python packages, through pipenv: exactly the versions and hashes of a `Pipfile.lock`."""

import json
import sys
from pathlib import Path

from tools.errors import InfraError
from tools.setup.layout import Layout, once, say


def install_packages(layout: Layout) -> None:
    """
    Install the project's Python packages into `.venv`, and the `infra` command beside them.

    :raises InfraError: the lock file is missing or broken, or pipenv failed
    """

    def install() -> None:
        say("Installing the Python packages (about a minute)")
        pipenv(
            layout,
            "install the Python packages",
            layout.root,
            layout.venv,
            "sync",
            "--categories=packages dev-packages",
        )

    once(layout.venv / ".packages", locked_packages(layout.root, "default", "develop"), install)
    layout.link("infra", layout.root / "tools" / "infra")


def pipenv(layout: Layout, what: str, folder: Path, venv: Path, *arguments: str) -> None:
    """
    Run the project's pipenv.

    :param folder: where the Pipfile lies
    :param venv: the environment it works on, whatever the caller's shell has activated
    :raises InfraError: pipenv is missing or failed
    """
    layout.run(
        what,
        [layout.bin / "pipenv", *arguments],
        PIPENV_PIPFILE=str(folder / "Pipfile"),
        VIRTUAL_ENV=str(venv),
        PIPENV_VERBOSITY="-1",
        PIPENV_DONT_LOAD_ENV="1",
        PIPENV_NOSPIN="1",
    )


def locked_packages(folder: Path, *categories: str) -> str:
    """
    Say what some categories of a lock file install with this Python: the key of its stamp.

    :raises InfraError: the lock file is missing or broken
    """
    path = folder / "Pipfile.lock"
    try:
        document = json.loads(path.read_text())
        return json.dumps([sys.version, [document[category] for category in categories]], sort_keys=True)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InfraError(f"{path}: not a usable lock file ({error}): restore it with git") from None
