"""How far a blue/green deployment is, read from what CodeDeploy says of its target, the ECS service."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from tools.release.aws import Aws
from tools.release.looking import code_of
from tools.release.manifest import Manifest

if TYPE_CHECKING:
    from mypy_boto3_codedeploy.type_defs import ECSTargetTypeDef, ECSTaskSetTypeDef

_ALL_TRAFFIC = 100


@dataclass(frozen=True, kw_only=True)
class Shift:
    """How far a deployment is. Its lifecycle events are those of the CodeDeploy user guide, "hooks" for ECS."""

    event: str = ""
    """The lifecycle event that goes on; empty between two."""

    failed: tuple[str, ...] = ()
    """The lifecycle events that failed, with what CodeDeploy says of them."""

    installed: bool = False
    """Whether the new tasks are all there and healthy."""

    traffic_percent: int = 0
    """How much of the traffic the new tasks get."""

    healthy: int | None = None
    """How many of the new tasks the load balancer calls healthy."""

    total: int | None = None
    """How many new tasks there are to be."""

    events_over: bool = False
    """Whether all lifecycle events went well."""

    @property
    def over(self) -> bool:
        """
        Whether only the replaced tasks are still to go.

        The deployment itself is in progress until then: its status does not say it.
        """
        return self.events_over and self.traffic_percent == _ALL_TRAFFIC


def look_at_shift(aws: Aws, manifest: Manifest, deployment: str) -> Shift | None:
    """Ask CodeDeploy and the load balancer; None while CodeDeploy has not begun."""
    try:
        targets = aws.code_deploy.list_deployment_targets(deploymentId=deployment)["targetIds"]
    except ClientError as error:
        if code_of(error) == "DeploymentNotStartedException":
            return None
        raise
    if not targets:
        return None
    answer = aws.code_deploy.get_deployment_target(deploymentId=deployment, targetId=targets[0])
    return _read(aws, manifest, answer["deploymentTarget"]["ecsTarget"])


def _read(aws: Aws, manifest: Manifest, target: "ECSTargetTypeDef") -> Shift:
    events = target.get("lifecycleEvents", [])
    states = {event["lifecycleEventName"]: event["status"] for event in events}
    failed = [
        f"{event['lifecycleEventName']} failed: {event.get('diagnostics', {}).get('message', 'no reason given')}"
        for event in events
        if event["status"] == "Failed"
    ]
    # CodeDeploy's label of the tasks that come in, whatever the color of their target group.
    new = next((one for one in target.get("taskSetsInfo", []) if one.get("taskSetLabel") == "Green"), None)
    return Shift(
        event=next((name for name, state in states.items() if state == "InProgress"), ""),
        failed=tuple(failed),
        installed=states.get("Install") == "Succeeded",
        traffic_percent=round(new.get("trafficWeight", 0)) if new is not None else 0,
        healthy=_healthy(aws, manifest, new) if new is not None else None,
        total=new.get("desiredCount") if new is not None else None,
        events_over=bool(states) and all(state in ("Succeeded", "Skipped") for state in states.values()),
    )


def _healthy(aws: Aws, manifest: Manifest, new: "ECSTaskSetTypeDef") -> int | None:
    name = new.get("targetGroup", {}).get("name")
    groups = manifest.expect_routes().target_groups.values()
    arn = next((group.arn for group in groups if group.name == name), None)
    if arn is None:
        return None
    targets = aws.elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    return sum(target["TargetHealth"]["State"] == "healthy" for target in targets)
