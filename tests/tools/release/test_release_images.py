"""The registry: which image a tag means, and what it runs on."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any
from urllib.error import URLError

import pytest
from moto.ecr.models import ecr_backends

from tests.tools.release.world import ACCOUNT, REGION, Calls, push_image
from tools.release.aws import Aws
from tools.release.context import ReleaseError
from tools.release.images import resolve_image, tags_of
from tools.release.manifest import Manifest

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def refusal(aws: Aws, manifest: Manifest, image_tag: str) -> str:
    """What the operator reads when an image is refused."""
    with pytest.raises(ReleaseError) as caught:
        resolve_image(aws, manifest, image_tag)
    return str(caught.value)


class TestFound:
    """An image that can be released."""

    def test_digest(self, aws: Aws, manifest: Manifest, calls: Calls) -> None:
        """The image is named by its digest, whatever becomes of the tag."""
        digest = push_image(calls, aws, manifest, "sha-1")

        assert f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/isms-backend@{digest}" == resolve_image(
            aws, manifest, "sha-1"
        )

    def test_list(self, aws: Aws, manifest: Manifest, calls: Calls) -> None:
        """A list of images for several architectures is named as the list."""
        digest = push_image(calls, aws, manifest, "sha-1", "amd64", "arm64")

        assert resolve_image(aws, manifest, "sha-1").endswith(f"@{digest}")

    def test_accepts_lists(self, aws: Aws, manifest: Manifest, calls: Calls) -> None:
        """The registry is asked for lists too: it would answer with something else than the tag means."""
        push_image(calls, aws, manifest, "sha-1")
        resolve_image(aws, manifest, "sha-1")

        assert {
            "application/vnd.oci.image.index.v1+json",
            "application/vnd.docker.distribution.manifest.list.v2+json",
        } <= set(calls.of("BatchGetImage")[0]["acceptedMediaTypes"])

    def test_commit(self, aws: Aws, manifest: Manifest, calls: Calls) -> None:
        """A commit means the image that was built from it."""
        digest = push_image(calls, aws, manifest, f"sha-{COMMIT}")

        assert resolve_image(aws, manifest, COMMIT).endswith(f"@{digest}")

    def test_tag_before_commit(self, aws: Aws, manifest: Manifest, calls: Calls) -> None:
        """A tag that looks like a commit is a tag first."""
        push_image(calls, aws, manifest, f"sha-{COMMIT}")
        digest = push_image(calls, aws, manifest, COMMIT, "arm64", "amd64")

        assert resolve_image(aws, manifest, COMMIT).endswith(f"@{digest}")

    def test_by_digest(self, aws: Aws, manifest: Manifest, calls: Calls) -> None:
        """An image is promoted by the digest that another environment verified."""
        digest = push_image(calls, aws, manifest, "staging-1")

        assert resolve_image(aws, manifest, digest).endswith(f"@{digest}")

    def test_amd64(self, aws: Aws, manifest: Manifest, calls: Calls) -> None:
        """A service on X86_64 takes images for amd64."""
        digest = push_image(calls, aws, manifest, "sha-1", "amd64")
        ecs = manifest.ecs.model_copy(update={"cpu_architecture": "X86_64"})

        assert resolve_image(aws, manifest.model_copy(update={"ecs_": ecs}), "sha-1").endswith(f"@{digest}")

    def test_tags(self, aws: Aws, manifest: Manifest, calls: Calls) -> None:
        """All tags of an image are known."""
        push_image(calls, aws, manifest, "sha-1")
        push_image(calls, aws, manifest, "other", "arm64", "amd64")
        image = resolve_image(aws, manifest, "sha-1")
        content = aws.ecr.batch_get_image(repositoryName="isms-backend", imageIds=[{"imageTag": "sha-1"}])["images"][0]
        aws.ecr.put_image(repositoryName="isms-backend", imageManifest=content["imageManifest"], imageTag="latest")

        assert ["latest", "sha-1"] == tags_of(aws, manifest, image)


class TestMissing:
    """An image that is not in the registry."""

    @pytest.fixture
    def pushed(self, aws: Aws, manifest: Manifest, calls: Calls) -> None:
        """Push 6 images, one a minute."""
        for number in range(6):
            push_image(calls, aws, manifest, f"sha-{number}")
            image = ecr_backends[ACCOUNT][REGION].repositories["isms-backend"].images[-1]
            image.image_pushed_at += 60 * number

    def test_newest(self, aws: Aws, manifest: Manifest, pushed: None) -> None:  # noqa: ARG002 it pushes
        """The tag that is missing is named, and what was pushed last."""
        assert (
            "backend: there is no image sha-9 in isms-backend; the newest are sha-5, sha-4, sha-3, sha-2, sha-1"
        ) == refusal(aws, manifest, "sha-9")

    def test_empty(self, aws: Aws, manifest: Manifest) -> None:
        """An empty registry is said to be empty."""
        assert "backend: there is no image sha-9 in isms-backend; nothing was pushed to it yet" == refusal(
            aws, manifest, "sha-9"
        )

    def test_untagged(self, aws: Aws, manifest: Manifest, calls: Calls) -> None:
        """What lost its tags has no name to offer."""
        now = datetime.now()
        calls.answers["DescribeImages"] = {
            "imageDetails": [
                {"imagePushedAt": now, "imageDigest": "sha256:1"},
                {"imagePushedAt": now - timedelta(1), "imageTags": ["b", "a"]},
            ]
        }

        assert refusal(aws, manifest, "sha-9").endswith("the newest are a=b")

    def test_no_registry(self, aws: Aws, manifest: Manifest) -> None:
        """A registry that is gone is named."""
        aws.ecr.delete_repository(repositoryName="isms-backend", force=True)

        assert "backend: there is no registry isms-backend: deploy the stack again" == refusal(aws, manifest, "sha-1")

    @pytest.mark.parametrize("reason", [{"failureReason": "the key is disabled"}, {}])
    def test_not_given(self, aws: Aws, manifest: Manifest, calls: Calls, reason: dict[str, str]) -> None:
        """An image that is there but not given is not called missing: the registry's own reason counts."""
        calls.answers["BatchGetImage"] = {"images": [], "failures": [{"failureCode": "KmsError", **reason}]}
        with pytest.raises(ReleaseError) as caught:
            resolve_image(aws, manifest, "sha-1")

        why = reason.get("failureReason", "no reason given")
        assert f"backend: the registry does not give image sha-1 (KmsError: {why})" == str(caught.value)


