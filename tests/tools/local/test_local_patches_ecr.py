"""ECR's closed gaps, seen through an SDK."""

import hashlib
import json
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.slow

Client = Callable[..., Any]

MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json"
CONFIG = json.dumps({"architecture": "arm64", "os": "linux"}).encode()
MANIFEST = json.dumps({"schemaVersion": 2, "mediaType": MEDIA_TYPE})


@pytest.fixture
def ecr(client: Client, request: pytest.FixtureRequest) -> Any:  # noqa: ANN401
    """Make a client that knows a new repository, as `name`."""
    made = client("ecr")
    made.name = f"ecr/{request.node.name.replace('_', '-')}"
    made.create_repository(repositoryName=made.name)
    return made


def put(ecr: Any, tag: str, manifest: str = MANIFEST) -> str:  # noqa: ANN401
    """Push an image; answer its digest."""
    made = ecr.put_image(repositoryName=ecr.name, imageManifest=manifest, imageTag=tag)
    return str(made["image"]["imageId"]["imageDigest"])


def upload(ecr: Any, *parts: bytes, digest: str = "") -> str:  # noqa: ANN401
    """Push a layer in parts; answer its digest."""
    digest = digest or f"sha256:{hashlib.sha256(b''.join(parts)).hexdigest()}"
    number = ecr.initiate_layer_upload(repositoryName=ecr.name)["uploadId"]
    where, first = {"repositoryName": ecr.name, "uploadId": number}, 0
    for part in parts:
        last = first + len(part) - 1
        ecr.upload_layer_part(**where, partFirstByte=first, partLastByte=last, layerPartBlob=part)
        first = last + 1
    return str(ecr.complete_layer_upload(**where, layerDigests=[digest])["layerDigest"])


def refusal(call: Callable[[], object]) -> str:
    """Answer the error code of a call that fails."""
    with pytest.raises(ClientError) as caught:
        call()
    return str(caught.value.response["Error"]["Code"])


def test_ecr_put_image(ecr: Any) -> None:  # noqa: ANN401
    """A second tag is a change, the same tag is none; the media type is the manifest's."""
    digest = put(ecr, "sha-1")
    put(ecr, "staging")
    (found,) = ecr.describe_images(repositoryName=ecr.name)["imageDetails"]

    assert "ImageAlreadyExistsException" == refusal(lambda: put(ecr, "staging"))
    assert (digest, ["sha-1", "staging"], MEDIA_TYPE) == (
        found["imageDigest"],
        found["imageTags"],
        found["imageManifestMediaType"],
    )


def test_ecr_batch_get_image(ecr: Any) -> None:  # noqa: ANN401
    """An image is named as it was asked for, and what is missing is a failure."""
    digest = put(ecr, "sha-1")
    put(ecr, "staging")
    asked = [{"imageTag": "sha-1"}, {"imageTag": "missing"}, {"imageDigest": digest}]
    answer = ecr.batch_get_image(repositoryName=ecr.name, imageIds=asked)

    assert [{"imageDigest": digest, "imageTag": "sha-1"}, {"imageDigest": digest}] == [
        image["imageId"] for image in answer["images"]
    ]
    assert ["ImageNotFound"] == [failure["failureCode"] for failure in answer["failures"]]


def test_ecr_describe_images(ecr: Any) -> None:  # noqa: ANN401
    """An image that is not there is an error; one that lost its tags has none."""
    put(ecr, "latest")
    newer = put(ecr, "latest", json.dumps({"schemaVersion": 2}))
    found = ecr.describe_images(repositoryName=ecr.name)["imageDetails"]
    missing = {"repositoryName": ecr.name, "imageIds": [{"imageTag": "missing"}]}

    assert "ImageNotFoundException" == refusal(lambda: ecr.describe_images(**missing))
    assert {newer: ["latest"], found[0]["imageDigest"]: None} == {
        image["imageDigest"]: image.get("imageTags") for image in found
    }


def test_ecr_get_download_url_for_layer(ecr: Any) -> None:  # noqa: ANN401
    """An image's configuration can be downloaded from this machine, as it was uploaded."""
    digest = upload(ecr, CONFIG[:7], CONFIG[7:])
    url = ecr.get_download_url_for_layer(repositoryName=ecr.name, layerDigest=digest)["downloadUrl"]
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    assert url.startswith("http://127.0.0.1:")
    with opener.open(url, timeout=5) as answer:
        assert CONFIG == answer.read()


def test_ecr_download_in_another_region(client: Client) -> None:
    """The URL leads to the repository of its region, though the request is not signed."""
    for region, content in (("us-east-1", b"east"), ("eu-west-2", b"west")):
        ecr = client("ecr", region=region)
        ecr.name = "regional"
        ecr.create_repository(repositoryName="regional")
        digest = upload(ecr, content)
    url = ecr.get_download_url_for_layer(repositoryName="regional", layerDigest=digest)["downloadUrl"]

    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=5) as answer:
        assert b"west" == answer.read()


def test_ecr_complete_layer_upload(ecr: Any) -> None:  # noqa: ANN401
    """A layer with another digest than was said is refused."""
    assert "InvalidLayerException" == refusal(lambda: upload(ecr, b"a", digest=f"sha256:{'0' * 64}"))


def test_ecr_missing_layer(ecr: Any) -> None:  # noqa: ANN401
    """There is no URL of a layer that is not there."""
    missing = {"repositoryName": ecr.name, "layerDigest": f"sha256:{'0' * 64}"}

    assert "LayersNotFoundException" == refusal(lambda: ecr.get_download_url_for_layer(**missing))


def test_ecr_delete_repository(ecr: Any) -> None:  # noqa: ANN401
    """A new repository of the same name has no layers."""
    digest = upload(ecr, CONFIG)
    ecr.delete_repository(repositoryName=ecr.name, force=True)
    ecr.create_repository(repositoryName=ecr.name)
    gone = {"repositoryName": ecr.name, "layerDigest": digest}

    assert "LayersNotFoundException" == refusal(lambda: ecr.get_download_url_for_layer(**gone))
