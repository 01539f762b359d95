"""Which image a service on hosts runs, and which ones ran before: what its parameter says, and said."""

from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from tools.release import rolling
from tools.release.answers import usable_answers
from tools.release.aws import Aws
from tools.release.compose.hosts import find_group, look_at
from tools.release.context import Context, ReleaseError
from tools.release.images import tags_of
from tools.release.manifest import NO_IMAGE, Manifest
from tools.release.revision import Serving

if TYPE_CHECKING:
    from mypy_boto3_ssm.type_defs import ParameterTypeDef


def register(_: Aws, __: Manifest, image: str, ___: str) -> str:
    """Give the image itself: nothing is made, and nothing is written before traffic may move."""
    return image


@usable_answers()
def serving(context: Context) -> Serving:
    """
    Find out what the parameter says, and on how many hosts it runs.

    :raises ReleaseError: there is no such parameter or group
    """
    image, since = read_image(context.aws, context.manifest)
    group = find_group(context.aws, context.manifest)
    looks = look_at(context, group.in_service) if image else []
    running = sum(look.runs(image) for look in looks)
    return Serving(
        task_definition=image,
        image=image,
        image_tag=_tag(context.aws, context.manifest, image),
        since=since,
        running=running,
        desired=max(group.desired, len(group.in_service)),  # more than desired, until those that go have gone
        unit="hosts",
        everywhere=running == len(looks),
        color=None,
    )


def alarms(aws: Aws, manifest: Manifest) -> list[str]:
    """
    Name the alarms of the service and of its one side, unless this is the first release.

    Hosts are targets from their start, so until then the load balancer calls them unhealthy, and rightly.

    :raises ReleaseError: there is no parameter that says what runs
    """
    image, _ = read_image(aws, manifest)
    return rolling.alarms(aws, manifest) if image else []


def read_image(aws: Aws, manifest: Manifest) -> tuple[str, datetime | None]:
    """
    Read which image is to run, and since when; empty before the first release.

    :raises ReleaseError: there is no such parameter
    """
    parameter = _parameter(aws, manifest)
    image = parameter["Value"]
    return ("", None) if image == NO_IMAGE else (image, parameter.get("LastModifiedDate"))


def write_image(aws: Aws, manifest: Manifest, image: str) -> None:
    """
    Note which image is to run; hosts that start from now on run it. Where it is noted already, nothing is written.

    :raises ReleaseError: there is no such parameter, which only Terraform makes
    """
    if _parameter(aws, manifest)["Value"] != image:
        name = manifest.expect_compose().image_parameter
        aws.ssm.put_parameter(Name=name, Value=image, Type="String", Overwrite=True)


@usable_answers()
def older(aws: Aws, manifest: Manifest, now: Serving) -> list[tuple[str, list[str]]]:
    """
    List other images that the parameter said before and the registry still has, the youngest first, and their tags.

    Systems Manager keeps the last 100 versions of a parameter (its user guide, "Working with parameter versions").
    """
    name = manifest.expect_compose().image_parameter
    pages = aws.ssm.get_paginator("get_parameter_history").paginate(Name=name)
    versions = sorted(
        ((one["Version"], one["Value"]) for page in pages for one in page["Parameters"]),
        reverse=True,
    )
    found: dict[str, list[str]] = {}
    for _, image in versions:
        if image in (now.image, *found) or "@" not in image:
            continue
        try:
            found[image] = tags_of(aws, manifest, image)
        except aws.ecr.exceptions.ImageNotFoundException:
            continue
    return list(found.items())


def _parameter(aws: Aws, manifest: Manifest) -> "ParameterTypeDef":
    name = manifest.expect_compose().image_parameter
    try:
        return aws.ssm.get_parameter(Name=name)["Parameter"]
    except aws.ssm.exceptions.ParameterNotFound:
        raise ReleaseError(f"{manifest.service}: there is no parameter {name}: deploy the stack") from None


def _tag(aws: Aws, manifest: Manifest, image: str) -> str:
    """Name an image by the build's tag, or by another that stays: nothing says by which one it was released."""
    if "@" not in image:
        return ""
    try:
        tags = [tag for tag in tags_of(aws, manifest, image) if tag not in ("latest", manifest.stack)]
    except (ClientError, BotoCoreError):  # it has expired, or may not be looked at
        return ""
    return next(iter([*(tag for tag in tags if tag.startswith("sha-")), *tags]), "")
