"""An ECS cluster without machines: its capacity, what watches it, and the private names of its services."""

from typing import Literal

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.ecs_cluster import (
    EcsCluster,
    EcsClusterConfiguration,
    EcsClusterConfigurationExecuteCommandConfiguration,
    EcsClusterConfigurationExecuteCommandConfigurationLogConfiguration,
    EcsClusterSetting,
)
from cdktf_cdktf_provider_aws.ecs_cluster_capacity_providers import (
    EcsClusterCapacityProviders,
    EcsClusterCapacityProvidersDefaultCapacityProviderStrategy,
)
from cdktf_cdktf_provider_aws.service_discovery_private_dns_namespace import ServiceDiscoveryPrivateDnsNamespace
from constructs import Construct

from modules.fargate.capacity import CapacitySettings, capacity_strategy
from modules.settings import Settings
from modules.types import DomainName, LogRetentionDays

_ON_DEMAND = CapacitySettings(spot_percent=0)


class FargateClusterSettings(Settings):
    """What a cluster offers to the services in it."""

    capacity: CapacitySettings = _ON_DEMAND
    """What a task gets that is started without a strategy of its own, such as one by hand."""

    container_insights: Literal["disabled", "enabled", "enhanced"] = "enabled"
    """Metrics of tasks and, when enhanced, of containers; both cost by the metric (ECS API, ClusterSetting)."""

    insights_retention_days: LogRetentionDays = 7
    """For the events that the metrics are made from; the metrics themselves live on in CloudWatch."""

    exec_enabled: bool = False
    """Whether sessions of ECS Exec are logged here, without which no service may allow them."""

    exec_retention_days: LogRetentionDays = 90
    private_namespace: DomainName | None = None
    """The domain, inside the VPC only, under which services can be found, such as isms.internal."""


class FargateCluster(Construct):
    """A cluster with on-demand and Spot capacity."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        vpc_id: str,
        settings: FargateClusterSettings,
    ) -> None:
        """
        Make the cluster.

        :param name: at most 255 letters, digits, _ and - (ECS API, CreateCluster)
        :param vpc_id: where the private names can be looked up
        """
        super().__init__(scope, id_)
        exec_logs = self._declare_exec_logs(name, settings)
        cluster = EcsCluster(
            self,
            "cluster",
            name=name,
            setting=[EcsClusterSetting(name="containerInsights", value=settings.container_insights)],
            configuration=None if exec_logs is None else _exec_configuration(exec_logs.name),
            depends_on=self._declare_insights_logs(name, settings),
        )
        self.name: str = cluster.name
        self.arn: str = cluster.arn
        self.counts_tasks: bool = settings.container_insights != "disabled"
        """Whether there is a metric of how many tasks run, which Container Insights makes."""
        self.ready: list[ITerraformDependable] = [_declare_capacity(self, cluster.name, settings.capacity)]
        """What a service needs beside the cluster itself, for `depends_on`."""
        self.exec_log_group_name: str | None = None if exec_logs is None else exec_logs.name
        self.exec_log_group_arn: str | None = None if exec_logs is None else exec_logs.arn
        self.namespace_id: str | None = None
        self.namespace_arn: str | None = None
        if settings.private_namespace is not None:
            namespace = ServiceDiscoveryPrivateDnsNamespace(
                self, "namespace", name=settings.private_namespace, vpc=vpc_id
            )
            self.namespace_id, self.namespace_arn = namespace.id, namespace.arn

    def _declare_exec_logs(self, name: str, settings: FargateClusterSettings) -> CloudwatchLogGroup | None:
        if not settings.exec_enabled:
            return None
        return CloudwatchLogGroup(
            self, "exec_logs", name=f"/ecs/{name}/exec", retention_in_days=settings.exec_retention_days
        )

    def _declare_insights_logs(self, name: str, settings: FargateClusterSettings) -> list[ITerraformDependable]:
        """Own the log group that CloudWatch would make by itself: it would keep everything, and outlive the cluster."""
        if settings.container_insights == "disabled":
            return []
        # Its name is AWS's: "Container Insights performance log events for Amazon ECS" in CloudWatch's user guide.
        group = CloudwatchLogGroup(
            self,
            "insights_logs",
            name=f"/aws/ecs/containerinsights/{name}/performance",
            retention_in_days=settings.insights_retention_days,
        )
        return [group]


def _declare_capacity(scope: Construct, cluster_name: str, capacity: CapacitySettings) -> EcsClusterCapacityProviders:
    """Offer both kinds of capacity, so that a service's share of Spot can change without touching the cluster."""
    return EcsClusterCapacityProviders(
        scope,
        "capacity",
        cluster_name=cluster_name,
        capacity_providers=["FARGATE", "FARGATE_SPOT"],
        default_capacity_provider_strategy=[
            EcsClusterCapacityProvidersDefaultCapacityProviderStrategy(
                capacity_provider=share.capacity_provider, weight=share.weight, base=share.base
            )
            for share in capacity_strategy(capacity)
        ],
    )


def _exec_configuration(log_group_name: str) -> EcsClusterConfiguration:
    """Log every session (ECS API, ExecuteCommandConfiguration: OVERRIDE names the log group)."""
    return EcsClusterConfiguration(
        execute_command_configuration=EcsClusterConfigurationExecuteCommandConfiguration(
            logging="OVERRIDE",
            log_configuration=EcsClusterConfigurationExecuteCommandConfigurationLogConfiguration(
                cloud_watch_log_group_name=log_group_name
            ),
        )
    )
