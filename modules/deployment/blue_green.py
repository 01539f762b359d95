"""
Blue/green deployments of one ECS service by CodeDeploy: application, deployment group, configuration and role.

Terraform makes what a deployment needs; the release command makes deployments: docs/decisions/0007-blue-green.md.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.codedeploy_app import CodedeployApp
from cdktf_cdktf_provider_aws.codedeploy_deployment_config import CodedeployDeploymentConfig
from cdktf_cdktf_provider_aws.codedeploy_deployment_group import (
    CodedeployDeploymentGroup,
    CodedeployDeploymentGroupAlarmConfiguration,
    CodedeployDeploymentGroupAutoRollbackConfiguration,
    CodedeployDeploymentGroupDeploymentStyle,
    CodedeployDeploymentGroupEcsService,
    CodedeployDeploymentGroupLoadBalancerInfo,
)
from constructs import Construct
from pydantic import Field, ValidationInfo, field_validator

from modules.deployment.blue_green_permissions import permissions, trust
from modules.deployment.blue_green_traffic import canary, linear, routes, timing
from modules.deployment.deploy_mode import Color
from modules.deployment.release import CodeDeploy
from modules.iam import Role
from modules.load_balancer.target_group import TargetGroup
from modules.names import physical_name
from modules.settings import Settings, mistake

_LONGEST_SHIFT_MIN = 2880
"""CodeDeploy quotas: the minutes between the first and the last shift of traffic."""

_ALL_AT_ONCE = "CodeDeployDefault.ECSAllAtOnce"
_ROLLBACK_EVENTS = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_REQUEST", "DEPLOYMENT_STOP_ON_ALARM"]


class BlueGreenSettings(Settings):
    """How traffic moves from the tasks that serve to those that replace them. Rolling back by itself is always on."""

    type: Literal["canary", "linear", "all_at_once"]
    """`canary`: one part of the traffic, a wait, then all of it. `linear`: equal parts with waits between them."""

    traffic_percent: Annotated[int, Field(ge=1, le=99)] | None = Field(default=None, validate_default=True)
    """The first part of a canary, each part of a linear shift (CodeDeploy quotas: at most 99 in one increment)."""

    interval_min: Annotated[int, Field(ge=1, le=_LONGEST_SHIFT_MIN)] | None = Field(default=None, validate_default=True)
    """Minutes between two shifts (CodeDeploy quotas: 2880 between the first and the last)."""

    approval_wait_min: Annotated[int, Field(ge=1, le=7200)] | None = None
    """Minutes that the replacement waits for somebody to let traffic in (ContinueDeployment), then is given up; a time
    to try it through the test listener. None: traffic moves at once. CodeDeploy quotas: 120 hours for ECS."""

    termination_wait_min: Annotated[int, Field(ge=0, le=2880)] = 5
    """Minutes that the replaced tasks stay, so that a rollback is a change of routes only. A second deployment has to
    wait as long. API BlueInstanceTerminationOption: at most 2880."""

    @field_validator("traffic_percent", "interval_min")
    @classmethod
    def _fits_the_type(cls, value: int | None, info: ValidationInfo) -> int | None:
        type_ = info.data.get("type")
        if type_ == "all_at_once" and value is not None:
            raise mistake("must be left out when type is all_at_once")
        if type_ in ("canary", "linear") and value is None:
            raise mistake(f"must be given when type is {type_}")
        return value

    @field_validator("interval_min")
    @classmethod
    def _ends_in_time(cls, interval_min: int | None, info: ValidationInfo) -> int | None:
        percent = info.data.get("traffic_percent")
        if info.data.get("type") != "linear" or percent is None or interval_min is None:
            return interval_min
        longest = _LONGEST_SHIFT_MIN // _linear_waits(percent)
        if interval_min > longest:
            raise mistake(f"must be at most {longest} when traffic moves by {percent} % (2880 minutes in all)")
        return interval_min

    @property
    def shift_min(self) -> int:
        """Minutes between the first and the last shift of traffic."""
        if self.interval_min is None or self.traffic_percent is None:
            return 0
        return self.interval_min * (_linear_waits(self.traffic_percent) if self.type == "linear" else 1)


def _linear_waits(percent: int) -> int:
    """Count the waits between shifts of so many percent each, the last of which may be smaller."""
    return -(-100 // percent) - 1


class BlueGreen(Construct):
    """CodeDeploy for one ECS service, which must have the deployment controller CODE_DEPLOY."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        account_id: str,
        region: str,
        cluster_name: str,
        service_name: str,
        listener_arn: str,
        test_listener_arn: str | None,
        rule_arns: Sequence[str],
        target_groups: Mapping[Color, TargetGroup],
        alarm_names: Mapping[Color, Sequence[str]],
        passed_role_arns: Sequence[str],
        settings: BlueGreenSettings,
    ) -> None:
        """
        Make application `<name>-app`, deployment group `<name>-dg` and the role that CodeDeploy acts as.

        :param service_name: a reference, so that the service is made before the deployment group
        :param rule_arns: the rules of both listeners that forward to the service's target groups
        :param alarm_names: what stops a deployment; docs/decisions/0007-blue-green.md says why of both colors
        :param passed_role_arns: the task role and the execution role, which new tasks run with
        """
        super().__init__(scope, id_)
        self._settings = settings
        app, group = (physical_name("codedeploy", name, end) for end in ("app", "dg"))
        listeners = [arn for arn in (listener_arn, test_listener_arn) if arn is not None]
        self._role = Role(
            self,
            "role",
            name=f"{name}-codedeploy",
            trust=trust(account_id, region, app, group),
            permissions=permissions(
                f"{region}:{account_id}", f"{cluster_name}/{service_name}", listeners, rule_arns, passed_role_arns
            ),
        )
        self.role_arn: str = self._role.arn
        self.application_name: str = CodedeployApp(self, "app", name=app, compute_platform="ECS").name
        self.deployment_config_name: str = self._config(name)
        ecs_service = CodedeployDeploymentGroupEcsService(cluster_name=cluster_name, service_name=service_name)
        traffic = routes(listener_arn, test_listener_arn, target_groups.values())
        alarms = [alarm for names in alarm_names.values() for alarm in names]
        self.deployment_group_name: str = self._group(group, ecs_service, traffic, alarms)

    @property
    def code_deploy(self) -> CodeDeploy:
        """What the release manifest says of CodeDeploy."""
        return CodeDeploy(
            application=self.application_name,
            deployment_group=self.deployment_group_name,
            deployment_config=self.deployment_config_name,
            shift_min=self._settings.shift_min,
            approval_wait_min=self._settings.approval_wait_min,
            termination_wait_min=self._settings.termination_wait_min,
        )

    def _config(self, name: str) -> str:
        """Make the deployment configuration, unless AWS has it: its name."""
        type_, percent, interval = self._settings.type, self._settings.traffic_percent, self._settings.interval_min
        if percent is None or interval is None:
            return _ALL_AT_ONCE
        return CodedeployDeploymentConfig(
            self,
            "config",
            # CodeDeploy changes no configuration, and deletes none that a deployment group refers to: another value
            # is another name, made before the group leaves the old one.
            deployment_config_name=physical_name("codedeploy", name, f"{type_}-{percent}-percent-{interval}-minutes"),
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
            compute_platform="ECS",
            traffic_routing_config=canary(percent, interval) if type_ == "canary" else linear(percent, interval),
        ).deployment_config_name

    def _group(
        self,
        name: str,
        ecs_service: CodedeployDeploymentGroupEcsService,
        traffic: CodedeployDeploymentGroupLoadBalancerInfo,
        alarms: list[str],
    ) -> str:
        """Make the deployment group: its name."""
        return CodedeployDeploymentGroup(
            self,
            "group",
            app_name=self.application_name,
            deployment_group_name=name,
            deployment_config_name=self.deployment_config_name,
            service_role_arn=self._role.arn,
            deployment_style=CodedeployDeploymentGroupDeploymentStyle(
                deployment_type="BLUE_GREEN", deployment_option="WITH_TRAFFIC_CONTROL"
            ),
            ecs_service=ecs_service,
            load_balancer_info=traffic,
            blue_green_deployment_config=timing(self._settings.approval_wait_min, self._settings.termination_wait_min),
            alarm_configuration=CodedeployDeploymentGroupAlarmConfiguration(
                enabled=bool(alarms), alarms=alarms, ignore_poll_alarm_failure=False
            ),
            auto_rollback_configuration=CodedeployDeploymentGroupAutoRollbackConfiguration(
                enabled=True, events=_ROLLBACK_EVENTS
            ),
            depends_on=self._role.ready,
        ).deployment_group_name
