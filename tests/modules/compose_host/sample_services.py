"""Three services on one host: what the tests of the Compose file and of the scripts have in common."""

import json
from typing import Any

from modules.compose_host.compose_file import compose_file
from modules.compose_host.service import ComposeService
from modules.container.application import Application, Folder
from modules.container.settings import ContainerHealthCheckSettings
from modules.fargate.container import TaskSettings
from modules.iam import allow
from modules.load_balancer.service_route import ServiceRouteSettings

REGISTRY = "956880242582.dkr.ecr.us-east-1.amazonaws.com"
SECRET = "arn:aws:secretsmanager:us-east-1:956880242582:secret:aldeia-staging/application-AbCdEf"
CHROMADB_IMAGE = "chromadb/chroma:1.0.0"
MIGRATION = ["npm", "run", "migrate", "--name=a b", "$HOME", "", "two\nlines"]
ROUTE = ServiceRouteSettings(
    path_patterns=["/*"],
    priority=10,
    health_check_path="/api/health",
    health_check_interval_s=15,
    healthy_threshold=2,
)


def settings(**changes: Any) -> TaskSettings:  # noqa: ANN401 settings of any type
    """Settings of a small service."""
    small: dict[str, Any] = {
        "cpu": 512,
        "memory_mib": 1024,
        "cpu_architecture": "X86_64",
        "port": 3001,
        "user": "10001:10001",
    }
    return TaskSettings(**(small | changes))


def application(name: str = "backend", **changes: Any) -> Application:  # noqa: ANN401 arguments of any type
    """An application with secrets and permissions."""
    arguments: dict[str, Any] = {
        "environment": {"NODE_ENV": "staging", "PRICE": "5$ or $$"},
        "secrets": {"JWT_SECRET": f"{SECRET}:JWT_SECRET::", "LICENSE": SECRET},
        "permissions": [allow(["s3:GetObject"], ["arn:aws:s3:::backups/*"])],
    }
    return Application(container_name=name, **(arguments | changes))


def released(name: str = "backend", **changes: Any) -> ComposeService:  # noqa: ANN401 arguments of any type
    """A service behind the load balancer, whose image releases choose."""
    arguments: dict[str, Any] = {
        "application": application(name),
        "settings": settings(
            health_check=ContainerHealthCheckSettings(
                command=["CMD-SHELL", "curl -f http://localhost:$PORT/api/health || exit 1"], start_period_s=15
            ),
            command=["node", "server.js", "--price=$5"],
            writable_paths=["/tmp", "/var/cache"],
            stop_timeout_s=45,
        ),
        "image": None,
        "repository_url": f"{REGISTRY}/aldeia/{name}",
        "route": ROUTE,
    }
    return ComposeService(**(arguments | changes))


def fixed(**changes: Any) -> ComposeService:  # noqa: ANN401 arguments of any type
    """A service that only the others reach, with a fixed image and a folder."""
    arguments: dict[str, Any] = {
        "application": Application(
            container_name="chromadb",
            folders=[Folder(name="chromadb-data", path="/chroma", user_id=1000, group_id=1000)],
        ),
        "settings": settings(port=8000, user=None),
        "image": CHROMADB_IMAGE,
        "private_name": "chromadb.aldeia-staging.internal",
        "route": None,
    }
    return ComposeService(**(arguments | changes))


def plain(*migration: str) -> ComposeService:
    """A released service with neither secrets nor permissions nor a health check."""
    return released(
        "frontend",
        application=Application(container_name="frontend"),
        settings=settings(port=3002, memory_mib=2048),
        migration_command=migration or None,
    )


def text(*services: ComposeService, several_hosts: bool = False) -> str:
    """The Compose file of these services, or of all three."""
    return compose_file(
        services or [released(), plain(), fixed()],
        stack="aldeia-staging",
        region="us-east-1",
        log_group_name="/aws/ec2/aldeia-staging",
        several_hosts=several_hosts,
    )


def document(*services: ComposeService, several_hosts: bool = False) -> dict[str, Any]:
    """The same, parsed."""
    parsed: dict[str, Any] = json.loads(text(*services, several_hosts=several_hosts))
    return parsed


def rendered(service: ComposeService) -> dict[str, Any]:
    """What the file says of one service."""
    (found,) = document(service)["services"].values()
    one: dict[str, Any] = found
    return one
