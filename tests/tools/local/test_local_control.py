"""Starting, finding and stopping local AWS: with real processes."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from tools.errors import InfraError
from tools.local import control
from tools.local.emulators import HOST
from tools.local.instance import LocalAws
from tools.project import ROOT

pytestmark = pytest.mark.slow

CREDENTIAL = "AWS4-HMAC-SHA256 Credential=956880242582/20250101/us-east-1/s3/aws4_request, Signature=x"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """Run one instance that the tests of this file only look at."""
    directory = tmp_path_factory.mktemp("running")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_SECRET_ACCESS_KEY", "a real one")
        local = control.up(directory)
    yield local
    control.down(directory)


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    """Give a folder in which whatever was started is stopped."""
    yield tmp_path
    control.down(tmp_path)


def answers(local: LocalAws) -> bool:
    """Tell whether the port serves AWS."""
    connection = http.client.HTTPConnection(HOST, local.port, timeout=10)
    with contextlib.closing(connection), contextlib.suppress(OSError):
        connection.request("GET", "/_local/status")
        return connection.getresponse().status == 200
    return False


@contextlib.contextmanager
def taken_port() -> Iterator[int]:
    """Listen on a port, as another program does."""
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        yield other.getsockname()[1]


def test_up_returns_when_it_answers(running: LocalAws) -> None:
    """Who calls `up` can use it at once."""
    assert answers(running)


def test_up_again_finds_the_running_one(running: LocalAws) -> None:
    """A second `up` starts nothing."""
    assert running == control.up(running.directory)


def test_up_on_another_port_is_refused_while_it_runs(running: LocalAws) -> None:
    """A port asked for is never silently another one."""
    with pytest.raises(InfraError, match=f"runs on port {running.port}"):
        control.up(running.directory, port=1)


def test_status_finds_the_running_one(running: LocalAws) -> None:
    """What `status` finds is what `up` started."""
    assert running == control.status(running.directory)


def test_details_name_the_versions(running: LocalAws) -> None:
    """The server tells what it is made of."""
    assert {"ministack", "moto", "python"} == running.details()["versions"].keys()


def test_it_listens_on_loopback_only(running: LocalAws) -> None:
    """One listener, and none that another machine could reach."""
    listeners = psutil.Process(running.pid).net_connections("inet")

    assert [(HOST, running.port)] == [each.laddr for each in listeners if each.status == psutil.CONN_LISTEN]


def test_server_gets_no_credentials(running: LocalAws) -> None:
    """The server never sees the caller's AWS variables."""
    assert not [name for name in psutil.Process(running.pid).environ() if name.startswith("AWS_")]


def test_two_ups_at_once_start_one_server(directory: Path) -> None:
    """The second waits for the first and finds its server."""
    with ThreadPoolExecutor() as pool:
        first, second = pool.map(control.up, [directory, directory])

    assert first == second


def test_down_leaves_nothing(directory: Path) -> None:
    """After `down` neither the process nor the port nor the state is left."""
    local = control.up(directory)
    control.down(directory)

    assert (None, False, None) == (local.process(), answers(local), control.status(directory))


def test_down_without_a_server_says_so(directory: Path) -> None:
    """Stopping nothing is no error."""
    assert not control.down(directory)


def test_reset_empties_and_keeps_the_port(directory: Path) -> None:
    """After `reset` the same URL serves an empty AWS."""
    local = control.up(directory)
    request = http.client.HTTPConnection(HOST, local.port)
    request.request("PUT", "/some-bucket", headers={"authorization": CREDENTIAL})
    request.getresponse().read()
    before = local.inventory("956880242582", "us-east-1")
    again = control.reset(directory)

    assert ({"s3/buckets/some-bucket"}, local.port, set()) == (
        before,
        again.port,
        again.inventory("956880242582", "us-east-1"),
    )


def test_reset_needs_a_server(directory: Path) -> None:
    """There is nothing to empty when it does not run."""
    with pytest.raises(InfraError, match="infra local up"):
        control.reset(directory)


