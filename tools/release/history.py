"""Which images a service on ECS ran before: those of its older revisions."""

from tools.release.aws import Aws
from tools.release.images import tags_of
from tools.release.manifest import Manifest
from tools.release.revision import Serving, describe_image

_REVISIONS = 50
"""How many revisions are looked through; the registry keeps the images of fewer releases."""


def older(aws: Aws, manifest: Manifest, now: Serving) -> list[tuple[str, list[str]]]:
    """List other images of older revisions that the registry still has, the youngest first, and their tags."""
    pages = aws.ecs.get_paginator("list_task_definitions").paginate(
        familyPrefix=manifest.ecs.family,
        status="ACTIVE",
        sort="DESC",
        PaginationConfig={"MaxItems": _REVISIONS},
    )
    arns = [arn for page in pages for arn in page["taskDefinitionArns"]]
    found: dict[str, list[str]] = {}
    for arn in (
        arn for arn in arns if _family(arn) == manifest.ecs.family and _number(arn) < _number(now.task_definition)
    ):
        other, _ = describe_image(aws, manifest, arn)
        if other in (now.image, *found) or "@" not in other:  # Terraform's has a tag that moves, and was never released
            continue
        try:
            found[other] = tags_of(aws, manifest, other)
        except aws.ecr.exceptions.ImageNotFoundException:
            continue
    return list(found.items())


def _family(arn: str) -> str:
    return arn.rpartition("/")[2].rpartition(":")[0]


def _number(arn: str) -> int:
    return int(arn.rpartition(":")[2])
