"""
The deployment that a rollback is.

https://docs.aws.amazon.com/codedeploy/latest/userguide/deployments-rollback-and-redeploy.html: "These rolled-back
deployments are technically new deployments, with new deployment IDs".
"""

from moto.codedeploy.models import CodeDeployBackend, DeploymentInfo
from moto.core.utils import utcnow

from tools.local.code_deploy.progress import Progress


def create(backend: CodeDeployBackend, given: DeploymentInfo) -> DeploymentInfo:
    """Make the deployment that rolls back a given one, and let each name the other."""
    group, progress = given.deployment_group, vars(given)["progress"]
    number = backend.create_deployment(
        given.application_name, group.deployment_group_name, given.revision, given.deployment_config_name
    )
    back = backend.deployments[number]
    back.creator = "codeDeployRollback"
    back.status, back.start_time = "InProgress", utcnow()
    its = Progress(target=progress.target, service_arn=progress.service_arn)
    its.rollback = {"rollbackTriggeringDeploymentId": given.deployment_id}
    vars(back)["progress"] = its
    progress.rollback = {"rollbackDeploymentId": number, "rollbackMessage": f"Deployment {number} rolls it back."}
    return back


def end(back: DeploymentInfo) -> None:
    """Let the rollback have succeeded."""
    vars(back)["progress"].target_status = "Succeeded"
    back.status, back.complete_time = "Succeeded", utcnow()
