"""What CodeDeploy is to deploy: the AppSpec, as JSON."""

import json
from typing import Any

from tools.release.manifest import Manifest


def appspec(manifest: Manifest, task_definition: str) -> str:
    """
    Write the AppSpec of one revision (CodeDeploy user guide, "AppSpec 'resources' section for Amazon ECS deployments").

    The service gets network and capacity with every deployment, because `UpdateService` refuses them under CODE_DEPLOY,
    and because CodeDeploy drops a capacity provider strategy that the AppSpec lacks (aws/containers-roadmap#1752). Of
    the network it takes all three settings or none.

    :param task_definition: the ARN of the revision
    """
    ecs = manifest.ecs
    properties: dict[str, Any] = {
        "TaskDefinition": task_definition,
        "LoadBalancerInfo": {"ContainerName": ecs.container, "ContainerPort": ecs.port},
        "PlatformVersion": ecs.platform_version,
        "NetworkConfiguration": {
            "AwsvpcConfiguration": {
                "Subnets": ecs.subnets,
                "SecurityGroups": ecs.security_groups,
                "AssignPublicIp": "ENABLED" if ecs.assign_public_ip else "DISABLED",
            }
        },
    }
    if manifest.capacity:
        properties["CapacityProviderStrategy"] = [
            {"CapacityProvider": share.capacity_provider, "Weight": share.weight, "Base": share.base}
            for share in manifest.capacity
        ]
    resource = {"TargetService": {"Type": "AWS::ECS::Service", "Properties": properties}}
    return json.dumps({"version": 0.0, "Resources": [resource]})
