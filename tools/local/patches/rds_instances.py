"""RDS's instances outside of clusters, in ministack."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from ministack.services import rds, secretsmanager  # type: ignore[import-untyped]

from tools.local.patches.ministack import Params, Response

Record = dict[str, Any]
Action = Callable[[Params], Response]
Xml = Callable[[Record], str]

GP3_SMALLEST = {"Iops": 3000, "StorageThroughput": 125}
"""What a small gp3 volume has: RDS User Guide, "gp3 storage (recommended)"."""

MODIFIED = {
    "AutoMinorVersionUpgrade": "AutoMinorVersionUpgrade",
    "EnablePerformanceInsights": "PerformanceInsightsEnabled",
}


def create_db_instance_managed_password(stock: Action) -> Action:
    """Let RDS make and keep the master's password when it is asked to, as ministack does for clusters only."""

    def call(params: Params) -> Response:
        response = stock(params)
        if response[0] == 200 and rds._p(params, "ManageMasterUserPassword") == "true":
            instance = rds._instances[rds._p(params, "DBInstanceIdentifier")]
            value = {"username": instance["MasterUsername"], "password": uuid4().hex}
            name = f"rds!db-{uuid4()}"
            arn = secretsmanager.create_secret_in_process(name, json.dumps(value), description="Managed by RDS")
            instance["MasterUserSecret"] = {"SecretArn": arn, "SecretStatus": "active"}
        return response

    return call


def create_db_instance(stock: Action) -> Action:
    """Keep the backup window that was asked for, and give a gp3 volume the speed that it has without being asked."""

    def call(params: Params) -> Response:
        response = stock(params)
        if response[0] != 200:
            return response
        instance: Record = rds._instances[rds._p(params, "DBInstanceIdentifier")]
        if window := rds._p(params, "PreferredBackupWindow"):
            instance["PreferredBackupWindow"] = window
        if rds._p(params, "StorageType") == "gp3":
            instance.update(GP3_SMALLEST)
        return response

    return call


def modify_db_instance(stock: Action) -> Action:
    """Keep what else can be modified, and have the parameter group in use when the change is to be at once."""

    def call(params: Params) -> Response:
        response = stock(params)
        if response[0] != 200:
            return response
        instance: Record = rds._instances[rds._p(params, "DBInstanceIdentifier")]
        for asked, kept in MODIFIED.items():
            if value := rds._p(params, asked):
                instance[kept] = value == "true"
        for group in instance["DBParameterGroups"]:
            group["ParameterApplyStatus"] = "in-sync"
        return response

    return call


def delete_db_instance(stock: Action) -> Action:
    """Delete the secret that RDS made for the instance."""

    def call(params: Params) -> Response:
        instance: Record = rds._instances.get(rds._p(params, "DBInstanceIdentifier"), {})
        response = stock(params)
        if response[0] == 200 and "MasterUserSecret" in instance:
            secretsmanager.delete_secret_in_process(instance["MasterUserSecret"]["SecretArn"])
        return response

    return call


def describe_db_instances(stock: Xml) -> Xml:
    """Answer what `create_db_instance_managed_password` remembers."""

    def xml(instance: Record) -> str:
        secret = instance.get("MasterUserSecret", {})
        fields = "".join(f"<{name}>{value}</{name}>" for name, value in secret.items())
        return stock(instance) + (f"<MasterUserSecret>{fields}</MasterUserSecret>" if fields else "")

    return xml


def apply() -> None:
    """Patch the service, on top of what `rds` patches."""
    rds._instance_xml = describe_db_instances(rds._instance_xml)
    actions = rds._ACTION_MAP
    create = actions["CreateDBInstance"]
    actions["CreateDBInstance"] = create_db_instance(create_db_instance_managed_password(create))
    actions["ModifyDBInstance"] = modify_db_instance(actions["ModifyDBInstance"])
    actions["DeleteDBInstance"] = delete_db_instance(actions["DeleteDBInstance"])
