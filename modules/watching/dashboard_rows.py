"""What a dashboard shows of a load balancer, a service and a database: rows of graphs."""

from collections.abc import Mapping
from dataclasses import dataclass

from modules.deployment.deploy_mode import Color
from modules.load_balancer.target_group import TargetGroup
from modules.watching.alarm import Metric
from modules.watching.dashboard_body import Line, Row, Widget, beside, graph, heading

_VOLUME_PERIOD_S = 3 * 3600


@dataclass(frozen=True, kw_only=True)
class ServiceOnDashboard:
    """A service, as its rows on the dashboard see it."""

    title: str
    cluster_name: str | None = None
    service_name: str | None = None
    """In ECS, both. None for a service on hosts, of which ECS knows nothing."""

    target_groups: Mapping[Color, TargetGroup]
    """None for a service that the load balancer does not know."""

    counts_tasks: bool = False
    """Whether Container Insights counts the tasks."""


@dataclass(frozen=True, kw_only=True)
class AuroraOnDashboard:
    """A cluster, as its row on the dashboard sees it."""

    title: str
    cluster_id: str


def load_balancer_rows(arn_suffix: str, *, region: str) -> list[Row]:
    """Show the requests and the errors that no target group counts."""

    def line(metric: str, label: str) -> Line:
        return _elb_line(metric, "Sum", label, LoadBalancer=arn_suffix)

    requests = [line("RequestCount", "requests")]
    errors = [line("HTTPCode_ELB_5XX_Count", "5xx"), line("RejectedConnectionCount", "rejected connections")]
    return [
        [heading("Load balancer")],
        beside(
            graph("Requests a minute", requests, region=region),
            graph("Errors of the load balancer a minute", errors, region=region),
        ),
    ]


def service_rows(service: ServiceOnDashboard, *, load_balancer_arn_suffix: str, region: str) -> list[Row]:
    """Show what both colours of a service get and answer, and what its tasks use."""

    def lines(metric: str, statistic: str, what: str = "") -> list[Line]:
        return [
            _elb_line(
                metric,
                statistic,
                f"{color} {what}".strip(),
                LoadBalancer=load_balancer_arn_suffix,
                TargetGroup=group.arn_suffix,
            )
            for color, group in service.target_groups.items()
        ]

    if not service.target_groups:
        return [[heading(service.title)], beside(*_task_graphs(service, region))]
    targets = [*lines("HealthyHostCount", "Minimum", "healthy"), *lines("UnHealthyHostCount", "Minimum", "unhealthy")]
    return [
        [heading(service.title)],
        beside(
            graph("Requests a minute", lines("RequestCount", "Sum"), region=region),
            graph("5xx a minute", lines("HTTPCode_Target_5XX_Count", "Sum"), region=region),
            graph("Latency in seconds, p95", lines("TargetResponseTime", "p95"), region=region),
        ),
        beside(graph("Targets", targets, region=region), *_task_graphs(service, region)),
    ]


def aurora_rows(aurora: AuroraOnDashboard, *, region: str) -> list[Row]:
    """Show the capacity, connections, latencies and size of a cluster."""
    capacity = [
        _rds_line(aurora, "ServerlessDatabaseCapacity", "ACU of the largest instance"),
        _rds_line(aurora, "ACUUtilization", "percent of the maximum", on_the_right=True),
    ]
    latency = [_rds_line(aurora, "CommitLatency", "commit"), _rds_line(aurora, "AuroraReplicaLag", "replica lag")]
    connections = [_rds_line(aurora, "DatabaseConnections", "connections")]
    volume = [_rds_line(aurora, "VolumeBytesUsed", "bytes", period_s=_VOLUME_PERIOD_S)]
    return [
        [heading(aurora.title)],
        beside(
            graph("Capacity", capacity, region=region),
            graph("Connections of the busiest instance", connections, region=region),
            graph("Latency in milliseconds", latency, region=region),
            graph("Volume", volume, region=region),
        ),
    ]


def _task_graphs(service: ServiceOnDashboard, region: str) -> list[Widget]:
    cluster_name, service_name = service.cluster_name, service.service_name
    if cluster_name is None or service_name is None:
        return []

    def line(namespace: str, metric: str, statistic: str, label: str) -> Line:
        dimensions = {"ClusterName": cluster_name, "ServiceName": service_name}
        return Line(
            label=label, metric=Metric(namespace=namespace, name=metric, dimensions=dimensions, statistic=statistic)
        )

    load = [
        line("AWS/ECS", "CPUUtilization", "Average", "CPU"),
        line("AWS/ECS", "MemoryUtilization", "Average", "memory"),
    ]
    graphs = [graph("Utilization in percent", load, region=region)]
    if service.counts_tasks:
        running = line("ECS/ContainerInsights", "RunningTaskCount", "Minimum", "running")
        desired = line("ECS/ContainerInsights", "DesiredTaskCount", "Maximum", "desired")
        graphs.append(graph("Tasks", [running, desired], region=region))
    return graphs


def _elb_line(metric: str, statistic: str, label: str, **dimensions: str) -> Line:
    return Line(
        label=label,
        metric=Metric(namespace="AWS/ApplicationELB", name=metric, dimensions=dimensions, statistic=statistic),
    )


def _rds_line(
    aurora: AuroraOnDashboard, metric: str, label: str, *, on_the_right: bool = False, period_s: int = 60
) -> Line:
    return Line(
        label=label,
        on_the_right=on_the_right,
        metric=Metric(
            namespace="AWS/RDS",
            name=metric,
            dimensions={"DBClusterIdentifier": aurora.cluster_id},
            statistic="Maximum",
            period_s=period_s,
        ),
    )
