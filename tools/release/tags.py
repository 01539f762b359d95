"""The tags that say what was released, and what runs: docs/decisions/0010-image-tags.md."""

import re

from botocore.exceptions import BotoCoreError, ClientError

from tools.aws import one_line
from tools.release.context import Context
from tools.release.images import tags_of

_COMMIT = re.compile(r"(?:[a-z0-9]+-)?([0-9a-f]{7,40})")

_MEDIA_TYPES = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
]
"""With the lists among them: the tag is for what the revision names, not for one architecture of it."""


def commit_of(image_tag: str) -> str | None:
    """Read the commit in a tag (`sha-<commit>`, `staging-<commit>`, `<commit>`); None when there is none."""
    found = _COMMIT.fullmatch(image_tag)
    return found.group(1) if found is not None else None


def tag(context: Context, image: str, image_tag: str) -> None:
    """
    Tag the image of a verified release `<stack>-<commit>`, and move the tag `<stack>` to it.

    The release has succeeded by now. So what is refused is a line for the operator, and no failure.

    :param image: by digest
    :param image_tag: as it was asked for
    """
    try:
        commit = _find_commit(context, image, image_tag)
        content, media_type = _manifest(context, image)
    except (ClientError, BotoCoreError, LookupError) as error:
        context.reporter.line(f"the image is not tagged, it cannot be read: {one_line(error)}")
        return
    stack = context.manifest.stack
    if commit is None:
        context.reporter.line(f"the image has no tag sha-<commit>, so it gets no tag {stack}-<commit>")
    for name in (*([] if commit is None else [f"{stack}-{commit}"]), stack):
        _put(context, name, content, media_type)


def _find_commit(context: Context, image: str, image_tag: str) -> str | None:
    """The build's own tag says the commit; without it, the operator's word does."""
    names = tags_of(context.aws, context.manifest, image)
    built = [name for name in names if name.startswith("sha-")]
    return commit_of(built[0] if len(built) == 1 else image_tag)


def _manifest(context: Context, image: str) -> tuple[str, str]:
    """Read the image's manifest as the registry has it, because the digest is over these bytes."""
    images = context.aws.ecr.batch_get_image(
        registryId=context.manifest.image.registry_id,
        repositoryName=context.manifest.image.repository,
        imageIds=[{"imageDigest": image.rpartition("@")[2]}],
        acceptedMediaTypes=_MEDIA_TYPES,
    )["images"]
    if not images:
        raise LookupError("it is not in the registry")
    return images[0]["imageManifest"], images[0].get("imageManifestMediaType", "")


def _put(context: Context, name: str, content: str, media_type: str) -> None:
    ecr = context.aws.ecr
    given = {"imageManifestMediaType": media_type} if media_type else {}
    try:
        ecr.put_image(
            registryId=context.manifest.image.registry_id,
            repositoryName=context.manifest.image.repository,
            imageManifest=content,
            imageTag=name,
            **given,
        )
    except ecr.exceptions.ImageAlreadyExistsException:
        return  # it has this tag
    except (ClientError, BotoCoreError) as error:
        context.reporter.line(f"the image is not tagged {name}: {one_line(error)}")
