"""`infra images`: what is built, pushed and promoted, with which runs of docker."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from tests.tools.ci.registries import COMMIT, PRODUCTION, STAGING, Registries, service
from tools.ci import docker as docker_module
from tools.ci import images
from tools.errors import InfraError
from tools.release.aws import connect

BACKEND, FRONTEND = service("staging", "backend"), service("staging", "frontend")
DIGEST = f"sha256:{'1' * 64}"
STAGING_BACKEND = f"{STAGING}.dkr.ecr.eu-west-2.amazonaws.com/isms-backend"
PRODUCTION_BACKEND = f"{PRODUCTION}.dkr.ecr.eu-west-2.amazonaws.com/isms-backend"


@pytest.fixture
def registries(monkeypatch: pytest.MonkeyPatch) -> Registries:
    """Empty registries, and a docker that knows them."""
    found = Registries()
    monkeypatch.setattr(images, "connect", found.connect)
    monkeypatch.setattr(images, "docker", found.docker)
    monkeypatch.setattr(docker_module, "connect", found.connect)
    monkeypatch.setattr(docker_module, "docker", found.docker)
    return found


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A committed folder with both services."""
    for name in ("backend", "frontend"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "Dockerfile").write_text("FROM scratch\n")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "First")
    return tmp_path


def git(folder: Path, *arguments: str) -> str:
    """Run git as somebody who may commit."""
    identity = ["-c", "user.name=Test", "-c", "user.email=test@trust.demo.paythru.com", "-c", "commit.gpgsign=false"]
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603


class TestSources:
    """Where the sources of the services lie."""

    def test_missing(self, tmp_path: Path) -> None:
        """Without them, the message says what is looked for, and how to say where it is."""
        with pytest.raises(InfraError) as raised:
            images.find_sources([BACKEND, FRONTEND], tmp_path)

        assert (
            f"{tmp_path}/backend/Dockerfile does not exist: --sources (on GitHub the variable APPLICATION_SOURCES) "
            "must be the folder that holds backend/ and frontend/"
        ) == str(raised.value)

    def test_all_before_any(self, registries: Registries, sources: Path) -> None:
        """Nothing is built when one is missing."""
        (sources / "frontend" / "Dockerfile").unlink()

        with pytest.raises(InfraError, match="frontend/Dockerfile does not exist"):
            images.build([BACKEND, FRONTEND], sources)
        assert [] == registries.runs


class TestBuild:
    """`infra images build`."""

    def test_platform_of_the_service(self, registries: Registries, sources: Path) -> None:
        """An image is built for what its service runs on, and is not pushed."""
        images.build([BACKEND], sources)

        assert [f"buildx build --platform linux/arm64 {sources}/backend"] == registries.commands()

    def test_other_platform(self, registries: Registries, sources: Path) -> None:
        """Or for another one that is asked for."""
        images.build([BACKEND], sources, "linux/amd64")

        assert [f"buildx build --platform linux/amd64 {sources}/backend"] == registries.commands()


