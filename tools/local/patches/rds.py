"""RDS, in ministack."""

from collections.abc import Callable
from typing import Any, cast

from ministack.services import rds  # type: ignore[import-untyped]

from tools.local.patches.ministack import Params, Response, members

Record = dict[str, Any]

EXPORTS = "EnabledCloudwatchLogsExports"

_cluster_xml = rds._cluster_xml
_instance_xml = rds._instance_xml


def describe_db_clusters(cluster: Record) -> str:
    """Say which logs a cluster exports."""
    return f"{_cluster_xml(cluster)}{_exports_xml(cluster)}"


def describe_db_instances(instance: Record) -> str:
    """Say which logs an instance exports."""
    return cast(str, _instance_xml(instance)).replace(f"<{EXPORTS}/>", _exports_xml(instance))


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
    for kind, store in (("DBCluster", "_clusters"), ("DBInstance", "_instances")):
        for verb in ("Create", "Modify"):
            action = f"{verb}{kind}"
            rds._ACTION_MAP[action] = remember_exports(action, store, f"{kind}Identifier")
