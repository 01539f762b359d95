"""The AppSpec of a blue/green deployment."""

import json
from typing import Any

import pytest

from tools.release.appspec import appspec
from tools.release.manifest import Manifest

REVISION = "arn:aws:ecs:eu-west-2:956880242582:task-definition/isms-backend-staging:7"


@pytest.fixture
def properties(manifest: Manifest) -> dict[str, Any]:
    """The properties of the one resource."""
    (resource,) = json.loads(appspec(manifest, REVISION))["Resources"]
    found: dict[str, Any] = resource["TargetService"]["Properties"]
    return found


def test_resource(manifest: Manifest) -> None:
    """CodeDeploy is told that it is an ECS service, in the only version of AppSpecs."""
    document = json.loads(appspec(manifest, REVISION))

    assert (0.0, "AWS::ECS::Service") == (document["version"], document["Resources"][0]["TargetService"]["Type"])


def test_task_definition(properties: dict[str, Any]) -> None:
    """The revision is given by its ARN."""
    assert REVISION == properties["TaskDefinition"]


def test_load_balancer(properties: dict[str, Any]) -> None:
    """Traffic goes to the service's container, and the port is a number."""
    assert {"ContainerName": "backend", "ContainerPort": 4000} == properties["LoadBalancerInfo"]


def test_network(manifest: Manifest, properties: dict[str, Any]) -> None:
    """All three settings of the network are given: CodeDeploy takes all or none."""
    assert {
        "AwsvpcConfiguration": {
            "Subnets": manifest.ecs.subnets,
            "SecurityGroups": manifest.ecs.security_groups,
            "AssignPublicIp": "DISABLED",
        }
    } == properties["NetworkConfiguration"]


def test_public_ip(manifest: Manifest) -> None:
    """Tasks in a public subnet keep their address."""
    public = manifest.model_copy(update={"ecs_": manifest.ecs.model_copy(update={"assign_public_ip": True})})

    assert '"AssignPublicIp": "ENABLED"' in appspec(public, REVISION)


def test_capacity(properties: dict[str, Any]) -> None:
    """The share of Spot goes with every deployment, or CodeDeploy would drop it."""
    assert [
        {"CapacityProvider": "FARGATE", "Weight": 30, "Base": 1},
        {"CapacityProvider": "FARGATE_SPOT", "Weight": 70, "Base": 0},
    ] == properties["CapacityProviderStrategy"]


def test_platform_version(properties: dict[str, Any]) -> None:
    """The platform version is that of the manifest."""
    assert "LATEST" == properties["PlatformVersion"]


def test_no_capacity(manifest: Manifest) -> None:
    """An empty strategy is left out: ECS refuses it."""
    assert "CapacityProviderStrategy" not in appspec(manifest.model_copy(update={"capacity": []}), REVISION)
