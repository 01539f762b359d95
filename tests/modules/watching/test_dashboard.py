"""The dashboard of an environment."""

import dataclasses
import json
from typing import Any

import pytest
from constructs import Construct

from modules.load_balancer.target_group import TargetGroup
from modules.watching.dashboard import Dashboard
from modules.watching.dashboard_rows import AuroraOnDashboard, ServiceOnDashboard
from tests.support import Block, synth_scope

LOAD_BALANCER = "app/isms-staging/0123456789abcdef"
ALARMS = [f"arn:aws:cloudwatch:eu-west-2:956880242582:alarm:{name}" for name in ("a", "b")]
AURORA = AuroraOnDashboard(title="Database", cluster_id="isms-staging")


def service(*, counts_tasks: bool = True) -> ServiceOnDashboard:
    """A service with two target groups."""
    return ServiceOnDashboard(
        title="Backend",
        cluster_name="isms-staging",
        service_name="isms-backend-staging",
        target_groups={
            "blue": TargetGroup(name="blue", arn="arn:blue", arn_suffix="targetgroup/blue/1"),
            "green": TargetGroup(name="green", arn="arn:green", arn_suffix="targetgroup/green/2"),
        },
        counts_tasks=counts_tasks,
    )


def build(**changes: Any) -> list[Block]:  # noqa: ANN401 arguments of any type
    """The widgets of a dashboard with everything, less the changes."""
    arguments: dict[str, Any] = {
        "name": "isms-staging",
        "region": "eu-west-2",
        "alarm_arns": ALARMS,
        "load_balancer_arn_suffix": LOAD_BALANCER,
        "services": [service()],
        "aurora": AURORA,
    }

    def dashboard(scope: Construct) -> None:
        Dashboard(scope, "dashboard", **(arguments | changes))

    found = synth_scope(dashboard).resource("aws_cloudwatch_dashboard")
    assert "isms-staging" == found["dashboard_name"]
    widgets: list[Block] = json.loads(found["dashboard_body"])["widgets"]
    return widgets


@pytest.fixture(scope="module")
def widgets() -> list[Block]:
    """The widgets of a dashboard with everything."""
    return build()


def lines(widgets: list[Block]) -> set[tuple[str, ...]]:
    """Every line of every graph: metric, dimension values and statistic."""
    graphs = [each["properties"]["metrics"] for each in widgets if each["type"] == "metric"]
    return {(metric[1], *metric[3:-1:2], metric[-1]["stat"]) for graph in graphs for metric in graph}


def titles(widgets: list[Block]) -> list[str]:
    """The titles and headings from top to bottom."""
    return [each["properties"].get("title", each["properties"].get("markdown")) for each in widgets]


def test_service_without_load_balancer() -> None:
    """Of a service that only others call there is what its tasks use."""
    hidden = dataclasses.replace(service(), title="ChromaDB", target_groups={})

    assert ["## ChromaDB", "Utilization in percent", "Tasks"] == titles(
        build(services=[hidden], aurora=None, alarm_arns=[])
    )[3:]


def test_order(widgets: list[Block]) -> None:
    """What fires comes first, then what the user meets first."""
    assert [
        "Alarms",
        "## Load balancer",
        "Requests a minute",
        "Errors of the load balancer a minute",
        "## Backend",
        "Requests a minute",
        "5xx a minute",
        "Latency in seconds, p95",
        "Targets",
        "Utilization in percent",
        "Tasks",
        "## Database",
        "Capacity",
        "Connections of the busiest instance",
        "Latency in milliseconds",
        "Volume",
    ] == titles(widgets)


def test_alarms(widgets: list[Block]) -> None:
    """The first widget shows all alarms."""
    assert ALARMS == widgets[0]["properties"]["alarms"]


@pytest.mark.parametrize("color", ["blue/1", "green/2"])
@pytest.mark.parametrize(
    ("metric", "statistic"),
    [
        ("RequestCount", "Sum"),
        ("HTTPCode_Target_5XX_Count", "Sum"),
        ("TargetResponseTime", "p95"),
        ("HealthyHostCount", "Minimum"),
        ("UnHealthyHostCount", "Minimum"),
    ],
)
def test_target_groups(widgets: list[Block], color: str, metric: str, statistic: str) -> None:
    """Each metric of a target group is shown for both colours."""
    assert (metric, LOAD_BALANCER, f"targetgroup/{color}", statistic) in lines(widgets)


@pytest.mark.parametrize(
    ("metric", "statistic"),
    [
        ("CPUUtilization", "Average"),
        ("MemoryUtilization", "Average"),
        ("RunningTaskCount", "Minimum"),
        ("DesiredTaskCount", "Maximum"),
    ],
)
def test_service(widgets: list[Block], metric: str, statistic: str) -> None:
    """The service shows what its tasks use and how many there are."""
    assert (metric, "isms-staging", "isms-backend-staging", statistic) in lines(widgets)


@pytest.mark.parametrize("metric", ["RequestCount", "HTTPCode_ELB_5XX_Count", "RejectedConnectionCount"])
def test_load_balancer(widgets: list[Block], metric: str) -> None:
    """The load balancer shows its requests and what it refused or failed itself."""
    assert (metric, LOAD_BALANCER, "Sum") in lines(widgets)


@pytest.mark.parametrize(
    "metric",
    [
        "ServerlessDatabaseCapacity",
        "ACUUtilization",
        "DatabaseConnections",
        "CommitLatency",
        "AuroraReplicaLag",
        "VolumeBytesUsed",
    ],
)
def test_aurora(widgets: list[Block], metric: str) -> None:
    """The cluster shows its worst instance."""
    assert (metric, "isms-staging", "Maximum") in lines(widgets)


def test_percentage_has_its_own_axis(widgets: list[Block]) -> None:
    """Capacity in ACU and in percent do not fit one axis."""
    (graph,) = (each for each in widgets if each["properties"].get("title") == "Capacity")

    assert [None, "right"] == [metric[-1].get("yAxis") for metric in graph["properties"]["metrics"]]


def test_region(widgets: list[Block]) -> None:
    """A dashboard is global, so every graph says its region."""
    assert {"eu-west-2"} == {each["properties"]["region"] for each in widgets if each["type"] == "metric"}


def test_without_container_insights() -> None:
    """Without the counts of tasks there is no graph of them, and the others are wider."""
    widgets = build(services=[service(counts_tasks=False)])

    assert "Tasks" not in titles(widgets)
    assert {12} == {
        each["width"] for each in widgets if each["properties"].get("title") in ("Targets", "Utilization in percent")
    }


@pytest.mark.parametrize(
    ("changes", "gone"),
    [
        ({"aurora": None}, "## Database"),
        ({"alarm_arns": []}, "Alarms"),
        ({"services": []}, "## Backend"),
        ({"services": [], "load_balancer_arn_suffix": None}, "## Load balancer"),
    ],
)
def test_what_is_not_there(changes: dict[str, Any], gone: str) -> None:
    """A system without a database, alarms, services or load balancer has no rows for them."""
    assert gone not in titles(build(**changes))


def test_services_need_the_load_balancer() -> None:
    """The metrics of a target group are those under its load balancer."""
    with pytest.raises(ValueError, match="needs its load balancer"):
        build(load_balancer_arn_suffix=None)
