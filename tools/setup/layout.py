"""Where the project's tools lie, and what every installation step needs: a clean process, a stamp, a link."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.errors import InfraError

REDIRECTS = ("PIPENV_", "VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER")
"""Starts of variables that make pipenv, pip or Python work on another environment than the one meant."""

SHOWN = 6
"""How many lines of a failed command's output are shown. All of it is in the log."""


@dataclass(frozen=True)
class Layout:
    """The folders of one checkout."""

    root: Path

    @property
    def venv(self) -> Path:
        """The project's virtual environment, which also holds the links to Node, Terraform and cdktf."""
        return self.root / ".venv"

    @property
    def bin(self) -> Path:
        """First on PATH under `pipenv run` and in an activated environment."""
        return self.venv / "bin"

    @property
    def cache(self) -> Path:
        """What the tools download or make, and may lose."""
        return self.root / ".cache"

    def find_on_machine(self, program: str) -> Path | None:
        """Find a program on PATH, leaving out the project's own links."""
        folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
        own = self.bin.resolve()
        path = os.pathsep.join(folder for folder in folders if folder and Path(folder).resolve() != own)
        found = shutil.which(program, path=path)
        return Path(found) if found else None

    def environment(self) -> dict[str, str]:
        """Give the caller's environment without what leads an installation elsewhere, the project's tools first."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(REDIRECTS)}
        return kept | {"PATH": os.pathsep.join([str(self.bin), kept.get("PATH", os.defpath)])}

    def run(self, what: str, command: list[str | Path], **variables: str) -> None:
        """
        Run a command at the project's root, its output in `.cache/setup.log`.

        :param what: what the command does, for the message when it fails
        :raises InfraError: the command failed or does not exist; what it said about it goes to standard error
        """
        log = self.cache / "setup.log"
        try:
            result = subprocess.run(  # noqa: S603 the steps of this package are the only callers
                command,
                cwd=self.root,
                env=self.environment() | variables,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            )
        except OSError as error:
            raise InfraError(f"cannot {what}: {command[0]}: {error.strerror}") from None
        log.write_text(result.stdout)
        if result.returncode != 0:
            sys.stderr.writelines(f"  {line}\n" for line in telling_lines(result.stdout))
            raise InfraError(f"cannot {what} (exit code {result.returncode}): see above, or all of it in {log}")

    def link(self, name: str, target: Path) -> None:
        """Make `.venv/bin/<name>` a relative link to a file of the project. Existing links are replaced."""
        link, text = self.bin / name, os.path.relpath(target, self.bin)
        if link.is_symlink() and link.readlink() == Path(text):
            return
        fresh = self.bin / f".{name}.new"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(text)
        fresh.replace(link)

    def unlink(self, *names: str) -> None:
        """Remove links from `.venv/bin`, so that the machine's own programs are found."""
        for name in names:
            (self.bin / name).unlink(missing_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let one setup work at a time. The lock dies with the process."""
        self.cache.mkdir(exist_ok=True)
        with (self.cache / "setup.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("Waiting for another setup of this checkout")
                fcntl.flock(file, fcntl.LOCK_EX)
            yield


def say(line: str) -> None:
    """Print one line of progress."""
    sys.stderr.write(line + "\n")


def telling_lines(output: str) -> list[str]:
    """Pick what a failed command said about the failure: from its first error on, or its last lines."""
    # pip repeats this warning for every package when a folder of the machine's settings does not exist
    lines = [line for line in output.splitlines() if line.strip() and "WARNING: Location" not in line]
    first = next((number for number, line in enumerate(lines) if re.search(r"\berror\b", line, re.IGNORECASE)), None)
    return lines[-SHOWN:] if first is None else lines[first:][:SHOWN]


def once(stamp: Path, key: str, install: Callable[[], None]) -> None:
    """
    Install, unless the stamp says that this very thing is installed.

    The stamp lies inside what is installed and is written last, so an installation that was deleted or killed half
    way is done again.

    :param key: what is installed: all that a different installation would differ in
    """
    digest = hashlib.sha256(key.encode()).hexdigest()
    if stamp.is_file() and stamp.read_text() == digest:
        return
    stamp.unlink(missing_ok=True)
    install()
    fresh = stamp.with_name(stamp.name + ".new")
    fresh.write_text(digest)
    fresh.replace(stamp)
