"""CodeDeploy's part of a release, played with the same calls that AWS documents for it."""

import json
from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_elbv2.type_defs import ActionTypeDef, TargetGroupTupleTypeDef

Manifest = dict[str, Any]


def release_all(outputs: dict[str, Any]) -> list[str]:
    """Release a new image of every service of a stack: the names of the services."""
    manifests = [json.loads(value) for name, value in sorted(outputs.items()) if name.endswith("_release_manifest")]
    for manifest in manifests:
        _release(manifest)
    return [str(manifest["ecs"]["service"]) for manifest in manifests]


def _release(manifest: Manifest) -> None:
    """Let a new task definition serve from green, and swap what both listeners lead to."""
    ecs = boto3.Session(region_name=manifest["region"]).client("ecs")
    revision = _register(ecs, manifest)
    groups = manifest["routes"]["target_groups"]
    ecs.update_service(
        cluster=manifest["ecs"]["cluster"],
        service=manifest["ecs"]["service"],
        taskDefinition=revision,
        loadBalancers=[
            {
                "targetGroupArn": groups["green"]["arn"],
                "containerName": manifest["ecs"]["container"],
                "containerPort": manifest["ecs"]["port"],
            }
        ],
    )
    elb = boto3.Session(region_name=manifest["region"]).client("elbv2")
    # What CodeDeploy leaves behind: both groups, all of the traffic on the one that replaced the other.
    shares: list[TargetGroupTupleTypeDef] = [
        {"TargetGroupArn": groups["blue"]["arn"], "Weight": 0},
        {"TargetGroupArn": groups["green"]["arn"], "Weight": 100},
    ]
    action: ActionTypeDef = {"Type": "forward", "ForwardConfig": {"TargetGroups": shares}}
    for rule in manifest["routes"]["rules"]:
        elb.modify_rule(RuleArn=rule, Actions=[action])


def _register(ecs: "ECSClient", manifest: Manifest) -> str:
    """Register a copy of Terraform's revision with another image: its ARN."""
    definition: dict[str, Any] = dict(
        ecs.describe_task_definition(taskDefinition=manifest["ecs"]["task_definition"])["taskDefinition"]
    )
    wanted = (
        "family",
        "taskRoleArn",
        "executionRoleArn",
        "networkMode",
        "containerDefinitions",
        "volumes",
        "requiresCompatibilities",
        "cpu",
        "memory",
        "runtimePlatform",
    )
    (container,) = definition["containerDefinitions"]
    container["image"] = f"{manifest['image']['uri']}:sha-{'0' * 40}"
    copy = {key: definition[key] for key in wanted if key in definition}
    return ecs.register_task_definition(**copy)["taskDefinition"]["taskDefinitionArn"]
