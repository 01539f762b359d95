"""What the dashboard shows of hosts, and of a service on them."""

import json

import pytest
from constructs import Construct

from modules.load_balancer.target_group import TargetGroup
from modules.watching.dashboard import Dashboard
from modules.watching.dashboard_hosts import HostsOnDashboard
from modules.watching.dashboard_rows import ServiceOnDashboard
from modules.watching.host_metrics import HostMetrics
from tests.support import Block, synth_scope

HOSTS = HostsOnDashboard(
    title="Hosts", metrics=HostMetrics(namespace="Aldeia/EC2", auto_scaling_group_name="aldeia-hosts")
)
SERVICE = ServiceOnDashboard(
    title="Backend",
    target_groups={"blue": TargetGroup(name="blue", arn="arn:blue", arn_suffix="targetgroup/blue/1")},
)


def build(hosts: HostsOnDashboard | None) -> list[Block]:
    """The widgets of a dashboard."""

    def dashboard(scope: Construct) -> None:
        Dashboard(
            scope,
            "dashboard",
            name="aldeia",
            region="us-east-1",
            alarm_arns=[],
            load_balancer_arn_suffix="app/aldeia/1",
            services=[SERVICE],
            aurora=None,
            hosts=hosts,
        )

    body = synth_scope(dashboard).resource("aws_cloudwatch_dashboard")["dashboard_body"]
    widgets: list[Block] = json.loads(body)["widgets"]
    return widgets


@pytest.fixture(scope="module")
def widgets() -> list[Block]:
    """The widgets of a dashboard with hosts."""
    return build(HOSTS)


def titles(widgets: list[Block]) -> list[str]:
    """The titles and headings from top to bottom."""
    return [each["properties"].get("title", each["properties"].get("markdown")) for each in widgets]


def test_hosts_come_after_their_services(widgets: list[Block]) -> None:
    """What the user meets first comes first."""
    assert ["## Hosts", "CPU", "Memory in percent", "Disk in percent", "Hosts"] == titles(widgets)[-5:]


def test_service_has_no_lines_of_ecs(widgets: list[Block]) -> None:
    """ECS knows nothing of a service on hosts."""
    graphs = [each["properties"]["metrics"] for each in widgets if each["type"] == "metric"]

    assert not {"AWS/ECS", "ECS/ContainerInsights"} & {metric[0] for graph in graphs for metric in graph}
    assert {"Utilization in percent", "Tasks"}.isdisjoint(titles(widgets))


@pytest.mark.parametrize(
    ("namespace", "metric", "statistic", "period"),
    [
        ("AWS/EC2", "CPUUtilization", "Average", 300),
        ("AWS/EC2", "CPUCreditBalance", "Minimum", 300),
        ("AWS/EC2", "StatusCheckFailed", "Maximum", 300),
        ("Aldeia/EC2", "MEMORY_USED", "Maximum", 60),
        ("Aldeia/EC2", "MEMORY_USED", "Average", 60),
        ("Aldeia/EC2", "MEMORY_USED", "SampleCount", 60),
        ("Aldeia/EC2", "DISK_USED", "Maximum", 60),
    ],
)
def test_line(widgets: list[Block], namespace: str, metric: str, statistic: str, period: int) -> None:
    """What the alarms look at, and beside it what explains it."""
    lines = [
        (line[0], line[1], line[2:-1], line[-1]["stat"], line[-1]["period"])
        for each in widgets
        if each["type"] == "metric"
        for line in each["properties"]["metrics"]
    ]

    assert (namespace, metric, ["AutoScalingGroupName", "aldeia-hosts"], statistic, period) in lines


def test_without_hosts() -> None:
    """A system on Fargate has no row of hosts."""
    assert "## Hosts" not in titles(build(None))
