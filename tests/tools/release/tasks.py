"""What serves in the emulated account, and changing it as CodeDeploy and releases do."""

from typing import Any

from moto.ecs.models import Service, TaskSet, ecs_backends

from tests.tools.release.pushing import digest_of
from tools.release.aws import Aws
from tools.release.manifest import Color, Manifest

ACCOUNT = "956880242582"
REGION = "eu-west-2"
NAME = "isms-backend-staging"


def service(manifest: Manifest) -> Service:
    """The service inside the emulator, to be changed by the test."""
    return ecs_backends[ACCOUNT][REGION].services[f"{manifest.ecs.cluster}:{manifest.ecs.service}"]


def add_task_set(
    aws: Aws,
    manifest: Manifest,
    task_definition: str,
    color: Color,
    *,
    status: str = "PRIMARY",
    running: int = 1,
    desired: int = 1,
) -> TaskSet:
    """Put tasks of a revision behind one of the target groups, as CodeDeploy does; a new primary replaces the old."""
    answer = aws.ecs.create_task_set(
        cluster=manifest.ecs.cluster,
        service=manifest.ecs.service,
        taskDefinition=task_definition,
        launchType="FARGATE",
        loadBalancers=[
            {
                "targetGroupArn": manifest.expect_routes().target_groups[color].arn,
                "containerName": manifest.ecs.container,
                "containerPort": manifest.ecs.port,
            }
        ],
    )
    sets: list[TaskSet] = service(manifest).task_sets
    (made,) = (one for one in sets if one.task_set_arn == answer["taskSet"]["taskSetArn"])
    for one in sets:
        one.status = "ACTIVE" if status == "PRIMARY" and one is not made else one.status
    made.status = status
    vars(made).update(running_count=running, computed_desired_count=desired, pending_count=desired - running)
    return made


def route(aws: Aws, manifest: Manifest, weights: dict[Color, int]) -> None:
    """Let all rules lead to the target groups by these weights, as CodeDeploy leaves them."""
    groups = [
        {"TargetGroupArn": manifest.expect_routes().target_groups[color].arn, "Weight": weight}
        for color, weight in weights.items()
    ]
    actions: Any = [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}]
    for rule in manifest.expect_routes().rules:
        aws.elb.modify_rule(RuleArn=rule, Actions=actions)


def revision(aws: Aws, manifest: Manifest, tag: str, image: str | None = None) -> str:
    """Register a revision as a release of this tag does."""
    terraforms = aws.ecs.describe_task_definition(taskDefinition=manifest.ecs.task_definition)["taskDefinition"]
    image = f"{manifest.image.uri}@{digest_of(tag.encode())}" if image is None else image
    containers: Any = [
        {**one, "image": image} if one["name"] == manifest.ecs.container else one
        for one in terraforms["containerDefinitions"]
    ]
    answer = aws.ecs.register_task_definition(
        family=manifest.ecs.family,
        containerDefinitions=containers,
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="512",
        memory="1024",
        tags=[{"key": "ImageTag", "value": tag}],
    )
    return answer["taskDefinition"]["taskDefinitionArn"]
