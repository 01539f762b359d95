"""What a dashboard shows of PostgreSQL and Redis."""

import json
from typing import Any

import pytest
from constructs import Construct

from modules.watching.dashboard import Dashboard
from modules.watching.dashboard_data import PostgresOnDashboard, RedisOnDashboard
from tests.support import Block, synth_scope


def build(**parts: Any) -> list[Block]:  # noqa: ANN401
    """The widgets of a dashboard with these parts alone."""

    def dashboard(scope: Construct) -> None:
        Dashboard(
            scope,
            "dashboard",
            name="habit-tracker",
            region="us-east-1",
            alarm_arns=[],
            load_balancer_arn_suffix=None,
            services=[],
            aurora=None,
            **parts,
        )

    body = synth_scope(dashboard).resource("aws_cloudwatch_dashboard")["dashboard_body"]
    return list(json.loads(body)["widgets"])


@pytest.fixture(scope="module")
def widgets() -> list[Block]:
    """Both, with two nodes of Redis."""
    return build(
        postgres=PostgresOnDashboard(title="Data", instance_id="db-1"),
        redis=RedisOnDashboard(title="Cache", node_ids=["node-a", "node-b"]),
    )


def lines(widgets: list[Block]) -> list[tuple[Any, ...]]:
    """Every line of every graph: namespace, metric, dimensions and statistic."""
    graphs = [each["properties"]["metrics"] for each in widgets if each["type"] == "metric"]
    return [(*metric[:-1], metric[-1]["stat"]) for graph in graphs for metric in graph]


def test_order(widgets: list[Block]) -> None:
    """The database first, each below its heading."""
    assert [
        "## Data",
        "CPU",
        "Connections",
        "Latency in seconds",
        "Free bytes",
        "## Cache",
        "Memory for data in percent",
        "Keys thrown out a minute",
        "CPU in percent",
        "Connections",
    ] == [each["properties"].get("title", each["properties"].get("markdown")) for each in widgets]


@pytest.mark.parametrize(
    ("metric", "statistic"),
    [
        ("CPUUtilization", "Average"),
        ("CPUCreditBalance", "Minimum"),
        ("DatabaseConnections", "Maximum"),
        ("ReadLatency", "Average"),
        ("WriteLatency", "Average"),
        ("FreeableMemory", "Minimum"),
        ("FreeStorageSpace", "Minimum"),
    ],
)
def test_postgres(metric: str, statistic: str, widgets: list[Block]) -> None:
    """Of the instance."""
    assert ("AWS/RDS", metric, "DBInstanceIdentifier", "db-1", statistic) in lines(widgets)


@pytest.mark.parametrize("node", ["node-a", "node-b"])
@pytest.mark.parametrize(
    ("metric", "statistic"),
    [
        ("DatabaseMemoryUsagePercentage", "Maximum"),
        ("Evictions", "Sum"),
        ("CPUUtilization", "Average"),
        ("CurrConnections", "Maximum"),
    ],
)
def test_redis(metric: str, statistic: str, node: str, widgets: list[Block]) -> None:
    """Of each node."""
    assert ("AWS/ElastiCache", metric, "CacheClusterId", node, "CacheNodeId", "0001", statistic) in lines(widgets)


def test_credits_have_their_own_axis(widgets: list[Block]) -> None:
    """Credits and percent do not fit one axis."""
    (cpu,) = [each for each in widgets if each["properties"].get("title") == "CPU"]

    assert [None, "right"] == [metric[-1].get("yAxis") for metric in cpu["properties"]["metrics"]]


def test_region(widgets: list[Block]) -> None:
    """Every graph is of the stack's region."""
    assert {"us-east-1"} == {each["properties"]["region"] for each in widgets if each["type"] == "metric"}


def test_nodes_are_told_apart(widgets: list[Block]) -> None:
    """Their own names say nothing to a reader."""
    (memory,) = [each for each in widgets if each["properties"].get("title") == "Memory for data in percent"]

    assert ["node 1", "node 2"] == [metric[-1]["label"] for metric in memory["properties"]["metrics"]]


@pytest.mark.parametrize(
    ("parts", "heading"),
    [
        ({"postgres": PostgresOnDashboard(title="Data", instance_id="db-1")}, "## Data"),
        ({"redis": RedisOnDashboard(title="Cache", node_ids=["node-a"])}, "## Cache"),
    ],
)
def test_alone(parts: dict[str, Any], heading: str) -> None:
    """What is not there takes no place."""
    assert [heading] == [each["properties"]["markdown"] for each in build(**parts) if each["type"] == "text"]
