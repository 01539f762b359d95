"""
Images: built, pushed, and promoted from one environment to the next.

Their tags are those of `docs/decisions/0010-image-tags.md`.
"""

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tools.ci.docker import docker, signed_in
from tools.ci.services import Service
from tools.console import err
from tools.errors import InfraError
from tools.release.aws import Aws, connect

COMMIT_PREFIX = "sha-"
LATEST = "latest"

_COMMIT = re.compile(r"[0-9a-f]{40}")
_MEDIA_TYPES = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
]
"""Lists too: asked without them, ECR does not answer with the list that a tag is on."""


def build(services: Sequence[Service], sources: Path, platform: str | None = None) -> None:
    """
    Build the images, and push nothing.

    :param platform: instead of what the services run on
    :raises InfraError: there are no sources, or a build failed
    """
    folders = find_sources(services, sources)
    for service, folder in zip(services, folders, strict=True):
        docker("buildx", "build", "--platform", platform or service.platform, str(folder))


def push(services: Sequence[Service], sources: Path) -> str:
    """
    Build the images of the commit that the sources are at, and push those that are not there yet.

    :return: the tag, `sha-<commit>`
    :raises InfraError: there are no sources, they have changes that no commit has, or a build failed
    """
    folders = find_sources(services, sources)
    tag = f"{COMMIT_PREFIX}{_committed(folders)}"
    for service, folder in zip(services, folders, strict=True):
        if find_digest(connect(service.account_id, service.region), service, tag):
            err.print(f"{service.name}: {service.repository}:{tag} is there already", markup=False)
            continue
        with signed_in(service.account_id, [service]):
            names = ("--tag", f"{service.uri}:{tag}", "--tag", f"{service.uri}:{LATEST}")
            docker("buildx", "build", "--platform", service.platform, "--push", *names, str(folder))
    return tag


def promote(source: Sequence[Service], target: Sequence[Service], image_tag: str) -> str:
    """
    Copy the images that one environment released, byte by byte, to the registry of another.

    The credentials are the target's; the source's repositories let them pull.

    :param image_tag: the commit, or `sha-<commit>`
    :return: the tag in the target's registry, `sha-<commit>`
    :raises InfraError: the source did not release it, or the target has another image under its tag
    """
    commit = image_tag.removeprefix(COMMIT_PREFIX)
    if not _COMMIT.fullmatch(commit):
        raise InfraError(f"image tag {image_tag!r}: must be a commit, 40 hexadecimal digits, or sha- and a commit")
    origins = {service.name: service for service in source}
    missing = [service.name for service in target if service.name not in origins]
    if missing:
        raise InfraError(f"{missing[0]}: {source[0].stack} has no such service to promote from")
    # All are looked for before the first is copied.
    digests = [_released(origins[service.name], service.account_id, commit) for service in target]
    for service, digest in zip(target, digests, strict=True):
        _copy(origins[service.name], service, digest, f"{COMMIT_PREFIX}{commit}")
    return f"{COMMIT_PREFIX}{commit}"


def find_sources(services: Sequence[Service], sources: Path) -> list[Path]:
    """
    Find the folder of each service.

    :raises InfraError: one has no Dockerfile
    """
    folders = [sources / service.name for service in services]
    missing = [folder for folder in folders if not (folder / "Dockerfile").is_file()]
    if missing:
        wanted = " and ".join(f"{service.name}/" for service in services)
        raise InfraError(
            f"{missing[0] / 'Dockerfile'} does not exist: --sources (on GitHub the variable APPLICATION_SOURCES) must "
            f"be the folder that holds {wanted}"
        )
    return folders


def find_digest(aws: Aws, service: Service, tag: str) -> str | None:
    """Find the digest of the image that a tag is on; None when there is none."""
    answer = aws.ecr.batch_get_image(
        registryId=service.account_id,
        repositoryName=service.repository,
        imageIds=[{"imageTag": tag}],
        acceptedMediaTypes=_MEDIA_TYPES,
    )
    return answer["images"][0]["imageId"]["imageDigest"] if answer["images"] else None


def _committed(folders: Sequence[Path]) -> str:
    """Say which commit the folders are at; one that differs from it would get a tag that lies."""
    changes = "".join(_git(folder, "status", "--porcelain", "--", ".") for folder in folders)
    if changes:
        raise InfraError(
            f"the sources have changes that no commit has ({changes.splitlines()[0].strip()}): commit them"
        )
    commits = {_git(folder, "rev-parse", "HEAD").strip() for folder in folders}
    if len(commits) > 1:
        raise InfraError(f"the sources are at several commits ({', '.join(sorted(commits))}): must be one")
    return commits.pop()


def _git(folder: Path, *arguments: str) -> str:
    result = subprocess.run(  # noqa: S603 git with our own arguments
        ["git", "-C", str(folder), *arguments],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise InfraError(f"git {arguments[0]}: {' '.join(result.stderr.split())}")
    return result.stdout


def _released(origin: Service, account_id: str, commit: str) -> str:
    tag = f"{origin.stack}-{commit}"
    digest = find_digest(connect(account_id, origin.region), origin, tag)
    if digest is None:
        raise InfraError(
            f"{origin.name}: {origin.repository} in account {origin.account_id} has no tag {tag}: "
            f"release it first, infra release {origin.stack} --image-tag {commit}"
        )
    return digest


def _copy(origin: Service, service: Service, digest: str, tag: str) -> None:
    aws = connect(service.account_id, service.region)
    there = find_digest(aws, service, tag)
    if there == digest:
        err.print(f"{service.name}: {service.repository}:{tag} is there already, {digest}", markup=False)
        return
    if there is not None:
        raise InfraError(f"{service.name}: {service.uri}:{tag} is another image, {there}: {origin.stack} has {digest}")
    with signed_in(service.account_id, [origin, service]):
        # Without prefer-index=false, a single manifest would come in a list of its own, with another digest.
        name = f"{service.uri}:{tag}"
        docker("buildx", "imagetools", "create", "--prefer-index=false", "--tag", name, f"{origin.uri}@{digest}")
    copied = find_digest(aws, service, tag)
    if copied != digest:
        raise InfraError(f"{service.name}: {service.uri}:{tag} is {copied} after the copy: must be {digest}")
    err.print(f"{service.name}: {service.repository}:{tag} is {digest}, as in {origin.stack}", markup=False)
