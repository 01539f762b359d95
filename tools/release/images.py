"""The registry: which image a tag means, and whether it runs on the service's architecture."""

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.request import urlopen

from tools.aws import one_line
from tools.release.answers import usable_answers
from tools.release.aws import Aws
from tools.release.context import ReleaseError
from tools.release.manifest import Manifest

if TYPE_CHECKING:
    from mypy_boto3_ecr.type_defs import ImageIdentifierTypeDef, ImageTypeDef

_ARCHITECTURES = {"ARM64": "arm64", "X86_64": "amd64"}
"""ECS's names (API RuntimePlatform) and those in images (OCI image specification, "Image Index": Go's GOARCH)."""

_MEDIA_TYPES = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
]
"""With the lists among them, so that a tag of a list is answered by the list (awslabs/amazon-ecr-containerd-resolver
asks for the same)."""

_ATTEMPTS = 3
_TIMEOUT_S = 15
_NEWEST = 5
_COMMIT = re.compile(r"[0-9a-f]{7,40}")


@usable_answers()
def resolve_image(aws: Aws, manifest: Manifest, image_tag: str) -> str:
    """
    Find the image that a tag means now, by digest: the same image for as long as the revision lives.

    :param image_tag: a tag, a commit for the tag `sha-<commit>`, or a digest (`sha256:…`)
    :raises ReleaseError: it is not in the registry, or does not run on the service's architecture
    """
    image = _find(aws, manifest, image_tag)
    wanted = _ARCHITECTURES[manifest.cpu_architecture]
    found = _architectures(aws, manifest, image, image_tag)
    if wanted not in found:
        raise ReleaseError(
            f"{manifest.service}: image {image_tag} is built for {', '.join(sorted(found))}, but the service runs on "
            f"{manifest.cpu_architecture}: build it with --platform linux/{wanted}"
        )
    return f"{manifest.image.uri}@{_digest(image)}"


def tags_of(aws: Aws, manifest: Manifest, image: str) -> list[str]:
    """List the tags that an image has now, given by digest."""
    answer = aws.ecr.describe_images(
        registryId=manifest.image.registry_id,
        repositoryName=manifest.image.repository,
        imageIds=[{"imageDigest": image.rpartition("@")[2]}],
    )
    return sorted(tag for detail in answer["imageDetails"] for tag in detail.get("imageTags", []))


def _find(aws: Aws, manifest: Manifest, image_tag: str) -> "ImageTypeDef":
    for identifier in _identifiers(image_tag):
        try:
            answer = aws.ecr.batch_get_image(
                registryId=manifest.image.registry_id,
                repositoryName=manifest.image.repository,
                imageIds=[identifier],
                acceptedMediaTypes=_MEDIA_TYPES,
            )
        except aws.ecr.exceptions.RepositoryNotFoundException:
            raise ReleaseError(
                f"{manifest.service}: there is no registry {manifest.image.repository}: deploy the stack again"
            ) from None
        if answer["images"]:
            return answer["images"][0]
        for failure in answer.get("failures", []):
            if failure.get("failureCode") != "ImageNotFound":  # API ImageFailure
                why = f"{failure.get('failureCode', 'no code')}: {failure.get('failureReason', 'no reason given')}"
                raise ReleaseError(f"{manifest.service}: the registry does not give image {image_tag} ({why})")
    raise ReleaseError(
        f"{manifest.service}: there is no image {image_tag} in {manifest.image.repository}; {_newest(aws, manifest)}"
    )


def _identifiers(image_tag: str) -> "list[ImageIdentifierTypeDef]":
    """What the operator's word may mean, the likeliest first. Builds push `sha-<commit>`: docs/decisions/0010."""
    if image_tag.startswith("sha256:"):
        return [{"imageDigest": image_tag}]
    if _COMMIT.fullmatch(image_tag):
        return [{"imageTag": image_tag}, {"imageTag": f"sha-{image_tag}"}]
    return [{"imageTag": image_tag}]


def _newest(aws: Aws, manifest: Manifest) -> str:
    """Name the tags of what was pushed last."""
    pages = aws.ecr.get_paginator("describe_images").paginate(
        registryId=manifest.image.registry_id,
        repositoryName=manifest.image.repository,
        filter={"tagStatus": "TAGGED"},
    )
    details = [detail for page in pages for detail in page["imageDetails"] if detail.get("imageTags")]
    details.sort(key=lambda detail: detail["imagePushedAt"], reverse=True)
    if not details:
        return "nothing was pushed to it yet"
    return f"the newest are {', '.join('='.join(sorted(detail['imageTags'])) for detail in details[:_NEWEST])}"


def _architectures(aws: Aws, manifest: Manifest, image: "ImageTypeDef", image_tag: str) -> set[str]:
    """Name what an image runs on: a list says it, a single image's configuration does."""
    content = _parse(image.get("imageManifest", ""), manifest, image_tag)
    if "manifests" in content:
        platforms = [one.get("platform", {}) for one in content["manifests"]]
        # How an image was made is listed as architecture "unknown" (docs.docker.com/build/metadata/attestations).
        found = {platform.get("architecture", "") for platform in platforms if platform.get("os") == "linux"}
    else:
        digest = content.get("config", {}).get("digest", "")
        configuration = _parse(_blob(aws, manifest, digest, image_tag), manifest, image_tag)
        found = {configuration.get("architecture", "")}
    if found <= {""}:
        raise ReleaseError(f"{manifest.service}: {image_tag} is no image of a Linux container")
    return found


def _blob(aws: Aws, manifest: Manifest, digest: str, image_tag: str) -> str:
    """
    Read a small blob: an image's configuration.

    :raises ReleaseError: it cannot be read, or is not what its digest says
    """
    reason = ""
    for _ in range(_ATTEMPTS):
        url = aws.ecr.get_download_url_for_layer(
            registryId=manifest.image.registry_id, repositoryName=manifest.image.repository, layerDigest=digest
        )["downloadUrl"]
        try:
            with urlopen(url, timeout=_TIMEOUT_S) as answer:  # noqa: S310 the registry's own address
                content: bytes = answer.read()
        except (URLError, OSError) as error:
            reason = one_line(error)
            continue
        if f"sha256:{hashlib.sha256(content).hexdigest()}" == digest:
            return content.decode()
        reason = "its content does not match its digest"
    raise ReleaseError(f"{manifest.service}: cannot read the configuration of image {image_tag}: {reason}")


def _parse(text: str, manifest: Manifest, image_tag: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise ReleaseError(f"{manifest.service}: the registry's description of image {image_tag} is no JSON object")
    return content


def _digest(image: "ImageTypeDef") -> str:
    return image["imageId"]["imageDigest"]
