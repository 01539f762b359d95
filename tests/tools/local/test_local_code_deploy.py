"""What a deployment reads before it starts: its steps and its AppSpec."""

import hashlib
import json
from typing import Any

import pytest

from tools.local.code_deploy.app_spec import AppSpecError, read, task_set_fields
from tools.local.code_deploy.steps import steps_of

BALANCER = {"ContainerName": "web", "ContainerPort": 80}
PROPERTIES = {"TaskDefinition": "web:2", "LoadBalancerInfo": BALANCER}
CANARY = {"type": "TimeBasedCanary", "timeBasedCanary": {"canaryPercentage": 10, "canaryInterval": 5}}
LINEAR = {"type": "TimeBasedLinear", "timeBasedLinear": {"linearPercentage": 30, "linearInterval": 2}}
CONFIGS = {name: {"trafficRoutingConfig": config} for name, config in (("canary", CANARY), ("linear", LINEAR))}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (None, [(100, 0)]),
        ("CodeDeployDefault.ECSAllAtOnce", [(100, 0)]),
        ("CodeDeployDefault.ECSCanary10Percent15Minutes", [(10, 15), (100, 0)]),
        ("CodeDeployDefault.ECSLinear10PercentEvery3Minutes", [*((part, 3) for part in range(10, 100, 10)), (100, 0)]),
        ("canary", [(10, 5), (100, 0)]),
        ("linear", [(30, 2), (60, 2), (90, 2), (100, 0)]),
    ],
)
def test_steps(name: str | None, expected: list[tuple[int, int]]) -> None:
    """A configuration's steps end with all of the traffic, at once."""
    assert expected == [(step.percent, step.wait_min) for step in steps_of(name, CONFIGS)]


def spec(properties: object, type_: str = "AWS::ECS::Service", **content: object) -> dict[str, Any]:
    """Write the revision of an AppSpec."""
    text = json.dumps({"version": 0.0, "Resources": [{"TargetService": {"Type": type_, "Properties": properties}}]})
    return {"revisionType": "AppSpecContent", "appSpecContent": {"content": text, **content}}


def test_app_spec_yaml() -> None:
    """An AppSpec may be YAML, and is known by its hash."""
    text = (
        "Resources:\n  - TargetService:\n      Type: AWS::ECS::Service\n      Properties:\n"
        "        TaskDefinition: web:2\n        LoadBalancerInfo: {ContainerName: web, ContainerPort: 80}\n"
    )
    digest = hashlib.sha256(text.encode()).hexdigest()
    content = {"content": text, "sha256": digest}

    assert (PROPERTIES, digest) == read({"revisionType": "AppSpecContent", "appSpecContent": content})


@pytest.mark.parametrize(
    "revision",
    [
        {},
        {"revisionType": "S3", "s3Location": {"bucket": "b", "key": "k"}},
        {"revisionType": "AppSpecContent", "appSpecContent": {"content": "{"}},
        {"revisionType": "AppSpecContent", "appSpecContent": {"content": "{}"}},
        spec(PROPERTIES, sha256="0"),
        spec(PROPERTIES, "AWS::Lambda::Function"),
        spec({"TaskDefinition": "web:2"}),
        spec({"TaskDefinition": "", "LoadBalancerInfo": BALANCER}),
    ],
)
def test_app_spec_mistakes(revision: dict[str, Any]) -> None:
    """What is no AppSpec of an ECS service is refused."""
    with pytest.raises(AppSpecError):
        read(revision)


def test_app_spec_fields() -> None:
    """What an AppSpec says of the replacement is passed on in the words of ECS."""
    network = {"AwsvpcConfiguration": {"Subnets": ["subnet-1"], "AssignPublicIp": "DISABLED"}}
    shares = [{"CapacityProvider": "FARGATE_SPOT", "Weight": 2, "Base": 1}]
    more = {"PlatformVersion": "1.4.0", "NetworkConfiguration": network, "CapacityProviderStrategy": shares}

    assert {
        "taskDefinition": "web:2",
        "loadBalancers": [{"targetGroupArn": "green", "containerName": "web", "containerPort": 80}],
        "platformVersion": "1.4.0",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"], "assignPublicIp": "DISABLED"}},
        "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 2, "base": 1}],
    } == task_set_fields(PROPERTIES | more, "green")


def test_app_spec_without_capacity() -> None:
    """Without a strategy in the AppSpec the replacement does not get the service's."""
    assert None is task_set_fields(PROPERTIES, "green")["capacityProviderStrategy"]
