"""checkov, in an environment of its own: it pins a boto3 that conflicts with the project's."""

import sys

from tools.setup.layout import Layout, once, say
from tools.setup.pipenv import locked_packages, pipenv


def install_checkov(layout: Layout) -> None:
    """
    Install checkov into `.cache/checkov`.

    :raises InfraError: the lock file is missing or broken, or the installation failed
    """
    folder, venv = layout.root / "tools" / "scan", layout.cache / "checkov"

    def install() -> None:
        say("Installing checkov (about half a minute)")
        layout.run("make the environment of checkov", [sys.executable, "-m", "venv", "--clear", venv])
        pipenv(layout, "install checkov", folder, venv, "sync")

    once(venv / ".packages", locked_packages(folder, "default"), install)
