"""What an environment says about one web service."""

from pydantic import Field, ValidationInfo, field_validator

from modules.deployment.blue_green import BlueGreenSettings
from modules.deployment.deploy_mode import DeployMode
from modules.deployment.release_manifest import ReleaseSettings
from modules.fargate.capacity import CapacitySettings
from modules.fargate.service_scaling import ServiceScalingSettings
from modules.fargate.service_settings import FargateServiceSettings
from modules.load_balancer.service_route import ServiceRouteSettings
from modules.settings import Settings, mistake
from modules.types import ImageTag
from modules.watching.service_alarms import ServiceAlarmsSettings
from modules.watching.target_group_alarms import TargetGroupAlarmsSettings


class WebServiceSettings(Settings):
    """One web service."""

    deploy_mode: DeployMode
    image_tag: ImageTag
    """What runs before the first release. In `terraform` nothing does, until a variable says what."""

    service: FargateServiceSettings
    route: ServiceRouteSettings
    capacity: CapacitySettings
    scaling: ServiceScalingSettings | None
    """None: the number of tasks is `service.desired_count`."""

    deployment: BlueGreenSettings | None = Field(default=None, validate_default=True)
    """How traffic moves; for `blue_green` and only for it."""

    release: ReleaseSettings = Field(default_factory=ReleaseSettings)
    alarms: ServiceAlarmsSettings = Field(default_factory=ServiceAlarmsSettings)
    target_group_alarms: TargetGroupAlarmsSettings = Field(default_factory=TargetGroupAlarmsSettings)

    @field_validator("scaling")
    @classmethod
    def _scales_in_the_mode(
        cls, scaling: ServiceScalingSettings | None, info: ValidationInfo
    ) -> ServiceScalingSettings | None:
        if scaling is not None:
            check_scaling(scaling, info.data.get("deploy_mode"))
        return scaling

    @field_validator("deployment")
    @classmethod
    def _fits_the_mode(cls, deployment: BlueGreenSettings | None, info: ValidationInfo) -> BlueGreenSettings | None:
        return check_deployment(deployment, info.data.get("deploy_mode"))


def check_scaling(scaling: ServiceScalingSettings, deploy_mode: DeployMode | None) -> None:
    """
    Refuse what does not scale as it says under a deploy mode.

    :param deploy_mode: None when the mode has a mistake of its own
    :raises PydanticCustomError: `blue_green` with a count of requests, or `terraform` with a schedule
    """
    if deploy_mode == "blue_green" and scaling.requests_per_target is not None:
        # aws/containers-roadmap#1681; ECS, "CodeDeploy blue/green deployments for Amazon ECS", considerations.
        raise mistake("must have no requests_per_target under blue_green, where another target group serves next time")
    if deploy_mode == "terraform" and scaling.is_scheduled:
        raise mistake(
            "must have neither peaks nor office_hours under terraform, where there are no tasks before the first image"
        )


def check_deployment(deployment: BlueGreenSettings | None, deploy_mode: DeployMode | None) -> BlueGreenSettings | None:
    """
    Return how traffic moves when the deploy mode has a use for it.

    :param deploy_mode: None when the mode has a mistake of its own
    :raises PydanticCustomError: `blue_green` without it, or another mode with it
    """
    if deploy_mode == "blue_green" and deployment is None:
        raise mistake("must be given when deploy_mode is blue_green")
    if deploy_mode not in (None, "blue_green") and deployment is not None:
        raise mistake(f"must be left out when deploy_mode is {deploy_mode}: it says how CodeDeploy moves traffic")
    return deployment
