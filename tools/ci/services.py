"""What is built for a stack: an image for each service with a release manifest, as the Terraform JSON says."""

import json
import re
from dataclasses import dataclass
from typing import Any

from tools.errors import InfraError
from tools.project import Stack

_PLATFORMS = {"ARM64": "linux/arm64", "X86_64": "linux/amd64"}
"""ECS's names (API RuntimePlatform) and those of `docker buildx build --platform`."""

_REPOSITORY = re.compile(r"\$\{(?P<data>data\.)?aws_ecr_repository\.(?P<id>[A-Za-z0-9_-]+)\.name\}")


@dataclass(frozen=True, kw_only=True)
class Service:
    """One service, as whoever builds its image sees it."""

    name: str
    """The short name, which is also the name of the folder that its sources are in."""

    stack: str
    account_id: str
    region: str
    repository: str
    """The ECR repository's name."""

    platform: str
    """What the service's tasks or hosts run on, such as `linux/arm64`."""

    @property
    def registry(self) -> str:
        """The host to sign in to."""
        return f"{self.account_id}.dkr.ecr.{self.region}.amazonaws.com"

    @property
    def uri(self) -> str:
        """The repository's address, without a tag."""
        return f"{self.registry}/{self.repository}"


def services_of(stack: Stack) -> list[Service]:
    """
    List the services of a stack, by name.

    :raises InfraError: the stack has none with a release manifest
    """
    document = json.loads((stack.directory / "cdk.tf.json").read_text())
    prefix = f"/{stack.name}/release/"
    parameters = document.get("resource", {}).get("aws_ssm_parameter", {}).values()
    manifests = [one["insecure_value"] for one in parameters if one["name"].startswith(prefix)]
    if not manifests:
        raise InfraError(f"stack {stack.name!r} has no release manifests: nothing of it is built here")
    return sorted((_service(json.loads(text), document) for text in manifests), key=lambda service: service.name)


def _service(manifest: dict[str, Any], document: dict[str, Any]) -> Service:
    return Service(
        name=manifest["service"],
        stack=manifest["stack"],
        account_id=manifest["account_id"],
        region=manifest["region"],
        repository=_repository(manifest["image"]["repository"], document),
        platform=_PLATFORMS[(manifest["ecs"] or manifest["compose"])["cpu_architecture"]],
    )


def _repository(name: str, document: dict[str, Any]) -> str:
    """Look the repository's name up, which the manifest has as a reference to the resource or data source."""
    match = _REPOSITORY.fullmatch(name)
    if match is None:
        return name
    blocks = document["data" if match["data"] else "resource"]["aws_ecr_repository"]
    return str(blocks[match["id"]]["name"])
