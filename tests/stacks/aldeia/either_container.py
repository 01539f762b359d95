"""A container as it is, whoever starts it: read from an ECS task definition, or from a Compose file."""

import re
from dataclasses import dataclass, fields
from typing import Any

from tests.stacks.aldeia.sample_aldeia import compose_file
from tests.stacks.isms.sample_isms import containers, environment_of, manifest, of_service
from tests.support import Block, Synthesized

RELEASED = ["backend", "frontend"]


@dataclass(frozen=True, kw_only=True)
class EitherContainer:
    """All that whoever runs in it can notice, and what those notice who reach it."""

    image: str
    """Of what a release chooses, the repository; else the whole reference."""

    published: list[int]
    """The ports that the load balancer reaches, which are the same in the container and before it."""

    health_path: list[tuple[str, int]]
    """What the load balancer asks, and on which port."""

    environment: dict[str, str]
    secrets: dict[str, str]
    """Variable → where its value comes from."""

    user: str | None
    command: list[str] | None
    read_only: bool
    health_check: Block | None
    """With times in seconds."""

    empty_paths: list[str]
    """Where it may write, until it ends."""

    folders: dict[str, tuple[str, int, int, bool]]
    """What outlives it: path → where it is on the disk, whose it is, and whether it is read-only."""

    stop_timeout_s: int
    starts_again: bool
    memory_mib: int
    cpu_shares: int
    has_init: bool
    architecture: str | None
    """What the image is built for, where a release looks."""

    private_name: str | None
    log: dict[str, str]
    """Driver, region, and what its streams begin with."""

    migration: list[str] | None


FIELDS = [field.name for field in fields(EitherContainer)]


def on_fargate(stack: Synthesized, service: str) -> EitherContainer:
    """Read it as ECS is told."""
    one = containers(stack)[service]
    (task,) = of_service(stack, "aws_ecs_task_definition", service).values()
    (ecs,) = of_service(stack, "aws_ecs_service", service).values()
    region = stack.document["provider"]["aws"][0]["region"]
    log = one["logConfiguration"]
    image = one["image"]
    return EitherContainer(
        image=image.rpartition(":")[0] if service in RELEASED else image,
        published=[mapping["hostPort"] for mapping in one["portMappings"] if "load_balancer" in ecs],
        health_path=_health_path(stack, service),
        # Fargate sets these two itself: ECS Developer Guide, "Amazon ECS environment variables".
        environment={"AWS_REGION": region, "AWS_DEFAULT_REGION": region} | environment_of(one),
        secrets={secret["name"]: secret["valueFrom"] for secret in one["secrets"]},
        user=one.get("user"),
        command=one.get("command"),
        read_only=one["readonlyRootFilesystem"],
        health_check=one.get("healthCheck"),
        empty_paths=[mount["containerPath"] for mount in one["mountPoints"] if mount["sourceVolume"] in _empty(task)],
        folders=_folders_on_efs(stack, task, one),
        stop_timeout_s=one["stopTimeout"],
        starts_again=one["essential"],
        memory_mib=int(task["memory"]),
        cpu_shares=int(task["cpu"]),
        has_init="linuxParameters" in one,
        architecture=manifest(stack, service)["ecs"]["cpu_architecture"] if service in RELEASED else None,
        private_name=_name_in_dns(stack, ecs),
        log={
            "driver": log["logDriver"],
            "region": log["options"]["awslogs-region"],
            "prefix": log["options"]["awslogs-stream-prefix"],
        },
        migration=manifest(stack, service)["migration_command"] if service in RELEASED else None,
    )


