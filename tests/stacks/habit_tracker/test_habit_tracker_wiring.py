"""Habit Tracker's stack: that each setting reaches its part."""

from typing import Any

import pytest

from modules.fargate.capacity import CapacitySettings
from modules.file_system.file_system import FileSystemSettings
from modules.images.repository import ImageRepositorySettings
from modules.load_balancer.load_balancer import LoadBalancerSettings
from modules.media.media_bucket import MediaSettings
from modules.postgres.postgres import PostgresSettings
from modules.redis.redis import RedisSettings
from modules.watching.alert_topic import AlertTopicSettings
from modules.watching.postgres_alarms import PostgresAlarmsSettings
from modules.watching.redis_alarms import RedisAlarmsSettings
from stacks.habit_tracker_settings import HabitTrackerApiSettings, HabitTrackerFilesSettings, HabitTrackerWebSettings
from tests.stacks.habit_tracker.sample_habit_tracker import build
from tests.stacks.isms.sample_isms import containers, environment_of, of_service
from tests.support import Block, Synthesized

OTHERS: dict[str, Any] = {
    "api": HabitTrackerApiSettings(image_tag="one", command=None, cpu=1024, memory_mib=3072, user="33:44"),
    "web": HabitTrackerWebSettings(image_tag="two", cpu=256, memory_mib=512),
    "files": HabitTrackerFilesSettings(file_system=FileSystemSettings(throughput="bursting")),
    "cpu_architecture": "ARM64",
    "capacity": CapacitySettings(spot_percent=40),
    "log_retention_days": 7,
    "secret_recovery_days": 8,
    "media": MediaSettings(upload_prefix="new/"),
    "load_balancer": LoadBalancerSettings(idle_timeout_s=77),
    "alerts": AlertTopicSettings(emails=["octo@trust.demo.paythru.com"]),
    "repositories": ImageRepositorySettings(create=False),
    "redis": RedisSettings(node_type="cache.r7g.xlarge"),
    "postgres_alarms": PostgresAlarmsSettings(cpu_percent=51),
    "redis_alarms": RedisAlarmsSettings(memory_percent=52),
    "tags": {"Team": "octo"},
}


@pytest.fixture(scope="module")
def others() -> Synthesized:
    """The stack with none of these settings as they are."""
    return build(**OTHERS)


def alarm(stack: Synthesized, name: str) -> Block:
    """One alarm."""
    (found,) = [b for b in stack.resources("aws_cloudwatch_metric_alarm").values() if b["alarm_name"] == name]
    return found


@pytest.mark.parametrize(("service", "size"), [("api", ("1024", "3072")), ("web", ("256", "512"))])
def test_sizes(service: str, size: tuple[str, str], others: Synthesized) -> None:
    """Each service has its own."""
    (task,) = of_service(others, "aws_ecs_task_definition", service).values()

    assert size == (task["cpu"], task["memory"])


@pytest.mark.parametrize(("service", "tag"), [("api", "one"), ("web", "two")])
def test_image_tags(service: str, tag: str, others: Synthesized) -> None:
    """Each service has its own, of a repository that another stack may have made."""
    image = containers(others)[service]["image"]

    assert image.startswith(f"${{data.aws_ecr_repository.{service}_")
    assert image.endswith(f":{tag}")


def test_user(others: Synthesized) -> None:
    """Django's, whom the shared files belong to."""
    assert "33:44" == containers(others)["api"]["user"]
    assert {"uid": 33, "gid": 44} == others.resource("aws_efs_access_point")["posix_user"]


def test_file_system(others: Synthesized) -> None:
    """What the files are on."""
    assert "bursting" == others.resource("aws_efs_file_system")["throughput_mode"]


def test_architecture(others: Synthesized) -> None:
    """Of both."""
    tasks = others.resources("aws_ecs_task_definition").values()

    assert ["ARM64", "ARM64"] == [task["runtime_platform"]["cpu_architecture"] for task in tasks]


def test_spot(others: Synthesized) -> None:
    """Of both."""
    services = others.resources("aws_ecs_service").values()

    assert [[60, 40]] * 2 == [[one["weight"] for one in service["capacity_provider_strategy"]] for service in services]


@pytest.mark.parametrize("service", ["api", "web"])
def test_logs(service: str, others: Synthesized) -> None:
    """How long they are kept."""
    (group,) = of_service(others, "aws_cloudwatch_log_group", service).values()

    assert 7 == group["retention_in_days"]


def test_secret(others: Synthesized) -> None:
    """How long it can be restored."""
    assert 8 == others.resource("aws_secretsmanager_secret")["recovery_window_in_days"]


def test_disposable_secret() -> None:
    """A disposable one is gone at once, so that its name is free."""
    assert 0 == build(disposable=True).resource("aws_secretsmanager_secret")["recovery_window_in_days"]


def test_media(others: Synthesized) -> None:
    """Where uploads go."""
    assert "new/" == environment_of(containers(others)["api"])["MEDIA_UPLOAD_PREFIX"]


def test_load_balancer(others: Synthesized) -> None:
    """How long it waits."""
    assert 77 == others.resource("aws_lb")["idle_timeout"]


def test_alerts(others: Synthesized) -> None:
    """Who is told."""
    assert "octo@trust.demo.paythru.com" == others.resource("aws_sns_topic_subscription")["endpoint"]


@pytest.mark.parametrize(
    ("name", "threshold"), [("habit-tracker-postgres-cpu", 51), ("habit-tracker-redis-memory-1", 52)]
)
def test_limits(name: str, threshold: int, others: Synthesized) -> None:
    """When the alarms of database and cache fire."""
    assert threshold == alarm(others, name)["threshold"]


def test_alarms_know_the_node(others: Synthesized) -> None:
    """On a node of more than two processors it is the engine's own that counts."""
    assert "EngineCPUUtilization" == alarm(others, "habit-tracker-redis-cpu-1")["metric_name"]


def test_alarms_know_the_class() -> None:
    """A class that is not burstable has no credits to run out of."""
    stack = build(postgres=PostgresSettings(instance_class="db.m7g.large"))
    names = {block["alarm_name"] for block in stack.resources("aws_cloudwatch_metric_alarm").values()}

    assert "habit-tracker-postgres-credits" not in names


def test_tags(others: Synthesized) -> None:
    """What every resource has."""
    assert {"Team": "octo", "Stack": "habit-tracker", "ManagedBy": "terraform"} == (
        others.document["provider"]["aws"][0]["default_tags"][0]["tags"]
    )
