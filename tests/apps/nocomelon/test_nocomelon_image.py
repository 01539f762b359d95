"""The container image, as far as a Dockerfile can be checked without an engine: its text, and its command."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
import urllib3

from tools.scan.gate import CHECKOV

APP = Path(__file__).resolve().parents[3] / "apps" / "nocomelon"


def instructions() -> list[tuple[str, str]]:
    """Read the Dockerfile as pairs of instruction and argument, comments out and lines joined."""
    lines = [line for line in (APP / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", "")
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


def arguments(name: str) -> list[str]:
    """List the arguments of one instruction, in order."""
    return [rest for instruction, rest in instructions() if instruction == name]


def final_stage() -> list[tuple[str, str]]:
    """List the instructions after the last FROM."""
    found = instructions()
    last = max(index for index, (name, _) in enumerate(found) if name == "FROM")
    return found[last:]


def command() -> list[str]:
    """Read the container's command."""
    (text,) = arguments("CMD")
    return [str(word) for word in json.loads(text)]


def requirements() -> list[str]:
    """List the pinned packages."""
    lines = (APP / "requirements.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_image_is_built_in_two_stages_from_one_base() -> None:
    """What builds the packages does not ship, and both stages have the same Python, pinned to its patch."""
    base = re.compile(r"python:3\.13\.\d+-slim-(bookworm|trixie)")
    names = [argument.split()[0] for argument in arguments("FROM")]

    assert (2, 1, True) == (len(names), len(set(names)), bool(base.fullmatch(names[0])))


def test_image_runs_as_a_numeric_user() -> None:
    """The last USER is not root, and numeric, so that a runtime can check it."""
    users = [rest for name, rest in final_stage() if name == "USER"]
    expected = ["10001:10001"]

    assert expected == users


def test_image_declares_what_it_writes_to() -> None:
    """Fargate makes a mounted /tmp writable for others than root only when the image declares the volume."""
    volumes = [rest for name, rest in final_stage() if name == "VOLUME"]

    assert ['["/tmp"]'] == volumes


def test_image_installs_ffmpeg_and_keeps_no_lists() -> None:
    """FFmpeg comes without recommended packages, and the package lists go in the same layer."""
    (layer,) = [rest for name, rest in final_stage() if name == "RUN"]

    assert re.search(r"apt-get install --yes --no-install-recommends ffmpeg .*&& rm -rf /var/lib/apt/lists/\*$", layer)


def test_image_installs_the_requirements() -> None:
    """The build stage installs what requirements.txt pins."""
    assert any("install" in rest and "-r /tmp/requirements.txt" in rest for rest in arguments("RUN"))


def test_everything_copied_exists() -> None:
    """Every COPY from the build context has its source, and .dockerignore lets it in."""
    ignored = (APP / ".dockerignore").read_text().splitlines()
    sources = [rest.split()[0].rstrip("/") for rest in arguments("COPY") if not rest.startswith("--from")]

    assert [(True, True)] * len(sources) == [((APP / source).exists(), f"!{source}" in ignored) for source in sources]


def test_exposed_port_is_the_served_one() -> None:
    """The container serves 8000 on all its addresses, which is what the target group sends to."""
    expected = ["--host", "0.0.0.0", "--port", *arguments("EXPOSE")]  # noqa: S104 the container's own addresses

    assert (["8000"], expected) == (arguments("EXPOSE"), command()[-4:])


def test_requirements_are_pinned() -> None:
    """Every package has exactly one version, and no line names an index."""
    assert [] == [line for line in requirements() if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]*", line)]


@pytest.mark.parametrize("requirement", requirements())
def test_tested_version_is_the_shipped_one(requirement: str) -> None:
    """The tests run with the versions that the image gets."""
    name, _, expected = requirement.partition("==")

    assert expected == version(name)


@pytest.fixture
def service() -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Run the image's own command, on a free loopback port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    _, *words = command()
    with subprocess.Popen(  # noqa: S603 the command is the project's own Dockerfile's
        [sys.executable, *words, "--host", "127.0.0.1", "--port", port],  # the last one given counts
        cwd=APP / "src",
        env=os.environ | {"S3_BUCKET_NAME": "assets"},
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield process, f"http://127.0.0.1:{port}/health"
        finally:
            process.kill()


@pytest.mark.slow
def test_command_serves_and_stops_on_sigterm(service: tuple[subprocess.Popen[bytes], str]) -> None:
    """The command answers the health check, and a stop as ECS sends it ends it with exit code 0."""
    process, url = service
    until_it_listens = urllib3.Retry(8, backoff_factor=0.2)
    status = urllib3.request("GET", url, retries=until_it_listens).status
    process.send_signal(signal.SIGTERM)

    assert (200, 0) == (status, process.wait(timeout=15))


@pytest.mark.slow
def test_command_without_a_bucket_stops_with_one_line() -> None:
    """A task without its bucket's name says so in one line and exits with 1."""
    _, *words = command()
    environment = {name: value for name, value in os.environ.items() if name != "S3_BUCKET_NAME"}
    result = subprocess.run(  # noqa: S603 as above
        [sys.executable, *words],
        cwd=APP / "src",
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert (1, "error: environment: S3_BUCKET_NAME: Field required\n") == (result.returncode, result.stderr)


@pytest.mark.slow
def test_checkov_finds_nothing() -> None:
    """The Dockerfile passes every check that applies to it."""
    scan = [str(CHECKOV), "-d", str(APP), "--framework", "dockerfile", "--skip-download", "--output", "json"]
    result = subprocess.run(scan, capture_output=True, text=True, check=False)  # noqa: S603 the pinned checkov
    summary = json.loads(result.stdout)["summary"]

    assert (0, 0) == (summary["failed"], summary["parsing_errors"])
    assert summary["passed"] > 10