class TestPush:
    """`infra images push`."""

    def test_tags(self, registries: Registries, sources: Path) -> None:
        """The image gets the tag of its commit, and `latest`."""
        commit = git(sources, "rev-parse", "HEAD")

        assert f"sha-{commit}" == images.push([BACKEND], sources)
        assert [
            f"buildx build --platform linux/arm64 --push --tag {STAGING_BACKEND}:sha-{commit} "
            f"--tag {STAGING_BACKEND}:latest {sources}/backend"
        ] == registries.commands()

    def test_signs_in_and_out(self, registries: Registries, sources: Path) -> None:
        """The registry's password goes through standard input, and does not stay on the machine."""
        images.push([BACKEND], sources)
        registry = f"{STAGING}.dkr.ecr.eu-west-2.amazonaws.com"

        assert ["login", "--username", "AWS", "--password-stdin", registry, "< password"] == registries.runs[0]
        assert ["logout", registry] == registries.runs[-1]

    def test_signs_out_after_a_failure(
        self, registries: Registries, sources: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A build that fails leaves no password either."""

        def fail(*arguments: str) -> None:
            raise InfraError(arguments[1])

        monkeypatch.setattr(images, "docker", fail)
        with pytest.raises(InfraError, match="build"):
            images.push([BACKEND], sources)
        assert "logout" == registries.runs[-1][0]

    def test_again(self, registries: Registries, sources: Path) -> None:
        """What is there is not built again: the tag of a commit names one image for good."""
        registries.put("staging", "backend", f"sha-{git(sources, 'rev-parse', 'HEAD')}", "sha256:1")
        images.push([BACKEND, FRONTEND], sources)

        assert [True] == [command.endswith(f"{sources}/frontend") for command in registries.commands()]

    def test_changed_sources(self, registries: Registries, sources: Path) -> None:
        """Sources that no commit has are refused, because the tag would lie."""
        (sources / "backend" / "new").write_text("")

        with pytest.raises(InfraError, match=r"have changes that no commit has \(\?\? backend/new\): commit them"):
            images.push([BACKEND], sources)
        assert [] == registries.runs

    def test_changes_elsewhere(self, registries: Registries, sources: Path) -> None:
        """What else has changed does not matter."""
        (sources / "notes").write_text("")
        images.push([BACKEND], sources)

        assert 1 == len(registries.commands())

    def test_no_repository(self, registries: Registries, tmp_path: Path) -> None:
        """Sources that git does not know have no commit."""
        (tmp_path / "backend").mkdir()
        (tmp_path / "backend" / "Dockerfile").write_text("")

        with pytest.raises(InfraError, match="git status: fatal: not a git repository"):
            images.push([BACKEND], tmp_path)
        assert [] == registries.runs


class TestPromote:
    """`infra images promote`: from the account of staging to that of production."""

    SOURCE = (service("staging", "backend"), service("staging", "frontend"))
    TARGET = (service("production", "backend"), service("production", "frontend"))

    @pytest.fixture(autouse=True)
    def _released(self, registries: Registries) -> None:
        for name in ("backend", "frontend"):
            registries.put("staging", name, f"staging-{COMMIT}", f"sha256:{name}")

    @pytest.fixture
    def promote(self) -> Callable[[str], str]:
        """Promote both services."""
        return lambda tag: images.promote(self.SOURCE, self.TARGET, tag)

    def test_copies_by_digest(self, registries: Registries, promote: Callable[[str], str]) -> None:
        """What staging released is copied as it is, not built again, and not put into another list."""
        promote(COMMIT)

        assert (
            f"buildx imagetools create --prefer-index=false --tag {PRODUCTION_BACKEND}:sha-{COMMIT} "
            f"{STAGING_BACKEND}@sha256:backend"
        ) == registries.commands()[0]

    def test_same_digest_after(self, registries: Registries, promote: Callable[[str], str]) -> None:
        """Production's registry then has the image of staging, under the tag of its commit."""
        assert f"sha-{COMMIT}" == promote(f"sha-{COMMIT}")
        assert "sha256:frontend" == registries.digest("production", "frontend", f"sha-{COMMIT}")

    def test_credentials_of_the_target(self, registries: Registries, promote: Callable[[str], str]) -> None:
        """All of it is done with production's role."""
        promote(COMMIT)

        assert {PRODUCTION} == set(registries.connected)

    def test_not_released(self, registries: Registries, promote: Callable[[str], str]) -> None:
        """What was built but not released by staging is refused, before anything is copied."""
        del registries.tags[(STAGING, "isms-frontend")][f"staging-{COMMIT}"]
        registries.put("staging", "frontend", f"sha-{COMMIT}", "sha256:frontend")

        with pytest.raises(InfraError) as raised:
            promote(COMMIT)
        assert (
            f"frontend: isms-frontend in account {STAGING} has no tag staging-{COMMIT}: "
            f"release it first, infra release staging --image-tag {COMMIT}"
        ) == str(raised.value)
        assert [] == registries.runs

    def test_again(self, registries: Registries, promote: Callable[[str], str]) -> None:
        """What is there already is not copied again."""
        promote(COMMIT)
        registries.runs.clear()
        promote(COMMIT)

        assert [] == registries.runs

    def test_other_image(self, registries: Registries, promote: Callable[[str], str]) -> None:
        """Another image under the commit's tag is never written over."""
        registries.put("production", "backend", f"sha-{COMMIT}", "sha256:other")

        with pytest.raises(InfraError, match="is another image, sha256:other: staging has sha256:backend"):
            promote(COMMIT)
        assert [] == registries.runs

    def test_looks_at_the_copy(
        self, registries: Registries, promote: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A copy with another digest fails, whatever docker says."""
        docker = registries.docker

        def wrap(*arguments: str) -> None:
            docker(*arguments)
            registries.put("production", "backend", f"sha-{COMMIT}", "sha256:wrapped")

        monkeypatch.setattr(images, "docker", wrap)
        with pytest.raises(InfraError, match="is sha256:wrapped after the copy: must be sha256:backend"):
            promote(COMMIT)

    @pytest.mark.parametrize("tag", ["latest", "staging", "sha-0123", "", f"{COMMIT}0", f"staging-{COMMIT}"])
    def test_only_commits(self, promote: Callable[[str], str], tag: str) -> None:
        """A tag that could mean another image tomorrow is refused."""
        with pytest.raises(InfraError, match="must be a commit, 40 hexadecimal digits, or sha- and a commit"):
            promote(tag)

    def test_unknown_service(self) -> None:
        """A service that staging does not have cannot come from there."""
        with pytest.raises(InfraError, match="frontend: staging has no such service to promote from"):
            images.promote(self.SOURCE[:1], self.TARGET, COMMIT)


class TestRegistry:
    """The call of ECR, as boto3 takes it."""

    @pytest.fixture
    def repository(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """Emulate an account with the repository and one image."""
        for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("MOTO_ACCOUNT_ID", STAGING)
        with mock_aws():
            client = boto3.client("ecr", region_name="eu-west-2")
            client.create_repository(repositoryName="isms-backend")
            client.put_image(
                repositoryName="isms-backend",
                imageManifest="{}",
                imageManifestMediaType="application/vnd.oci.image.manifest.v1+json",
                imageTag="sha-1",
                imageDigest=DIGEST,
            )
            yield

    @pytest.mark.parametrize(("tag", "digest"), [("sha-1", DIGEST), ("sha-2", None)])
    @pytest.mark.usefixtures("repository")
    def test_find_digest(self, tag: str, digest: str | None) -> None:
        """A tag has a digest, or is not there."""
        assert digest == images.find_digest(connect(STAGING, "eu-west-2"), BACKEND, tag)


class TestDocker:
    """Running docker."""

    @pytest.fixture
    def fake(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A docker that does nothing, alone on the PATH."""
        program = tmp_path / "docker"
        program.write_text("#!/bin/sh\nexit 0\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        return program

    def test_fails(self, fake: Path) -> None:
        """A failure names the command; why, docker has said."""
        fake.write_text("#!/bin/sh\nexit 3\n")

        with pytest.raises(InfraError, match="docker buildx build failed with exit code 3: see above"):
            docker_module.docker("buildx", "build", "--secret", "id=x")

    def test_missing(self, fake: Path) -> None:
        """Without docker the message says what to install."""
        fake.unlink()

        with pytest.raises(InfraError, match="docker is not on the PATH: install it, with its buildx plugin"):
            docker_module.docker("version")
