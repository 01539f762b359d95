"""PostgreSQL on one instance of RDS: the instance, who reaches it, and how to become its user."""

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.db_instance import DbInstance
from cdktf_cdktf_provider_aws.db_subnet_group import DbSubnetGroup
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from constructs import Construct

from modules.database.last_snapshot import last_snapshot_name
from modules.database.postgresql import LOG, PORT, connect_permissions, declare_log, user_arn
from modules.iam import Statement
from modules.names import physical_name
from modules.network.open_port import open_port
from modules.network.placement import Placement
from modules.postgres.parameters import PostgresParameters
from modules.postgres.settings import PostgresSettings
from modules.protection import keep_unless

__all__ = ["Postgres", "PostgresSettings"]


class Postgres(Construct):
    """
    One instance with its parameters, log and security group: encrypted, TLS only, with IAM authentication.

    The master's password is RDS's own, in a secret that it rotates; nothing of it is in the state (`docs/decisions/
    0008-database-credentials.md`). An apply takes effect at once, and not in a later maintenance window that nobody
    watches; until then every plan would show it again. Of the settings only `database_name` and `master_user` replace
    the instance: an upgrade, a class, a size, a standby and a parameter change it as it is.
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
        settings: PostgresSettings,
    ) -> None:
        """
        Make the instance.

        :param placement: private subnets in two zones or more, which RDS wants whether there is a standby or not
        :param disposable: whether destroying the stack deletes the data, without a last snapshot
        """
        super().__init__(scope, id_)
        self._settings = settings
        self._instance_name = physical_name("db_instance", name)
        group = SecurityGroup(
            self,
            "security_group",
            name=physical_name("security_group", name, "postgres"),
            description=f"PostgreSQL of {name}",
            vpc_id=placement.vpc_id,
        )
        self.security_group_id: str = group.id
        instance = self._declare_instance(placement, disposable=disposable)
        self.ready: list[ITerraformDependable] = [instance]
        """What must exist before the endpoint answers, for `depends_on`."""
        self.instance_id: str = instance.identifier
        self.endpoint: str = instance.address
        self.port = PORT
        self.database_name: str = settings.database_name
        self.resource_id: str = instance.resource_id
        self.master_secret_arn: str = instance.master_user_secret.get(0).secret_arn
        self._user_arn = user_arn(self.resource_id, settings.iam_user, account_id=account_id, region=region)

    @property
    def environment(self) -> dict[str, str]:
        """What a task needs to find the database and its credentials; nothing of it is secret or changes by itself."""
        return {
            "DB_HOST": self.endpoint,
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
        Open PostgreSQL's port between the instance and the members of a security group, on both sides.

        :param scope_id: what the rules are called after, such as `backend`
        :return: the rules, which a task needs before it connects
        """
        return open_port(
            self,
            scope_id,
            port=PORT,
            called_security_group_id=self.security_group_id,
            called_description="PostgreSQL",
            caller_security_group_id=security_group_id,
        )

    def _declare_instance(self, placement: Placement, *, disposable: bool) -> DbInstance:
        settings, name = self._settings, self._instance_name
        subnets = DbSubnetGroup(
            self, "subnets", name=physical_name("subnet_group", name), subnet_ids=list(placement.subnet_ids)
        )
        parameters = PostgresParameters(
            self,
            "parameters",
            name=name,
            family=settings.parameter_group_family,
            log_slower_than_ms=settings.log_slower_than_ms,
        )
        return DbInstance(
            self,
            "instance",
            identifier=name,
            engine="postgres",
            engine_version=settings.engine_version,
            allow_major_version_upgrade=settings.major_upgrade,
            auto_minor_version_upgrade=False,
            instance_class=settings.instance_class,
            multi_az=settings.multi_az,
            storage_type="gp3",
            allocated_storage=settings.storage_gib,
            # With it, the provider takes no notice of a volume that has grown beyond allocated_storage.
            max_allocated_storage=settings.max_storage_gib,
            storage_encrypted=True,
            db_name=settings.database_name,
            username=settings.master_user,
            manage_master_user_password=True,
            iam_database_authentication_enabled=True,
            port=PORT,
            publicly_accessible=False,
            db_subnet_group_name=subnets.name,
            vpc_security_group_ids=[self.security_group_id],
            parameter_group_name=parameters.name,
            ca_cert_identifier=settings.ca_certificate,
            performance_insights_enabled=settings.performance_insights,
            enabled_cloudwatch_logs_exports=[LOG],
            backup_retention_period=settings.backup_retention_days,
            backup_window=settings.backup_window_utc,
            maintenance_window=settings.maintenance_window_utc,
            copy_tags_to_snapshot=True,
            apply_immediately=True,
            deletion_protection=not disposable,
            delete_automated_backups=disposable,
            skip_final_snapshot=disposable,
            final_snapshot_identifier=None if disposable else self._name_last_snapshot(),
            depends_on=[
                declare_log(self, f"/aws/rds/instance/{name}", retention_days=settings.log_retention_days),
            ],
            lifecycle=keep_unless(disposable),
        )

    def _name_last_snapshot(self) -> str:
        settings, name = self._settings, self._instance_name
        replaced_by = {"name": name, "database": settings.database_name, "user": settings.master_user}
        return last_snapshot_name(self, name, replaced_by=replaced_by)
