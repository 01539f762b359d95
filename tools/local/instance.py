"""One running local AWS: the process, the file that remembers it, and how it starts and stops."""

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil

from tools.errors import InfraError
from tools.local.emulators import HOST
from tools.project import ROOT

START_SECONDS = 60.0
STOP_SECONDS = 5.0
ANSWER_SECONDS = 10.0

CLOCK_SECONDS = 2.0
"""How far the creation time of one process can seem to move when the clock of the machine is set."""


KEPT = ("HOME", "LANG", "LC_ALL", "PATH", "TZ")
"""What the server gets of the caller's environment: no credentials, no proxies, no emulator settings."""


@dataclass(frozen=True, kw_only=True)
class LocalAws:
    """One running instance."""

    directory: Path
    pid: int
    created: float
    """When the process was created, in seconds of the epoch; with the pid it names the process for good."""
    port: int

    @property
    def url(self) -> str:
        """The one endpoint. Its host is an address, so SDKs put the S3 bucket into the path by themselves."""
        return f"http://{HOST}:{self.port}"

    @property
    def log(self) -> Path:
        """What the server wrote, with every refused call."""
        return _log(self.directory)

    def process(self) -> psutil.Process | None:
        """Find the process, unless it is gone; a zombie and another process with the same pid do not count."""
        try:
            process = psutil.Process(self.pid)
            is_same = abs(process.create_time() - self.created) < CLOCK_SECONDS
            return process if is_same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None

    def wait(self) -> None:
        """
        Return when the server answers.

        :raises InfraError: it died, or takes too long
        """
        self._ask("/_local/status", START_SECONDS)

    def details(self) -> dict[str, Any]:
        """
        Ask the server for the versions of its emulators and the number of things in each account.

        :raises InfraError: it does not answer
        """
        details: dict[str, Any] = self._ask("/_local/status", ANSWER_SECONDS)
        return details

    def inventory(self, account_id: str, region: str) -> set[str]:
        """
        List what exists in an account: `service/store/id`, beyond what AWS itself puts there.

        :raises InfraError: it does not answer
        """
        query = urlencode({"account": account_id, "region": region})
        return set(self._ask(f"/_local/inventory?{query}", ANSWER_SECONDS))

    def _ask(self, path: str, seconds: float) -> Any:  # noqa: ANN401 whatever JSON says
        connection = http.client.HTTPConnection(HOST, self.port, timeout=seconds)
        try:
            connection.request("GET", path)
            return json.load(connection.getresponse())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise InfraError(f"local AWS at {self.url} does not answer ({error!r}): see {self.log}") from error
        finally:
            connection.close()


def _log(directory: Path) -> Path:
    return directory / "server.log"


def _state(directory: Path) -> Path:
    return directory / "state.json"


def find(directory: Path) -> LocalAws | None:
    """Read the state file; remove one whose process is gone or that cannot be read."""
    state = _state(directory)
    try:
        local = LocalAws(directory=directory, **json.loads(state.read_text()))
    except FileNotFoundError:
        return None
    except (TypeError, ValueError):
        local = None
    if local is None or local.process() is None:
        state.unlink()
        return None
    return local


def start(directory: Path, ports: Sequence[int], *, tied: bool = False) -> tuple[LocalAws, subprocess.Popen[bytes]]:
    """
    Start a server on the first free port and wait until it answers; 0 stands for any free port.

    A tied server stops when the process object's standard input closes, so it cannot outlive its owner.

    :raises InfraError: no port is free, or the server did not start
    """
    listener = _listen(ports)
    descriptor = str(listener.fileno())
    command = [sys.executable, "-m", "tools.local.server", "--directory", str(directory), "--fd", descriptor]
    with listener, _log(directory).open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 our own module
            [*command, "--tied"] if tied else command,
            cwd=ROOT,
            env={name: os.environ[name] for name in KEPT if name in os.environ},
            stdin=subprocess.PIPE if tied else subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[listener.fileno()],
            start_new_session=True,
        )
        created = psutil.Process(process.pid).create_time()
        local = LocalAws(directory=directory, pid=process.pid, created=created, port=listener.getsockname()[1])
        _write(local)
    # The listener is the server's alone now: this call waits until it answers and fails at once when it dies.
    try:
        local.wait()
    except BaseException as error:
        stop(local)
        process.wait()
        if not isinstance(error, InfraError):
            raise
        lines = local.log.read_text(errors="replace").split("\n")
        last = next((line for line in reversed(lines) if line.strip()), "it wrote nothing")
        raise InfraError(f"local AWS did not start: {last.strip()} (log: {local.log})") from error
    return local, process


def _listen(ports: Sequence[int]) -> socket.socket:
    """
    Take the first free port.

    :raises InfraError: none is free
    """
    for port in ports:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
            listener.listen()
        except OSError:
            listener.close()
        else:
            return listener
    tried = str(ports[0]) if len(ports) == 1 else f"{ports[0]} to {ports[-1]}"
    raise InfraError(f"port {tried}: taken by another program; stop it or choose a free port with `--port`")


def _write(local: LocalAws) -> None:
    state = _state(local.directory)
    draft = state.with_suffix(".new")
    draft.write_text(json.dumps({key: value for key, value in asdict(local).items() if key != "directory"}))
    draft.replace(state)


def stop(local: LocalAws) -> None:
    """Stop the server and every process below it, and forget it; the log stays."""
    process = local.process()
    if process is not None:
        family = [*process.children(recursive=True), process]
        process.terminate()
        psutil.wait_procs([process], timeout=STOP_SECONDS)
        for member in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
        psutil.wait_procs(family, timeout=STOP_SECONDS)
    shutil.rmtree(local.directory / "data", ignore_errors=True)
    _state(local.directory).unlink(missing_ok=True)
