"""Redis on ElastiCache: the nodes, who reaches them, and how to become their user."""

from cdktf import Fn, ITerraformDependable, Token
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.elasticache_replication_group import (
    ElasticacheReplicationGroup,
    ElasticacheReplicationGroupLogDeliveryConfiguration,
)
from cdktf_cdktf_provider_aws.elasticache_subnet_group import ElasticacheSubnetGroup
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from constructs import Construct

from modules.database.last_snapshot import last_snapshot_name
from modules.iam import Statement, allow
from modules.names import physical_name
from modules.network.open_port import open_port
from modules.network.placement import Placement
from modules.protection import keep_unless
from modules.redis.parameters import RedisParameters
from modules.redis.settings import RedisSettings
from modules.redis.users import RedisUsers

__all__ = ["Redis", "RedisSettings"]

_PORT = 6379
_SESSIONS, _CACHE = 0, 1


class Redis(Construct):
    """
    One replication group with its users, parameters and security group: encrypted, TLS only, with IAM authentication.

    A client logs in with a token that it signs itself, by its role, for each connection: a token lives for 15 minutes,
    a connection for 12 hours (docs.aws.amazon.com/AmazonElastiCache, "Authenticating with IAM"). An apply takes effect
    at once, and not in a later maintenance window that nobody watches.

    Sessions and cache have databases of their own. Prefixes would not do: Django clears a cache with `FLUSHDB`, which
    empties a database whatever its keys are called.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        placement: Placement,
        disposable: bool,
        settings: RedisSettings,
    ) -> None:
        """
        Make the cache.

        :param placement: private subnets, in two zones or more when there are replicas in other zones
        :param disposable: whether destroying the stack deletes the data, without a last snapshot
        """
        super().__init__(scope, id_)
        self._settings = settings
        self.name: str = physical_name("cache", name)
        """The id of the replication group, which a client signs its token for."""
        security_group = SecurityGroup(
            self,
            "security_group",
            name=physical_name("security_group", name, "redis"),
            description=f"Redis of {name}",
            vpc_id=placement.vpc_id,
        )
        self.security_group_id: str = security_group.id
        users = RedisUsers(self, "users", name=self.name)
        nodes = self._declare_nodes(placement, users.group_id, disposable=disposable)
        self.ready: list[ITerraformDependable] = [nodes]
        """What must exist before the endpoint answers, for `depends_on`."""
        self.node_ids: list[str] = _in_order(nodes.member_clusters, settings.replica_count + 1)
        """What CloudWatch calls the nodes."""
        self.endpoint: str = nodes.primary_endpoint_address
        self.port = _PORT
        self.user: str = users.name
        self._arns = [nodes.arn, users.arn]

    @property
    def environment(self) -> dict[str, str]:
        """
        What a task needs to find the cache and to sign its token; nothing of it is secret or changes by itself.

        The URLs name no user, as the password beside it is a token: the client's library has to make it.
        """
        url = f"rediss://{self.endpoint}:{self.port}"
        return {
            "REDIS_HOST": self.endpoint,
            "REDIS_PORT": str(self.port),
            "REDIS_TLS": "true",
            "REDIS_USER": self.user,
            "REDIS_CLUSTER": self.name,
            "REDIS_SESSIONS_URL": f"{url}/{_SESSIONS}",
            "REDIS_CACHE_URL": f"{url}/{_CACHE}",
        }

    def connect_permissions(self) -> list[Statement]:
        """
        Say what the role of a task needs to log in: the action on the cache and on the user, both.

        docs.aws.amazon.com/AmazonElastiCache, "Authenticating with IAM", Setup.
        """
        return [allow(["elasticache:Connect"], self._arns)]

    def allow_from(self, scope_id: str, security_group_id: str) -> list[ITerraformDependable]:
        """
        Open the port between the nodes and the members of a security group, on both sides.

        :param scope_id: what the rules are called after, such as `backend`
        :return: the rules, which a task needs before it connects
        """
        return open_port(
            self,
            scope_id,
            port=_PORT,
            called_security_group_id=self.security_group_id,
            called_description="Redis",
            caller_security_group_id=security_group_id,
        )

    def _declare_nodes(
        self, placement: Placement, user_group_id: str, *, disposable: bool
    ) -> ElasticacheReplicationGroup:
        settings = self._settings
        subnets = ElasticacheSubnetGroup(
            self, "subnets", name=physical_name("subnet_group", self.name), subnet_ids=list(placement.subnet_ids)
        )
        parameters = RedisParameters(
            self,
            "parameters",
            name=self.name,
            family=settings.parameter_group_family,
            eviction=settings.eviction,
        )
        return ElasticacheReplicationGroup(
            self,
            "nodes",
            replication_group_id=self.name,
            description=f"Redis {self.name}",
            engine=settings.engine,
            engine_version=settings.engine_version,
            auto_minor_version_upgrade="false",
            node_type=settings.node_type,
            num_cache_clusters=settings.replica_count + 1,
            multi_az_enabled=settings.multi_az,
            automatic_failover_enabled=settings.multi_az,
            port=_PORT,
            subnet_group_name=subnets.name,
            security_group_ids=[self.security_group_id],
            parameter_group_name=parameters.name,
            at_rest_encryption_enabled="true",
            transit_encryption_enabled=True,
            transit_encryption_mode="required",
            user_group_ids=[user_group_id],
            snapshot_retention_limit=settings.backup_retention_days,
            snapshot_window=settings.backup_window_utc,
            maintenance_window=settings.maintenance_window_utc,
            apply_immediately=True,
            final_snapshot_identifier=None if disposable else self._name_last_snapshot(),
            log_delivery_configuration=self._declare_log(),
            lifecycle=keep_unless(disposable),
        )

    def _declare_log(self) -> list[ElasticacheReplicationGroupLogDeliveryConfiguration]:
        """Make the slow log's group; ElastiCache itself lets itself write to it (API, "Log delivery")."""
        if not self._settings.slow_log:
            return []
        group = CloudwatchLogGroup(
            self,
            "slow_log",
            name=f"/aws/elasticache/{self.name}/slow",
            retention_in_days=self._settings.log_retention_days,
        )
        return [
            ElasticacheReplicationGroupLogDeliveryConfiguration(
                destination=group.name, destination_type="cloudwatch-logs", log_format="json", log_type="slow-log"
            )
        ]

    def _name_last_snapshot(self) -> str:
        replaced_by = {"name": self.name}
        return last_snapshot_name(self, self.name, replaced_by=replaced_by)


def _in_order(ids: list[str], count: int) -> list[str]:
    """Take apart a set of ids that ElastiCache makes, the primary's among them."""
    in_order = Fn.sort(ids)
    return [Token.as_string(Fn.element(in_order, number)) for number in range(count)]
