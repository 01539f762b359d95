"""What a dashboard shows of hosts in an Auto Scaling group: a row of graphs, of the metrics that have alarms."""

from dataclasses import dataclass

from modules.watching.dashboard_body import Line, Row, beside, graph, heading
from modules.watching.host_metrics import AgentMetric, HostMetrics


@dataclass(frozen=True, kw_only=True)
class HostsOnDashboard:
    """The hosts of one group, as their row on the dashboard sees them."""

    title: str
    metrics: HostMetrics


def host_rows(hosts: HostsOnDashboard, *, region: str) -> list[Row]:
    """Show what the hosts use, the one that uses most, and how many report."""
    metrics = hosts.metrics

    def used(metric: AgentMetric) -> list[Line]:
        return [
            Line(metric=metrics.agent(metric, "Maximum"), label="most"),
            Line(metric=metrics.agent(metric, "Average"), label="average"),
        ]

    cpu = [
        Line(metric=metrics.ec2("CPUUtilization", "Average"), label="percent"),
        Line(metric=metrics.ec2("CPUCreditBalance", "Minimum"), label="credits", on_the_right=True),
    ]
    there = [
        Line(metric=metrics.agent("MEMORY_USED", "SampleCount"), label="reporting"),
        Line(metric=metrics.ec2("StatusCheckFailed", "Maximum"), label="status check failed"),
    ]
    return [
        [heading(hosts.title)],
        beside(
            graph("CPU", cpu, region=region),
            graph("Memory in percent", used("MEMORY_USED"), region=region),
            graph("Disk in percent", used("DISK_USED"), region=region),
            graph("Hosts", there, region=region),
        ),
    ]
