"""RDS, in ministack."""

from collections.abc import Callable
from typing import Any, cast

from ministack.services import rds  # type: ignore[import-untyped]

from tools.local.patches.ministack import Params, Response, members

Record = dict[str, Any]

EXPORTS = "EnabledCloudwatchLogsExports"

AUTO_PAUSE = "SecondsUntilAutoPause"

_cluster_xml = rds._cluster_xml
_instance_xml = rds._instance_xml
_create_db_instance = rds._create_db_instance
_serverlessv2_from_params = rds._serverlessv2_from_params
_serverlessv2_xml = rds._serverlessv2_xml


def describe_db_clusters(cluster: Record) -> str:
    """Say which logs a cluster exports."""
    return f"{_cluster_xml(cluster)}{_exports_xml(cluster)}"


def describe_db_instances(instance: Record) -> str:
    """Say which logs an instance exports."""
    return cast(str, _instance_xml(instance)).replace(f"<{EXPORTS}/>", _exports_xml(instance))


def create_db_instance(params: Params) -> Response:
    """Give an instance the certificate authority that was asked for."""
    response: Response = _create_db_instance(params)
    asked = rds._p(params, "CACertificateIdentifier")
    if response[0] == 200 and asked:
        rds._instances[rds._p(params, "DBInstanceIdentifier")]["CACertificateIdentifier"] = asked
    return response


def create_db_cluster_serverless_v2(params: Params) -> Record | None:
    """Remember after how many seconds the instances of a cluster pause, which is 300 when the minimum is 0."""
    scaling: Record | None = _serverlessv2_from_params(params)
    seconds = rds._p(params, f"ServerlessV2ScalingConfiguration.{AUTO_PAUSE}")
    if scaling is not None and scaling.get("MinCapacity") == 0:
        scaling[AUTO_PAUSE] = int(seconds or "300")
    return scaling


def describe_db_clusters_serverless_v2(cluster: Record) -> str:
    """Answer what `create_db_cluster_serverless_v2` remembers."""
    scaling = cluster.get("ServerlessV2ScalingConfiguration") or {}
    xml = cast(str, _serverlessv2_xml(cluster))
    if AUTO_PAUSE not in scaling:
        return xml
    end = "</ServerlessV2ScalingConfiguration>"
    return xml.replace(end, f"<{AUTO_PAUSE}>{scaling[AUTO_PAUSE]}</{AUTO_PAUSE}>{end}")


def create_db_instance_in_cluster(_cluster: Record) -> None:
    """
    Leave a cluster the endpoints that it was made with, whatever instances join it and leave it.

    The stock function points them to where it would run a database. A task definition that holds an endpoint would be
    made anew by the second apply.
    """


def remember_exports(action: str, store: str, identifier: str) -> Callable[[Params], Response]:
    """Make a create or modify call keep the logs to export, which stock ministack drops."""
    stock = rds._ACTION_MAP[action]

    def call(params: Params) -> Response:
        response: Response = stock(params)
        record: Record | None = getattr(rds, store).get(rds._p(params, identifier))
        if response[0] == 200 and record is not None:
            changes = "CloudwatchLogsExportConfiguration"
            removed = members(params, f"{changes}.DisableLogTypes")
            added = [*members(params, "EnableCloudwatchLogsExports"), *members(params, f"{changes}.EnableLogTypes")]
            record[EXPORTS] = sorted({*record.get(EXPORTS, []), *added} - {*removed})
        return response

    return call


def _exports_xml(record: Record) -> str:
    return f"<{EXPORTS}>{''.join(f'<member>{name}</member>' for name in record.get(EXPORTS, []))}</{EXPORTS}>"


def apply() -> None:
    """Patch the service."""
    rds._cluster_xml = describe_db_clusters
    rds._instance_xml = describe_db_instances
    rds._serverlessv2_from_params = create_db_cluster_serverless_v2
    rds._serverlessv2_xml = describe_db_clusters_serverless_v2
    rds._sync_cluster_endpoints = create_db_instance_in_cluster
    rds._ACTION_MAP["CreateDBInstance"] = create_db_instance
    for kind, store in (("DBCluster", "_clusters"), ("DBInstance", "_instances")):
        for verb in ("Create", "Modify"):
            action = f"{verb}{kind}"
            rds._ACTION_MAP[action] = remember_exports(action, store, f"{kind}Identifier")