def test_taken_port_gives_the_next_free_one(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program on the usual port is no obstacle."""
    with taken_port() as port:
        monkeypatch.setattr(control, "PORTS", [port, 0])
        local = control.up(directory)

    assert port != local.port


def test_taken_port_asked_for_is_an_error(directory: Path) -> None:
    """A port asked for is that one or an error of one line."""
    with taken_port() as port, pytest.raises(InfraError, match=f"^port {port}: taken by another program"):
        control.up(directory, port=port)


def test_server_survives_a_crash_of_the_caller(directory: Path) -> None:
    """Killing the process that started it does not stop it."""
    code = "import os, signal\nfrom pathlib import Path\nfrom tools.local import control\n"
    code += f"control.up(Path({str(directory)!r}))\nos.kill(os.getpid(), signal.SIGKILL)"
    caller = subprocess.run(  # noqa: S603 our own code
        [sys.executable, "-c", code], cwd=ROOT, check=False
    )
    local = control.status(directory)

    assert (-signal.SIGKILL, True) == (caller.returncode, local is not None and answers(local))


def test_fresh_instance_dies_with_its_owner(tmp_path: Path) -> None:
    """A test run that is killed leaves no server."""
    code = "import os, signal\nfrom pathlib import Path\nfrom tools.local import control\n"
    code += f"with control.fresh(Path({str(tmp_path)!r})) as local:\n    print(local.pid, flush=True)\n"
    code += "    os.kill(os.getpid(), signal.SIGKILL)"
    owner = subprocess.run(  # noqa: S603 our own code
        [sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True, text=True
    )
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(int(owner.stdout)).wait(timeout=10)

    assert not psutil.pid_exists(int(owner.stdout))


def test_fresh_instance_stops_on_interrupt() -> None:
    """Ctrl-C in the middle stops the server."""
    with pytest.raises(KeyboardInterrupt), control.fresh() as local:
        raise KeyboardInterrupt

    assert (None, False) == (local.process(), local.directory.exists())


def test_stale_state_is_cleaned(running: LocalAws, directory: Path) -> None:
    """A state file whose pid now belongs to another process counts as none."""
    state = {"pid": running.pid, "created": running.created - 1000, "port": running.port}
    (directory / "state.json").write_text(json.dumps(state))

    assert (None, False) == (control.status(directory), (directory / "state.json").exists())


def test_unreadable_state_is_cleaned(directory: Path) -> None:
    """A damaged state file counts as none."""
    (directory / "state.json").write_text("{")

    assert control.status(directory) is None


def test_server_that_dies_is_told_with_its_last_words(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A start that fails names the reason and the log, and leaves no state."""
    monkeypatch.setattr(sys, "executable", "/bin/false")

    with pytest.raises(InfraError, match=r"did not start: it wrote nothing \(log: .*server.log\)"):
        control.up(directory)


def test_instance_that_does_not_answer_is_told(running: LocalAws) -> None:
    """A question to nobody names the URL and the log."""
    with taken_port() as port:
        pass
    with pytest.raises(InfraError, match=f"{port} does not answer"):
        replace(running, port=port).details()


def test_environment_leads_to_the_stacks_account(running: LocalAws) -> None:
    """Account, region and endpoint are the stack's, and no profile can step in."""
    stack: Any = SimpleNamespace(account_id="641918319442", region="eu-west-1")
    variables = control.environment(running, stack)

    assert (running.url, "641918319442", "eu-west-1", os.devnull) == tuple(
        variables[name] for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_REGION", "AWS_CONFIG_FILE")
    )


def test_environment_keeps_the_callers_proxy_exceptions(running: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loopback address is added to the hosts that need no proxy."""
    monkeypatch.setenv("NO_PROXY", "intranet")
    stack: Any = SimpleNamespace(account_id="641918319442", region="eu-west-1")

    assert f"intranet,{HOST}" == control.environment(running, stack)["NO_PROXY"]
