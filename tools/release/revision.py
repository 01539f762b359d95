"""
Revisions of a service: the one that a release makes, and the one that serves.

On ECS a revision is one of the task definition's, by its ARN. On hosts it is the image, by digest (`compose`).
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from tools.release.answers import usable_answers
from tools.release.aws import Aws
from tools.release.context import ReleaseError
from tools.release.manifest import Color, Manifest
from tools.release.sides import color_of_rules, color_of_tasks

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import ServiceTypeDef

IMAGE_TAG = "ImageTag"
"""The tag of a revision that says what the operator asked for: the revision itself has a digest."""

_TERRAFORMS = "ManagedBy"
"""The tag of what Terraform made, which a release's revision is not."""


@dataclass(frozen=True, kw_only=True)
class Serving:
    """What runs now."""

    task_definition: str
    """The revision: the ARN of a task definition, or on hosts the image; empty when nothing was deployed yet."""

    image: str
    image_tag: str
    """As it was asked for; empty when nobody knows."""

    since: datetime | None
    running: int
    desired: int
    unit: Literal["tasks", "hosts"] = "tasks"
    """Of what so many run it."""

    everywhere: bool = True
    """Whether all of them run this revision, or are about to: hosts are told only after it is noted what they run."""

    color: Color | None
    """The side that the rules lead to, the greater part of the requests at least; None without sides."""

    tasks_color: Color | None = None
    """The side that the tasks stand behind. Not `color` in the middle of a shift, or when a rule was made anew."""


@usable_answers()
def register(aws: Aws, manifest: Manifest, image: str, image_tag: str) -> str:
    """
    Register Terraform's newest revision with another image, or find that this was done already.

    :param image: by digest
    :return: the ARN of the revision
    :raises ReleaseError: Terraform's revision is gone, or has no such container
    """
    wanted = _wanted(aws, manifest, image, image_tag)
    newest = _describe(aws, manifest.ecs.family)
    if newest is not None and newest["status"] == "ACTIVE":
        existing = _content(aws, newest)
        if _comparable(existing) == _comparable(wanted):
            return str(newest["taskDefinitionArn"])
    answer = aws.ecs.register_task_definition(**wanted)
    return answer["taskDefinition"]["taskDefinitionArn"]


@usable_answers()
def serving(aws: Aws, manifest: Manifest) -> Serving:
    """
    Find out what serves: the primary task set or deployment.

    :raises ReleaseError: there is no such service
    """
    found = find_service(aws, manifest)
    primary: Any = next(
        (one for one in (*found.get("taskSets", []), *found.get("deployments", [])) if one.get("status") == "PRIMARY"),
        None,
    )
    if primary is None:  # nothing was deployed to it yet
        primary = {key: found.get(key) for key in ("taskDefinition", "runningCount", "desiredCount", "loadBalancers")}
    arn = primary.get("taskDefinition") or ""
    image, tag = describe_image(aws, manifest, arn)
    return Serving(
        task_definition=arn,
        image=image,
        image_tag=tag,
        since=primary.get("createdAt"),
        running=primary.get("runningCount", 0),
        desired=primary.get("computedDesiredCount", primary.get("desiredCount", 0)),
        color=color_of_rules(aws, manifest),
        tasks_color=color_of_tasks(manifest, primary.get("loadBalancers") or found.get("loadBalancers", [])),
    )


@usable_answers()
def find_service(aws: Aws, manifest: Manifest) -> "ServiceTypeDef":
    """:raises ReleaseError: there is no such service."""
    ecs = manifest.ecs
    try:
        services = aws.ecs.describe_services(cluster=ecs.cluster, services=[ecs.service])["services"]
    except aws.ecs.exceptions.ClusterNotFoundException:
        services = []
    if not services or services[0].get("status") != "ACTIVE":
        raise ReleaseError(f"{manifest.service}: there is no service {ecs.service} in {ecs.cluster}: deploy the stack")
    return services[0]


def describe_image(aws: Aws, manifest: Manifest, task_definition: str) -> tuple[str, str]:
    """Say which image a revision runs, and the tag that it was released by; empty strings when it is not known."""
    found = _describe(aws, task_definition) if task_definition else None
    if found is None:
        return "", ""
    images = [one["image"] for one in found["containerDefinitions"] if one["name"] == manifest.ecs.container]
    image = images[0] if images else ""
    tags = {tag["key"]: tag["value"] for tag in found["tags"]}
    return image, tags.get(IMAGE_TAG, _tag_in(image))


def _tag_in(image: str) -> str:
    """The tag in an image's name, which has none when it has a digest; a registry may have a port."""
    return "" if "@" in image else image.rpartition("/")[2].partition(":")[2]


def _describe(aws: Aws, name: str) -> dict[str, Any] | None:
    """Describe a revision with its tags; None when there is none."""
    try:
        answer = aws.ecs.describe_task_definition(taskDefinition=name, include=["TAGS"])
    except aws.ecs.exceptions.ClientException:  # ECS's answer for "Unable to describe task definition"
        return None
    return {**answer["taskDefinition"], "tags": answer.get("tags", [])}


def _wanted(aws: Aws, manifest: Manifest, image: str, image_tag: str) -> dict[str, Any]:
    """What a release registers."""
    ecs = manifest.ecs
    terraforms = _describe(aws, ecs.task_definition)
    if terraforms is None:
        raise ReleaseError(f"{manifest.service}: there is no revision {ecs.task_definition}: deploy the stack again")
    content = _content(aws, terraforms)
    containers = content["containerDefinitions"]
    if not any(one["name"] == ecs.container for one in containers):
        raise ReleaseError(f"{manifest.service}: {ecs.task_definition} has no container {ecs.container}")
    content["containerDefinitions"] = [
        {**one, "image": image} if one["name"] == ecs.container else one for one in containers
    ]
    kept = [tag for tag in content.get("tags", []) if tag["key"] not in (_TERRAFORMS, IMAGE_TAG)]
    content["tags"] = [*kept, {"key": IMAGE_TAG, "value": image_tag}]
    return content


def _content(aws: Aws, described: dict[str, Any]) -> dict[str, Any]:
    """Keep what `RegisterTaskDefinition` takes, and no tag of AWS's own, which nobody may set."""
    shape = aws.ecs.meta.service_model.operation_model("RegisterTaskDefinition").input_shape
    taken = shape.members if shape is not None else {}
    content = {key: value for key, value in described.items() if key in taken}
    content["tags"] = [tag for tag in described["tags"] if not tag["key"].startswith("aws:")]
    return content


def _comparable(node: Any) -> Any:  # noqa: ANN401 any JSON
    """Forget the order of objects in lists, which ECS does not promise to keep; that of words in a command counts."""
    if isinstance(node, dict):
        return {key: _comparable(value) for key, value in node.items()}
    if isinstance(node, list):
        values = [_comparable(value) for value in node]
        return values if any(isinstance(value, str) for value in values) else sorted(values, key=_text)
    return node


def _text(node: object) -> str:
    return json.dumps(node, sort_keys=True, default=str)
