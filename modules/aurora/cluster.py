"""Aurora Serverless v2 for PostgreSQL: the cluster, who reaches it, and how to become its user."""

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.db_subnet_group import DbSubnetGroup
from cdktf_cdktf_provider_aws.rds_cluster import RdsCluster, RdsClusterServerlessv2ScalingConfiguration
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from constructs import Construct

from modules.aurora.instances import AuroraInstances
from modules.aurora.parameters import AuroraParameters
from modules.aurora.settings import AuroraSettings
from modules.database.last_snapshot import last_snapshot_name
from modules.database.postgresql import LOG, PORT, connect_permissions, declare_log, user_arn
from modules.iam import Statement
from modules.names import physical_name
from modules.network.open_port import open_port
from modules.network.placement import Placement
from modules.protection import keep_unless

__all__ = ["Aurora", "AuroraSettings"]


class Aurora(Construct):
    """
    One cluster with its instances, parameters, log and security group: encrypted, TLS only, with IAM authentication.

    The master's password is RDS's own, in a secret that it rotates; nothing of it is in the state (`docs/decisions/
    0008-database-credentials.md`). An apply takes effect at once, and not in a later maintenance window that nobody
    watches; until then every plan would show it again. A major upgrade is refused.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        account_id: str,
        region: str,
        placement: Placement,
        disposable: bool,
        settings: AuroraSettings,
    ) -> None:
        """
        Make the cluster.

        :param placement: private subnets in the zones of the settings
        :param disposable: whether destroying the stack deletes the data, without a last snapshot
        """
        super().__init__(scope, id_)
        self._settings = settings
        self._cluster_name = physical_name("db_cluster", name)
        group = SecurityGroup(
            self,
            "security_group",
            name=physical_name("security_group", name, "aurora"),
            description=f"Aurora of {name}",
            vpc_id=placement.vpc_id,
        )
        self.security_group_id: str = group.id
        cluster = self._declare_cluster(placement, disposable=disposable)
        instances = AuroraInstances(
            self, "instances", name=name, account_id=account_id, region=region, cluster=cluster, settings=settings
        )
        self.ready: list[ITerraformDependable] = list(instances.all)
        """What must exist before the endpoints answer, for `depends_on`."""
        self.instance_ids: list[str] = [instance.identifier for instance in instances.all]
        self.endpoint: str = cluster.endpoint
        self.reader_endpoint: str = cluster.reader_endpoint
        """Any reader, or the writer when there is none."""
        self.port = PORT
        self.database_name: str = settings.database_name
        self.cluster_id: str = cluster.cluster_identifier
        self.resource_id: str = cluster.cluster_resource_id
        self.master_secret_arn: str = cluster.master_user_secret.get(0).secret_arn
        self._user_arn = user_arn(self.resource_id, settings.iam_user, account_id=account_id, region=region)

    @property
    def environment(self) -> dict[str, str]:
        """What a task needs to find the database and its credentials; nothing of it is secret or changes by itself."""
        return {
            "DB_HOST": self.endpoint,
            "DB_READER_HOST": self.reader_endpoint,
            "DB_PORT": str(self.port),
            "DB_NAME": self.database_name,
            "DB_SECRET_ARN": self.master_secret_arn,
            "DB_IAM_USER": self._settings.iam_user,
        }

    def connect_permissions(self) -> list[Statement]:
        """Say what the role of a task needs to connect, as the master by its secret or as the IAM user by a token."""
        return connect_permissions(secret_arn=self.master_secret_arn, iam_user_arn=self._user_arn)

    def allow_from(self, scope_id: str, security_group_id: str) -> list[ITerraformDependable]:
        """
        Open PostgreSQL's port between the cluster and the members of a security group, on both sides.

        :param scope_id: what the rules are called after, such as `backend`
        :return: the rules, which a task needs before it connects
        """
        return open_port(
            self,
            scope_id,
            port=PORT,
            called_security_group_id=self.security_group_id,
            called_description="Aurora",
            caller_security_group_id=security_group_id,
        )

    def _declare_cluster(self, placement: Placement, *, disposable: bool) -> RdsCluster:
        settings, name = self._settings, self._cluster_name
        subnets = DbSubnetGroup(
            self, "subnets", name=physical_name("subnet_group", name), subnet_ids=list(placement.subnet_ids)
        )
        parameters = AuroraParameters(
            self,
            "parameters",
            name=name,
            engine_version=settings.engine_version,
            log_slower_than_ms=settings.log_slower_than_ms,
        )
        pauses = settings.min_capacity_acu == 0
        return RdsCluster(
            self,
            "cluster",
            cluster_identifier=name,
            database_name=settings.database_name,
            master_username=settings.master_user,
            db_subnet_group_name=subnets.name,
            engine="aurora-postgresql",
            engine_version=settings.engine_version,
            allow_major_version_upgrade=False,
            port=PORT,
            serverlessv2_scaling_configuration=RdsClusterServerlessv2ScalingConfiguration(
                min_capacity=settings.min_capacity_acu,
                max_capacity=settings.max_capacity_acu,
                seconds_until_auto_pause=settings.auto_pause_after_s if pauses else None,
            ),
            vpc_security_group_ids=[self.security_group_id],
            db_cluster_parameter_group_name=parameters.name,
            storage_encrypted=True,
            manage_master_user_password=True,
            iam_database_authentication_enabled=True,
            enabled_cloudwatch_logs_exports=[LOG],
            backup_retention_period=settings.backup_retention_days,
            preferred_backup_window=settings.backup_window_utc,
            preferred_maintenance_window=settings.maintenance_window_utc,
            copy_tags_to_snapshot=True,
            apply_immediately=True,
            deletion_protection=not disposable,
            delete_automated_backups=disposable,
            skip_final_snapshot=disposable,
            final_snapshot_identifier=None if disposable else self._name_last_snapshot(),
            depends_on=[declare_log(self, f"/aws/rds/cluster/{name}", retention_days=settings.log_retention_days)],
            lifecycle=keep_unless(disposable),
        )

    def _name_last_snapshot(self) -> str:
        settings, name = self._settings, self._cluster_name
        replaced_by = {"name": name, "database": settings.database_name, "user": settings.master_user}
        return last_snapshot_name(self, name, replaced_by=replaced_by)
