"""ECR, in ministack."""

import base64
import hashlib
import json
import os
from typing import Any, cast

from ministack.services import ecr  # type: ignore[import-untyped]

from tools.local.patches.ministack import Params, Response

_put_image = ecr._put_image
_batch_get_image = ecr._batch_get_image
_describe_images = ecr._describe_images
_delete_repository = ecr._delete_repository
_get_download_url_for_layer = ecr._get_download_url_for_layer
_complete_layer_upload = ecr._complete_layer_upload


def put_image(data: Params) -> Response:
    """
    Refuse an image that is there with the same tag, and read the media type out of the manifest.

    https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImage.html
    """
    manifest = data["imageManifest"]
    digest = data.get("imageDigest") or ecr._image_digest(manifest)
    found = ecr._find_image(data["repositoryName"], {"imageDigest": digest})
    if found and data.get("imageTag") in {None, *found["imageTags"]}:
        message = f"Image with digest '{digest}' and tag '{data.get('imageTag')}' already exists"
        return _refuse("ImageAlreadyExistsException", message)
    media_type = data.get("imageManifestMediaType") or json.loads(manifest).get("mediaType")
    return cast(Response, _put_image(data | ({"imageManifestMediaType": media_type} if media_type else {})))


def batch_get_image(data: Params) -> Response:
    """Name each image by the tag that was asked for, not by the one that it got last."""
    status, headers, body = cast(Response, _batch_get_image(data))
    answer = json.loads(body)
    found = [each for each in data.get("imageIds", []) if ecr._find_image(data["repositoryName"], each)]
    for image, asked in zip(answer.get("images", []), found, strict=True):
        image["imageId"] = {"imageDigest": image["imageId"]["imageDigest"], **asked}
    return status, headers, json.dumps(answer).encode()


def describe_images(data: Params) -> Response:
    """Refuse to describe an image that is not there. An image without tags has no list of them."""
    name, asked = data["repositoryName"], data.get("imageIds") or []
    if name in ecr._repositories:
        for each in asked:
            if ecr._find_image(name, each) is None:
                message = f"The image with imageId {each} does not exist within the repository with name '{name}'"
                return _refuse("ImageNotFoundException", message)
    status, headers, body = cast(Response, _describe_images(data))
    answer = json.loads(body)
    for image in answer.get("imageDetails", []):
        if not image["imageTags"]:
            del image["imageTags"]
    return status, headers, json.dumps(answer).encode()


def upload_layer_part(data: Params) -> Response:
    """Keep what is uploaded. The first byte is read where the last part ended."""
    uploads: dict[str, Any] = ecr._uploads.setdefault(data["repositoryName"], {})
    part = uploads.setdefault(data["uploadId"], bytearray())
    part += base64.b64decode(data["layerPartBlob"])
    answer = {key: data[key] for key in ("repositoryName", "uploadId")}
    answer |= {"registryId": ecr._registry_id(), "lastByteReceived": len(part) - 1}
    return cast(Response, ecr.json_response(answer))


def complete_layer_upload(data: Params) -> Response:
    """Keep a layer, or the configuration of an image, by its digest."""
    name = data["repositoryName"]
    blob = bytes(ecr._uploads.get(name, {}).pop(data["uploadId"], b""))
    digest = f"sha256:{hashlib.sha256(blob).hexdigest()}"
    if data["layerDigests"] != [digest]:
        return _refuse("InvalidLayerException", f"The layer's digest is {digest}")
    ecr._layer_blobs.setdefault(name, {})[digest] = blob
    return cast(Response, _complete_layer_upload(data))


def get_download_url_for_layer(data: Params) -> Response:
    """Lead to this machine, where ministack serves what `complete_layer_upload` keeps, and only to what is there."""
    response: Response = _get_download_url_for_layer(data)
    name, digest = data["repositoryName"], data["layerDigest"]
    if response[0] != 200:
        return response
    if digest not in ecr._layer_blobs.get(name, {}):
        return _refuse("LayersNotFoundException", f"The layer {digest} does not exist in '{name}'")
    home = f"http://{os.environ['MINISTACK_HOST']}:{os.environ['GATEWAY_PORT']}/v2/{name}/blobs/{digest}"
    # Ministack finds the account and the region of an unsigned request by this.
    url = f"{home}?ns={ecr._repo_uri(name).partition('/')[0]}"
    return cast(Response, ecr.json_response({"downloadUrl": url, "layerDigest": digest}))


def delete_repository(data: Params) -> Response:
    """Forget the layers with the repository."""
    response: Response = _delete_repository(data)
    if response[0] == 200:
        for store in (ecr._layer_blobs, ecr._manifest_blobs, ecr._uploads):
            store.pop(data["repositoryName"], None)
    return response


def _refuse(code: str, message: str) -> Response:
    return cast(Response, ecr.error_response_json(code, message, 400))


def apply() -> None:
    """Patch the service."""
    for patch in (
        put_image,
        batch_get_image,
        describe_images,
        upload_layer_part,
        complete_layer_upload,
        get_download_url_for_layer,
        delete_repository,
    ):
        setattr(ecr, f"_{patch.__name__}", patch)
