"""The settings of a container, which are the same wherever it runs."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints, field_validator

from modules.settings import Settings, mistake
from modules.types import LogRetentionDays


def _check_distinct(values: list[Any]) -> list[Any]:
    if len(set(values)) < len(values):
        raise mistake("must not contain anything twice")
    return values


Port = Annotated[int, Field(ge=1, le=65535)]

Ports = Annotated[list[Port], AfterValidator(_check_distinct)]

ContainerUser = Annotated[
    str,
    StringConstraints(pattern=r"^[1-9][0-9]{0,9}:[1-9][0-9]{0,9}$"),
    Field(description="a user and a group id other than root's, such as 10001:10001"),
]
"""Numbers, because a name could be mapped to root inside the image."""


def _check_path(path: str) -> str:
    if not re.fullmatch(r"(/[A-Za-z0-9_][A-Za-z0-9._-]*)+", path):
        raise mistake("must be an absolute path below /, such as /tmp")
    return path


WritablePath = Annotated[str, AfterValidator(_check_path)]

Command = Annotated[
    list[Annotated[str, StringConstraints(min_length=1), Field(description="a word, not an empty string")]],
    Field(min_length=1, description="a list of one word or more"),
]


class ContainerHealthCheckSettings(Settings):
    """A command inside the container that ECS runs beside the load balancer's checks (ECS API, HealthCheck)."""

    command: Command
    """Begins with CMD, to be run as it is, or CMD-SHELL, for the container's shell."""

    interval_s: Annotated[int, Field(ge=5, le=300)] = 30
    timeout_s: Annotated[int, Field(ge=2, le=60)] = 5
    retries: Annotated[int, Field(ge=1, le=10)] = 3
    start_period_s: Annotated[int, Field(ge=0, le=300)] = 0
    """How long failures do not count after the start."""

    @field_validator("command")
    @classmethod
    def _says_how_to_run(cls, command: list[str]) -> list[str]:
        if command[0] not in {"CMD", "CMD-SHELL"} or len(command) == 1:
            raise mistake("must begin with CMD or CMD-SHELL and go on with the command")
        return command


class ContainerSettings(Settings):
    """What a container listens on, who it is, where it may write, and how it is known to be well."""

    port: Port
    """What the container listens on."""

    user: ContainerUser | None
    """None: whom the image says, for images that cannot run as another user."""

    writable_paths: Annotated[list[WritablePath], AfterValidator(_check_distinct)] = Field(
        default_factory=lambda: ["/tmp"]  # noqa: S108 a path inside the container
    )
    """Where the container may write; each is an empty volume that goes with the task, and all else is read-only. For a
    user other than root the image must declare the path as a VOLUME that belongs to the user, because Fargate gives
    an empty volume to root (ECS, "Use bind mounts with Amazon ECS")."""

    command: Command | None = None
    """None: the image's own."""

    health_check: ContainerHealthCheckSettings | None = None
    stop_timeout_s: Annotated[int, Field(ge=2, le=120)] = 30
    """From the signal to end until the container is killed (ECS API, ContainerDefinition.stopTimeout on Fargate)."""

    log_retention_days: LogRetentionDays = 30
