"""Whether the service really serves what was released: seen from ECS, from the load balancer, and from outside."""

from typing import Any

from tools.release.context import Context, ReleaseError, UndecidedError
from tools.release.looking import patient, short
from tools.release.manifest import Routes
from tools.release.revision import find_service
from tools.release.sides import client_rules
from tools.release.site import ask

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
    name, began = context.manifest.service, context.clock.now()
    wrong: list[str] = []

    def look() -> bool:
        primary = _primary(context)
        runs = primary["taskDefinition"]
        if runs != task_definition and context.clock.now() - began < _NOTED_S:
            context.reporter.tell(phase="verifying", detail=f"{short(runs)} still runs")
            return False
        if runs != task_definition:
            raise ReleaseError(f"{name}: {short(runs)} runs, not {short(task_definition)}")
        wrong[:] = [*_tasks(primary), *_load_balancing(context, primary)]
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
        raise ReleaseError(f"{name}: {short(task_definition)} runs, but does not serve well", wrong) from None


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
    return [*_targets(context, arn, primary["runningCount"]), *_rules(context, routes, arn)]


def _targets(context: Context, arn: str, running: int) -> list[str]:
    targets = context.aws.elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    staying = [one for one in targets if one["TargetHealth"]["State"] not in _LEAVING]
    wrong = [
        f"target {one['Target']['Id']} is {one['TargetHealth']['State']} "
        f"({one['TargetHealth'].get('Description', 'no reason given')})"
        for one in staying
        if one["TargetHealth"]["State"] != "healthy"
    ]
    if len(staying) < running:
        wrong.append(f"{len(staying)} of {running} tasks are targets of the load balancer")
    return wrong


def _rules(context: Context, routes: Routes, arn: str) -> list[str]:
    """Look where clients are led; where testers are led is CodeDeploy's own matter."""
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
            wrong.append(f"rule {short(rule.arn)} leads {text}, but the tasks are behind {colors[arn]}")
    return wrong
