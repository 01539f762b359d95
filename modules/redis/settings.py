"""What an environment says about its Redis."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from modules.database.windows import CacheBackupWindow, CacheMaintenanceWindow, check_apart
from modules.redis.node_type import NodeType
from modules.settings import Settings, mistake
from modules.types import LogRetentionDays

_VERSIONS = {"redis": ["7.0", "7.1"], "valkey": ["7.2", "8.0", "8.1", "8.2"]}
"""docs.aws.amazon.com/AmazonElastiCache, "Engine versions and upgrading", from the first version with IAM users on
("Authenticating with IAM", Limitations). Valkey 9 is not tried with the provider's oldest version here, 5.100.0."""

Eviction = Literal[
    "allkeys-lfu",
    "allkeys-lru",
    "allkeys-random",
    "noeviction",
    "volatile-lfu",
    "volatile-lru",
    "volatile-random",
    "volatile-ttl",
]


class RedisSettings(Settings):
    """A primary node and its replicas, all with all of the data (cluster mode is off, so there are databases)."""

    engine: Literal["valkey", "redis"] = "valkey"
    """
    Valkey speaks Redis's protocol, is a fifth cheaper on nodes and is what ElastiCache goes on developing; its Redis
    OSS ends at 7.1 (docs.aws.amazon.com/AmazonElastiCache, "Supported engines and versions").

    Redis becomes Valkey in place; the way back replaces all nodes, and what they hold is lost.
    """

    engine_version: str = "8.2"
    """
    The exact minor version, which changes by a commit; patches come as ElastiCache's service updates.

    A lower one replaces all nodes, and what they hold is lost.
    """

    node_type: NodeType = "cache.t3.micro"
    """Design 003's. cache.t4g.micro is the same on ARM, for less. Another type moves the data to new nodes."""

    replica_count: Annotated[int, Field(ge=0, le=5)] = 0
    """Nodes beside the primary. Without one, a lost node is an empty cache and lost sessions."""

    multi_az: bool = False
    """Whether the nodes stand in different zones, and a replica takes over by itself within a minute or so."""

    eviction: Eviction = "volatile-lru"
    """
    What goes when the memory is full: the keys with an end to their life that were not used for longest.

    That holds for all databases at once, so a cache that grows takes sessions with it: watch the alarm on evictions.
    """

    backup_retention_days: Annotated[int, Field(ge=0, le=35)] = 1
    """0: no daily backups."""

    backup_window_utc: CacheBackupWindow = "02:00-03:00"
    maintenance_window_utc: CacheMaintenanceWindow = "sun:04:00-sun:05:00"
    slow_log: bool = False
    """Whether commands of more than 10 ms go to CloudWatch Logs, with the keys and values that they name."""

    log_retention_days: LogRetentionDays = 30
    """How long the slow log is kept; only where there is one."""

    @field_validator("engine_version")
    @classmethod
    def _has_iam_users(cls, version: str, info: ValidationInfo) -> str:
        engine = info.data.get("engine")
        if engine is not None and version not in _VERSIONS[engine]:
            raise mistake(f"must be one of {', '.join(_VERSIONS[engine])} when engine is {engine}")
        return version

    @field_validator("multi_az")
    @classmethod
    def _has_somewhere_to_go(cls, multi_az: bool, info: ValidationInfo) -> bool:
        if multi_az and info.data.get("replica_count") == 0:
            raise mistake("must be False when replica_count is 0")
        return multi_az

    @field_validator("log_retention_days")
    @classmethod
    def _keeps_a_log(cls, days: LogRetentionDays, info: ValidationInfo) -> LogRetentionDays:
        if not info.data.get("slow_log", True):
            raise mistake("must be left out unless slow_log is True: there is no log")
        return days

    @field_validator("maintenance_window_utc")
    @classmethod
    def _is_not_backup_time(cls, window: str, info: ValidationInfo) -> str:
        return check_apart(info.data.get("backup_window_utc"), window, backup_setting="backup_window_utc")

    @property
    def parameter_group_family(self) -> str:
        """The family whose parameters the version knows: that of its major version."""
        return f"{self.engine}{self.engine_version.split('.')[0]}"
