"""
The lock of a service's release, which is also its journal: who releases what, and how far it has come.

One parameter of Systems Manager, `/<stack>/release-lock/<service>`. `PutParameter` without `Overwrite` creates it or is
refused, so of two releases at once one gets it (SSM API, PutParameter: ParameterAlreadyExists). It is written on at
every step, and deleted at the end. What is found after a release was killed says where it stood.
"""

import getpass
import os
import socket
from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from tools.errors import InfraError
from tools.release.aws import Aws
from tools.release.manifest import Manifest

Step = Literal["checking", "registering", "migrating", "shifting", "verifying", "rolling_back"]


class Entry(BaseModel):
    """What the journal says of one release."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    owner: str
    """Who and where: user, host, process, or the run of a pipeline."""

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


class HeldError(InfraError):
    """Somebody else releases this service, or a release was killed: `entry` says which and how far it was."""

    def __init__(self, manifest: Manifest, entry: Entry) -> None:
        since = f"{entry.started.astimezone():%Y-%m-%d %H:%M}"
        super().__init__(
            f"{manifest.service} is being released by {entry.owner} since {since} ({entry.image_tag}, {entry.step}): "
            f"wait for it; if it was killed, infra release {manifest.stack} {manifest.service} --resume"
        )
        self.entry = entry


class Journal:
    """The lock, held: write each step into it before it is taken."""

    def __init__(self, aws: Aws, manifest: Manifest, entry: Entry) -> None:
        self._aws = aws
        self._name = parameter_name(manifest)
        self.entry = entry

    @classmethod
    def take(cls, aws: Aws, manifest: Manifest, image_tag: str) -> "Journal":
        """
        Take the lock.

        :raises HeldError: somebody has it
        """
        entry = Entry(owner=_owner(), started=datetime.now(UTC), image_tag=image_tag)
        try:
            aws.ssm.put_parameter(Name=parameter_name(manifest), Value=entry.model_dump_json(), Type="String")
        except aws.ssm.exceptions.ParameterAlreadyExists:
            found = read(aws, manifest)
            if found is None:  # it was given back in this moment
                return cls.take(aws, manifest, image_tag)
            raise HeldError(manifest, found) from None
        return cls(aws, manifest, entry)

    @classmethod
    def resume(cls, aws: Aws, manifest: Manifest) -> "Journal | None":
        """Take over the lock of a release that was killed; None when there is none."""
        found = read(aws, manifest)
        if found is None:
            return None
        journal = cls(aws, manifest, found)
        journal.write(owner=_owner())
        return journal

    def write(self, **changes: object) -> None:
        """Note something, before it counts."""
        self.entry = self.entry.model_copy(update=changes)
        self._aws.ssm.put_parameter(Name=self._name, Value=self.entry.model_dump_json(), Type="String", Overwrite=True)

    def give_back(self) -> None:
        """Delete the lock; it is no error when somebody did already."""
        try:
            self._aws.ssm.delete_parameter(Name=self._name)
        except self._aws.ssm.exceptions.ParameterNotFound:
            return


def parameter_name(manifest: Manifest) -> str:
    """Where a service's lock is."""
    return f"/{manifest.stack}/release-lock/{manifest.service}"


def read(aws: Aws, manifest: Manifest) -> Entry | None:
    """Read the journal of the release that is under way or was killed; None when there is none."""
    try:
        value = aws.ssm.get_parameter(Name=parameter_name(manifest))["Parameter"]["Value"]
    except aws.ssm.exceptions.ParameterNotFound:
        return None
    return Entry.model_validate_json(value)


def _owner() -> str:
    """Name the run of a pipeline by its address on GitHub, and a person by user, host and process."""
    variables = os.environ
    if "GITHUB_RUN_ID" in variables and "GITHUB_REPOSITORY" in variables:
        return f"{variables['GITHUB_REPOSITORY']} run {variables['GITHUB_RUN_ID']}"
    return f"{getpass.getuser()}@{socket.gethostname()} ({os.getpid()})"
