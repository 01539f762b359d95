"""`infra images` with a docker on the PATH that writes down how it was called: what the real one would be told."""

import os
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from tests.tools.ci.registries import COMMIT, PRODUCTION, STAGING, service
from tests.tools.ci.test_ci_images import git
from tools.ci import command, images
from tools.cli import app
from tools.errors import InfraError

STUB = """#!/bin/sh
echo "$*" >>"$DOCKER_CALLS"
if [ "$1" = login ]; then cat >>"$DOCKER_STDIN"; fi
"""
REGISTRY = f"{STAGING}.dkr.ecr.eu-west-2.amazonaws.com"


@pytest.fixture(autouse=True)
def stub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A docker before all others on the PATH, which writes down its arguments and the passwords that it is given."""
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(STUB)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("DOCKER_CALLS", str(tmp_path / "calls"))
    monkeypatch.setenv("DOCKER_STDIN", str(tmp_path / "stdin"))
    # What a synth would say, in no time.
    monkeypatch.setattr(command, "_services", lambda stack: [service(stack, name) for name in ("backend", "frontend")])


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A committed folder with both services."""
    folder = tmp_path / "sources"
    for name in ("backend", "frontend"):
        (folder / name).mkdir(parents=True)
        (folder / name / "Dockerfile").write_text("FROM scratch\n")
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "First")
    return folder


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An AWS with both repositories in staging's account, without an image."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MOTO_ACCOUNT_ID", STAGING)
    with mock_aws():
        client = boto3.client("ecr", region_name="eu-west-2")
        for name in ("backend", "frontend"):
            client.create_repository(repositoryName=f"isms-{name}")
        yield


def calls(tmp_path: Path) -> list[str]:
    """How docker was called."""
    path = tmp_path / "calls"
    return path.read_text().splitlines() if path.exists() else []


@pytest.mark.parametrize("platform", ["linux/amd64", "linux/arm64"])
def test_build(platform: str, sources: Path, tmp_path: Path) -> None:
    """The step of a pull request: both services for the machine's platform, and no word of a registry."""
    arguments = ["images", "build", "staging", "--sources", str(sources), "--platform", platform]
    result = CliRunner().invoke(app, arguments)

    assert 0 == result.exit_code, result.output
    assert [f"buildx build --platform {platform} {sources / name}" for name in ("backend", "frontend")] == calls(
        tmp_path
    )


@pytest.mark.usefixtures("aws")
def test_push(sources: Path, tmp_path: Path) -> None:
    """The step of a deployment: sign in, build for what the services run on, push, sign out; for each service."""
    result = CliRunner().invoke(app, ["images", "push", "staging", "--sources", str(sources)])
    tag = f"sha-{git(sources, 'rev-parse', 'HEAD')}"

    assert f"image_tag={tag}\n" in result.output
    assert [
        line
        for name in ("backend", "frontend")
        for line in (
            f"login --username AWS --password-stdin {REGISTRY}",
            f"buildx build --platform linux/arm64 --push --tag {REGISTRY}/isms-{name}:{tag} "
            f"--tag {REGISTRY}/isms-{name}:latest {sources / name}",
            f"logout {REGISTRY}",
        )
    ] == calls(tmp_path)


@pytest.mark.usefixtures("aws")
def test_password(sources: Path, tmp_path: Path) -> None:
    """The registry's password reaches docker, and stands in none of its arguments."""
    images.push([service("staging", "backend")], sources)
    password = (tmp_path / "stdin").read_text()

    assert password
    assert not [call for call in calls(tmp_path) if password in call]


@pytest.mark.usefixtures("aws")
def test_promotion_that_copied_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Docker that says it copied, and did not, is found out; until then it signs in to both accounts, and out again."""
    one, other = service("staging", "backend"), service("production", "backend")
    monkeypatch.setenv("MOTO_ACCOUNT_ID", PRODUCTION)
    boto3.client("ecr", region_name="eu-west-2").create_repository(repositoryName="isms-backend")
    monkeypatch.setattr(images, "_released", lambda *_: "sha256:1")

    with pytest.raises(InfraError, match="is None after the copy: must be sha256:1"):
        images.promote([one], [other], COMMIT)
    assert [
        f"login --username AWS --password-stdin {one.registry}",
        f"login --username AWS --password-stdin {other.registry}",
        f"buildx imagetools create --prefer-index=false --tag {other.uri}:sha-{COMMIT} {one.uri}@sha256:1",
        f"logout {one.registry}",
        f"logout {other.registry}",
    ] == calls(tmp_path)
