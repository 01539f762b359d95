"""
The Compose file of the hosts: the same services as on Fargate, as one JSON document.

JSON is YAML, so Compose takes it, and `compose-host` reads it without a YAML parser. What `container_definition` says
to ECS is said here to Compose (github.com/compose-spec/compose-spec, 05-services.md).
"""

import json
import re
from collections.abc import Sequence

from modules.compose_host.clashes import check_services
from modules.compose_host.host_network import MOST_PERMITTED, NETWORK, Addresses, addresses
from modules.compose_host.service import ComposeService
from modules.container.settings import ContainerHealthCheckSettings
from modules.load_balancer.service_route import ServiceRouteSettings

RUN_FOLDER = "/run/compose-host"
"""Where a host keeps what must not outlive it: a tmpfs, so nothing of it gets on a disk."""

DATA_FOLDER = "/data"
"""Where a host mounts its data volume."""


def compose_file(
    services: Sequence[ComposeService], *, stack: str, region: str, log_group_name: str, several_hosts: bool
) -> str:
    """
    Write the file.

    Literals and references go into the JSON side by side: an expression with quotes must be in a `TerraformLocal`.

    :param stack: the name of the stack, which is the Compose project's, too
    :param log_group_name: where all of the containers log to, in streams `<service>/<container id>`
    :param several_hosts: whether another host may be told next, once this one is done
    :raises ValueError: two services clash, or one has what Compose cannot give it
    """
    check_services(services, stack=stack)
    permitted = [one.application.container_name for one in services if one.application.permissions]
    if len(permitted) > MOST_PERMITTED:
        raise ValueError(f"at most {MOST_PERMITTED} services on hosts may have permissions, got {len(permitted)}")
    fixed = addresses(permitted)
    document = {
        "name": stack,
        "services": {
            one.application.container_name: _service(
                one, fixed.get(one.application.container_name), region=region, log_group_name=log_group_name
            )
            for one in services
        },
        "networks": {"default": NETWORK},
        "x-compose-host": _for_the_script(services, fixed, several_hosts=several_hosts),
    }
    # Parameter Store takes no value with {{ and }} (Systems Manager API, PutParameter, Value). Between the texts of
    # JSON without spaces no {{ can stand, and in them it may be written otherwise.
    return json.dumps(document, separators=(",", ":")).replace("{{", "{\\u007b")


def _for_the_script(
    services: Sequence[ComposeService], fixed: dict[str, Addresses], *, several_hosts: bool
) -> dict[str, object]:
    """What `compose-host` needs to know, and Compose does not."""
    named = {one.application.container_name: one for one in services}
    return {
        "repositories": {name: one.repository_url for name, one in named.items() if one.image is None},
        "secrets": {name: dict(one.application.secrets) for name, one in named.items() if one.application.secrets},
        "folders": {
            name: [
                {"name": folder.name, "user_id": folder.user_id, "group_id": folder.group_id}
                for folder in one.application.folders
            ]
            for name, one in named.items()
            if one.application.folders
        },
        # A container that runs beside the service's own must have an address of its own.
        "one_off": {name: pair.one_off for name, pair in fixed.items()},
        # Not for Compose, which would read a $ in it as a variable.
        "migrations": {
            name: list(one.migration_command) for name, one in named.items() if one.migration_command is not None
        },
        "ready": {
            name: _ready(one.settings.port, one.route, several_hosts=several_hosts)
            for name, one in named.items()
            if one.route is not None
        },
    }


def _ready(port: int, route: ServiceRouteSettings, *, several_hosts: bool) -> dict[str, object]:
    """
    Say where a service must answer after a release, and how long the load balancer then needs to see it.

    With each interval it asks once, and believes as many answers in a row as the threshold says (ELB, "Health checks
    for your Application Load Balancer target groups").
    """
    seen_s = route.health_check_interval_s * route.healthy_threshold
    return {
        "url": f"http://127.0.0.1:{port}{route.health_check_path}",
        "settle_s": seen_s if several_hosts else 0,
    }


