"""`python -m tools.setup` installs what is missing; `python -m tools.setup lock` resolves the lock files anew."""

import sys
from pathlib import Path

from tools.errors import InfraError
from tools.setup.checkov import install_checkov
from tools.setup.layout import Layout
from tools.setup.lock import lock
from tools.setup.node import install_cdktf, install_node
from tools.setup.pipenv import install_packages
from tools.setup.terraform import install_terraform

USAGE = "usage: python -m tools.setup [lock]"


def install(layout: Layout) -> None:
    """
    Bring the project's tools to what the lock files and pins say. What is there already is left alone.

    :raises InfraError: a tool could not be installed
    """
    install_packages(layout)
    install_node(layout)
    install_cdktf(layout)
    install_terraform(layout)
    install_checkov(layout)


def main(arguments: list[str], root: Path) -> int:
    """Run one of the two commands. Exit code 0 when it worked, 1 when it failed, 2 when it was called wrongly."""
    command = {(): install, ("lock",): lock}.get(tuple(arguments))
    if command is None:
        sys.stderr.write(USAGE + "\n")
        return 2
    layout = Layout(root)
    try:
        with layout.locked():
            command(layout)
    except InfraError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path(__file__).resolve().parents[2]))
