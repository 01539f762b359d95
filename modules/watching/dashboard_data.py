"""What a dashboard shows of an instance of RDS and of a Redis: rows of graphs, of the metrics that have alarms."""

from collections.abc import Sequence
from dataclasses import dataclass

from modules.watching.alarm import Metric
from modules.watching.dashboard_body import Line, Row, beside, graph, heading


@dataclass(frozen=True, kw_only=True)
class PostgresOnDashboard:
    """An instance of RDS for PostgreSQL, as its rows on the dashboard see it."""

    title: str
    instance_id: str


@dataclass(frozen=True, kw_only=True)
class RedisOnDashboard:
    """The nodes of a Redis, as their rows on the dashboard see them."""

    title: str
    node_ids: Sequence[str]


def postgres_rows(postgres: PostgresOnDashboard, *, region: str) -> list[Row]:
    """Show what an instance uses, who is connected, how long its volume takes and how much of it is free."""

    def line(metric: str, label: str, statistic: str = "Average", *, on_the_right: bool = False) -> Line:
        dimensions = {"DBInstanceIdentifier": postgres.instance_id}
        return Line(
            label=label,
            on_the_right=on_the_right,
            metric=Metric(namespace="AWS/RDS", name=metric, dimensions=dimensions, statistic=statistic),
        )

    cpu = [line("CPUUtilization", "percent"), line("CPUCreditBalance", "credits", "Minimum", on_the_right=True)]
    latency = [line("ReadLatency", "read"), line("WriteLatency", "write")]
    bytes_ = [line("FreeableMemory", "free memory", "Minimum"), line("FreeStorageSpace", "free storage", "Minimum")]
    return [
        [heading(postgres.title)],
        beside(
            graph("CPU", cpu, region=region),
            graph("Connections", [line("DatabaseConnections", "connections", "Maximum")], region=region),
            graph("Latency in seconds", latency, region=region),
            graph("Free bytes", bytes_, region=region),
        ),
    ]


def redis_rows(redis: RedisOnDashboard, *, region: str) -> list[Row]:
    """Show how full each node is, what it throws out, what it uses and who is connected."""

    def lines(metric: str, statistic: str) -> list[Line]:
        return [
            Line(
                label=f"node {number}",
                metric=Metric(
                    namespace="AWS/ElastiCache",
                    name=metric,
                    dimensions={"CacheClusterId": node_id, "CacheNodeId": "0001"},
                    statistic=statistic,
                ),
            )
            for number, node_id in enumerate(redis.node_ids, start=1)
        ]

    return [
        [heading(redis.title)],
        beside(
            graph("Memory for data in percent", lines("DatabaseMemoryUsagePercentage", "Maximum"), region=region),
            graph("Keys thrown out a minute", lines("Evictions", "Sum"), region=region),
            graph("CPU in percent", lines("CPUUtilization", "Average"), region=region),
            graph("Connections", lines("CurrConnections", "Maximum"), region=region),
        ),
    ]
