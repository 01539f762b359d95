"""The lock of a release: one at a time, and found again after it was killed."""

import os
from typing import Any

import pytest

from tests.tools.release.world import Calls
from tools.errors import InfraError
from tools.release.aws import Aws
from tools.release.entry import Entry, HeldError, parameter_name, read
from tools.release.journal import Journal, LostError
from tools.release.manifest import Manifest

PIPELINE = {"GITHUB_RUN_ID": "42", "GITHUB_REPOSITORY": "octo-org/octo-repo"}


def noted(aws: Aws, manifest: Manifest) -> Entry:
    """What stands in the journal."""
    entry = read(aws, manifest)
    assert entry is not None
    return entry


def nameless() -> str:
    """Answer as `getpass` does for a user that the system does not know."""
    raise KeyError("getpwuid(): uid not found: 1000")


def noted_by(aws: Aws, manifest: Manifest) -> str:
    """Who takes the lock, as others read it."""
    return Journal.take(aws, manifest, "sha-1").entry.owner


def write_twice(aws: Aws, calls: Calls) -> None:
    """Let the next write be made twice, as botocore does when no answer comes."""
    once = iter([True])

    def write(asked: dict[str, Any]) -> None:
        if next(once, False):
            aws.ssm.put_parameter(**asked)

    calls.answers["PutParameter"] = write


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run as a pipeline does."""
    for name, value in PIPELINE.items():
        monkeypatch.setenv(name, value)


class TestTake:
    """The lock is free, or it is not."""

    def test_name(self, aws: Aws, manifest: Manifest) -> None:
        """The lock is where the roles of the pipelines may write it."""
        Journal.take(aws, manifest, "sha-1")

        assert aws.ssm.get_parameter(Name="/staging/release-lock/backend")["Parameter"]["Type"] == "String"

    def test_two_at_once(self, aws: Aws, manifest: Manifest) -> None:
        """Of two releases at once the second is refused."""
        Journal.take(aws, manifest, "sha-1")
        with pytest.raises(HeldError):
            Journal.take(aws, manifest, "sha-2")

        assert "sha-1" == noted(aws, manifest).image_tag

    def test_who(self, aws: Aws, manifest: Manifest, pipeline: None) -> None:  # noqa: ARG002 it sets the environment
        """Who is refused reads who releases what, how far it is and what to do."""
        Journal.take(aws, manifest, "sha-1").write(step="shifting")
        with pytest.raises(HeldError) as caught:
            Journal.take(aws, manifest, "sha-2")

        started = f"{noted(aws, manifest).started.astimezone():%Y-%m-%d %H:%M}"
        assert (
            f"backend is being released by octo-org/octo-repo run 42 since {started} (sha-1, shifting): "
            "wait for it; if it was killed or left, infra release staging backend --resume goes on with it, "
            "infra rollback staging backend --resume goes back"
        ) == str(caught.value)

    def test_person(self, aws: Aws, manifest: Manifest, monkeypatch: pytest.MonkeyPatch) -> None:
        """A person is named by user, host and process."""
        monkeypatch.delenv("GITHUB_RUN_ID", raising=False)
        monkeypatch.setattr("getpass.getuser", lambda: "operator")
        monkeypatch.setattr("socket.gethostname", lambda: "host")
        monkeypatch.setattr("os.getpid", lambda: 7)

        assert "operator@host (7)" == Journal.take(aws, manifest, "sha-1").entry.owner

    def test_nameless_user(self, aws: Aws, manifest: Manifest, monkeypatch: pytest.MonkeyPatch) -> None:
        """A user without a name, as in a container, is a number."""
        for name in PIPELINE:
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr("getpass.getuser", nameless)

        assert noted_by(aws, manifest).startswith(f"{os.getuid()}@")

    def test_other_service(self, aws: Aws, manifest: Manifest) -> None:
        """Another service of the stack is released meanwhile."""
        Journal.take(aws, manifest, "sha-1")

        assert (
            "sha-1" == Journal.take(aws, manifest.model_copy(update={"service": "frontend"}), "sha-1").entry.image_tag
        )

    def test_given_back_meanwhile(self, aws: Aws, manifest: Manifest, calls: Calls) -> None:
        """A lock that goes in the moment in which it was in the way is taken."""
        calls.refuse("PutParameter", "ParameterAlreadyExists", times=1)

        assert "sha-1" == Journal.take(aws, manifest, "sha-1").entry.image_tag

    def test_garbled(self, aws: Aws, manifest: Manifest) -> None:
        """A parameter that is no journal is said to be none, with the way out."""
        name = parameter_name(manifest)
        aws.ssm.put_parameter(Name=name, Value="{", Type="String")
        with pytest.raises(InfraError) as caught:
            Journal.take(aws, manifest, "sha-1")

        assert str(caught.value).endswith(f"then delete it, aws ssm delete-parameter --name {name}")

    def test_newer(self, aws: Aws, manifest: Manifest) -> None:
        """A step that this version does not know is named, and nobody is told to delete it at once."""
        Journal.take(aws, manifest, "sha-1")
        text = noted(aws, manifest).model_dump_json().replace('"checking"', '"dancing"')
        aws.ssm.put_parameter(Name=parameter_name(manifest), Value=text, Type="String", Overwrite=True)

        with pytest.raises(
            InfraError, match=r"\(step: Input should be 'checking', .*\): use the version that wrote it"
        ):
            read(aws, manifest)

    def test_lost_answer(self, aws: Aws, manifest: Manifest, calls: Calls) -> None:
        """A lock that was taken twice, because the first answer got lost, is taken."""
        write_twice(aws, calls)

        assert "sha-1" == Journal.take(aws, manifest, "sha-1").entry.image_tag


class TestGiveBack:
    """The end of a release."""

    def test_again(self, aws: Aws, manifest: Manifest) -> None:
        """A lock that was given back can be taken."""
        Journal.take(aws, manifest, "sha-1").give_back()

        assert "sha-2" == Journal.take(aws, manifest, "sha-2").entry.image_tag

    def test_twice(self, aws: Aws, manifest: Manifest) -> None:
        """Giving back what is gone is no error."""
        journal = Journal.take(aws, manifest, "sha-1")
        journal.give_back()
        journal.give_back()

        assert read(aws, manifest) is None

    def test_gone_meanwhile(self, aws: Aws, manifest: Manifest, calls: Calls) -> None:
        """A lock that somebody deletes in this moment is no error either."""
        journal = Journal.take(aws, manifest, "sha-1")
        calls.refuse("DeleteParameter", "ParameterNotFound")
        journal.give_back()

        assert 1 == len(calls.of("DeleteParameter"))

    def test_somebody_elses(self, aws: Aws, manifest: Manifest) -> None:
        """Who was taken to be dead does not delete the lock of whoever resumed."""
        dead = Journal.take(aws, manifest, "sha-1")
        Journal.resume(aws, manifest)
        dead.give_back()

        assert "sha-1" == noted(aws, manifest).image_tag


class TestWrite:
    """How far it has come."""

    def test_steps(self, aws: Aws, manifest: Manifest) -> None:
        """What was noted before stays when more is noted."""
        journal = Journal.take(aws, manifest, "sha-1")
        journal.write(step="registering", image="uri@sha256:1")
        journal.write(step="migrating", task_definition="arn:2")

        found = noted(aws, manifest)
        assert ("migrating", "uri@sha256:1", "arn:2") == (found.step, found.image, found.task_definition)

    def test_taken_over(self, aws: Aws, manifest: Manifest) -> None:
        """Who was taken to be dead stops before its next step, and does not disturb whoever resumed."""
        dead = Journal.take(aws, manifest, "sha-1")
        resumed = Journal.resume(aws, manifest)
        with pytest.raises(LostError):
            dead.write(step="shifting")
        assert resumed is not None
        resumed.write(step="migrating")

        assert "migrating" == noted(aws, manifest).step

    def test_given_back(self, aws: Aws, manifest: Manifest) -> None:
        """A lock that somebody deleted is not made again by a further step."""
        journal = Journal.take(aws, manifest, "sha-1")
        aws.ssm.delete_parameter(Name=parameter_name(manifest))
        with pytest.raises(LostError):
            journal.write(step="shifting")

        assert read(aws, manifest) is None

    def test_another_release(self, aws: Aws, manifest: Manifest) -> None:
        """A lock of another release is not mine, also when its parameter is as old as mine was."""
        journal = Journal.take(aws, manifest, "sha-1")
        aws.ssm.delete_parameter(Name=parameter_name(manifest))
        Journal.take(aws, manifest, "sha-2")
        with pytest.raises(LostError):
            journal.write(step="shifting")

        assert "sha-2" == noted(aws, manifest).image_tag

    def test_written_in_between(self, aws: Aws, manifest: Manifest, calls: Calls) -> None:
        """A write of somebody else between looking and writing is noticed."""
        journal = Journal.take(aws, manifest, "sha-1")
        foreign = noted(aws, manifest).model_copy(update={"owner": "other"}).model_dump_json()
        once = iter([True])

        def write_first(asked: dict[str, Any]) -> None:
            if next(once, False):
                aws.ssm.put_parameter(**{**asked, "Value": foreign})

        calls.answers["PutParameter"] = write_first
        with pytest.raises(LostError, match="backend: somebody else has resumed or ended this release"):
            journal.write(step="shifting")

    def test_lost_answer(self, aws: Aws, manifest: Manifest, calls: Calls) -> None:
        """A write that was made twice, because its first answer got lost, is one."""
        journal = Journal.take(aws, manifest, "sha-1")
        write_twice(aws, calls)
        journal.write(step="shifting")
        journal.write(step="verifying")

        assert "verifying" == noted(aws, manifest).step


class TestResume:
    """After it was killed."""

    def test_nothing(self, aws: Aws, manifest: Manifest) -> None:
        """Without a lock there is nothing to resume."""
        assert Journal.resume(aws, manifest) is None

    def test_where_it_stood(self, aws: Aws, manifest: Manifest) -> None:
        """Who resumes knows all that was noted."""
        Journal.take(aws, manifest, "sha-1").write(step="shifting", deployment="d-1")
        resumed = Journal.resume(aws, manifest)

        assert resumed is not None
        assert ("sha-1", "shifting", "d-1") == (
            resumed.entry.image_tag,
            resumed.entry.step,
            resumed.entry.deployment,
        )

    def test_owner(self, aws: Aws, manifest: Manifest, pipeline: None) -> None:  # noqa: ARG002 it sets the environment
        """Who resumes owns the lock from then on."""
        Journal.take(aws, manifest, "sha-1")
        aws.ssm.put_parameter(
            Name=parameter_name(manifest),
            Value=noted(aws, manifest).model_copy(update={"owner": "dead"}).model_dump_json(),
            Type="String",
            Overwrite=True,
        )
        Journal.resume(aws, manifest)

        assert "octo-org/octo-repo run 42" == noted(aws, manifest).owner

    def test_still_locked(self, aws: Aws, manifest: Manifest) -> None:
        """A resumed release is refused to others like any other."""
        Journal.take(aws, manifest, "sha-1")
        Journal.resume(aws, manifest)
        with pytest.raises(HeldError):
            Journal.take(aws, manifest, "sha-2")

    def test_two_at_once(self, aws: Aws, manifest: Manifest, calls: Calls) -> None:
        """Of two that resume in the same moment, at most one goes on."""
        Journal.take(aws, manifest, "sha-1")
        found = aws.ssm.get_parameter(Name=parameter_name(manifest))
        Journal.resume(aws, manifest)
        stale = iter([found, found])  # what the other one has read before, twice
        calls.answers["GetParameter"] = lambda _: next(stale, None)
        with pytest.raises(LostError):
            Journal.resume(aws, manifest)
