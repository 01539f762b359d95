"""What forbids a release before it has changed anything."""

import json
from collections.abc import Iterator

from tools.release.answers import usable_answers
from tools.release.aws import Aws
from tools.release.context import ReleaseError
from tools.release.images import resolve_image, tags_of
from tools.release.manifest import Manifest
from tools.release.mode import mode_of

_ALARMS_A_CALL = 100
"""docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html, AlarmNames"""


@usable_answers()
def check(aws: Aws, manifest: Manifest, image_tag: str, *, allow_moving_tag: bool, despite_alarms: bool = False) -> str:
    """
    Find the image by digest, unless something forbids the release: then all that does.

    :param despite_alarms: an alarm that fires does not forbid it in deploy mode `release`, where the side that is sick
        is the side that is mended; in `blue_green` CodeDeploy would stop at once
    :raises ReleaseError: the release is refused; the message is the first reason, `reasons` are the others
    """
    if manifest.deploy_mode == "terraform":
        raise ReleaseError(_whose_image(manifest, image_tag))
    image, refusals = _image(aws, manifest, image_tag, allow_moving_tag=allow_moving_tag)
    refusals += mode_of(manifest).obstacles(aws, manifest)
    if not (despite_alarms and manifest.deploy_mode == "release"):
        refusals += _alarms(aws, manifest)
    refusals += _secrets(aws, manifest)
    if refusals:
        first, *others = [f"{manifest.service}: {refusal}" for refusal in refusals]
        raise ReleaseError(first, others)
    return image


def _whose_image(manifest: Manifest, image_tag: str) -> str:
    return (
        f"{manifest.service}: Terraform rolls out its image (deploy_mode terraform): "
        f"cdktf deploy {manifest.stack} --var {manifest.image_variable}={image_tag}"
    )


def _image(aws: Aws, manifest: Manifest, image_tag: str, *, allow_moving_tag: bool) -> tuple[str, list[str]]:
    """Find the image. Tags that move: `latest`, and the environment's own: docs/decisions/0010-image-retention.md."""
    try:
        image = resolve_image(aws, manifest, image_tag)
    except ReleaseError as error:
        return "", [str(error).removeprefix(f"{manifest.service}: ")]
    moving = ("latest", manifest.stack)
    if allow_moving_tag or image_tag not in moving:
        return image, []
    fixed = [tag for tag in tags_of(aws, manifest, image) if tag not in moving]
    now = f"now it means {', '.join(fixed)}" if fixed else "now no other tag means the same image"
    return image, [f"the tag {image_tag} moves, {now}: give one that stays, or --allow-moving-tag"]


def _alarms(aws: Aws, manifest: Manifest) -> Iterator[str]:
    """Find alarms that fire and say something of what a release would meet."""
    names = mode_of(manifest).alarms(aws, manifest)
    despite = ", or --despite-alarms if this release mends it" if manifest.deploy_mode == "release" else ""
    for start in range(0, len(names), _ALARMS_A_CALL):
        pages = aws.cloudwatch.get_paginator("describe_alarms").paginate(
            AlarmNames=names[start : start + _ALARMS_A_CALL],
            AlarmTypes=["MetricAlarm", "CompositeAlarm"],
        )
        for page in pages:
            for one in (*page.get("MetricAlarms", []), *page.get("CompositeAlarms", [])):
                if one.get("StateValue") == "ALARM":
                    yield f"alarm {one['AlarmName']} is firing: wait until it is quiet{despite}"


def _secrets(aws: Aws, manifest: Manifest) -> Iterator[str]:
    """Find secrets without which no task or container starts."""
    for secret in manifest.secrets:
        name = secret.arn.rpartition(":secret:")[2]
        try:
            described = aws.secrets.describe_secret(SecretId=secret.arn)
        except aws.secrets.exceptions.ResourceNotFoundException:
            yield f"there is no secret {name}: deploy the stack again"
            continue
        stages = described.get("VersionIdsToStages", {}).values()
        if "DeletedDate" in described:
            yield f"secret {name} is scheduled for deletion: restore it"
        elif not any("AWSCURRENT" in each for each in stages):
            yield f"secret {name} has no value: {_set(manifest, secret.keys)}"
        elif missing := _missing_keys(aws, secret.arn, secret.keys):
            yield f"secret {name} has no value of {', '.join(missing)}: {_set(manifest, missing)}"


def _set(manifest: Manifest, keys: list[str]) -> str:
    return "; ".join(f"infra secrets set {manifest.stack} {key}" for key in keys) if keys else "give it one"


def _missing_keys(aws: Aws, arn: str, keys: list[str]) -> list[str]:
    """Find keys without a value, as far as whoever releases may look: a pipeline may not, and then ECS says it."""
    if not keys:
        return []
    try:
        text = aws.secrets.get_secret_value(SecretId=arn).get("SecretString", "")
    except aws.secrets.exceptions.ClientError as error:
        if error.response["Error"]["Code"] in ("AccessDeniedException", "AccessDenied"):
            return []
        raise
    try:
        values = json.loads(text)
    except ValueError:
        values = None
    return [key for key in keys if not isinstance(values, dict) or not values.get(key)]
