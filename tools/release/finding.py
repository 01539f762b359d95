"""Which deployment of a service is under way."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tools.release.aws import Aws
from tools.release.manifest import Manifest
from tools.release.revision import find_service

if TYPE_CHECKING:
    from mypy_boto3_codedeploy.literals import DeploymentStatusType

_UNFINISHED: "list[DeploymentStatusType]" = ["Created", "Queued", "InProgress", "Baking", "Ready"]
"""docs.aws.amazon.com/codedeploy/latest/APIReference/API_DeploymentInfo.html: all but those that ended."""


def description(task_definition: str) -> str:
    """Say which revision a deployment deploys, so that it is found again: GetDeployment leaves the AppSpec out."""
    return f"infra release: {task_definition}"


def unfinished(aws: Aws, manifest: Manifest) -> Iterator[str]:
    """List the deployments by CodeDeploy that have not ended, whoever made them; it lets there be one at a time."""
    group = manifest.expect_code_deploy()
    pages = aws.code_deploy.get_paginator("list_deployments").paginate(
        applicationName=group.application,
        deploymentGroupName=group.deployment_group,
        includeOnlyStatuses=_UNFINISHED,
    )
    return (name for page in pages for name in page["deployments"])


def find_deployment(aws: Aws, manifest: Manifest, task_definition: str) -> str:
    """
    Find the deployment of a revision that is under way; empty when there is none.

    It is for a release that was killed before it could note which deployment it had made.
    """
    if manifest.deploy_mode != "blue_green":
        deployments = find_service(aws, manifest)["deployments"]
        return next((one["id"] for one in deployments if one["taskDefinition"] == task_definition), "")
    for name in unfinished(aws, manifest):
        info = aws.code_deploy.get_deployment(deploymentId=name)["deploymentInfo"]
        if info.get("description") == description(task_definition):
            return name
    return ""
