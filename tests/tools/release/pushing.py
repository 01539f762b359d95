"""Images in the emulated registry."""

import hashlib
import json
from typing import Any

from tests.tools.release.doubles import Calls
from tools.release.aws import Aws
from tools.release.manifest import Manifest

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
INDEX_TYPE = "application/vnd.oci.image.index.v1+json"


def push_image(
    calls: Calls, aws: Aws, manifest: Manifest, tag: str, *architectures: str, index: bool | None = None
) -> str:
    """
    Push an image that runs on these architectures, `arm64` when none is given, and return its digest.

    :param index: a list of manifests, one an architecture; None: when there are several
    """
    names = architectures if architectures else ("arm64",)
    if index if index is not None else len(names) > 1:
        platforms: list[dict[str, Any]] = [
            {
                "mediaType": MANIFEST_TYPE,
                "digest": digest_of(f"{tag} {name}".encode()),
                "size": 7,
                "platform": {"architecture": name, "os": "linux"},
            }
            for name in names
        ]
        # What buildx adds: how the image was made.
        platforms.append({**platforms[0], "platform": {"architecture": "unknown", "os": "unknown"}})
        return _put(aws, manifest, tag, {"mediaType": INDEX_TYPE, "manifests": platforms})
    config = json.dumps({"architecture": names[0], "os": "linux", "config": {"Labels": {"tag": tag}}}).encode()
    calls.blobs[digest_of(config)] = config
    descriptor = {"digest": digest_of(config), "size": len(config)}
    return _put(aws, manifest, tag, {"mediaType": MANIFEST_TYPE, "config": descriptor, "layers": []})


def digest_of(content: bytes) -> str:
    """Name content as registries do."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _put(aws: Aws, manifest: Manifest, tag: str, content: dict[str, Any]) -> str:
    text = json.dumps({"schemaVersion": 2, **content})
    aws.ecr.put_image(
        repositoryName=manifest.image.repository,
        imageManifest=text,
        imageManifestMediaType=content["mediaType"],
        imageTag=tag,
        imageDigest=digest_of(text.encode()),
    )
    return digest_of(text.encode())
