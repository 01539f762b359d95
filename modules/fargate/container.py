"""The container of a task: its settings, and its definition as ECS takes it."""

from typing import Literal

from pydantic import ValidationInfo, field_validator

from modules.container.settings import ContainerHealthCheckSettings, ContainerSettings
from modules.container.workload import Workload
from modules.fargate.size import Cpu, MemoryMib, check_memory
from modules.fargate.volumes import mount_points

EXEC_PATHS = ("/managed-agents", "/var/lib/amazon/ssm", "/var/log/amazon/ssm")
"""What the agent of ECS Exec writes to. AWS calls sessions on a read-only root file system unsupported ("Monitor Amazon
ECS containers with ECS Exec", Considerations); volumes at these paths make them work (aws/containers-roadmap#1359)."""


class TaskSettings(ContainerSettings):
    """How big a task is and what its container may do."""

    cpu: Cpu
    memory_mib: MemoryMib
    cpu_architecture: Literal["X86_64", "ARM64"]
    """What the image is built for: a wrong one ends with "exec format error"."""

    exec_enabled: bool = False
    """Whether operators may open a session in the container with ECS Exec. The cluster must log it."""

    @field_validator("memory_mib")
    @classmethod
    def _memory_fits_cpu(cls, memory_mib: int, info: ValidationInfo) -> int:
        return check_memory(memory_mib, info.data.get("cpu"))


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
