"""The tags of an image that was released: docs/decisions/0010-image-tags.md."""

from typing import Any

import pytest

from tests.tools.release.doubles import Calls, Told
from tests.tools.release.world import push_image
from tools.release.context import Context
from tools.release.tags import commit_of, tag

COMMIT = "4f0a1b2c3d4e5f60718293a4b5c6d7e8f9012345"


@pytest.fixture
def image(calls: Calls, context: Context) -> str:
    """The image of a commit, as the build pushed it."""
    digest = push_image(calls, context.aws, context.manifest, f"sha-{COMMIT}")
    calls.made.clear()
    return f"{context.manifest.image.uri}@{digest}"


def tags(context: Context, image: str) -> set[str]:
    """The image's tags."""
    answer: Any = context.aws.ecr.describe_images(
        repositoryName=context.manifest.image.repository, imageIds=[{"imageDigest": image.partition("@")[2]}]
    )
    return set(answer["imageDetails"][0]["imageTags"])


def test_tags(context: Context, image: str) -> None:
    """The image gets the release's tag and the one of what runs; it keeps the build's."""
    tag(context, image, f"sha-{COMMIT}")

    assert {f"sha-{COMMIT}", f"staging-{COMMIT}", "staging"} == tags(context, image)


def test_no_new_image(context: Context, image: str, calls: Calls) -> None:
    """The digest stays: the manifest goes back as it came."""
    tag(context, image, f"sha-{COMMIT}")
    (first, second) = calls.of("PutImage")

    assert first["imageManifest"] == second["imageManifest"]
    assert 1 == len(context.aws.ecr.describe_images(repositoryName="isms-backend")["imageDetails"])


def test_moves(context: Context, image: str, calls: Calls) -> None:
    """The tag of what runs moves from the image before."""
    older = push_image(calls, context.aws, context.manifest, "sha-1111111")
    tag(context, f"{context.manifest.image.uri}@{older}", "sha-1111111")
    tag(context, image, f"sha-{COMMIT}")

    assert {"sha-1111111", "staging-1111111"} == tags(context, f"@{older}")


def test_twice(context: Context, image: str, told: Told) -> None:
    """What has its tags already is no trouble."""
    tag(context, image, f"sha-{COMMIT}")
    tag(context, image, f"sha-{COMMIT}")

    assert [] == told.lines


def test_exists_already(context: Context, image: str, calls: Calls, told: Told) -> None:
    """ECR's answer that the image exists with this tag is a success."""
    calls.refuse("PutImage", "ImageAlreadyExistsException")
    tag(context, image, f"sha-{COMMIT}")

    assert [] == told.lines


@pytest.mark.parametrize("code", ["AccessDeniedException", "ImageTagAlreadyExistsException"])
def test_refused(context: Context, image: str, calls: Calls, told: Told, code: str) -> None:
    """A tag that is refused is a line, and no failure of the release."""
    calls.refuse("PutImage", code)
    tag(context, image, f"sha-{COMMIT}")

    assert [f"the image is not tagged staging-{COMMIT}", "the image is not tagged staging"] == [
        line.partition(":")[0] for line in told.lines
    ]


@pytest.mark.parametrize("operation", ["DescribeImages", "BatchGetImage"])
def test_cannot_be_read(context: Context, image: str, calls: Calls, told: Told, operation: str) -> None:
    """Likewise when the image cannot be read."""
    calls.refuse(operation, "AccessDeniedException")
    tag(context, image, f"sha-{COMMIT}")

    assert 1 == len(told.lines)
    assert told.lines[0].startswith("the image is not tagged, it cannot be read: ")


def test_gone(context: Context, image: str, calls: Calls, told: Told) -> None:
    """Or is not there any more."""
    calls.answers["BatchGetImage"] = {"images": []}
    tag(context, image, f"sha-{COMMIT}")

    assert ["the image is not tagged, it cannot be read: it is not in the registry"] == told.lines


def test_by_another_name(context: Context, image: str) -> None:
    """What is released as `latest` or by digest gets the commit from the build's tag."""
    tag(context, image, "latest")

    assert f"staging-{COMMIT}" in tags(context, image)


def test_promoted(context: Context, calls: Calls) -> None:
    """What is promoted after its `sha-` tag has expired gets the commit from what was asked for."""
    digest = push_image(calls, context.aws, context.manifest, f"staging-{COMMIT}")
    production = Context(
        aws=context.aws,
        manifest=context.manifest.model_copy(update={"stack": "production"}),
        reporter=context.reporter,
    )
    image = f"{context.manifest.image.uri}@{digest}"
    tag(production, image, f"staging-{COMMIT}")

    assert {f"staging-{COMMIT}", f"production-{COMMIT}", "production"} == tags(context, image)


def test_without_commit(context: Context, calls: Calls, told: Told) -> None:
    """What has no commit at all gets the tag of what runs only, and that is said."""
    digest = push_image(calls, context.aws, context.manifest, "v1")
    image = f"{context.manifest.image.uri}@{digest}"
    tag(context, image, "v1")

    assert {"v1", "staging"} == tags(context, image)
    assert ["the image has no tag sha-<commit>, so it gets no tag staging-<commit>"] == told.lines


def test_list_of_architectures(context: Context, calls: Calls) -> None:
    """Of an image for several architectures the list is tagged, which is what the revision names."""
    digest = push_image(calls, context.aws, context.manifest, f"sha-{COMMIT}", "arm64", "amd64")
    image = f"{context.manifest.image.uri}@{digest}"
    tag(context, image, f"sha-{COMMIT}")

    assert f"staging-{COMMIT}" in tags(context, image)


@pytest.mark.parametrize(
    ("image_tag", "commit"),
    [
        (f"sha-{COMMIT}", COMMIT),
        (f"staging-{COMMIT}", COMMIT),
        (COMMIT, COMMIT),
        ("sha-4f0a1b2", "4f0a1b2"),
        ("latest", None),
        ("v1.2", None),
        ("sha-4f0a1b", None),
        (f"sha256:{'0' * 64}", None),
    ],
)
def test_commit_of(image_tag: str, commit: str | None) -> None:
    """A commit is 7 to 40 hexadecimal digits, alone or behind a prefix."""
    assert commit == commit_of(image_tag)
