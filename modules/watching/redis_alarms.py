"""What is watched of a Redis on ElastiCache: memory and what falls out of it, CPU, connections, replicas."""

from collections.abc import Sequence
from typing import Annotated

from constructs import Construct
from pydantic import Field

from modules.redis.node_type import has_two_cpus
from modules.settings import Settings
from modules.types import Percent
from modules.watching.alarm import Alarms, Metric, Rule

_CPUS_OF_A_SMALL_NODE = 2


class RedisAlarmsSettings(Settings):
    """When a node is in trouble."""

    memory_percent: Percent = 80
    """Of the memory for data: `maxmemory`, which leaves a fourth of the node's aside."""

    evictions: Annotated[int, Field(ge=0, le=1_000_000)] = 100
    """How many keys may be thrown out within a minute, because the memory is full."""

    cpu_percent: Percent = 90
    """Of the one CPU that the engine runs on."""

    connections: Annotated[int, Field(ge=1, le=65_000)] = 500
    """All connections of all tasks. A node takes 65,000, but each costs memory, and more than usual are a leak."""

    replica_lag_s: Annotated[int, Field(ge=1, le=3600)] = 5
    for_min: Annotated[int, Field(ge=1, le=60)] = 5
    """How long a limit must be passed."""


class RedisAlarms(Construct):
    """
    The alarms of each node, as ElastiCache measures nodes, and a replica may be the primary tomorrow.

    The metrics and limits are those of docs.aws.amazon.com/AmazonElastiCache, "Metrics for Valkey and Redis OSS" and
    "Which Metrics Should I Monitor?".
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        node_ids: Sequence[str],
        node_type: str,
        topic_arn: str,
        settings: RedisAlarmsSettings,
    ) -> None:
        super().__init__(scope, id_)
        self._name = name
        self._settings = settings
        self._alarms = Alarms(self, name=name, topic_arn=topic_arn)
        for number, node_id in enumerate(node_ids, start=1):
            self._add_memory(number, node_id)
            self._add_cpu(number, node_id, two_cpus=has_two_cpus(node_type))
            self._add_connections(number, node_id)
            if len(node_ids) > 1:
                self._add_replica_lag(number, node_id)
        self.names: list[str] = self._alarms.names
        self.arns: list[str] = self._alarms.arns

    def _add_memory(self, number: int, node_id: str) -> None:
        settings = self._settings
        self._add(
            f"memory_{number}",
            _metric("DatabaseMemoryUsagePercentage", node_id, "Maximum"),
            settings.memory_percent,
            f"{node_id} of {self._name} uses more than {settings.memory_percent} % of its memory for data. Look first "
            "for keys without an end to their life, which are never thrown out; else take a larger node_type.",
        )
        self._add(
            f"evictions_{number}",
            _metric("Evictions", node_id, "Sum"),
            settings.evictions,
            f"{node_id} of {self._name} throws out more than {settings.evictions} keys a minute, sessions among them. "
            "Look first what the cache holds; else take a larger node_type.",
        )

    def _add_cpu(self, number: int, node_id: str, *, two_cpus: bool) -> None:
        """
        On two CPUs the node's is what counts, divided by them; on more, the engine's own.

        (ElastiCache User Guide, "Which Metrics Should I Monitor?", CPUUtilization and EngineCPUUtilization.)
        """
        percent = self._settings.cpu_percent
        metric = "CPUUtilization" if two_cpus else "EngineCPUUtilization"
        self._add(
            f"cpu_{number}",
            _metric(metric, node_id, "Average"),
            percent / _CPUS_OF_A_SMALL_NODE if two_cpus else percent,
            f"{node_id} of {self._name} uses more than {percent} % of the one CPU that the engine runs on. Look first "
            "for commands over many keys (SLOWLOG GET); else take a larger node_type.",
        )

    def _add_connections(self, number: int, node_id: str) -> None:
        limit = self._settings.connections
        self._add(
            f"connections_{number}",
            _metric("CurrConnections", node_id, "Maximum"),
            limit,
            f"{node_id} of {self._name} has more than {limit} connections. Look first whether a service leaks them, "
            "then at its pool size times its tasks.",
        )

    def _add_replica_lag(self, number: int, node_id: str) -> None:
        limit = self._settings.replica_lag_s
        self._add(
            f"replica_lag_{number}",
            _metric("ReplicationLag", node_id, "Maximum"),
            limit,
            f"{node_id} of {self._name} is more than {limit} s behind the primary: so much is lost if it takes over "
            "now. Look first at the primary's CPU and at large values.",
        )

    def _add(self, id_: str, metric: Metric, threshold: float, description: str) -> None:
        rule = Rule(threshold=threshold, periods=self._settings.for_min)
        self._alarms.add(id_, metric, rule, description=description)


def _metric(name: str, node_id: str, statistic: str) -> Metric:
    return Metric(
        namespace="AWS/ElastiCache",
        name=name,
        dimensions={"CacheClusterId": node_id, "CacheNodeId": "0001"},
        statistic=statistic,
    )
