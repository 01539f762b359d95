"""The instances of an Aurora Serverless v2 cluster, and what watches their operating system."""

from collections.abc import Sequence

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.rds_cluster import RdsCluster
from cdktf_cdktf_provider_aws.rds_cluster_instance import RdsClusterInstance
from constructs import Construct

from modules.aurora.settings import AuroraSettings
from modules.iam import Role, Statement, allow, trust_service
from modules.names import physical_name


class AuroraInstances(Construct):
    """
    The writer and the readers, in one zone after the other.

    Who writes changes with every failover, so their names only count, `<name>-1` and on. The ids say how it began. The
    promotion tier counts along: the first reader is promoted first, and as tier 1 it is always as large as the writer
    (docs.aws.amazon.com/AmazonRDS, "Choosing the promotion tier for an Aurora Serverless v2 reader").
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        account_id: str,
        region: str,
        cluster: RdsCluster,
        settings: AuroraSettings,
    ) -> None:
        """Make the instances; the readers after the writer, as the first one becomes the writer."""
        super().__init__(scope, id_)
        self._name = name
        self._settings = settings
        self._region = region
        self._cluster = cluster
        self._monitoring = None if settings.enhanced_monitoring_s == 0 else self._declare_monitoring(account_id)
        waits: Sequence[ITerraformDependable] = [] if self._monitoring is None else self._monitoring.ready
        writer = self._declare("writer", 0, waits)
        readers = [
            self._declare(f"reader_{number}", number, [writer]) for number in range(1, settings.reader_count + 1)
        ]
        self.all: list[RdsClusterInstance] = [writer, *readers]

    def _declare(self, id_: str, number: int, depends_on: Sequence[ITerraformDependable]) -> RdsClusterInstance:
        settings = self._settings
        return RdsClusterInstance(
            self,
            id_,
            identifier=physical_name("db_instance", self._name, str(number + 1)),
            cluster_identifier=self._cluster.id,
            engine=self._cluster.engine,
            instance_class="db.serverless",
            availability_zone=f"{self._region}{settings.zones[number % len(settings.zones)]}",
            promotion_tier=number,
            publicly_accessible=False,
            auto_minor_version_upgrade=False,
            apply_immediately=True,
            preferred_maintenance_window=settings.maintenance_window_utc,
            ca_cert_identifier=settings.ca_certificate,
            copy_tags_to_snapshot=True,
            performance_insights_enabled=settings.performance_insights,
            monitoring_interval=settings.enhanced_monitoring_s,
            monitoring_role_arn=None if self._monitoring is None else self._monitoring.arn,
            depends_on=depends_on,
        )

    def _declare_monitoring(self, account_id: str) -> Role:
        region = self._region
        instances = physical_name("db_instance", self._name, "*")
        return Role(
            self,
            "monitoring",
            name=f"{self._name}-monitoring",
            trust=trust_service(
                "monitoring.rds.amazonaws.com",
                account_id=account_id,
                source_arn=f"arn:aws:rds:{region}:{account_id}:db:{instances}",
            ),
            permissions=_monitoring_permissions(f"arn:aws:logs:{region}:{account_id}:log-group:RDSOSMetrics"),
        )


def _monitoring_permissions(group_arn: str) -> list[Statement]:
    """Allow what AWS's policy AmazonRDSEnhancedMonitoringRole does, for the one log group that it is about."""
    streams = ["CreateLogStream", "PutLogEvents", "DescribeLogStreams", "GetLogEvents"]
    return [
        allow(["logs:CreateLogGroup", "logs:PutRetentionPolicy"], [group_arn]),
        allow([f"logs:{action}" for action in streams], [f"{group_arn}:log-stream:*"]),
    ]
