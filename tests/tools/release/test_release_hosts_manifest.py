"""The manifest of a service on hosts, and of one on ECS beside it."""

import json
from typing import Any

import pytest

from tests.tools.release.hosts_account import GROUP, PARAMETER
from tests.tools.release.orchestra import light_manifest
from tools.errors import InfraError
from tools.release.manifest import Manifest, parse

NAME = "/aldeia-staging/release/backend"


def document(manifest: Manifest) -> dict[str, Any]:
    """The published document."""
    loaded: dict[str, Any] = json.loads(manifest.model_dump_json(by_alias=True))
    return loaded


def message(broken: dict[str, Any]) -> str:
    """What the operator reads when a document is refused."""
    with pytest.raises(InfraError) as caught:
        parse(json.dumps(broken), NAME)
    return str(caught.value)


def test_compose(hosts_manifest: Manifest) -> None:
    """The hosts and the parameter are read."""
    compose = hosts_manifest.expect_compose()

    assert (GROUP, PARAMETER) == (compose.auto_scaling_group, compose.image_parameter)


def test_architecture_of_hosts(hosts_manifest: Manifest) -> None:
    """Images are built for the hosts."""
    assert "X86_64" == hosts_manifest.cpu_architecture


def test_architecture_of_tasks() -> None:
    """Images are built for the tasks."""
    assert "ARM64" == light_manifest().cpu_architecture


def test_older_writer() -> None:
    """A document that knows nothing of hosts is of a service on ECS."""
    older = document(light_manifest())
    del older["compose"]

    assert parse(json.dumps(older), NAME).compose is None


def test_neither(hosts_manifest: Manifest) -> None:
    """A service that runs on nothing is refused."""
    broken = document(hosts_manifest) | {"compose": None}

    assert (
        f"{NAME}: compose: a service must have either ecs or compose, got neither: deploy the stack again"
        == message(broken)
    )


def test_both(hosts_manifest: Manifest) -> None:
    """A service that runs on both is refused."""
    broken = document(hosts_manifest) | {"ecs": document(light_manifest())["ecs"]}

    assert "compose: a service must have either ecs or compose, got both" in message(broken)


def test_missing(hosts_manifest: Manifest) -> None:
    """What is missing is named by its path."""
    broken = document(hosts_manifest)
    del broken["compose"]["document"]

    assert f"{NAME}: compose.document: Field required: deploy the stack again" == message(broken)


def test_no_ecs(hosts_manifest: Manifest) -> None:
    """Whoever needs ECS says that there is none."""
    with pytest.raises(InfraError, match="backend: the manifest has no ecs: the service runs on hosts"):
        hosts_manifest.ecs  # noqa: B018 it raises


def test_no_compose() -> None:
    """Whoever needs hosts says that there are none."""
    with pytest.raises(InfraError, match="backend: the manifest has no compose: the service runs on ECS"):
        light_manifest().expect_compose()
