"""How CodeDeploy moves traffic: the blocks of a deployment configuration and a deployment group that say it."""

from collections.abc import Iterable

from cdktf_cdktf_provider_aws.codedeploy_deployment_config import (
    CodedeployDeploymentConfigTrafficRoutingConfig,
    CodedeployDeploymentConfigTrafficRoutingConfigTimeBasedCanary,
    CodedeployDeploymentConfigTrafficRoutingConfigTimeBasedLinear,
)
from cdktf_cdktf_provider_aws.codedeploy_deployment_group import (
    CodedeployDeploymentGroupBlueGreenDeploymentConfig,
    CodedeployDeploymentGroupBlueGreenDeploymentConfigDeploymentReadyOption,
    CodedeployDeploymentGroupBlueGreenDeploymentConfigTerminateBlueInstancesOnDeploymentSuccess,
    CodedeployDeploymentGroupLoadBalancerInfo,
    CodedeployDeploymentGroupLoadBalancerInfoTargetGroupPairInfo,
    CodedeployDeploymentGroupLoadBalancerInfoTargetGroupPairInfoProdTrafficRoute,
    CodedeployDeploymentGroupLoadBalancerInfoTargetGroupPairInfoTargetGroup,
    CodedeployDeploymentGroupLoadBalancerInfoTargetGroupPairInfoTestTrafficRoute,
)

from modules.load_balancer.target_group import TargetGroup


def canary(percent: int, interval_min: int) -> CodedeployDeploymentConfigTrafficRoutingConfig:
    """Move a part of the traffic, wait, and move the rest."""
    step = CodedeployDeploymentConfigTrafficRoutingConfigTimeBasedCanary(percentage=percent, interval=interval_min)
    return CodedeployDeploymentConfigTrafficRoutingConfig(type="TimeBasedCanary", time_based_canary=step)


def linear(percent: int, interval_min: int) -> CodedeployDeploymentConfigTrafficRoutingConfig:
    """Move equal parts of the traffic with equal waits between them."""
    step = CodedeployDeploymentConfigTrafficRoutingConfigTimeBasedLinear(percentage=percent, interval=interval_min)
    return CodedeployDeploymentConfigTrafficRoutingConfig(type="TimeBasedLinear", time_based_linear=step)


def routes(
    listener_arn: str, test_listener_arn: str | None, target_groups: Iterable[TargetGroup]
) -> CodedeployDeploymentGroupLoadBalancerInfo:
    """Name the two target groups and the listeners whose routes are moved between them."""
    pair = CodedeployDeploymentGroupLoadBalancerInfoTargetGroupPairInfo(
        target_group=[
            CodedeployDeploymentGroupLoadBalancerInfoTargetGroupPairInfoTargetGroup(name=group.name)
            for group in target_groups
        ],
        prod_traffic_route=CodedeployDeploymentGroupLoadBalancerInfoTargetGroupPairInfoProdTrafficRoute(
            listener_arns=[listener_arn]
        ),
        test_traffic_route=None
        if test_listener_arn is None
        else CodedeployDeploymentGroupLoadBalancerInfoTargetGroupPairInfoTestTrafficRoute(
            listener_arns=[test_listener_arn]
        ),
    )
    return CodedeployDeploymentGroupLoadBalancerInfo(target_group_pair_info=pair)


def timing(
    approval_wait_min: int | None, termination_wait_min: int
) -> CodedeployDeploymentGroupBlueGreenDeploymentConfig:
    """Say when traffic begins to move, and how long the replaced tasks stay."""
    return CodedeployDeploymentGroupBlueGreenDeploymentConfig(
        deployment_ready_option=CodedeployDeploymentGroupBlueGreenDeploymentConfigDeploymentReadyOption(
            action_on_timeout="CONTINUE_DEPLOYMENT" if approval_wait_min is None else "STOP_DEPLOYMENT",
            wait_time_in_minutes=approval_wait_min,
        ),
        terminate_blue_instances_on_deployment_success=CodedeployDeploymentGroupBlueGreenDeploymentConfigTerminateBlueInstancesOnDeploymentSuccess(
            action="TERMINATE", termination_wait_time_in_minutes=termination_wait_min
        ),
    )
