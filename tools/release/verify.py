"""Whether the service really serves what was released: seen from ECS, from the load balancer, and from outside."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tools.release.context import Context, ReleaseError, UndecidedError
from tools.release.looking import patient, short
from tools.release.manifest import Routes
from tools.release.revision import find_service
from tools.release.sides import client_rules
from tools.release.site import ask

if TYPE_CHECKING:
    from mypy_boto3_elbv2.type_defs import TargetHealthDescriptionTypeDef

_SETTLED_S = 120.0
"""How long the last targets may take to become healthy, and the URL to answer."""

_NOTED_S = 60.0
"""How long ECS may take to call primary what got all traffic just now: its answers are eventually consistent."""

_LEAVING = ("draining", "unhealthy.draining")
"""Targets of tasks that stop."""


def verify(context: Context, task_definition: str, *, url: bool = True) -> None:
    """
    Make sure of it: a deployment that was rolled back is easily taken for a success.

    :param task_definition: the ARN of the revision that was released
    :param url: whether the health URL must answer; not where it cannot be reached from here
    :raises ReleaseError: something else serves, or it does not serve well; `reasons` say what is wrong
    """

    def see() -> Seen:
        primary = _primary(context)
        return Seen(primary["taskDefinition"], lambda: [*_tasks(primary), *_load_balancing(context, primary)])

    await_well(context, task_definition, see, url=url)


@dataclass(frozen=True)
class Seen:
    """What one look shows."""

    runs: str
    """Which revision."""

    wrong: Callable[[], list[str]]
    """Says what is wrong with it."""


def await_well(context: Context, revision: str, see: Callable[[], Seen], *, url: bool) -> None:
    """
    Look until a revision serves well.

    :raises ReleaseError: something else serves, or it does not serve well; `reasons` say what is wrong
    """
    name, began = context.manifest.service, context.clock.now()
    wrong: list[str] = []

    def look() -> bool:
        seen = see()
        if seen.runs != revision and context.clock.now() - began < _NOTED_S:
            context.reporter.tell(phase="verifying", detail=f"{short(seen.runs)} still runs")
            return False
        if seen.runs != revision:
            raise ReleaseError(f"{name}: {short(seen.runs)} runs, not {short(revision)}")
        wrong[:] = seen.wrong()
        if url and not wrong and context.manifest.routes is not None:
            wrong.extend(ask(context.manifest.routes.url))
        context.reporter.tell(phase="verifying", detail=wrong[0] if wrong else "")
        return not wrong

    context.reporter.tell(phase="verifying", detail="")
    try:
        context.poll(patient(context, look), timeout_s=_SETTLED_S, what="verifying")
    except UndecidedError:
        if not wrong:
            raise
        raise ReleaseError(f"{name}: {short(revision)} runs, but does not serve well", wrong) from None


def _primary(context: Context) -> Any:  # noqa: ANN401 a task set or a deployment
    """
    Find what ECS itself calls primary.

    :raises ReleaseError: nothing was deployed to the service
    """
    found = find_service(context.aws, context.manifest)
    candidates: Any = found.get("taskSets" if context.manifest.deploy_mode == "blue_green" else "deployments", [])
    primary = next((one for one in candidates if one["status"] == "PRIMARY"), None)
    if primary is None:
        raise ReleaseError(f"{context.manifest.service}: nothing is deployed to {context.manifest.ecs.service}")
    return primary


def _tasks(primary: dict[str, Any]) -> list[str]:
    wrong = []
    running = primary["runningCount"]
    desired = primary["computedDesiredCount"] if "computedDesiredCount" in primary else primary["desiredCount"]
    if running != desired or desired == 0:
        wrong.append(f"{running} of {desired} tasks run")
    if primary.get("rolloutState", "COMPLETED") != "COMPLETED":
        wrong.append(f"the deployment is {primary['rolloutState']}")
    return wrong


def _load_balancing(context: Context, primary: dict[str, Any]) -> list[str]:
    routes = context.manifest.routes
    if routes is None:
        return []
    arns = {group.arn for group in routes.target_groups.values()}
    if context.manifest.deploy_mode == "blue_green":
        arns &= {one.get("targetGroupArn", "") for one in primary["loadBalancers"]}
    if not arns:
        return ["the tasks stand behind no target group of the service"]
    (arn, *_) = sorted(arns)
    return [*_targets(context, arn, primary["runningCount"]), *wrong_rules(context, routes, arn, "tasks")]


def _targets(context: Context, arn: str, running: int) -> list[str]:
    staying = staying_targets(context, arn)
    wrong = wrong_targets(staying)
    if len(staying) < running:
        wrong.append(f"{len(staying)} of {running} tasks are targets of the load balancer")
    return wrong


def staying_targets(context: Context, arn: str) -> "list[TargetHealthDescriptionTypeDef]":
    """List the targets of a target group, without those that leave it."""
    targets = context.aws.elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    return [one for one in targets if one["TargetHealth"]["State"] not in _LEAVING]


def wrong_targets(targets: "Sequence[TargetHealthDescriptionTypeDef]") -> list[str]:
    """Say which targets are not healthy, and why."""
    return [
        f"target {one['Target']['Id']} is {one['TargetHealth']['State']} "
        f"({one['TargetHealth'].get('Description', 'no reason given')})"
        for one in targets
        if one["TargetHealth"]["State"] != "healthy"
    ]


def wrong_rules(context: Context, routes: Routes, arn: str, unit: str) -> list[str]:
    """
    Look where clients are led; where testers are led is CodeDeploy's own matter.

    :param arn: of the target group that they must be led to
    :param unit: what is behind it
    """
    rules = client_rules(context.aws, routes)
    if not rules:
        return ["no rule of the listener that clients come to is in the manifest: deploy the stack again"]
    colors = {group.arn: color for color, group in routes.target_groups.items()}
    wrong = []
    for rule in rules:
        led_to = [group for group, weight in rule.weights.items() if weight > 0]
        elsewhere = [colors.get(group, group) for group in led_to if group != arn]
        if elsewhere or not led_to:
            text = f"to {' and '.join(elsewhere)}" if elsewhere else "nowhere"
            wrong.append(f"rule {short(rule.arn)} leads {text}, but the {unit} are behind {colors[arn]}")
    return wrong
