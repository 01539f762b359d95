"""Deployments by CodeDeploy: new tasks beside the old ones, then traffic, step by step: docs/decisions/0007."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from tools.release.appspec import appspec
from tools.release.aws import Aws
from tools.release.context import Context, ReleaseError, UndecidedError
from tools.release.finding import description, find_deployment, unfinished
from tools.release.looking import CALLS, code_of, describe, patient
from tools.release.manifest import Manifest
from tools.release.revision import serving
from tools.release.shifting import Shift, look_at_shift
from tools.release.undoing import OVER, UNDONE_S, await_undone, describe_deployment, why

if TYPE_CHECKING:
    from mypy_boto3_codedeploy.type_defs import AlarmConfigurationTypeDef, DeploymentInfoTypeDef


def obstacles(aws: Aws, manifest: Manifest) -> Iterator[str]:
    """Find deployments under way, whoever began them."""
    for name in unfinished(aws, manifest):
        yield f"deployment {name} is in progress (until its replaced tasks are gone): wait for it, or stop it"


def alarms(aws: Aws, manifest: Manifest) -> list[str]:
    """
    Name the alarms of the service and of the side that comes in.

    Those of the side that goes out must not stop a release that mends it: docs/decisions/0007-blue-green.md.
    """
    going = serving(aws, manifest).tasks_color
    sides = manifest.alarms.target_groups.items()
    return [*manifest.alarms.service, *(name for color, side in sides if color != going for name in side)]


def start(context: Context, task_definition: str) -> str:
    """
    Begin to deploy a revision, or find the deployment of it that is under way already.

    The second is for a release that was killed before it could note the deployment.

    :raises ReleaseError: another deployment is under way; CodeDeploy makes one at a time
    """
    manifest = context.manifest
    if found := find_deployment(context.aws, manifest, task_definition):
        return found
    for name in unfinished(context.aws, manifest):
        raise ReleaseError(f"{manifest.service}: deployment {name} is in progress: wait for it, or stop it")
    group = manifest.expect_code_deploy()
    answer = context.aws.code_deploy.create_deployment(
        applicationName=group.application,
        deploymentGroupName=group.deployment_group,
        description=description(task_definition),
        revision={
            "revisionType": "AppSpecContent",
            "appSpecContent": {"content": appspec(manifest, task_definition)},
        },
        overrideAlarmConfiguration=_alarms(context),
    )
    return answer["deploymentId"]


def watch(context: Context, deployment: str, *, timeout_s: float, to_the_end: bool = False) -> None:
    """
    Tell how a deployment goes on, until all traffic has moved.

    :param to_the_end: until the replaced tasks are gone: CodeDeploy still rolls back before, and its status is
        InProgress
    :raises ReleaseError: it failed or was stopped; `reasons` say at what, and whether it was rolled back
    :raises UndecidedError: it takes too long, also to become healthy, or AWS does not answer; the deployment goes on
    """
    began = context.clock.now()
    failed: list[DeploymentInfoTypeDef] = []

    def look() -> bool:
        info = describe_deployment(context, deployment)
        if info["status"] in ("Failed", "Stopped"):
            failed.append(info)
            return True
        shift = look_at_shift(context.aws, context.manifest, deployment)
        _tell(context, deployment, info["status"], shift)
        if info["status"] == "Succeeded":
            return True
        if shift is not None and shift.over and not to_the_end:
            _announce_wait(context)
            return True
        _expect_healthy(context, shift, context.clock.now() - began)
        return False

    context.poll(patient(context, look), timeout_s=timeout_s, what=f"deployment {deployment}")
    if failed:
        raise _failure(context, deployment, failed[0])


def stop(context: Context, deployment: str) -> None:
    """
    Stop a deployment, and wait until what served before serves again.

    :raises ReleaseError: it succeeded before it could be stopped, or is not rolled back
    :raises UndecidedError: it takes too long, or AWS does not answer
    """
    context.reporter.tell(phase="rolling back", detail=f"stopping deployment {deployment}")
    status = ""

    def look() -> bool:
        nonlocal status
        status = describe_deployment(context, deployment)["status"]
        return status in OVER

    for step in (lambda: _ask_to_stop(context, deployment), look):
        context.poll(patient(context, step), timeout_s=UNDONE_S, what=f"stopping deployment {deployment}")
    name = context.manifest.service
    if status == "Succeeded":
        command = f"infra rollback {context.manifest.stack} {name}"
        raise ReleaseError(f"{name}: deployment {deployment} succeeded before it could be stopped: {command}")
    undone = await_undone(context, deployment)
    if not undone.done:
        raise ReleaseError(f"{name}: deployment {deployment} {status.lower()}, but {undone.text}")
    context.reporter.tell(phase="rolled back", detail=undone.text, traffic_percent=0)


def _ask_to_stop(context: Context, deployment: str) -> bool:
    try:
        context.aws.code_deploy.stop_deployment(deploymentId=deployment, autoRollbackEnabled=True)
    except ClientError as error:
        if code_of(error) != "DeploymentAlreadyCompletedException":
            raise
    return True


def _alarms(context: Context) -> "AlarmConfigurationTypeDef":
    """
    Watch the side that comes in: the one that the primary task set does not stand behind.

    CodeDeploy user guide, "Before you begin an Amazon ECS deployment", of the two target groups.
    """
    going = serving(context.aws, context.manifest).tasks_color
    sides = context.manifest.alarms.target_groups.items()
    names = [*context.manifest.alarms.service, *(name for color, side in sides if color != going for name in side)]
    return {"enabled": bool(names), "ignorePollAlarmFailure": False, "alarms": [{"name": name} for name in names]}


def _tell(context: Context, deployment: str, status: str, shift: Shift | None) -> None:
    if shift is None:
        context.reporter.tell(phase="starting tasks", detail=f"{deployment} {status}")
        return
    phase = "shifting traffic" if shift.event == "AllowTraffic" or shift.traffic_percent > 0 else "starting tasks"
    phase = "keeping the old tasks" if shift.over else phase
    detail = f"{deployment} {shift.event if shift.event else status}"
    if status == "Ready":
        phase = "waiting for approval"
        detail = f"aws deploy continue-deployment --deployment-wait-type READY_WAIT --deployment-id {deployment}"
    context.reporter.tell(
        phase=phase, detail=detail, traffic_percent=shift.traffic_percent, healthy=shift.healthy, total=shift.total
    )


def _announce_wait(context: Context) -> None:
    wait = context.manifest.expect_code_deploy().termination_wait_min
    context.reporter.line(
        f"all traffic has moved; CodeDeploy keeps the replaced tasks for {wait} min: until then an alarm still rolls "
        "back, and another release has to wait"
    )


def _expect_healthy(context: Context, shift: Shift | None, waited_s: float) -> None:
    """CodeDeploy itself waits an hour: 3600 s for a lifecycle event (its quotas)."""
    if waited_s < context.manifest.healthy_timeout_s or (shift is not None and shift.installed):
        return
    counts = "there are none" if shift is None or not shift.total else f"{shift.healthy} of {shift.total} are"
    text = f"the new tasks are not healthy after {waited_s:.0f} s: {counts}"
    raise UndecidedError(f"{context.manifest.service}: {text}")


def _failure(context: Context, deployment: str, info: "DeploymentInfoTypeDef") -> ReleaseError:
    """Say why a deployment failed, once it is clear whether it was rolled back."""
    reasons: list[str] = []
    try:
        shift = look_at_shift(context.aws, context.manifest, deployment)
        reasons += shift.failed if shift is not None else ()
    except CALLS as error:
        reasons.append(f"at what it failed is not known ({describe(error)})")
    try:
        reasons.append(await_undone(context, deployment).text)
    except UndecidedError as error:
        reasons.append(str(error))
    except CALLS as error:
        reasons.append(f"whether it was rolled back is not known ({describe(error)})")
    text = f"deployment {deployment} {info['status'].lower()} ({why(info)})"
    return ReleaseError(f"{context.manifest.service}: {text}", reasons)
