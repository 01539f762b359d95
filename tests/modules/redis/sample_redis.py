"""A Redis as the tests of this room look at it."""

from typing import Any

from cdktf import TerraformOutput
from constructs import Construct

from modules.iam import Role, trust_service
from modules.network.placement import Placement
from modules.redis.redis import Redis, RedisSettings
from tests.support import Synthesized, synth_scope

NODES = "${aws_elasticache_replication_group.redis_nodes_9C49E83C"


def build(*, disposable: bool = False, name: str = "habits", **settings: Any) -> Synthesized:  # noqa: ANN401 settings
    """A cache that a backend's security group and role may use."""

    def declare(scope: Construct) -> None:
        redis = Redis(
            scope,
            "redis",
            name=name,
            placement=Placement(vpc_id="vpc-1", subnet_ids=["subnet-1", "subnet-2"]),
            disposable=disposable,
            settings=RedisSettings(**settings),
        )
        redis.allow_from("backend", "sg-backend")
        Role(
            scope,
            "task",
            name="task",
            trust=trust_service("ecs-tasks.amazonaws.com", account_id="956880242582"),
            permissions=redis.connect_permissions(),
        )
        TerraformOutput(scope, "environment", value=redis.environment)
        TerraformOutput(scope, "nodes", value=redis.node_ids)
        TerraformOutput(scope, "ready", value=[one.fqn for one in redis.ready])

    return synth_scope(declare)


CHANGED: dict[str, Any] = {
    "engine": "redis",
    "engine_version": "7.1",
    "node_type": "cache.t4g.small",
    "replica_count": 2,
    "multi_az": True,
    "eviction": "allkeys-lru",
    "backup_retention_days": 7,
    "backup_window_utc": "05:00-06:00",
    "maintenance_window_utc": "mon:01:00-mon:02:00",
    "slow_log": True,
    "log_retention_days": 7,
}
"""Another value for every setting."""
