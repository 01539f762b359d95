"""ElastiCache's closed gaps of users and nodes, seen through an SDK; the older one is in test_local_patches.py."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytestmark = pytest.mark.slow

Client = Callable[..., Any]


@pytest.mark.parametrize(
    ("asked", "answered"), [("iam", "iam"), ("no-password-required", "no-password"), ("password", "password")]
)
def test_elasticache_create_user(client: Client, asked: str, answered: str) -> None:
    """How a user is authenticated reads back as ElastiCache says it."""
    cache = client("elasticache")
    name = f"created-{asked}"
    passwords = {"Passwords": ["0123456789abcdef"]} if asked == "password" else {}
    cache.create_user(
        UserId=name,
        UserName=name,
        Engine="redis",
        AccessString="on ~* +@all",
        AuthenticationMode={"Type": asked, **passwords},
    )

    assert answered == cache.describe_users(UserId=name)["Users"][0]["Authentication"]["Type"]


def test_elasticache_modify_user(client: Client) -> None:
    """A user can change to IAM."""
    cache = client("elasticache")
    cache.create_user(
        UserId="modified", UserName="modified", Engine="redis", AccessString="on ~* +@all", NoPasswordRequired=True
    )

    cache.modify_user(UserId="modified", AuthenticationMode={"Type": "iam"})

    assert "iam" == cache.describe_users(UserId="modified")["Users"][0]["Authentication"]["Type"]


@pytest.fixture
def group(client: Client) -> Iterator[str]:
    """A replication group of one node."""
    cache = client("elasticache")
    cache.create_replication_group(
        ReplicationGroupId="nodes",
        ReplicationGroupDescription="d",
        Engine="valkey",
        EngineVersion="8.1",
        CacheNodeType="cache.t3.micro",
        NumCacheClusters=1,
    )
    yield "nodes"
    cache.delete_replication_group(ReplicationGroupId="nodes")


def nodes(client: Client) -> list[Any]:
    """Answer the nodes of the group, as they are."""
    found = client("elasticache").describe_cache_clusters()["CacheClusters"]
    return [one for one in found if one["ReplicationGroupId"] == "nodes"]


def members(client: Client) -> list[str]:
    """Answer the names that the group has for its nodes."""
    (found,) = client("elasticache").describe_replication_groups(ReplicationGroupId="nodes")["ReplicationGroups"]
    return list(found["MemberClusters"])


def test_elasticache_increase_and_decrease_replica_count(client: Client, group: str) -> None:
    """Replicas that come and go are nodes."""
    cache = client("elasticache")
    cache.increase_replica_count(ReplicationGroupId=group, NewReplicaCount=2, ApplyImmediately=True)
    more = (members(client), sorted(one["CacheClusterId"] for one in nodes(client)))

    cache.decrease_replica_count(ReplicationGroupId=group, NewReplicaCount=0, ApplyImmediately=True)

    assert (3, sorted(more[0])) == (len(more[0]), more[1])
    assert more[0][:1] == members(client) == [one["CacheClusterId"] for one in nodes(client)]


def test_elasticache_modify_replication_group(client: Client, group: str) -> None:
    """The nodes change with their group."""
    client("elasticache").modify_replication_group(
        ReplicationGroupId=group,
        EngineVersion="8.2",
        CacheNodeType="cache.t4g.micro",
        CacheParameterGroupName="default.valkey8",
        PreferredMaintenanceWindow="mon:01:00-mon:02:00",
        SnapshotRetentionLimit=3,
        ApplyImmediately=True,
    )

    (node,) = nodes(client)
    assert ("8.2", "cache.t4g.micro", "default.valkey8", "mon:01:00-mon:02:00", 3) == (
        node["EngineVersion"],
        node["CacheNodeType"],
        node["CacheParameterGroup"]["CacheParameterGroupName"],
        node["PreferredMaintenanceWindow"],
        node["SnapshotRetentionLimit"],
    )


def test_elasticache_modify_replication_group_logs(client: Client, group: str) -> None:
    """A log can be sent somewhere, and no more."""
    cache = client("elasticache")
    request = {
        "LogType": "slow-log",
        "DestinationType": "cloudwatch-logs",
        "DestinationDetails": {"CloudWatchLogsDetails": {"LogGroup": "/slow"}},
        "LogFormat": "json",
    }
    cache.modify_replication_group(ReplicationGroupId=group, LogDeliveryConfigurations=[{**request, "Enabled": True}])
    sent = nodes(client)[0]["LogDeliveryConfigurations"]

    cache.modify_replication_group(
        ReplicationGroupId=group, LogDeliveryConfigurations=[{"LogType": "slow-log", "Enabled": False}]
    )

    assert ["/slow"] == [one["DestinationDetails"]["CloudWatchLogsDetails"]["LogGroup"] for one in sent]
    assert [] == nodes(client)[0].get("LogDeliveryConfigurations", [])