def on_host(stack: Synthesized, service: str) -> EitherContainer:
    """Read it as Compose is told, and `compose-host` beside it."""
    file = compose_file(stack)
    one, script = file["services"][service], file["x-compose-host"]
    logging = one["logging"]
    ports = [port.split(":") for port in one.get("ports", [])]
    return EitherContainer(
        image=script["repositories"][service] if one["image"].startswith("$") else one["image"],
        published=[int(inside) for outside, inside in ports if outside == inside],
        health_path=_health_path(stack, service),
        environment={name: _without_escapes(value) for name, value in one["environment"].items()},
        # Compose reads them from the file that `compose-host` writes for this service.
        secrets=script["secrets"][service] if one.get("env_file") == f"/run/compose-host/{service}.env" else {},
        user=one.get("user"),
        command=_words(one.get("command")),
        read_only=one["read_only"],
        health_check=_health_check(one.get("healthcheck")),
        empty_paths=[volume["target"] for volume in one["volumes"] if volume["type"] == "volume"],
        folders=_folders_on_disk(one, script["folders"].get(service, [])),
        stop_timeout_s=_seconds(one["stop_grace_period"]),
        starts_again=one["restart"] == "always",
        memory_mib=int(one["mem_limit"].removesuffix("m")),
        cpu_shares=one["cpu_shares"],
        has_init=one.get("init", False),
        architecture=manifest(stack, service)["compose"]["cpu_architecture"] if service in RELEASED else None,
        private_name=next(iter(one["networks"]["default"].get("aliases", [])), None),
        log={
            "driver": logging["driver"],
            "region": logging["options"]["awslogs-region"],
            "prefix": logging["options"]["tag"].split("/")[0],
        },
        migration=script["migrations"].get(service),
    )


def _health_path(stack: Synthesized, service: str) -> list[tuple[str, int]]:
    groups = of_service(stack, "aws_lb_target_group", service).values()
    return [(group["health_check"]["path"], group["port"]) for group in groups]


def _empty(task: Block) -> list[str]:
    return [volume["name"] for volume in task["volume"] if "efs_volume_configuration" not in volume]


def _folders_on_efs(stack: Synthesized, task: Block, container: Block) -> dict[str, tuple[str, int, int, bool]]:
    """Follow each mount through its volume and its access point."""
    places = {mount["sourceVolume"]: mount for mount in container["mountPoints"]}
    points = {f"${{aws_efs_access_point.{i}.id}}": b for i, b in stack.resources("aws_efs_access_point").items()}
    found = {}
    for volume in task["volume"]:
        if "efs_volume_configuration" in volume:
            point = points[volume["efs_volume_configuration"]["authorization_config"]["access_point_id"]]
            mount = places[volume["name"]]
            found[mount["containerPath"]] = (
                point["root_directory"]["path"],
                point["posix_user"]["uid"],
                point["posix_user"]["gid"],
                mount["readOnly"],
            )
    return found


def _folders_on_disk(container: Block, owners: list[Block]) -> dict[str, tuple[str, int, int, bool]]:
    """Follow each mount to the folder that `compose-host` makes on the data volume."""
    made = {f"/data/{folder['name']}": folder for folder in owners}
    return {
        volume["target"]: (
            volume["source"].removeprefix("/data"),
            made[volume["source"]]["user_id"],
            made[volume["source"]]["group_id"],
            volume.get("read_only", False),
        )
        for volume in container["volumes"]
        if volume["type"] == "bind"
    }


def _name_in_dns(stack: Synthesized, ecs: Block) -> str | None:
    if "service_registries" not in ecs:
        return None
    service = stack.resource("aws_service_discovery_service")["name"]
    return f"{service}.{stack.resource('aws_service_discovery_private_dns_namespace')['name']}"


def _health_check(check: Block | None) -> Block | None:
    if check is None:
        return None
    return {
        "command": _words(check["test"]),
        "interval": _seconds(check["interval"]),
        "timeout": _seconds(check["timeout"]),
        "retries": check["retries"],
        "startPeriod": _seconds(check["start_period"]),
    }


def _words(words: Any) -> list[str] | None:  # noqa: ANN401 what JSON holds
    return None if words is None else [_without_escapes(word) for word in words]


def _without_escapes(text: str) -> str:
    """Read `$$` as Compose does; a single `$` may only be Terraform's, which is gone by then."""
    assert not re.search(r"(?<!\$)\$(?![\${])", text), f"Compose would look for a variable in {text}"
    return text.replace("$$", "$")


def _seconds(text: str) -> int:
    return int(text.removesuffix("s"))
