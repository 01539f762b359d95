"""Habit Tracker's stack: alarms, dashboard and budget, all of which report to one topic."""

import json

import pytest

from tests.stacks.isms.sample_isms import ref
from tests.support import Block, Synthesized

OF_A_SERVICE = ["blue-5xx", "blue-unhealthy", "blue-latency", "cpu", "memory", "running-tasks"]
OF_POSTGRES = ["cpu", "credits", "memory", "swap", "connections", "storage", "burst-operations", "burst-bytes"]
OF_REDIS = ["memory-1", "evictions-1", "cpu-1", "connections-1"]

NAMES = {
    "habit-tracker-elb-5xx",
    *(f"habit-tracker-{service}-{alarm}" for service in ("api", "web") for alarm in OF_A_SERVICE),
    *(f"habit-tracker-postgres-{alarm}" for alarm in OF_POSTGRES),
    *(f"habit-tracker-redis-{alarm}" for alarm in OF_REDIS),
}


def widgets(stack: Synthesized, type_: str) -> list[Block]:
    """What is on the dashboard, of one type."""
    found = json.loads(stack.resource("aws_cloudwatch_dashboard")["dashboard_body"])["widgets"]
    return [widget["properties"] for widget in found if widget["type"] == type_]


def test_alarms(habit_tracker: Synthesized) -> None:
    """Load balancer, both services, database and cache."""
    assert NAMES == {block["alarm_name"] for block in habit_tracker.resources("aws_cloudwatch_metric_alarm").values()}


def test_replica_is_watched(otherwise: Synthesized) -> None:
    """Every node of the cache."""
    names = {block["alarm_name"] for block in otherwise.resources("aws_cloudwatch_metric_alarm").values()}

    assert {"habit-tracker-redis-memory-2", "habit-tracker-redis-replica-lag-1"} <= names


@pytest.mark.parametrize(
    ("start", "dimension", "type_", "attribute"),
    [
        ("postgres_alarms_", "DBInstanceIdentifier", "aws_db_instance", "identifier"),
        ("load_balancer_alarms_", "LoadBalancer", "aws_lb", "arn_suffix"),
    ],
)
def test_alarms_are_of_the_stacks_own(
    start: str, dimension: str, type_: str, attribute: str, stack: Synthesized
) -> None:
    """They watch what this stack has."""
    found = [b["dimensions"] for i, b in stack.resources("aws_cloudwatch_metric_alarm").items() if i.startswith(start)]

    assert {ref(stack, type_, attribute)} == {one[dimension] for one in found}


def test_cache_alarms_are_of_the_stacks_own(stack: Synthesized) -> None:
    """They watch the nodes that ElastiCache makes."""
    nodes = ref(stack, "aws_elasticache_replication_group", "member_clusters")[2:-1]
    found = [b for i, b in stack.resources("aws_cloudwatch_metric_alarm").items() if i.startswith("redis_alarms_")]

    assert [] == [one for one in found if nodes not in one["dimensions"]["CacheClusterId"]]


def test_all_alarms_tell_the_topic(stack: Synthesized) -> None:
    """The one topic, once its policy lets CloudWatch publish."""
    topic = ref(stack, "aws_sns_topic_policy", "arn")

    assert {(topic,)} == {
        tuple(block["alarm_actions"]) for block in stack.resources("aws_cloudwatch_metric_alarm").values()
    }


def test_budget(stack: Synthesized) -> None:
    """It tells the same topic."""
    budget = stack.resource("aws_budgets_budget")

    assert ("habit-tracker-monthly", "225") == (budget["name"], budget["limit_amount"])
    assert {(ref(stack, "aws_sns_topic_policy", "arn"),)} == {
        tuple(one["subscriber_sns_topic_arns"]) for one in budget["notification"]
    }


def test_dashboard_shows_all_alarms(stack: Synthesized) -> None:
    """Each once."""
    (shown,) = [widget["alarms"] for widget in widgets(stack, "alarm")]

    assert sorted(
        f"${{aws_cloudwatch_metric_alarm.{i}.arn}}" for i in stack.resources("aws_cloudwatch_metric_alarm")
    ) == (sorted(shown))


def test_dashboard_headings(stack: Synthesized) -> None:
    """In the order in which one looks."""
    titles = ["Load balancer", "habit-tracker-api", "habit-tracker-web", "PostgreSQL", "Redis"]

    assert [f"## {title}" for title in titles] == [widget["markdown"] for widget in widgets(stack, "text")]


@pytest.mark.parametrize(
    ("type_", "attribute"),
    [("aws_lb", "arn_suffix"), ("aws_ecs_cluster", "name"), ("aws_db_instance", "identifier")],
)
def test_dashboard_is_of_the_stacks_own(type_: str, attribute: str, stack: Synthesized) -> None:
    """It shows what this stack has."""
    assert ref(stack, type_, attribute) in stack.resource("aws_cloudwatch_dashboard")["dashboard_body"]


def test_dashboard_region(stack: Synthesized) -> None:
    """Every graph is of the stack's region."""
    assert {"us-east-1"} == {widget["region"] for widget in widgets(stack, "metric")}
