"""Aldeia's stack on Fargate: that each setting reaches its part."""

from typing import Any

import pytest

from modules.fargate.cluster import FargateClusterSettings
from modules.fargate.destination import DestinationSettings
from modules.file_system.file_system import FileSystemSettings
from modules.images.repository import ImageRepositorySettings
from modules.load_balancer.load_balancer import LoadBalancerSettings
from modules.watching.alert_topic import AlertTopicSettings
from stacks.aldeia_service_settings import (
    AldeiaBackendSettings,
    AldeiaBackupSettings,
    AldeiaChromaDbSettings,
    AldeiaFrontendSettings,
)
from stacks.aldeia_settings import TAKEN
from tests.stacks.aldeia.sample_aldeia import build, rules
from tests.stacks.isms.sample_isms import containers, environment_of, of_service, ref
from tests.support import Synthesized

OTHERS: dict[str, Any] = {
    "backend": AldeiaBackendSettings(
        image_tag="one", cpu=2048, memory_mib=5120, port=4001, user="33:44", health_check_path="/b"
    ),
    "frontend": AldeiaFrontendSettings(
        image_tag="two", cpu=1024, memory_mib=3072, port=4002, user=None, health_check_path="/f"
    ),
    "chromadb": AldeiaChromaDbSettings(
        cpu=4096, memory_mib=8192, port=9000, file_system=FileSystemSettings(throughput="bursting")
    ),
    "node_env": "staging",
    "cpu_architecture": "ARM64",
    "database": DestinationSettings(description="MySQL", port=3306, cidrs=["10.1.0.0/16"]),
    "cluster": FargateClusterSettings(insights_retention_days=3),
    "log_retention_days": 7,
    "secret_recovery_days": 8,
    "backups": AldeiaBackupSettings(expire_after_days=9),
    "load_balancer": LoadBalancerSettings(idle_timeout_s=77),
    "alerts": AlertTopicSettings(emails=["octo@aldeia.com"]),
    "repositories": ImageRepositorySettings(create=False),
    "tags": {"Team": "octo"},
}


@pytest.fixture(scope="module")
def others() -> Synthesized:
    """The stack with none of these settings as they are."""
    return build(**OTHERS)


@pytest.mark.parametrize(
    ("service", "size"), [("backend", ("2048", "5120")), ("frontend", ("1024", "3072")), ("chromadb", ("4096", "8192"))]
)
def test_sizes(service: str, size: tuple[str, str], others: Synthesized) -> None:
    """Each service has its own."""
    (task,) = of_service(others, "aws_ecs_task_definition", service).values()

    assert size == (task["cpu"], task["memory"])


@pytest.mark.parametrize(("service", "port"), [("backend", 4001), ("frontend", 4002)])
def test_ports(service: str, port: int, others: Synthesized) -> None:
    """Container, environment, target group, and the way from the load balancer."""
    container = containers(others)[service]
    (group,) = of_service(others, "aws_lb_target_group", service).values()
    tasks = ref(others, "aws_security_group", "id", f"{service}_service_network_group_")

    assert (port, str(port)) == (container["portMappings"][0]["containerPort"], environment_of(container)["PORT"])
    assert port == group["port"]
    assert [port] == [one[1] for one in rules(others, "ingress", tasks)]


def test_chromadb_port(others: Synthesized) -> None:
    """Command, check, container, what the backend is told, and its way there."""
    chromadb = containers(others)["chromadb"]
    tasks = ref(others, "aws_security_group", "id", "chromadb_network_group_")

    assert [9000] == [one["containerPort"] for one in chromadb["portMappings"]]
    assert "--port 9000 " in chromadb["command"][0]
    assert "localhost:9000/" in chromadb["healthCheck"]["command"][1]
    assert "9000" == environment_of(containers(others)["backend"])["CHROMA_PORT"]
    assert [9000] == [one[1] for one in rules(others, "ingress", tasks)]


