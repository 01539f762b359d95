"""What `infra local` does, as functions: start, find, empty and stop local AWS, and say how to reach it."""

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tools.errors import InfraError
from tools.local.emulators import HOST
from tools.local.instance import LocalAws, find, start, stop
from tools.project import CACHE, Stack

DIRECTORY = CACHE / "local-aws"
"""Where the one instance that `infra local` speaks of keeps its state, its log and its scratch files."""

USUAL_PORT = 4566
"""The port that AWS emulators use by custom."""

PORTS = range(USUAL_PORT, USUAL_PORT + 100)
"""What is tried, in order, when no port is asked for."""

_UNSET = (
    "AWS_CA_BUNDLE",
    "AWS_DEFAULT_PROFILE",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_SESSION_TOKEN",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
)
"""Variables that would lead away from local AWS: to a real account or to another endpoint."""


def up(directory: Path = DIRECTORY, port: int | None = None) -> LocalAws:
    """
    Start local AWS, or find the one that runs, and return when it answers.

    :raises InfraError: the port asked for is taken, or the server did not start
    """
    with _locked(directory):
        running = find(directory)
        if running is None:
            return start(directory, PORTS if port is None else [port])[0]
        if port not in {None, running.port}:
            raise InfraError(f"port {port}: local AWS runs on port {running.port}; run `infra local down` first")
        running.wait()
        return running


def down(directory: Path = DIRECTORY) -> bool:
    """Stop local AWS and whatever it started; tell whether it ran."""
    with _locked(directory):
        running = find(directory)
        if running is not None:
            stop(running)
        return running is not None


def reset(directory: Path = DIRECTORY) -> LocalAws:
    """
    Forget everything in every account: start again on the same port.

    :raises InfraError: it does not run, or did not start again
    """
    with _locked(directory):
        running = find(directory)
        if running is None:
            raise InfraError("local AWS does not run: start it with `infra local up`")
        stop(running)
        return start(directory, [running.port])[0]


def status(directory: Path = DIRECTORY) -> LocalAws | None:
    """Find the instance that runs."""
    with _locked(directory):
        return find(directory)


@contextlib.contextmanager
def fresh(directory: Path | None = None) -> Iterator[LocalAws]:
    """
    Run an empty instance of its own on a free port; without a folder for its log, in one that goes with it.

    It stops at the end in every case: also when its owner is interrupted or killed.

    :raises InfraError: the server did not start
    """
    if directory is None:
        with (
            tempfile.TemporaryDirectory(prefix="local-aws-", ignore_cleanup_errors=True) as folder,
            fresh(Path(folder)) as local,
        ):
            yield local
        return
    directory.mkdir(parents=True, exist_ok=True)
    local, process = start(directory, [0], tied=True)
    with process:
        try:
            yield local
        finally:
            stop(local)


def environment(local: LocalAws, stack: Stack) -> dict[str, str]:
    """
    Say which variables make Terraform and every AWS SDK use local AWS as the account of a stack.

    An empty value stands for a variable that must be absent (`tools.environment`).
    """
    of_one_service = [name for name in os.environ if name.startswith("AWS_ENDPOINT_URL_")]
    direct = ",".join(filter(None, (os.environ.get("NO_PROXY") or os.environ.get("no_proxy"), HOST)))
    return dict.fromkeys([*_UNSET, *of_one_service], "") | {
        "AWS_ACCESS_KEY_ID": stack.account_id,
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_DEFAULT_REGION": stack.region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": local.url,
        "AWS_REGION": stack.region,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "NO_PROXY": direct,
        "no_proxy": direct,
    }


@contextlib.contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Let one process at a time start or stop what lives in a folder; the lock goes with its holder."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
