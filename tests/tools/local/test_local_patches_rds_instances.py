"""The closed gaps of RDS's instances outside of clusters, seen through an SDK."""

import json
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.slow

Client = Callable[..., Any]


def create(client: Client, name: str, **more: object) -> None:
    """Make an instance with a managed password."""
    client("rds").create_db_instance(
        DBInstanceIdentifier=name,
        DBInstanceClass="db.t3.micro",
        Engine="postgres",
        MasterUsername="postgres",
        ManageMasterUserPassword=True,
        AllocatedStorage=20,
        **more,
    )


def found(client: Client, name: str) -> Any:  # noqa: ANN401
    """Answer an instance as it is now."""
    return client("rds").describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]


def test_rds_create_db_instance_managed_password(client: Client) -> None:
    """RDS makes the master's password and keeps it in a secret, which goes with the instance."""
    create(client, "managed")
    arn = found(client, "managed")["MasterUserSecret"]["SecretArn"]
    secrets = client("secretsmanager")
    value = json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])

    client("rds").delete_db_instance(DBInstanceIdentifier="managed", SkipFinalSnapshot=True)

    assert {"username", "password"} == value.keys()
    assert arn not in {one["ARN"] for one in secrets.list_secrets()["SecretList"]}


def test_rds_create_db_instance_unmanaged(client: Client) -> None:
    """An instance whose password is given has no secret."""
    client("rds").create_db_instance(
        DBInstanceIdentifier="unmanaged",
        DBInstanceClass="db.t3.micro",
        Engine="postgres",
        MasterUsername="postgres",
        MasterUserPassword="local-only",
        AllocatedStorage=20,
    )

    assert "MasterUserSecret" not in found(client, "unmanaged")


def test_rds_create_db_instance_windows_and_storage(client: Client) -> None:
    """The backup window that was asked for is kept, and a gp3 volume has its speed."""
    create(client, "gp3", StorageType="gp3", PreferredBackupWindow="02:00-03:00")

    one = found(client, "gp3")
    assert ("02:00-03:00", 3000, 125) == (one["PreferredBackupWindow"], one["Iops"], one["StorageThroughput"])


def test_rds_modify_db_instance(client: Client) -> None:
    """What is modified is kept, and another parameter group is in use at once."""
    create(client, "modified", EnablePerformanceInsights=True)
    rds = client("rds")
    rds.create_db_parameter_group(DBParameterGroupName="modified", DBParameterGroupFamily="postgres17", Description="d")

    rds.modify_db_instance(
        DBInstanceIdentifier="modified",
        EnablePerformanceInsights=False,
        AutoMinorVersionUpgrade=False,
        DBParameterGroupName="modified",
        ApplyImmediately=True,
    )

    one = found(client, "modified")
    assert (False, False) == (one["PerformanceInsightsEnabled"], one["AutoMinorVersionUpgrade"])
    assert [{"DBParameterGroupName": "modified", "ParameterApplyStatus": "in-sync"}] == one["DBParameterGroups"]
