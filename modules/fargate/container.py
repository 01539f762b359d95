"""The container of a task: its settings, and its definition as ECS takes it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo, field_validator

from modules.fargate.size import Cpu, MemoryMib, check_memory
from modules.fargate.volumes import Mount, mount_points
from modules.iam import Statement
from modules.settings import Settings, mistake
from modules.types import LogRetentionDays

EXEC_PATHS = ("/managed-agents", "/var/lib/amazon/ssm", "/var/log/amazon/ssm")
"""What the agent of ECS Exec writes to. AWS calls sessions on a read-only root file system unsupported ("Monitor Amazon
ECS containers with ECS Exec", Considerations); volumes at these paths make them work (aws/containers-roadmap#1359)."""


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


class TaskSettings(Settings):
    """How big a task is and what its container may do."""

    cpu: Cpu
    memory_mib: MemoryMib
    cpu_architecture: Literal["X86_64", "ARM64"]
    """What the image is built for: a wrong one ends with "exec format error"."""

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

    exec_enabled: bool = False
    """Whether operators may open a session in the container with ECS Exec. The cluster must log it."""

    log_retention_days: LogRetentionDays = 30

    @field_validator("memory_mib")
    @classmethod
    def _memory_fits_cpu(cls, memory_mib: int, info: ValidationInfo) -> int:
        return check_memory(memory_mib, info.data.get("cpu"))


@dataclass(frozen=True, kw_only=True)
class Workload:
    """What runs in the container: references and literals of the stack."""

    container_name: str
    image: str
    """The reference of an image. An expression with quotes must be in a `TerraformLocal`, for it gets into JSON."""

    repository_arn: str | None = None
    """The repository in ECR that the image is pulled from; None for an image that anybody may pull."""

    environment: Mapping[str, str] = field(default_factory=dict)
    """Environment variables that are no secrets. For expressions the same holds as for the image."""

    secrets: Mapping[str, str] = field(default_factory=dict)
    """Environment variable → `valueFrom`: the ARN of a secret, or `arn:KEY::` for one key of it."""

    secret_arns: Sequence[str] = ()
    """The secrets that these are in."""

    permissions: Sequence[Statement] = ()
    """What the application may do."""

    mounts: Sequence[Mount] = ()
    """Folders on EFS, beside the paths that the container may write to anyway."""


def writable_volumes(settings: TaskSettings) -> dict[str, str]:
    """Name a volume for each path that the container, or a session in it, writes to: name → path."""
    paths = dict.fromkeys([*settings.writable_paths, *(EXEC_PATHS if settings.exec_enabled else ())])
    return {f"writable-{number}": path for number, path in enumerate(paths)}


def container_definition(
    workload: Workload, settings: TaskSettings, *, log_group_name: str, region: str
) -> dict[str, object]:
    """Write the definition as the ECS API takes it; what is not set is left out, because ECS would leave it out too."""
    optional: dict[str, object | None] = {
        "user": settings.user,
        "command": settings.command,
        "healthCheck": None if settings.health_check is None else _health_check(settings.health_check),
        # The sessions' processes need somebody who reaps them ("Monitor Amazon ECS containers with ECS Exec").
        "linuxParameters": {"initProcessEnabled": True} if settings.exec_enabled else None,
    }
    return {
        "name": workload.container_name,
        "image": workload.image,
        "essential": True,
        "readonlyRootFilesystem": True,
        "stopTimeout": settings.stop_timeout_s,
        "portMappings": [{"containerPort": settings.port, "hostPort": settings.port, "protocol": "tcp"}],
        "mountPoints": mount_points(writable_volumes(settings), workload.mounts),
        "environment": [{"name": name, "value": value} for name, value in workload.environment.items()],
        "secrets": [{"name": name, "valueFrom": source} for name, source in workload.secrets.items()],
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": log_group_name,
                "awslogs-region": region,
                "awslogs-stream-prefix": workload.container_name,
            },
        },
        **{key: value for key, value in optional.items() if value is not None},
    }


def _health_check(settings: ContainerHealthCheckSettings) -> dict[str, object]:
    return {
        "command": settings.command,
        "interval": settings.interval_s,
        "timeout": settings.timeout_s,
        "retries": settings.retries,
        "startPeriod": settings.start_period_s,
    }
