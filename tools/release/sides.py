"""Which side serves: where the rules lead, and where the tasks stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.release.aws import Aws
from tools.release.manifest import Color, Manifest, Routes

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import LoadBalancerTypeDef
    from mypy_boto3_elbv2.type_defs import ActionOutputTypeDef


@dataclass(frozen=True)
class Rule:
    """A rule of the listener that clients come to; the test listener leads to the side that comes in."""

    arn: str
    weights: dict[str, int]
    """How much goes to each target group, by ARN, in ELB's weights: 0 to 999, 1 where one is alone."""


def client_rules(aws: Aws, routes: Routes) -> list[Rule]:
    """Read where clients are led; none when no rule of their listener is known."""
    # A rule's ARN continues that of its listener: docs.aws.amazon.com/service-authorization, Elastic Load Balancing V2.
    prefix = routes.listener.replace(":listener/", ":listener-rule/") + "/"
    arns = [arn for arn in routes.rules if arn.startswith(prefix)]
    if not arns:  # DescribeRules refuses to be asked for none
        return []
    return [Rule(one["RuleArn"], _weights(one["Actions"])) for one in aws.elb.describe_rules(RuleArns=arns)["Rules"]]


def weights(aws: Aws, manifest: Manifest) -> dict[Color, int]:
    """Say how much of the clients' requests the rules lead to each side, in ELB's weights."""
    if manifest.routes is None:
        return {}
    rules = client_rules(aws, manifest.routes)
    groups = manifest.routes.target_groups.items()
    return {color: sum(rule.weights.get(group.arn, 0) for rule in rules) for color, group in groups}


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


def _weights(actions: "Sequence[ActionOutputTypeDef]") -> dict[str, int]:
    """Read where a rule forwards. A group alone shares with nobody, so that its weight says nothing."""
    found: dict[str, int] = {}
    for action in actions:
        groups = action.get("ForwardConfig", {}).get("TargetGroups", [])
        if len(groups) > 1:
            found |= {group["TargetGroupArn"]: group.get("Weight", 1) for group in groups}
        elif groups:
            found[groups[0]["TargetGroupArn"]] = 1
        elif "TargetGroupArn" in action:
            found[action["TargetGroupArn"]] = 1
    return found