@pytest.mark.parametrize(("service", "tag"), [("backend", "one"), ("frontend", "two")])
def test_image_tags(service: str, tag: str, others: Synthesized) -> None:
    """Each service has its own, of a repository that another stack may have made."""
    image = containers(others)[service]["image"]

    assert image.startswith(f"${{data.aws_ecr_repository.{service}_")
    assert image.endswith(f":{tag}")


@pytest.mark.parametrize(("service", "user"), [("backend", "33:44"), ("frontend", None)])
def test_users(service: str, user: str | None, others: Synthesized) -> None:
    """Each service has its own, or its image's."""
    assert user == containers(others)[service].get("user")


@pytest.mark.parametrize(("service", "path"), [("backend", "/b"), ("frontend", "/f")])
def test_health_checks(service: str, path: str, others: Synthesized) -> None:
    """Each service has its own."""
    (group,) = of_service(others, "aws_lb_target_group", service).values()

    assert path == group["health_check"]["path"]


@pytest.mark.parametrize("service", ["backend", "frontend"])
def test_node_env(service: str, others: Synthesized) -> None:
    """Of both applications."""
    assert "staging" == environment_of(containers(others)[service])["NODE_ENV"]


def test_architecture(others: Synthesized) -> None:
    """Of all three."""
    tasks = others.resources("aws_ecs_task_definition").values()

    assert ["ARM64"] * 3 == [task["runtime_platform"]["cpu_architecture"] for task in tasks]


def test_database(others: Synthesized) -> None:
    """Where the backend may go."""
    tasks = ref(others, "aws_security_group", "id", "backend_service_network_group_")

    assert ("10.1.0.0/16", 3306, 3306) in rules(others, "egress", tasks)


@pytest.mark.parametrize("service", ["backend", "frontend", "chromadb"])
def test_logs(service: str, others: Synthesized) -> None:
    """How long they are kept."""
    (group,) = of_service(others, "aws_cloudwatch_log_group", service).values()

    assert 7 == group["retention_in_days"]


def test_cluster(others: Synthesized) -> None:
    """What it keeps, and a private domain that is the stack's, whatever the settings of the cluster say."""
    (group,) = of_service(others, "aws_cloudwatch_log_group", "cluster").values()

    assert 3 == group["retention_in_days"]
    assert "aldeia-prod.internal" == others.resource("aws_service_discovery_private_dns_namespace")["name"]


def test_private_domain_is_the_stacks_own() -> None:
    """The backend is told this one."""
    stack = build(cluster=FargateClusterSettings(private_namespace="other.internal"))

    assert "aldeia-prod.internal" == stack.resource("aws_service_discovery_private_dns_namespace")["name"]


def test_file_system(others: Synthesized) -> None:
    """What ChromaDB's folder is on."""
    assert "bursting" == others.resource("aws_efs_file_system")["throughput_mode"]


def test_secret(others: Synthesized) -> None:
    """How long it can be restored."""
    assert 8 == others.resource("aws_secretsmanager_secret")["recovery_window_in_days"]


def test_backups(others: Synthesized) -> None:
    """When they go."""
    (rules_,) = [
        b["rule"]
        for i, b in others.resources("aws_s3_bucket_lifecycle_configuration").items()
        if i.startswith("backups_")
    ]

    assert [[{"days": 9}]] == [rule["expiration"] for rule in rules_]


def test_load_balancer(others: Synthesized) -> None:
    """How long it waits."""
    assert 77 == others.resource("aws_lb")["idle_timeout"]


def test_alerts(others: Synthesized) -> None:
    """Who is told."""
    assert "octo@aldeia.com" == others.resource("aws_sns_topic_subscription")["endpoint"]


def test_tags(others: Synthesized) -> None:
    """What every resource has."""
    assert {"Team": "octo", "Stack": "aldeia-production", "ManagedBy": "terraform"} == (
        others.document["provider"]["aws"][0]["default_tags"][0]["tags"]
    )


def test_taken_names(production: Synthesized) -> None:
    """What no secret may be called is what the backend gets anyway, all of it."""
    assert set(environment_of(containers(production)["backend"])) == TAKEN
