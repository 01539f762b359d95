"""RDS's closed gaps of Aurora Serverless v2, seen through an SDK; the older one is in test_local_patches.py."""

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.slow

Client = Callable[..., Any]


@pytest.fixture(scope="module")
def cluster(client: Client) -> Any:  # noqa: ANN401
    """Make a cluster that may pause; answer it as it was before it had an instance."""
    made = client("rds").create_db_cluster(
        DBClusterIdentifier="serverless",
        Engine="aurora-postgresql",
        MasterUsername="postgres",
        ManageMasterUserPassword=True,
        ServerlessV2ScalingConfiguration={"MinCapacity": 0, "MaxCapacity": 2, "SecondsUntilAutoPause": 600},
    )
    client("rds").create_db_instance(
        DBInstanceIdentifier="serverless-1",
        DBClusterIdentifier="serverless",
        DBInstanceClass="db.serverless",
        Engine="aurora-postgresql",
        CACertificateIdentifier="rds-ca-ecc384-g1",
    )
    return made["DBCluster"]


def found(client: Client) -> Any:  # noqa: ANN401
    """Answer the cluster as it is now."""
    return client("rds").describe_db_clusters(DBClusterIdentifier="serverless")["DBClusters"][0]


def test_rds_create_db_cluster_serverless_v2(client: Client, cluster: Any) -> None:  # noqa: ANN401, ARG001 made by it
    """After how many seconds an instance pauses is kept."""
    assert {"MinCapacity": 0, "MaxCapacity": 2, "SecondsUntilAutoPause": 600} == found(client)[
        "ServerlessV2ScalingConfiguration"
    ]


def test_rds_create_db_instance_in_cluster(client: Client, cluster: Any) -> None:  # noqa: ANN401
    """An instance that joins changes no endpoint of the cluster."""
    names = ("Endpoint", "ReaderEndpoint", "Port")

    assert [cluster[name] for name in names] == [found(client)[name] for name in names]


def test_rds_create_db_instance(client: Client, cluster: Any) -> None:  # noqa: ANN401, ARG001 made by it
    """The certificate authority that was asked for is kept."""
    (instance,) = client("rds").describe_db_instances(DBInstanceIdentifier="serverless-1")["DBInstances"]

    assert "rds-ca-ecc384-g1" == instance["CACertificateIdentifier"]
