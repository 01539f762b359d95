"""The settings of a service on Fargate, and whether they fit what is around it."""

from typing import Annotated

from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from modules.container.settings import Ports
from modules.deployment.deploy_mode import DeployMode, ownership
from modules.fargate.container import TaskSettings
from modules.fargate.destination import DestinationSettings
from modules.fargate.service_rollout import Replacement
from modules.settings import mistake

Label = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$"),
    Field(description="one label of a domain name: 1 to 63 lower-case letters, digits and hyphens"),
]


class FargateServiceSettings(TaskSettings):
    """How many tasks run, and how they are replaced."""

    desired_count: Annotated[int, Field(ge=0, le=5000)] = 1
    """How many tasks run, or run at first when the service is autoscaled. A service has at most 5000 (ECS service
    quotas)."""

    replacement: Replacement = "start_first"
    """Whether a rollout starts new tasks before it stops old ones. `stop_first` has a gap in which nothing serves, and
    is for what must never run twice, such as a database on a shared volume."""

    health_check_grace_period_s: Annotated[int, Field(ge=0, le=2_147_483_647)] = 60
    """How long after its start the load balancer's checks of a task do not count (ECS API, CreateService)."""

    outbound_ports: Ports = Field(default_factory=lambda: [443])
    """TCP ports that the tasks reach anywhere. Without 443 they reach neither ECR nor Secrets Manager, except through
    endpoints in the VPC."""

    destinations: list[DestinationSettings] = Field(default_factory=list)
    """What they reach beside, in some networks only."""

    discovery_name: Label | None = None
    """The name in the cluster's private namespace. None: only the load balancer knows the tasks."""

    @field_validator("destinations")
    @classmethod
    def _are_not_reached_anyway(
        cls, destinations: list[DestinationSettings], info: ValidationInfo
    ) -> list[DestinationSettings]:
        ports = [place.port for place in destinations]
        if open_anyway := sorted(set(ports) & set(info.data.get("outbound_ports", []))):
            raise mistake(f"must not have port {_listed(open_anyway)}, which outbound_ports opens to everywhere")
        if twice := sorted({port for port in ports if ports.count(port) > 1}):
            raise mistake(f"must have port {_listed(twice)} once, with all of its networks")
        return destinations


def _listed(ports: list[int]) -> str:
    return ", ".join(str(port) for port in ports)


def check_service(
    settings: FargateServiceSettings, deploy_mode: DeployMode, *, exposed: bool, exec_logged: bool, has_namespace: bool
) -> None:
    """
    Refuse what ECS would refuse, or do wrongly, in the middle of an apply.

    A stack calls this while it checks its settings, so that the mistake becomes one line.

    :param exposed: whether a load balancer is before the service
    :param exec_logged: the cluster's `exec_enabled`
    :param has_namespace: whether the cluster has a private namespace
    :raises PydanticCustomError: the settings do not fit the deploy mode, the load balancer or the cluster
    """
    by_code_deploy = ownership(deploy_mode).deployment_controller == "CODE_DEPLOY"
    if settings.exec_enabled and not exec_logged:
        raise mistake("must have exec_enabled off, or the cluster must have it on: it logs the sessions")
    if settings.discovery_name is not None and not has_namespace:
        raise mistake("must have no discovery_name, or the cluster must have a private_namespace")
    if settings.discovery_name is not None and by_code_deploy:
        # aws/containers-roadmap#648
        raise mistake(f"must have no discovery_name under {deploy_mode}: DNS would name tasks that no longer serve")
    if settings.replacement == "stop_first" and by_code_deploy:
        raise mistake(f"must have replacement start_first under {deploy_mode}, where both colors run for a while")
    if by_code_deploy and not exposed:
        # CodeDeploy, "Deployments on an Amazon ECS compute platform"
        raise mistake(f"must be behind a load balancer under {deploy_mode}, which shifts its traffic")
