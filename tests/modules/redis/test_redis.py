"""Redis as Terraform JSON: the nodes, and what is left of them."""

import pytest

from modules.redis.settings import RedisSettings
from tests.modules.redis.sample_redis import CHANGED, build
from tests.support import Block, Synthesized


@pytest.fixture(scope="module")
def redis() -> Synthesized:
    """A protected cache with the settings of design 003."""
    return build()


@pytest.fixture(scope="module")
def other() -> Synthesized:
    """A disposable cache, all of whose settings are others."""
    return build(disposable=True, **CHANGED)


@pytest.fixture(scope="module")
def nodes(redis: Synthesized) -> Block:
    """The one replication group."""
    return redis.resource("aws_elasticache_replication_group")


class TestNodes:
    """The nodes."""

    @pytest.mark.parametrize(
        ("argument", "value", "changed"),
        [
            ("engine", "valkey", "redis"),
            ("engine_version", "8.2", "7.1"),
            ("node_type", "cache.t3.micro", "cache.t4g.small"),
            ("num_cache_clusters", 1, 3),
            ("multi_az_enabled", False, True),
            ("automatic_failover_enabled", False, True),
            ("snapshot_retention_limit", 1, 7),
            ("snapshot_window", "02:00-03:00", "05:00-06:00"),
            ("maintenance_window", "sun:04:00-sun:05:00", "mon:01:00-mon:02:00"),
        ],
    )
    def test_setting(self, nodes: Block, other: Synthesized, argument: str, value: object, changed: object) -> None:
        """Each setting gets to its argument."""
        assert (value, changed) == (nodes[argument], other.resource("aws_elasticache_replication_group")[argument])

    @pytest.mark.parametrize(
        ("argument", "value"),
        [
            ("replication_group_id", "habits"),
            ("auto_minor_version_upgrade", "false"),
            ("port", 6379),
            ("at_rest_encryption_enabled", "true"),
            ("transit_encryption_enabled", True),
            ("transit_encryption_mode", "required"),
            ("apply_immediately", True),
        ],
    )
    def test_argument(self, nodes: Block, argument: str, value: object) -> None:
        """What no setting changes."""
        assert value == nodes[argument]

    def test_subnets(self, redis: Synthesized, nodes: Block) -> None:
        """They lie in the subnets of the placement."""
        ((id_, group),) = redis.resources("aws_elasticache_subnet_group").items()

        assert ["subnet-1", "subnet-2"] == group["subnet_ids"]
        assert f"${{aws_elasticache_subnet_group.{id_}.name}}" == nodes["subnet_group_name"]

    @pytest.mark.parametrize(
        ("built", "family", "eviction"), [("redis", "valkey8", "volatile-lru"), ("other", "redis7", "allkeys-lru")]
    )
    def test_parameters(self, request: pytest.FixtureRequest, built: str, family: str, eviction: str) -> None:
        """What goes first is a parameter; another family is another group, made before the old one goes."""
        stack = request.getfixturevalue(built)
        ((id_, group),) = stack.resources("aws_elasticache_parameter_group").items()

        assert [{"name": "maxmemory-policy", "value": eviction}] == group["parameter"]
        assert (family, f"habits-{family}") == (group["family"], group["name"])
        assert {"create_before_destroy": True} == group["lifecycle"]
        assert (
            f"${{aws_elasticache_parameter_group.{id_}.name}}"
            == (stack.resource("aws_elasticache_replication_group")["parameter_group_name"])
        )

    def test_no_log(self, redis: Synthesized, nodes: Block) -> None:
        """By default no command leaves the cache."""
        assert {} == redis.resources("aws_cloudwatch_log_group")
        assert [] == nodes.get("log_delivery_configuration", [])

    def test_slow_log(self, other: Synthesized) -> None:
        """The slow log goes to a group of Terraform's."""
        ((id_, group),) = other.resources("aws_cloudwatch_log_group").items()

        assert ("/aws/elasticache/habits/slow", 7) == (group["name"], group["retention_in_days"])
        assert [
            {
                "destination": f"${{aws_cloudwatch_log_group.{id_}.name}}",
                "destination_type": "cloudwatch-logs",
                "log_format": "json",
                "log_type": "slow-log",
            }
        ] == other.resource("aws_elasticache_replication_group")["log_delivery_configuration"]

    def test_every_setting_is_looked_at(self) -> None:
        """A new setting must be added here."""
        assert RedisSettings.model_fields.keys() == CHANGED.keys()


class TestProtection:
    """What is left when the stack goes."""

    def test_is_protected(self, redis: Synthesized, nodes: Block) -> None:
        """A plan that would destroy it fails, and a snapshot of one generation is left when it goes for good."""
        ((id_, generation),) = redis.resources("terraform_data").items()

        assert {"prevent_destroy": True} == nodes["lifecycle"]
        assert f"habits-final-${{terraform_data.{id_}.id}}" == nodes["final_snapshot_identifier"]
        assert {"name": "habits"} == generation["triggers_replace"]

    def test_is_disposable(self, other: Synthesized) -> None:
        """A disposable cache leaves nothing behind."""
        disposable = other.resource("aws_elasticache_replication_group")

        assert not {"final_snapshot_identifier", "lifecycle"} & disposable.keys()
        assert {} == other.resources("terraform_data")


def test_stateful_addresses(redis: Synthesized) -> None:
    """A changed address replaces the cache, and with it what it holds."""
    assert ["redis_nodes_9C49E83C"] == list(redis.resources("aws_elasticache_replication_group"))
