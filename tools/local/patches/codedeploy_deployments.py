"""CodeDeploy's deployments of ECS services, in moto, which only writes them down."""

from typing import Any, cast

from ministack.core.concurrency import spawn_background  # type: ignore[import-untyped]
from moto.codedeploy import responses
from moto.codedeploy.exceptions import CodeDeployException
from moto.codedeploy.models import DeploymentInfo
from moto.codedeploy.responses import CodeDeployResponse
from moto.core.responses import ActionResult, EmptyResult

from tools.local.code_deploy import app_spec
from tools.local.code_deploy.play import Play
from tools.local.code_deploy.progress import Progress

OVER = ("Succeeded", "Failed", "Stopped")

COUNTED = {"Created": "Pending", "Stopped": "Failed", "Ready": "InProgress"}
"""Where the one target of a deployment counts in its overview, when that is not called like its status."""

_create_deployment = CodeDeployResponse.create_deployment
_info = responses._deployment_info


def create_deployment(self: CodeDeployResponse) -> ActionResult:
    """Deploy an ECS service, unless its deployment group has a deployment in progress; the others stay as they are."""
    backend, application = self.codedeploy_backend, self._get_param("applicationName")
    group = backend.get_deployment_group(application, self._get_param("deploymentGroupName"))
    if group.application.compute_platform != "ECS":
        return _create_deployment(self)
    name = group.deployment_group_name
    for other in backend.deployments.values():
        if (other.application_name, other.deployment_group_name) == (application, name) and other.status not in OVER:
            message = f"The Deployment Group '{name}' already has an active Deployment '{other.deployment_id}'"
            raise CodeDeployException("DeploymentLimitExceededException", message)
    try:
        properties, digest = app_spec.read(self._get_param("revision") or {})
    except app_spec.AppSpecError as error:
        raise CodeDeployException("InvalidRevisionException", str(error)) from None
    _check_alarms(self._get_param("overrideAlarmConfiguration") or {})
    result = _create_deployment(self)
    deployment = backend.deployments[cast(dict[str, str], result.result)["deploymentId"]]
    # Whatever was sent, and without the content: CLI reference, get-deployment.
    deployment.revision = {"revisionType": "AppSpecContent", "appSpecContent": {"sha256": digest}}
    (service,) = group.ecs_services
    cluster, service_name = service["clusterName"], service["serviceName"]
    arn = f"arn:aws:ecs:{backend.region_name}:{backend.account_id}:service/{cluster}/{service_name}"
    vars(deployment)["progress"] = Progress(target=f"{cluster}:{service_name}", service_arn=arn)
    spawn_background(Play(backend, deployment, properties).run, thread_name="local-aws-deployment")
    return result


def get_deployment(deployment: DeploymentInfo) -> dict[str, Any]:
    """Describe a deployment with what became of it, which stock moto leaves out."""
    info = _info(deployment)
    progress: Progress | None = vars(deployment).get("progress")
    if progress is None:
        return info
    status = COUNTED.get(deployment.status, deployment.status)
    overview = {name: int(name == status) for name in deployment.deployment_overview}
    told = {"errorInformation": progress.error, "rollbackInfo": progress.rollback}
    known = {key: value for key, value in info.items() if key not in told}
    return known | {key: value for key, value in told.items() if value} | {"deploymentOverview": overview}


def list_deployment_targets(self: CodeDeployResponse) -> ActionResult:
    """Name the one target of a deployment."""
    return ActionResult({"targetIds": [_started(self).target]})


def get_deployment_target(self: CodeDeployResponse) -> ActionResult:
    """Describe the target of a deployment."""
    return ActionResult({"deploymentTarget": _describe(self, self._get_param("targetId"))})


def batch_get_deployment_targets(self: CodeDeployResponse) -> ActionResult:
    """Describe the target of a deployment, in a list."""
    asked = self._get_param("targetIds") or []
    return ActionResult({"deploymentTargets": [_describe(self, each) for each in asked]})


def stop_deployment(self: CodeDeployResponse) -> ActionResult:
    """Ask a deployment to stop, and to roll back."""
    progress = _under_way(self)
    progress.stop = bool(self._get_bool_param("autoRollbackEnabled"))
    return ActionResult({"status": "Pending", "statusMessage": "The deployment is being stopped."})


def continue_deployment(self: CodeDeployResponse) -> EmptyResult:
    """Let traffic in, or let the replaced tasks end, without further waiting."""
    progress = _under_way(self)
    if self._get_param("deploymentWaitType") == "TERMINATION_WAIT":
        progress.may_terminate = True
        return EmptyResult()
    if self.codedeploy_backend.get_deployment(self._get_param("deploymentId")).status != "Ready":
        raise CodeDeployException("DeploymentIsNotInReadyStateException", "The deployment does not wait.")
    progress.is_approved = True
    return EmptyResult()


def _started(response: CodeDeployResponse) -> Progress:
    number = response._get_param("deploymentId")
    deployment = response.codedeploy_backend.get_deployment(number)
    if deployment.status == "Created":
        raise CodeDeployException("DeploymentNotStartedException", f"The deployment {number} has not started.")
    return cast(Progress, vars(deployment)["progress"])


def _under_way(response: CodeDeployResponse) -> Progress:
    number = response._get_param("deploymentId")
    deployment = response.codedeploy_backend.get_deployment(number)
    if deployment.status in OVER:
        message = f"The deployment {number} is already {deployment.status}."
        raise CodeDeployException("DeploymentAlreadyCompletedException", message)
    return cast(Progress, vars(deployment)["progress"])


def _describe(response: CodeDeployResponse, target: str) -> dict[str, Any]:
    progress = _started(response)
    if target != progress.target:
        raise CodeDeployException("DeploymentTargetDoesNotExistException", f"There is no target {target}.")
    return progress.describe(response._get_param("deploymentId"))


def _check_alarms(config: dict[str, Any]) -> None:
    """:raises CodeDeployException: the alarms of a deployment are none, or too many (API, CreateDeployment)."""
    names = [alarm.get("name") for alarm in config.get("alarms", [])]
    if len(names) > 10:
        raise CodeDeployException("AlarmsLimitExceededException", "A deployment has at most 10 alarms.")
    if len(set(names)) != len(names) or not all(names) or (config.get("enabled") and not names):
        raise CodeDeployException("InvalidAlarmConfigException", "The format of the alarm configuration is invalid.")


def apply() -> None:
    """Patch the service."""
    responses._deployment_info = get_deployment
    for patch in (
        create_deployment,
        list_deployment_targets,
        get_deployment_target,
        batch_get_deployment_targets,
        stop_deployment,
        continue_deployment,
    ):
        setattr(CodeDeployResponse, patch.__name__, patch)
