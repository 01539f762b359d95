"""A machine for the scripts of a host: a folder as its root, and stubs that write down how they were called."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

_STUB = r"""#!/usr/bin/env bash
line="${0##*/} $*"
printf '%s\n' "${line//$'\n'/\\n}" >>"$SANDBOX/calls"
while IFS=$'\t' read -r pattern code number <&4; do
  # shellcheck disable=SC2053 # a pattern it is
  if [[ $line == $pattern ]]; then
    . "$SANDBOX/effect-$number"
    cat "$SANDBOX/output-$number"
    exit "$code"
  fi
done 4<"$SANDBOX/answers"
"""
"""Answers with the first line of the table that fits the call; without one it succeeds and says nothing."""

_TOOL = r"""#!/usr/bin/env bash
line="${0##*/} $*"
printf '%s\n' "${line//$'\n'/\\n}" >>"$SANDBOX/tools"
exec "$TOOL" "$@"
"""
"""Goes on with the real one."""

_STUBS = (
    *("apt-get", "aws", "blkid", "cloud-init", "curl", "docker", "dpkg", "gpg", "iptables", "mkfs.ext4", "mount"),
    *("mountpoint", "sleep", "snap", "systemctl"),
)

_TOOLS = (
    *("cat", "chmod", "cmp", "cp", "cut", "dirname", "find", "flock", "grep", "head", "install", "jq", "mkdir"),
    *("mktemp", "mv", "rm", "sha256sum", "touch"),
)
"""What every Ubuntu has, and jq: these are the real ones."""


class Sandbox:
    """Runs scripts that find nothing but `root`, the stubs and the tools of every machine."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self._notes = folder / "notes"
        self._bin = folder / "bin"
        for made in (self.root, self._notes, self._bin):
            made.mkdir()
        self._answers: list[str] = []
        for name in _STUBS:
            self._write(name, _STUB)
        for name in _TOOLS:
            self._write(name, _TOOL.replace("$TOOL", _find(name)))
        for name in ("bash", "env"):
            (self._bin / name).symlink_to(_find(name))

    def _write(self, name: str, text: str) -> None:
        # By their full names, because the stubs use stubs' names themselves.
        text = text.replace("/usr/bin/env bash", _find("bash")).replace("    cat ", f"    {_find('cat')} ")
        (self._bin / name).write_text(text)
        (self._bin / name).chmod(0o755)

    def remove(self, name: str) -> None:
        """Take a command away."""
        (self._bin / name).unlink()

    def answer(self, call: str, *, output: str = "", code: int = 0, effect: str = "") -> None:
        """
        Say what a call does. What is said last counts first.

        :param call: a pattern of the shell, such as `aws ssm *`
        :param effect: commands of the shell, which find the root as `$ROOT`
        """
        number = len(self._answers)
        (self._notes / f"output-{number}").write_text(output)
        (self._notes / f"effect-{number}").write_text(effect)
        self._answers.insert(0, f"{call}\t{code}\t{number}\n")

    def place(self, script: str) -> str:
        """Let a script find the sandbox where it would find a machine."""
        assert "readonly ROOT=''" in script
        return script.replace("readonly ROOT=''", f"readonly ROOT='{self.root}'")

    def run(self, script: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a script that was placed here."""
        (self._notes / "answers").write_text("".join(self._answers))
        (self._notes / "calls").touch()
        command = [str(self._bin / "bash"), str(script), *arguments]
        return subprocess.run(  # noqa: S603
            command, env=self._environment(), capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
        )

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": str(self._bin),
            "SANDBOX": str(self._notes),
            "ROOT": str(self.root),
            "TMPDIR": str(self._notes),
            "LANG": os.environ.get("LANG", "C.UTF-8"),
        }

    @property
    def calls(self) -> list[str]:
        """All calls of stubs so far, one a line."""
        return (self._notes / "calls").read_text().splitlines()

    @property
    def tools(self) -> list[str]:
        """All calls of real tools so far, one a line."""
        return (self._notes / "tools").read_text().splitlines()

    def called(self, beginning: str) -> list[str]:
        """The calls that begin like this."""
        return [call for call in self.calls if call.startswith(beginning)]

    def forget(self) -> None:
        """Begin a new list of calls."""
        (self._notes / "calls").write_text("")

    def note(self, name: str) -> str:
        """What an effect wrote to `$SANDBOX/<name>`."""
        return (self._notes / name).read_text()

    def file(self, path: str) -> Path:
        """Where a file of the machine is."""
        return self.root / path.removeprefix("/")

    def tree(self) -> dict[str, tuple[int, str]]:
        """All files of the machine: path → mode and content."""
        return {
            str(path.relative_to(self.root)): (path.stat().st_mode & 0o777, path.read_text(errors="replace"))
            for path in sorted(self.root.rglob("*"))
            if path.is_file()
        }


def _find(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"no {name} on PATH; the host has one")
    return found
