"""Which side serves: where the rules lead, and where the tasks stand."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tools.release.aws import Aws
from tools.release.manifest import Color, Manifest

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import LoadBalancerTypeDef
    from mypy_boto3_elbv2.type_defs import ActionOutputTypeDef


def weights(aws: Aws, manifest: Manifest) -> dict[Color, int]:
    """
    Say how much of the clients' requests the rules lead to each side, in ELB's weights: 0 to 999, 1 where one is alone.

    Only the listener that clients come to counts: the test listener leads to the side that comes in.
    """
    if manifest.routes is None:
        return {}
    routes = manifest.routes
    # A rule's ARN continues that of its listener: docs.aws.amazon.com/service-authorization, Elastic Load Balancing V2.
    prefix = routes.listener.replace(":listener/", ":listener-rule/") + "/"
    mine = [arn for arn in routes.rules if arn.startswith(prefix)]
    sums: dict[str, int] = {}
    for rule in aws.elb.describe_rules(RuleArns=mine if mine else routes.rules)["Rules"]:
        for action in rule.get("Actions", []):
            for arn, weight in _targets(action):
                sums[arn] = sums.get(arn, 0) + weight
    return {color: sums.get(group.arn, 0) for color, group in routes.target_groups.items()}


def color_of_rules(aws: Aws, manifest: Manifest) -> Color | None:
    """Name the side that gets the greater part of the requests."""
    found = weights(aws, manifest)
    best = max(found, key=lambda color: found[color], default=None)
    return best if best is not None and found[best] > 0 else None


def color_of_tasks(manifest: Manifest, load_balancers: "Sequence[LoadBalancerTypeDef]") -> Color | None:
    """Name the side whose target group tasks register with."""
    if manifest.routes is None:
        return None
    arns = {one.get("targetGroupArn") for one in load_balancers}
    return next((color for color, group in manifest.routes.target_groups.items() if group.arn in arns), None)


def _targets(action: "ActionOutputTypeDef") -> list[tuple[str, int]]:
    """Where one action forwards: to a group alone, or to several by weight."""
    groups = action.get("ForwardConfig", {}).get("TargetGroups", [])
    if groups:
        return [(group.get("TargetGroupArn", ""), group.get("Weight", 1)) for group in groups]
    return [(action["TargetGroupArn"], 1)] if "TargetGroupArn" in action else []
