"""
The lock of a service's release, which is also its journal: who releases what, and how far it has come.

One parameter of Systems Manager, `/<stack>/release-lock/<service>`. `PutParameter` without `Overwrite` creates it or is
refused, so of two releases at once one gets it (SSM API, PutParameter: ParameterAlreadyExists). It is written on at
every step, and deleted at the end. What is found after a release was killed says where it stood.

Each write makes the parameter's next version (SSM API, PutParameter: Version). Whoever gets another one than the next
knows that somebody else has written, and stops: of two who resume one release, at most one goes on.
"""

import getpass
import os
import socket
from datetime import UTC, datetime
from typing import Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, ValidationError

from tools.errors import InfraError
from tools.release.aws import Aws
from tools.release.manifest import Manifest

Step = Literal["checking", "registering", "migrating", "shifting", "verifying", "rolling_back"]


class Entry(BaseModel):
    """What the journal says of one release."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    owner: str
    """Who and where: user, host, process, or the run of a pipeline."""

    holder: str = ""
    """What only the one knows who holds the lock: who took it or resumed last."""

    started: datetime
    image_tag: str
    image: str = ""
    """By digest, once it is known."""

    previous: str = ""
    """The ARN of the task definition that served before."""

    step: Step = "checking"
    task_definition: str = ""
    """The ARN of the new revision, once it is registered."""

    migration_task: str = ""
    """The ARN of the one-off task, once it runs."""

    migrated: bool = False
    deployment: str = ""
    """The id of the CodeDeploy or ECS deployment, once it is made."""

    rollback: str = ""
    """The id of the deployment of what served before, when one had to be made to go back."""


class HeldError(InfraError):
    """Somebody else releases this service, or a release was killed: `entry` says which and how far it was."""

    def __init__(self, manifest: Manifest, entry: Entry) -> None:
        since = f"{entry.started.astimezone():%Y-%m-%d %H:%M}"
        super().__init__(
            f"{manifest.service} is being released by {entry.owner} since {since} ({entry.image_tag}, {entry.step}): "
            f"wait for it; if it was killed, infra release {manifest.stack} {manifest.service} --resume"
        )
        self.entry = entry


class LostError(InfraError):
    """Somebody else has taken over the lock, or given it back."""

    def __init__(self, manifest: Manifest) -> None:
        super().__init__(
            f"{manifest.service}: somebody else has resumed or ended this release: nothing more is done here; "
            f"see infra status {manifest.stack}"
        )


class Journal:
    """The lock, held: write each step into it before it is taken."""

    def __init__(self, aws: Aws, manifest: Manifest, entry: Entry, version: int = 1) -> None:
        """:param version: of the parameter, when it was read or written last."""
        self._aws = aws
        self._manifest = manifest
        self._version = version
        self.entry = entry

    @classmethod
    def take(cls, aws: Aws, manifest: Manifest, image_tag: str, *, migrated: bool = False) -> "Journal":
        """
        Take the lock.

        :param migrated: there is nothing to migrate, also when the release is resumed
        :raises HeldError: somebody has it
        """
        entry = Entry(
            owner=_owner(), holder=uuid4().hex, started=datetime.now(UTC), image_tag=image_tag, migrated=migrated
        )
        try:
            aws.ssm.put_parameter(Name=parameter_name(manifest), Value=entry.model_dump_json(), Type="String")
        except aws.ssm.exceptions.ParameterAlreadyExists:
            found = read(aws, manifest)
            if found is None:  # it was given back in this moment
                return cls.take(aws, manifest, image_tag, migrated=migrated)
            if found == entry:  # the call was made again, because its answer got lost
                return cls(aws, manifest, entry)
            raise HeldError(manifest, found) from None
        return cls(aws, manifest, entry)

    @classmethod
    def resume(cls, aws: Aws, manifest: Manifest) -> "Journal | None":
        """Take over the lock of a release that was killed; None when there is none."""
        found = _read(aws, manifest)
        if found is None:
            return None
        journal = cls(aws, manifest, *found)
        journal.write(owner=_owner(), holder=uuid4().hex)
        return journal

    def write(self, **changes: object) -> None:
        """
        Note something, before it counts.

        :raises LostError: somebody else has taken over
        """
        if not self._is_held():
            raise LostError(self._manifest)
        self.entry = self.entry.model_copy(update=changes)
        name, text = parameter_name(self._manifest), self.entry.model_dump_json()
        written = self._aws.ssm.put_parameter(Name=name, Value=text, Type="String", Overwrite=True)["Version"]
        # A call that was made again because its answer got lost has written twice.
        if written != self._version + 1 and self._value_of(self._version + 1) != text:
            raise LostError(self._manifest)
        self._version = written

    def give_back(self) -> None:
        """Delete the lock, unless it is somebody else's by now; it is no error when somebody deleted it already."""
        if not self._is_held():
            return
        try:
            self._aws.ssm.delete_parameter(Name=parameter_name(self._manifest))
        except self._aws.ssm.exceptions.ParameterNotFound:
            return

    def _value_of(self, version: int) -> str | None:
        """Read an earlier version of the parameter."""
        try:
            name = f"{parameter_name(self._manifest)}:{version}"
            return self._aws.ssm.get_parameter(Name=name)["Parameter"]["Value"]
        except (self._aws.ssm.exceptions.ParameterNotFound, self._aws.ssm.exceptions.ParameterVersionNotFound):
            return None

    def _is_held(self) -> bool:
        found = _read(self._aws, self._manifest)
        return found is not None and (found[0].holder, found[1]) == (self.entry.holder, self._version)


def parameter_name(manifest: Manifest) -> str:
    """Where a service's lock is."""
    return f"/{manifest.stack}/release-lock/{manifest.service}"


def read(aws: Aws, manifest: Manifest) -> Entry | None:
    """
    Read the journal of the release that is under way or was killed; None when there is none.

    :raises InfraError: what is there is no journal
    """
    found = _read(aws, manifest)
    return None if found is None else found[0]


def _read(aws: Aws, manifest: Manifest) -> tuple[Entry, int] | None:
    """Read the journal and the version of its parameter."""
    name = parameter_name(manifest)
    try:
        parameter = aws.ssm.get_parameter(Name=name)["Parameter"]
    except aws.ssm.exceptions.ParameterNotFound:
        return None
    try:
        return Entry.model_validate_json(parameter["Value"]), parameter["Version"]
    except ValidationError:
        raise InfraError(
            f"{name} is no journal of a release: see what runs (infra status {manifest.stack}), then delete it, "
            f"aws ssm delete-parameter --name {name}"
        ) from None


def _owner() -> str:
    """Name the run of a pipeline by its address on GitHub, and a person by user, host and process."""
    variables = os.environ
    if "GITHUB_RUN_ID" in variables and "GITHUB_REPOSITORY" in variables:
        return f"{variables['GITHUB_REPOSITORY']} run {variables['GITHUB_RUN_ID']}"
    return f"{getpass.getuser()}@{socket.gethostname()} ({os.getpid()})"
