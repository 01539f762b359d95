"""What is watched of an instance of RDS for PostgreSQL: CPU and its credits, memory, connections, the volume."""

from typing import Annotated

from constructs import Construct
from pydantic import Field

from modules.postgres.instance_class import is_burstable, memory_gib
from modules.settings import Settings
from modules.types import Percent
from modules.watching.alarm import Alarms, Metric, Rule

_MIB = 1024**2
_GIB = 1024**3
_CREDITS_PERIOD_S = 300
_BYTES_A_CONNECTION = 9_531_392
_MOST_CONNECTIONS = 5000


def max_connections(instance_class: str) -> int:
    """
    Compute PostgreSQL's default `max_connections`, as if the database had all memory of the instance.

    It has less: RDS takes off first what the operating system and its own processes need
    (docs.aws.amazon.com/AmazonRDS, "Quotas and constraints for Amazon RDS", Maximum number of database connections, and
    "Specifying DB parameters", DBInstanceClassMemory).

    >>> max_connections("db.t3.micro")
    112
    """
    return min(memory_gib(instance_class) * _GIB // _BYTES_A_CONNECTION, _MOST_CONNECTIONS)


class PostgresAlarmsSettings(Settings):
    """When an instance is in trouble."""

    cpu_percent: Percent = 90
    surplus_credits: Annotated[int, Field(ge=1, le=100_000)] = 100
    """
    How many CPU credits a burstable class may have spent beyond those that it earned.

    It is not slowed down, but a surplus that it does not earn back within a day is billed (RDS User Guide, "DB instance
    class types", db.t3 and db.t4g run in Unlimited mode). db.t3.micro earns 288 a day.
    """

    free_memory_percent: Percent = 5
    """The least memory that is free or can be freed, in percent of the class's."""

    swap_mib: Annotated[int, Field(ge=1, le=65_536)] = 256
    connections_percent: Percent = 60
    """The connections, in percent of `max_connections`, of which small classes have a fourth less in truth."""

    free_storage_gib: Annotated[int, Field(ge=1, le=65_536)] = 1
    """The least free storage: the volume grows by itself before, so less says that it cannot, or not fast enough."""

    burst_percent: Percent = 10
    """What may be left of the burst that a small class has towards its volume, in operations and in bytes."""

    for_min: Annotated[int, Field(ge=1, le=60)] = 5
    """How long a limit must be passed."""


class PostgresAlarms(Construct):
    """
    The alarms of one instance.

    The metrics are those of docs.aws.amazon.com/AmazonRDS, "Amazon CloudWatch metrics for Amazon RDS". `BurstBalance`
    is for gp2 volumes only. An instance that is stopped has no data, and is no reason for an alarm.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        instance_id: str,
        instance_class: str,
        topic_arn: str,
        settings: PostgresAlarmsSettings,
    ) -> None:
        super().__init__(scope, id_)
        self._name = name
        self._instance_id = instance_id
        self._settings = settings
        self._alarms = Alarms(self, name=name, topic_arn=topic_arn)
        self._add_cpu()
        if is_burstable(instance_class):
            self._add_credits()
        self._add_memory(memory_gib(instance_class))
        self._add_connections(max_connections(instance_class))
        self._add_storage()
        self._add_burst("operations", "EBSIOBalance%")
        self._add_burst("bytes", "EBSByteBalance%")
        self.names: list[str] = self._alarms.names
        self.arns: list[str] = self._alarms.arns

    def _add_cpu(self) -> None:
        percent = self._settings.cpu_percent
        self._add(
            "cpu",
            self._metric("CPUUtilization", "Average"),
            percent,
            f"{self._name} uses more than {percent} % of its CPU. Look first at Performance Insights for the query "
            "that grew; else take a larger instance_class.",
        )

    def _add_credits(self) -> None:
        limit = self._settings.surplus_credits
        self._alarms.add(
            "credits",
            self._metric("CPUSurplusCreditBalance", "Maximum", _CREDITS_PERIOD_S),
            Rule(threshold=limit, periods=1),
            description=(
                f"{self._name} has spent {limit} CPU credits more than it earned, and what it does not earn back "
                "within a day is billed. Look first at Performance Insights for what keeps it busy; a class that is "
                "not burstable is cheaper when it stays so."
            ),
        )

    def _add_memory(self, all_gib: int) -> None:
        settings = self._settings
        free_mib = all_gib * 1024 * settings.free_memory_percent // 100
        self._add(
            "memory",
            self._metric("FreeableMemory", "Minimum"),
            free_mib * _MIB,
            f"{self._name} has less than {free_mib} of {all_gib * 1024} MiB of memory left. Look first at the number "
            "of connections and at work_mem; else take a larger instance_class.",
            below=True,
        )
        self._add(
            "swap",
            self._metric("SwapUsage", "Maximum"),
            settings.swap_mib * _MIB,
            f"{self._name} has swapped more than {settings.swap_mib} MiB, which makes it slow. Look first at the "
            "number of connections and at work_mem; else take a larger instance_class.",
        )

    def _add_connections(self, limit: int) -> None:
        threshold = limit * self._settings.connections_percent // 100
        self._add(
            "connections",
            self._metric("DatabaseConnections", "Maximum"),
            threshold,
            f"{self._name} has more than {threshold} connections, of at most {limit}. Look first whether a service "
            "leaks them (pg_stat_activity, by application), then at its pool size times its tasks.",
        )

    def _add_storage(self) -> None:
        gib = self._settings.free_storage_gib
        self._add(
            "storage",
            self._metric("FreeStorageSpace", "Minimum"),
            gib * _GIB,
            f"{self._name} has less than {gib} GiB of storage left, and stops when it is full. Look first whether it "
            "has grown to max_storage_gib; else grow it by hand, as RDS waits six hours between two times.",
            below=True,
        )

    def _add_burst(self, what: str, metric: str) -> None:
        percent = self._settings.burst_percent
        self._add(
            f"burst_{what}",
            self._metric(metric, "Minimum"),
            percent,
            f"{self._name} has less than {percent} % left of its burst of {what} to and from its volume, and falls to "
            "what its class has for good. Look first at Performance Insights for queries that read much.",
            below=True,
        )

    def _add(self, id_: str, metric: Metric, threshold: float, description: str, *, below: bool = False) -> None:
        rule = Rule(threshold=threshold, periods=self._settings.for_min, below=below)
        self._alarms.add(id_, metric, rule, description=description)

    def _metric(self, name: str, statistic: str, period_s: int = 60) -> Metric:
        return Metric(
            namespace="AWS/RDS",
            name=name,
            dimensions={"DBInstanceIdentifier": self._instance_id},
            statistic=statistic,
            period_s=period_s,
        )
