"""
What a lock's parameter says: who releases what, and how far it has come.

The parameter is `/<stack>/release-lock/<service>`, in Systems Manager; how it is a lock stands in `journal`.
"""

import getpass
import os
import socket
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from tools.errors import InfraError
from tools.release.aws import Aws
from tools.release.manifest import Manifest

Step = Literal["checking", "registering", "migrating", "shifting", "verifying", "settling", "rolling_back"]


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
    """The revision that served before: the ARN of a task definition, or on hosts an image by digest."""

    step: Step = "checking"
    task_definition: str = ""
    """The new revision, once it is registered: the ARN of a task definition, or on hosts the image by digest."""

    migration_task: str = ""
    """The ARN of the one-off task, or on hosts the id of the command, once it runs."""

    migrated: bool = False
    deployment: str = ""
    """The id of the CodeDeploy or ECS deployment, or of the command to the hosts, once it is made."""

    rollback: str = ""
    """The id of the deployment of what served before, when one had to be made to go back."""


class HeldError(InfraError):
    """Somebody else releases this service, or a release was killed: `entry` says which and how far it was."""

    def __init__(self, manifest: Manifest, entry: Entry) -> None:
        target = f"{manifest.stack} {manifest.service}"
        since = f"{entry.started.astimezone():%Y-%m-%d %H:%M}"
        super().__init__(
            f"{manifest.service} is being released by {entry.owner} since {since} ({entry.image_tag}, {entry.step}): "
            f"wait for it; if it was killed or left, infra release {target} --resume goes on with it, "
            f"infra rollback {target} --resume goes back"
        )
        self.entry = entry


def parameter_name(manifest: Manifest) -> str:
    """Where a service's lock is."""
    return f"/{manifest.stack}/release-lock/{manifest.service}"


def read(aws: Aws, manifest: Manifest) -> Entry | None:
    """
    Read the journal of the release that is under way or was killed; None when there is none.

    :raises InfraError: what is there is no journal
    """
    found = read_version(aws, manifest)
    return None if found is None else found[0]


def read_version(aws: Aws, manifest: Manifest) -> tuple[Entry, int] | None:
    """Read the journal and the version of its parameter."""
    name = parameter_name(manifest)
    try:
        parameter = aws.ssm.get_parameter(Name=name)["Parameter"]
    except aws.ssm.exceptions.ParameterNotFound:
        return None
    try:
        return Entry.model_validate_json(parameter["Value"]), parameter["Version"]
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InfraError(
            f"{name} is no journal that this infra can read ({f'{where}: ' if where else ''}{first['msg']}): use the "
            f"version that wrote it; if it is damaged, see what runs (infra status {manifest.stack}), then delete it, "
            f"aws ssm delete-parameter --name {name}"
        ) from None


def owner() -> str:
    """Name the run of a pipeline by its address on GitHub, and a person by user, host and process."""
    variables = os.environ
    if "GITHUB_RUN_ID" in variables and "GITHUB_REPOSITORY" in variables:
        return f"{variables['GITHUB_REPOSITORY']} run {variables['GITHUB_RUN_ID']}"
    return f"{_user()}@{socket.gethostname()} ({os.getpid()})"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container whose user has no name
        return str(os.getuid())
