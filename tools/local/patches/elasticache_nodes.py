"""The nodes of ElastiCache's replication groups, in ministack."""

import copy
from collections.abc import Callable
from typing import Any

from ministack.services import elasticache  # type: ignore[import-untyped]

from tools.local.patches.ministack import Params, Response

Record = dict[str, Any]
Action = Callable[[Params], Response]

MODIFIED = {
    "CacheNodeType": "CacheNodeType",
    "Engine": "Engine",
    "EngineVersion": "EngineVersion",
    "PreferredMaintenanceWindow": "PreferredMaintenanceWindow",
    "SnapshotWindow": "SnapshotWindow",
}
"""What a call on a replication group changes of its nodes: parameter → field of both records."""


def modify_replication_group(stock: Action) -> Action:
    """Change the nodes with their group, as the provider reads some of it from a node; and keep where logs go."""

    def call(params: Params) -> Response:
        response = stock(params)
        if response[0] != 200:
            return response
        group: Record = elasticache._replication_groups[elasticache._p(params, "ReplicationGroupId")]
        changes = {field: value for name, field in MODIFIED.items() if (value := elasticache._p(params, name))}
        if retention := elasticache._p(params, "SnapshotRetentionLimit"):
            changes["SnapshotRetentionLimit"] = int(retention)
        logs = _logs(params, group)
        for record in (group, *_nodes(group)):
            record.update(changes, LogDeliveryConfigurations=logs)
        if parameters := elasticache._p(params, "CacheParameterGroupName"):
            for node in _nodes(group):
                node["CacheParameterGroup"]["CacheParameterGroupName"] = parameters
        return response

    return call


def change_replica_count(stock: Action) -> Action:
    """Let a call that adds or removes replicas add and remove nodes too."""

    def call(params: Params) -> Response:
        response = stock(params)
        if response[0] != 200:
            return response
        group: Record = elasticache._replication_groups[elasticache._p(params, "ReplicationGroupId")]
        first = _nodes(group)[0]
        members = [member for shard in group["NodeGroups"] for member in shard["NodeGroupMembers"]]
        ids = [member["CacheClusterId"] for member in members]
        for gone in set(group["MemberClusters"]) - set(ids):
            node = elasticache._clusters.pop(gone)
            elasticache._tags.pop(node["CacheClusterArn"], None)
        for member in members:
            member["ReadEndpoint"] = first["CacheNodes"][0]["Endpoint"]
            if member["CacheClusterId"] not in group["MemberClusters"]:
                _add_node(member["CacheClusterId"], first)
        group["MemberClusters"] = ids
        return response

    return call


def _add_node(id_: str, like: Record) -> None:
    arn = elasticache._arn_cluster(id_)
    elasticache._clusters[id_] = copy.deepcopy(like) | {"CacheClusterId": id_, "CacheClusterArn": arn}
    elasticache._tags[arn] = copy.deepcopy(elasticache._tags.get(like["CacheClusterArn"], []))


def _nodes(group: Record) -> list[Record]:
    return [elasticache._clusters[id_] for id_ in group["MemberClusters"]]


def _logs(params: Params, group: Record) -> list[Record]:
    """Give where logs go after the call: a request may switch off one log and say nothing of the other."""
    logs: dict[str, Record] = {one["LogType"]: one for one in group["LogDeliveryConfigurations"]}
    prefix = "LogDeliveryConfigurations.LogDeliveryConfigurationRequest"
    number = 1
    while log_type := elasticache._p(params, f"{prefix}.{number}.LogType"):
        logs.pop(log_type, None)
        number += 1
    logs |= {one["LogType"]: one for one in elasticache._extract_log_delivery_configs(params)}
    return list(logs.values())


def apply() -> None:
    """Patch the service."""
    elasticache._modify_replication_group = modify_replication_group(elasticache._modify_replication_group)
    elasticache._increase_replica_count = change_replica_count(elasticache._increase_replica_count)
    elasticache._decrease_replica_count = change_replica_count(elasticache._decrease_replica_count)
