"""A service on Fargate: its task, its security group, and who changes what after the first apply."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.ecs_service import (
    EcsService,
    EcsServiceCapacityProviderStrategy,
    EcsServiceLoadBalancer,
    EcsServiceNetworkConfiguration,
    EcsServiceServiceRegistries,
)
from constructs import Construct

from modules.container.workload import Workload
from modules.deployment.deploy_mode import Color, DeployMode, Ownership, ownership
from modules.fargate.capacity import CapacitySettings, capacity_strategy
from modules.fargate.cluster import FargateCluster
from modules.fargate.counts import count_when
from modules.fargate.service_discovery import ServiceDiscovery
from modules.fargate.service_group import ServiceGroup
from modules.fargate.service_rollout import lifecycle, rollout, wait_for
from modules.fargate.service_settings import FargateServiceSettings, check_service
from modules.fargate.task import Task
from modules.load_balancer.target_group import TargetGroup
from modules.network.placement import Placement


class Route(Protocol):
    """What a load balancer offers to one service."""

    @property
    def target_groups(self) -> Mapping[Color, TargetGroup]:
        """The target groups that the deploy mode needs."""

    @property
    def ready(self) -> Sequence[ITerraformDependable]:
        """What attaches them to a listener: ECS refuses a target group without one."""


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """The load balancer before a service."""

    route: Route
    security_group_id: str
    """The load balancer's."""


class FargateService(Construct):
    """A service with one container a task."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        account_id: str,
        region: str,
        cluster: FargateCluster,
        placement: Placement,
        deploy_mode: DeployMode,
        workload: Workload,
        exposure: Exposure | None,
        capacity: CapacitySettings,
        autoscaled: bool,
        runs_when: str | None = None,
        depends_on: Sequence[ITerraformDependable] = (),
        settings: FargateServiceSettings,
    ) -> None:
        """
        Make the service.

        :param name: at most 255 letters, digits, _ and - (ECS API, CreateService)
        :param exposure: None for a service that no load balancer knows
        :param autoscaled: whether something else owns the number of tasks after the first apply
        :param runs_when: a Terraform condition without which no task runs, such as `DeployedImage.exists`
        :param depends_on: what the tasks need to start, beside what is passed here
        :raises PydanticCustomError: the settings do not fit the deploy mode, the load balancer or the cluster
        """
        super().__init__(scope, id_)
        _check(settings, deploy_mode, exposure, cluster)
        task = Task(
            self,
            "task",
            name=name,
            account_id=account_id,
            region=region,
            workload=workload,
            exec_log_group_arn=cluster.exec_log_group_arn,
            settings=settings,
        )
        group = _declare_group(self, name, placement, exposure, settings)
        owner, routed = ownership(deploy_mode), () if exposure is None else exposure.route.ready
        self.resource = EcsService(
            self,
            "service",
            name=name,
            cluster=cluster.arn,
            task_definition=task.definition.arn,
            desired_count=count_when(runs_when, settings.desired_count),
            capacity_provider_strategy=_strategy(capacity),
            network_configuration=_network(placement, group),
            **_reachable(self, exposure, owner, workload, cluster, settings),
            **rollout(owner, settings.replacement),
            propagate_tags="SERVICE",
            enable_ecs_managed_tags=True,
            enable_execute_command=settings.exec_enabled,
            # A task that starts before these fails; a cluster without capacity cannot place one.
            depends_on=[*cluster.ready, *task.ready, *group.ready, *routed, *depends_on],
            lifecycle=lifecycle(owner, autoscaled=autoscaled, definition=task.definition),
        )
        self.name: str = self.resource.name
        self.arn: str = self.resource.id
        self.family: str = task.family
        self.task_definition_arn: str = task.definition.arn
        """The newest revision that Terraform registered: what a release copies, with another image in it."""
        self.container_name: str = workload.container_name
        self.port: int = settings.port
        self.security_group_id: str = group.id
        self.task_role_arn: str = task.task_role_arn
        self.execution_role_arn: str = task.execution_role_arn
        self.log_group_name: str = task.log_group_name

    def start_after(self, needed: Sequence[ITerraformDependable]) -> None:
        """Let the service wait for what needs its security group, as the rules of a file system do that tasks mount."""
        wait_for(self.resource, needed)


def _check(
    settings: FargateServiceSettings, deploy_mode: DeployMode, exposure: Exposure | None, cluster: FargateCluster
) -> None:
    check_service(
        settings,
        deploy_mode,
        exposed=exposure is not None,
        exec_logged=cluster.exec_log_group_arn is not None,
        has_namespace=cluster.namespace_id is not None,
    )


def _declare_group(
    scope: Construct, name: str, placement: Placement, exposure: Exposure | None, settings: FargateServiceSettings
) -> ServiceGroup:
    return ServiceGroup(
        scope,
        "network",
        name=name,
        vpc_id=placement.vpc_id,
        load_balancer_security_group_id=None if exposure is None else exposure.security_group_id,
        settings=settings,
    )


def _network(placement: Placement, group: ServiceGroup) -> EcsServiceNetworkConfiguration:
    return EcsServiceNetworkConfiguration(
        subnets=list(placement.subnet_ids),
        security_groups=[group.id],
        assign_public_ip=placement.assign_public_ip,
    )


def _strategy(capacity: CapacitySettings) -> list[EcsServiceCapacityProviderStrategy]:
    """Say it explicitly: a strategy that is added later replaces the service (terraform-provider-aws#22408)."""
    return [
        EcsServiceCapacityProviderStrategy(
            capacity_provider=share.capacity_provider, weight=share.weight, base=share.base
        )
        for share in capacity_strategy(capacity)
    ]


def _reachable(
    scope: Construct,
    exposure: Exposure | None,
    owner: Ownership,
    workload: Workload,
    cluster: FargateCluster,
    settings: FargateServiceSettings,
) -> dict[str, Any]:
    """Register the tasks with the target group that serves first, and under their private name."""
    arguments: dict[str, Any] = {}
    if exposure is not None:
        target = EcsServiceLoadBalancer(
            target_group_arn=exposure.route.target_groups[owner.colors[0]].arn,
            container_name=workload.container_name,
            container_port=settings.port,
        )
        arguments["load_balancer"] = [target]
        arguments["health_check_grace_period_seconds"] = settings.health_check_grace_period_s
    if settings.discovery_name is not None and cluster.namespace_id is not None:
        discovery = ServiceDiscovery(
            scope, "discovery", name=settings.discovery_name, namespace_id=cluster.namespace_id
        )
        arguments["service_registries"] = EcsServiceServiceRegistries(registry_arn=discovery.arn)
    return arguments
