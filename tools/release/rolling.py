"""Rolling updates by ECS: new tasks take the place of old ones, with a circuit breaker that goes back."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tools.release.aws import Aws
from tools.release.context import Context, ReleaseError
from tools.release.looking import CALLS, describe, patient, short
from tools.release.manifest import Manifest
from tools.release.revision import find_service

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import DeploymentTypeDef

_UNDONE_S = 900.0
"""How long going back may take: it starts tasks anew."""

_ANNOUNCED_S = 60.0
"""How long after a failure ECS may take to go back."""


def obstacles(aws: Aws, manifest: Manifest) -> Iterator[str]:
    """Find a deployment under way, whoever began it."""
    deployments = find_service(aws, manifest).get("deployments", [])
    # A service that never ran a task, such as one whose first image was missing, waits for a release.
    if len(deployments) > 1 or any(
        one.get("rolloutState") == "IN_PROGRESS" and one.get("runningCount", 0) > 0 for one in deployments
    ):
        names = ", ".join(one["id"] for one in deployments)
        yield f"ECS is rolling out already ({names}): wait for it"


def alarms(_: Aws, manifest: Manifest) -> list[str]:
    """Name the alarms of the service and of its one side."""
    return [*manifest.alarms.service, *(name for side in manifest.alarms.target_groups.values() for name in side)]


def start(context: Context, task_definition: str) -> str:
    """
    Let the service run a revision. Done twice, it is one deployment: ECS makes none where nothing changes.

    :return: the deployment's id
    :raises ReleaseError: ECS did not take the revision
    """
    made = _update(context, task_definition, anew=False)
    if made.get("rolloutState") == "FAILED":  # tried before, with nothing to go back to
        made = _update(context, task_definition, anew=True)
    return made["id"]


def watch(context: Context, deployment: str, *, timeout_s: float) -> None:
    """
    Tell how a deployment goes on until it is complete.

    After a rollback the service is in steady state and its deployment COMPLETED, but that is another deployment
    (aws-actions/amazon-ecs-deploy-task-definition#191): so not the service's state counts, but that of this deployment.

    :raises ReleaseError: it failed, or another one took its place; `reasons` say why, and what runs now
    :raises UndecidedError: it takes too long, or AWS does not answer; the deployment goes on
    """
    lost: list[str] = []

    def look() -> bool:
        deployments = _deployments(context)
        mine = next((one for one in deployments if one["id"] == deployment), None)
        if mine is None or mine["status"] != "PRIMARY" or mine.get("rolloutState") == "FAILED":
            lost.extend(_reasons(deployments, mine))
            return True
        _tell(context, mine, deployments)
        return mine.get("rolloutState") == "COMPLETED"

    context.poll(patient(context, look), timeout_s=timeout_s, what=f"deployment {deployment}")
    if lost:
        first, *others = lost
        text = f"{context.manifest.service}: deployment {deployment} failed ({first})"
        raise ReleaseError(text, [*others, _outcome(context, deployment)])


def stop(context: Context, deployment: str) -> None:
    """
    Let the service run again what it ran before a deployment, and wait for it.

    By UpdateService, as for every other change of what runs; StopServiceDeployment would do the same.

    :raises ReleaseError: it was complete before it could be stopped, or there is nothing to go back to
    :raises UndecidedError: it takes too long, or AWS does not answer
    """
    context.reporter.tell(phase="rolling back", detail=f"stopping deployment {deployment}")
    name, undone = context.manifest.service, f"infra rollback {context.manifest.stack} {context.manifest.service}"

    def ask() -> bool:
        deployments = _deployments(context)
        mine = next((one for one in deployments if one["id"] == deployment), None)
        if mine is None or mine["status"] != "PRIMARY":  # ECS went back by itself
            return True
        if mine.get("rolloutState") == "COMPLETED":
            raise ReleaseError(f"{name}: deployment {deployment} was complete before it could be stopped: {undone}")
        others = [one for one in deployments if one["taskDefinition"] != mine["taskDefinition"]]
        others.sort(key=lambda one: (one.get("rolloutState") == "COMPLETED", one["createdAt"]))
        if not others:
            raise ReleaseError(f"{name}: deployment {deployment} replaces nothing that still runs: {undone}")
        _update(context, others[-1]["taskDefinition"], anew=False)
        return True

    context.poll(patient(context, ask), timeout_s=_UNDONE_S, what=f"stopping deployment {deployment}")
    context.reporter.tell(phase="rolled back", detail=_await_settled(context, deployment))


def _update(context: Context, task_definition: str, *, anew: bool) -> "DeploymentTypeDef":
    ecs = context.manifest.ecs
    answer = context.aws.ecs.update_service(
        cluster=ecs.cluster, service=ecs.service, taskDefinition=task_definition, forceNewDeployment=anew
    )
    primary = _primary(answer["service"]["deployments"])
    if primary is None or primary["taskDefinition"] != task_definition:
        raise ReleaseError(f"{context.manifest.service}: ECS did not take {short(task_definition)}")
    return primary


def _deployments(context: Context) -> "list[DeploymentTypeDef]":
    return find_service(context.aws, context.manifest)["deployments"]


def _primary(deployments: "list[DeploymentTypeDef]") -> "DeploymentTypeDef | None":
    return next((one for one in deployments if one["status"] == "PRIMARY"), None)


def _tell(context: Context, mine: "DeploymentTypeDef", deployments: "list[DeploymentTypeDef]") -> None:
    running, desired, failed = mine["runningCount"], mine["desiredCount"], mine.get("failedTasks", 0)
    old = sum(one["runningCount"] for one in deployments if one["id"] != mine["id"])
    words = [f"{old} old to go"] if old else []
    words += [f"{failed} failed to start"] if failed else []
    phase = "starting tasks" if running < desired else "replacing tasks"
    context.reporter.tell(phase=phase, detail=", ".join(words), healthy=running, total=desired)


def _reasons(deployments: "list[DeploymentTypeDef]", mine: "DeploymentTypeDef | None") -> list[str]:
    """
    Say what became of a deployment that failed, or is not the service's any more.

    ECS gives a rollback's reason only while it goes on: later it is "completed" like any other.
    """
    said = [mine.get("rolloutStateReason", "")] if mine is not None and mine.get("rolloutState") == "FAILED" else []
    primary = _primary(deployments)
    if primary is not None and "rolling back" in primary.get("rolloutStateReason", ""):
        said.append(primary.get("rolloutStateReason", ""))
    words = [reason.rstrip(".") for reason in said if reason]
    return words if words else ["another deployment took its place, as after a rollback"]


def _outcome(context: Context, deployment: str) -> str:
    """Wait until it is clear what runs after a failure, and say it."""
    try:
        return _await_settled(context, deployment)
    except ReleaseError as error:
        return str(error)
    except CALLS as error:
        return f"what runs now is not known ({describe(error)})"


def _await_settled(context: Context, deployment: str) -> str:
    """
    Wait until another deployment than this one is complete, and say what runs.

    :raises ReleaseError: ECS does not go back
    :raises UndecidedError: it takes too long, or AWS does not answer
    """
    began = context.clock.now()
    settled: list[DeploymentTypeDef] = []

    def look() -> bool:
        primary = _primary(_deployments(context))
        if primary is None or primary["id"] == deployment:
            return context.clock.now() - began >= _ANNOUNCED_S
        running, desired = primary["runningCount"], primary["desiredCount"]
        detail = f"to {short(primary['taskDefinition'])}"
        context.reporter.tell(phase="rolling back", detail=detail, healthy=running, total=desired)
        settled[:] = [primary]
        return primary.get("rolloutState") in ("COMPLETED", "FAILED")

    context.poll(patient(context, look), timeout_s=_UNDONE_S, what="going back")
    if not settled:
        raise ReleaseError(f"{context.manifest.service}: ECS does not go back: nothing before was ever complete")
    if settled[0].get("rolloutState") == "FAILED":
        why = settled[0].get("rolloutStateReason", "no reason given")
        raise ReleaseError(f"{context.manifest.service}: going back failed too ({why})")
    return f"{short(settled[0]['taskDefinition'])} runs now"