def image_variable(service: str) -> str:
    """Name the variable that says which image of the service runs."""
    return f"{service.upper().replace('-', '_')}_IMAGE"


def _service(
    service: ComposeService, fixed: Addresses | None, *, region: str, log_group_name: str
) -> dict[str, object]:
    application, settings = service.application, service.settings
    name = application.container_name
    optional: dict[str, object | None] = {
        "user": settings.user,
        "command": None if settings.command is None else [_literal(word) for word in settings.command],
        # A check of the image's own cannot be switched off: `up --wait` fails on one that is (docker/compose 2.40).
        "healthcheck": None if settings.health_check is None else _health_check(settings.health_check),
        # Where ECS Exec may open sessions, their processes need somebody who reaps them.
        "init": settings.exec_enabled or None,
        "ports": [f"{settings.port}:{settings.port}"] if service.published else None,
        "env_file": f"{RUN_FOLDER}/{name}.env" if application.secrets else None,
    }
    return {
        # Without braces, which Terraform would take for an expression.
        "image": f"${image_variable(name)}" if service.image is None else service.image,
        # ECS starts an essential container again, too.
        "restart": "always",
        "read_only": True,
        "security_opt": ["no-new-privileges:true"],
        # With it, root in a container could send packets from the address of a service that has permissions.
        "cap_drop": ["NET_RAW"],
        "stop_grace_period": f"{settings.stop_timeout_s}s",
        "mem_limit": f"{settings.memory_mib}m",
        # 1024 is a whole CPU for ECS as for Docker; nothing is held back while the host has time left.
        "cpu_shares": settings.cpu,
        "environment": _environment(service, region),
        "volumes": _volumes(service),
        "networks": {"default": _network(service, fixed)},
        "logging": _logging(name, region=region, log_group_name=log_group_name),
        **{key: value for key, value in optional.items() if value is not None},
    }


def _literal(text: str) -> str:
    """Keep Compose from reading a `$` as a variable; `${` is Terraform's, which resolves it before Compose reads it."""
    return re.sub(r"\$(?!\{)", "$$", text)


def _environment(service: ComposeService, region: str) -> dict[str, str]:
    """Fargate sets the two of the region itself (ECS Developer Guide, "Amazon ECS environment variables")."""
    own = {name: _literal(value) for name, value in service.application.environment.items()}
    return {"AWS_REGION": region, "AWS_DEFAULT_REGION": region} | own


def _health_check(settings: ContainerHealthCheckSettings) -> dict[str, object]:
    return {
        "test": [_literal(word) for word in settings.command],
        "interval": f"{settings.interval_s}s",
        "timeout": f"{settings.timeout_s}s",
        "retries": settings.retries,
        "start_period": f"{settings.start_period_s}s",
    }


def _volumes(service: ComposeService) -> list[dict[str, object]]:
    """As on Fargate: an empty volume for each writable path, which Docker fills from the image; and what stays."""
    empty: list[dict[str, object]] = [{"type": "volume", "target": path} for path in service.settings.writable_paths]
    return empty + [
        {
            "type": "bind",
            "source": f"{DATA_FOLDER}/{folder.name}",
            "target": folder.path,
            # Without the data volume there is no such folder, and the container must not start on the root disk.
            "bind": {"create_host_path": False},
        }
        for folder in service.application.folders
    ]


def _network(service: ComposeService, fixed: Addresses | None) -> dict[str, object]:
    alias = {} if service.private_name is None else {"aliases": [service.private_name]}
    return alias | ({} if fixed is None else {"ipv4_address": fixed.service})


def _logging(name: str, *, region: str, log_group_name: str) -> dict[str, object]:
    """
    The stream's name is the tag (docs.docker.com, "Amazon CloudWatch Logs logging driver").

    Non-blocking, so that a container starts and goes on while CloudWatch does not answer (moby/moby#33803).
    """
    return {
        "driver": "awslogs",
        "options": {
            "awslogs-group": log_group_name,
            "awslogs-region": region,
            "tag": f"{name}/{{{{.ID}}}}",
            "mode": "non-blocking",
            "max-buffer-size": "10m",
        },
    }
