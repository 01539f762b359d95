"""Which deployment of a service is under way."""

from typing import TYPE_CHECKING

from tools.release.aws import Aws
from tools.release.manifest import Manifest
from tools.release.revision import find_service

if TYPE_CHECKING:
    from mypy_boto3_codedeploy.literals import DeploymentStatusType

_UNFINISHED: "list[DeploymentStatusType]" = ["Created", "Queued", "InProgress", "Baking", "Ready"]


def find_deployment(aws: Aws, manifest: Manifest, task_definition: str) -> str:
    """
    Find the deployment of a revision that is under way; empty when there is none.

    It is for a release that was killed before it could note which deployment it had made.
    """
    if manifest.deploy_mode != "blue_green":
        deployments = find_service(aws, manifest)["deployments"]
        return next((one["id"] for one in deployments if one["taskDefinition"] == task_definition), "")
    client, group = aws.code_deploy, manifest.expect_code_deploy()
    pages = client.get_paginator("list_deployments").paginate(
        applicationName=group.application,
        deploymentGroupName=group.deployment_group,
        includeOnlyStatuses=_UNFINISHED,
    )
    for name in (name for page in pages for name in page["deployments"]):
        # `blue_green.start` describes a deployment by its revision.
        words = client.get_deployment(deploymentId=name)["deploymentInfo"].get("description", "").split()
        if task_definition in words:
            return name
    return ""
