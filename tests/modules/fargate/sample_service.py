"""A service in a cluster, behind a load balancer or not: what the tests of its parts have in common."""

from collections.abc import Mapping, Sequence
from typing import Any

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.lb_listener_rule import LbListenerRule, LbListenerRuleAction, LbListenerRuleCondition
from constructs import Construct

from modules.container.workload import Workload
from modules.deployment.deploy_mode import Color, DeployMode
from modules.fargate.capacity import CapacitySettings
from modules.fargate.cluster import FargateCluster, FargateClusterSettings
from modules.fargate.service import Exposure, FargateService
from modules.fargate.service_settings import FargateServiceSettings
from modules.load_balancer.target_group import TargetGroup
from modules.network.placement import Placement
from tests.support import Synthesized, synth_scope

WORKLOAD = Workload(container_name="backend", image="registry/isms-backend:v1", repository_arn="arn:repository")


class SampleRoute:
    """Two target groups and the rule that attaches them."""

    def __init__(self, scope: Construct) -> None:
        colors: list[Color] = ["blue", "green"]
        self.target_groups: Mapping[Color, TargetGroup] = {
            color: TargetGroup(name=color, arn=f"arn:{color}", arn_suffix=color) for color in colors
        }
        rule = LbListenerRule(
            scope,
            "rule",
            listener_arn="arn:listener",
            action=[LbListenerRuleAction(type="forward", target_group_arn="arn:blue")],
            condition=[LbListenerRuleCondition()],
        )
        self.ready: Sequence[ITerraformDependable] = [rule]


def service_settings(**changes: Any) -> FargateServiceSettings:  # noqa: ANN401 settings of any type
    """Settings of a small service."""
    small: dict[str, Any] = {
        "cpu": 256,
        "memory_mib": 512,
        "cpu_architecture": "ARM64",
        "port": 4000,
        "user": "10001:10001",
    }
    return FargateServiceSettings(**(small | changes))


def build(
    deploy_mode: DeployMode = "release",
    *,
    exposed: bool = True,
    autoscaled: bool = False,
    runs_when: str | None = None,
    cluster: FargateClusterSettings | None = None,
    placement: Placement | None = None,
    spot_percent: int = 70,
    **settings: Any,  # noqa: ANN401 settings of any type
) -> tuple[Synthesized, FargateService]:
    """Synthesize a service, with some settings changed: as JSON and as the object."""
    made: list[FargateService] = []

    def declare(scope: Construct) -> None:
        made.append(
            FargateService(
                scope,
                "api",
                name="isms-backend-staging",
                account_id="956880242582",
                region="eu-west-2",
                cluster=FargateCluster(
                    scope,
                    "cluster",
                    name="isms-staging",
                    vpc_id="vpc-1",
                    settings=FargateClusterSettings() if cluster is None else cluster,
                ),
                placement=Placement(vpc_id="vpc-1", subnet_ids=["a", "b"]) if placement is None else placement,
                deploy_mode=deploy_mode,
                workload=WORKLOAD,
                exposure=Exposure(route=SampleRoute(scope), security_group_id="sg-lb") if exposed else None,
                capacity=CapacitySettings(spot_percent=spot_percent),
                autoscaled=autoscaled,
                runs_when=runs_when,
                depends_on=[CloudwatchLogGroup(scope, "needed")],
                settings=service_settings(**settings),
            )
        )

    return synth_scope(declare), made[0]