class TestArchitecture:
    """An image for another architecture."""

    def test_single(self, aws: Aws, manifest: Manifest, calls: Calls) -> None:
        """An image that would end with "exec format error" is refused before."""
        push_image(calls, aws, manifest, "sha-1", "amd64")

        assert (
            "backend: image sha-1 is built for amd64, but the service runs on ARM64: "
            "build it with --platform linux/arm64"
        ) == refusal(aws, manifest, "sha-1")

    def test_list(self, aws: Aws, manifest: Manifest, calls: Calls) -> None:
        """A list without the service's architecture is refused; how it was made is no architecture."""
        push_image(calls, aws, manifest, "sha-1", "amd64", "riscv64")

        assert "backend: image sha-1 is built for amd64, riscv64, but" in refusal(aws, manifest, "sha-1")

    def test_windows(self, aws: Aws, manifest: Manifest, calls: Calls) -> None:
        """Images of another operating system do not count."""
        platform = {"architecture": "arm64", "os": "windows"}
        calls.answers["BatchGetImage"] = found({"manifests": [{"platform": platform}]})

        assert "backend: sha-1 is no image of a Linux container" == refusal(aws, manifest, "sha-1")


def found(content: object) -> dict[str, Any]:
    """The registry's answer for an image with this manifest."""
    text = content if isinstance(content, str) else str(content).replace("'", '"')
    return {"images": [{"imageId": {"imageDigest": "sha256:1"}, "imageManifest": text}]}


class TestBroken:
    """A registry that answers nonsense, or not at all."""

    @pytest.mark.parametrize("text", ["", "{", "[]"])
    def test_manifest(self, aws: Aws, manifest: Manifest, calls: Calls, text: str) -> None:
        """A garbled manifest is said to be garbled."""
        calls.answers["BatchGetImage"] = found(text)

        assert "backend: the registry's description of image sha-1 is no JSON object" == refusal(aws, manifest, "sha-1")

    @pytest.mark.parametrize("content", [b'{"architecture":"arm64"}', b""])
    def test_other_content(
        self, aws: Aws, manifest: Manifest, calls: Calls, monkeypatch: pytest.MonkeyPatch, content: bytes
    ) -> None:
        """A configuration that is not the one of the image is not believed."""
        push_image(calls, aws, manifest, "sha-1")
        monkeypatch.setattr("tools.release.images.urlopen", lambda *_, **__: BytesIO(content))

        assert (
            "backend: cannot read the configuration of image sha-1: its content does not match its digest"
        ) == refusal(aws, manifest, "sha-1")

    def test_unreachable(self, aws: Aws, manifest: Manifest, calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
        """A configuration that cannot be read is tried three times, each with a new address."""
        push_image(calls, aws, manifest, "sha-1")

        def fail(*_: object, **__: object) -> None:
            raise URLError("no route")

        monkeypatch.setattr("tools.release.images.urlopen", fail)

        assert ("backend: cannot read the configuration of image sha-1: <urlopen error no route>", 3) == (
            refusal(aws, manifest, "sha-1"),
            len(calls.of("GetDownloadUrlForLayer")),
        )

    def test_second_try(self, aws: Aws, manifest: Manifest, calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
        """A configuration that is read at the second try is good."""
        digest = push_image(calls, aws, manifest, "sha-1")
        errors: Iterator[Exception] = iter([TimeoutError("late")])

        def fail_first(url: str, **_: object) -> BytesIO:
            error = next(errors, None)
            if error is not None:
                raise error
            return calls.open(url)

        monkeypatch.setattr("tools.release.images.urlopen", fail_first)

        assert resolve_image(aws, manifest, "sha-1").endswith(digest)
