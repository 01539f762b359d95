"""Aldeia's stacks: alarms, dashboard and budget, all of which report to one topic."""

import json

import pytest

from tests.stacks.aldeia.sample_aldeia import PRODUCTION, build
from tests.stacks.isms.sample_isms import ref
from tests.support import Block, Synthesized

OF_A_TARGET_GROUP = ["5xx", "unhealthy", "latency"]
OF_TASKS = ["cpu", "memory", "running-tasks"]

ON_FARGATE = {
    "aldeia-prod-elb-5xx",
    *(f"aldeia-prod-{service}-blue-{alarm}" for service in ("backend", "frontend") for alarm in OF_A_TARGET_GROUP),
    *(f"aldeia-prod-{service}-{alarm}" for service in ("backend", "frontend", "chromadb") for alarm in OF_TASKS),
}


def alarms(stack: Synthesized) -> dict[str, Block]:
    """All alarms, by name."""
    return {block["alarm_name"]: block for block in stack.resources("aws_cloudwatch_metric_alarm").values()}


def widgets(stack: Synthesized, type_: str) -> list[Block]:
    """What is on the dashboard, of one type."""
    found = json.loads(stack.resource("aws_cloudwatch_dashboard")["dashboard_body"])["widgets"]
    return [widget["properties"] for widget in found if widget["type"] == type_]


def test_alarms(production: Synthesized) -> None:
    """Load balancer, both services, and ChromaDB, which no load balancer watches."""
    assert ON_FARGATE == set(alarms(production))


@pytest.mark.parametrize(("service", "least"), [("backend", 2), ("frontend", 2), ("chromadb", 1)])
def test_running_tasks(service: str, least: int, production: Synthesized) -> None:
    """Fewer tasks than there must be at least."""
    alarm = alarms(production)[f"aldeia-prod-{service}-running-tasks"]

    assert (least, "LessThanThreshold") == (alarm["threshold"], alarm["comparison_operator"])


def test_tasks_are_counted_where_they_can_be() -> None:
    """Without Container Insights there is no such metric."""
    settings = build(PRODUCTION, cluster={"container_insights": "disabled"})

    assert [] == [name for name in alarms(settings) if name.endswith("running-tasks")]


@pytest.mark.parametrize("service", ["backend", "frontend", "chromadb"])
def test_alarms_are_of_the_stacks_own(service: str, production: Synthesized) -> None:
    """They watch the service that they are called after."""
    expected = {
        "ClusterName": ref(production, "aws_ecs_cluster", "name"),
        "ServiceName": ref(production, "aws_ecs_service", "name", f"{service}_"),
    }

    assert [expected] * 3 == [alarms(production)[f"aldeia-prod-{service}-{what}"]["dimensions"] for what in OF_TASKS]


def test_all_alarms_tell_the_topic(production: Synthesized) -> None:
    """The one topic, once its policy lets CloudWatch publish."""
    topic = ref(production, "aws_sns_topic_policy", "arn")

    assert {(topic,)} == {tuple(block["alarm_actions"]) for block in alarms(production).values()}


def test_budget(stack: Synthesized) -> None:
    """It tells the same topic."""
    budget = stack.resource("aws_budgets_budget")

    assert budget["name"].endswith("-monthly")
    assert {(ref(stack, "aws_sns_topic_policy", "arn"),)} == {
        tuple(one["subscriber_sns_topic_arns"]) for one in budget["notification"]
    }


def test_dashboard_shows_all_alarms(on_fargate: Synthesized) -> None:
    """Each once."""
    (shown,) = [widget["alarms"] for widget in widgets(on_fargate, "alarm")]

    assert sorted(
        f"${{aws_cloudwatch_metric_alarm.{i}.arn}}" for i in on_fargate.resources("aws_cloudwatch_metric_alarm")
    ) == sorted(shown)


def test_dashboard_headings(on_fargate: Synthesized) -> None:
    """In the order in which one looks."""
    titles = ["Load balancer", "aldeia-prod-backend", "aldeia-prod-frontend", "aldeia-prod-chromadb"]

    assert [f"## {title}" for title in titles] == [widget["markdown"] for widget in widgets(on_fargate, "text")]


def test_dashboard_region(stack: Synthesized) -> None:
    """Every graph is of the stack's region."""
    assert {"us-east-1"} == {widget["region"] for widget in widgets(stack, "metric")}
