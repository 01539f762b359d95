"""What is watched of an Aurora Serverless v2 cluster for PostgreSQL: capacity, connections, storage, replicas."""

from itertools import pairwise
from typing import Annotated

from constructs import Construct
from pydantic import Field

from modules.settings import Settings
from modules.types import Percent
from modules.watching.alarm import Alarms, Metric, Rule

_GIB = 1024**3
_VOLUME_PERIOD_S = 3 * 3600

_MAX_CONNECTIONS = [(1, 189), (4, 823), (8, 1669), (16, 3360), (32, 5000), (64, 5000), (128, 5000), (256, 5000)]
_MAX_CONNECTIONS_WITH_SMALL_MINIMUM = 2000
_SMALL_MINIMUM_ACU = 0.5


def max_connections(*, min_capacity_acu: float, max_capacity_acu: float) -> int:
    """
    Compute PostgreSQL's default `max_connections`, which does not follow the current capacity but the range.

    The table is that of docs.aws.amazon.com/AmazonRDS, "Performance and scaling for Aurora Serverless v2", Maximum
    connections, with its cap of 2,000 when the minimum is 0 or 0.5 ACU. Between its rows the limit grows with the
    memory, which is linear: interpolating from 1 to 8 ACU meets the row of 4 to within one connection.

    A change of the range takes effect on the limit when the instances restart.

    >>> max_connections(min_capacity_acu=0.5, max_capacity_acu=16)
    2000
    """
    below, above = next(rows for rows in pairwise(_MAX_CONNECTIONS) if max_capacity_acu <= rows[1][0])
    share = (max_capacity_acu - below[0]) / (above[0] - below[0])
    by_memory = int(below[1] + share * (above[1] - below[1]))
    if min_capacity_acu <= _SMALL_MINIMUM_ACU:
        return min(by_memory, _MAX_CONNECTIONS_WITH_SMALL_MINIMUM)
    return by_memory


class AuroraAlarmsSettings(Settings):
    """When a cluster is in trouble."""

    acu_percent: Percent = 90
    """The busiest instance's capacity, in percent of the maximum."""

    connections_percent: Percent = 80
    """The connections of the instance that has most, in percent of what `max_connections` lets it have."""

    volume_gib: Annotated[int, Field(ge=1, le=128 * 1024)] = 100
    """How large the volume may be: it grows by itself up to 128 TiB, so what it reaches first is the bill."""

    replica_lag_ms: Annotated[int, Field(ge=1, le=600_000)] = 2000
    """How far the last reader may be behind the writer: usually much less than 100 ms ("Replication with Aurora")."""

    for_min: Annotated[int, Field(ge=1, le=60)] = 5
    """How long all but the volume must be over their limits."""


class AuroraAlarms(Construct):
    """
    The alarms of one cluster, on its own dimension, so that a failover or a new instance changes nothing.

    The metrics are those of docs.aws.amazon.com/AmazonRDS, "Amazon CloudWatch metrics for Amazon Aurora". Of storage,
    `AuroraVolumeBytesLeftTotal` is for MySQL only, and `FreeLocalStorage` is about instance classes, which Serverless
    v2 has none of. Memory has no alarm of its own, because its lack shows as capacity near the maximum.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        cluster_id: str,
        min_capacity_acu: float,
        max_capacity_acu: float,
        reader_count: int,
        topic_arn: str,
        settings: AuroraAlarmsSettings,
    ) -> None:
        super().__init__(scope, id_)
        self._name = name
        self._cluster_id = cluster_id
        self._settings = settings
        self._alarms = Alarms(self, name=name, topic_arn=topic_arn)
        self._add_acu(max_capacity_acu)
        self._add_connections(max_connections(min_capacity_acu=min_capacity_acu, max_capacity_acu=max_capacity_acu))
        self._add_volume()
        if reader_count > 0:
            self._add_replica_lag()
        self.names: list[str] = self._alarms.names
        self.arns: list[str] = self._alarms.arns

    def _add_acu(self, max_capacity_acu: float) -> None:
        percent = self._settings.acu_percent
        self._alarms.add(
            "acu",
            self._metric("ACUUtilization"),
            Rule(threshold=percent, periods=self._settings.for_min),
            description=(
                f"An instance of {self._name} uses more than {percent} % of its maximum of {max_capacity_acu:g} ACU. "
                "Look first at Performance Insights for the query that grew; else raise max_capacity_acu."
            ),
        )

    def _add_connections(self, limit: int) -> None:
        threshold = limit * self._settings.connections_percent // 100
        self._alarms.add(
            "connections",
            self._metric("DatabaseConnections"),
            Rule(threshold=threshold, periods=self._settings.for_min),
            description=(
                f"An instance of {self._name} has more than {threshold} of {limit} connections. Look first whether a "
                "service leaks connections (pg_stat_activity, by application), then at its pool size times its tasks."
            ),
        )

    def _add_volume(self) -> None:
        """
        A gap keeps the state: the metric comes at intervals, which three hours hold for sure (pganalyze/collector#805).
        """
        limit = self._settings.volume_gib
        self._alarms.add(
            "volume",
            self._metric("VolumeBytesUsed", period_s=_VOLUME_PERIOD_S),
            Rule(threshold=limit * _GIB, periods=1, missing="ignore"),
            description=(
                f"The data of {self._name} is larger than {limit} GiB. Look first which table grew; if it should have, "
                "raise volume_gib, as the volume grows by itself."
            ),
        )

    def _add_replica_lag(self) -> None:
        limit = self._settings.replica_lag_ms
        self._alarms.add(
            "replica_lag",
            self._metric("AuroraReplicaLag", dimensions={"Role": "READER"}),
            Rule(threshold=limit, periods=self._settings.for_min),
            description=(
                f"A reader of {self._name} is more than {limit} ms behind the writer. Look first at the reader's "
                "capacity and at long transactions on it."
            ),
        )

    def _metric(self, name: str, period_s: int = 60, dimensions: dict[str, str] | None = None) -> Metric:
        cluster = {"DBClusterIdentifier": self._cluster_id}
        return Metric(
            namespace="AWS/RDS",
            name=name,
            dimensions=cluster if dimensions is None else cluster | dimensions,
            statistic="Maximum",
            period_s=period_s,
        )
