"""What the role of the hosts may do, and nothing beyond."""

from typing import Any

import pytest

from modules.container.application import Application
from tests.modules.compose_host.sample_compose_host import (
    GROUP,
    OBJECTS,
    REPOSITORY,
    SECRET,
    SEVERAL,
    backend,
    build,
    only,
    ref,
    statements,
)
from tests.modules.iam_wildcards import excesses
from tests.support import Block, Synthesized

INSTANCES = "arn:aws:ec2:us-east-1:956880242582:instance/*"


@pytest.fixture(scope="module")
def host() -> Synthesized:
    """One host with a data volume."""
    return build()[0]


@pytest.fixture(scope="module")
def several() -> Synthesized:
    """Several hosts without one."""
    return build([backend()], settings=SEVERAL)[0]


def of(stack: Synthesized, action: str) -> list[Block]:
    """The statements of the hosts' role with this action."""
    return [one for one in statements(stack, "role_permissions") if action in one["actions"]]


def resources(stack: Synthesized, action: str) -> list[str]:
    """What the one statement with this action is about."""
    (found,) = of(stack, action)
    listed: list[str] = found["resources"]
    return listed


@pytest.mark.parametrize("built", ["host", "several"])
def test_nothing_beyond_need(request: pytest.FixtureRequest, built: str) -> None:
    """No policy asks for more than AWS forces it to."""
    assert [] == excesses(request.getfixturevalue(built))


def test_trust(host: Synthesized) -> None:
    """EC2 takes the role on, without a condition: it sends none of the keys that there would be."""
    (trust,) = statements(host, "role_trust")

    assert [{"type": "Service", "identifiers": ["ec2.amazonaws.com"]}] == trust["principals"]
    assert "condition" not in trust


def test_profile(host: Synthesized) -> None:
    """The hosts have the role by a profile of their own."""
    profile = host.resource("aws_iam_instance_profile")

    assert ("aldeia-test-host", ref(host, "aws_iam_role", "host_role", "name")) == (profile["name"], profile["role"])


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("ssm:UpdateInstanceInformation", [INSTANCES]),
        ("ssmmessages:OpenDataChannel", ["*"]),
        ("ec2messages:GetMessages", ["*"]),
        ("ec2:DescribeTags", ["*"]),
        ("ecr:GetAuthorizationToken", ["*"]),
        ("ecr:BatchGetImage", [REPOSITORY]),
        ("secretsmanager:GetSecretValue", [SECRET]),
        ("s3:GetObject", [OBJECTS]),
    ],
)
def test_action(host: Synthesized, action: str, expected: list[str]) -> None:
    """Each action is on what it is for: management, images, secrets, and the services' own."""
    assert expected == resources(host, action)


def test_no_managed_policy(host: Synthesized) -> None:
    """AmazonSSMManagedInstanceCore lets its role read every parameter of the account."""
    assert {} == host.resources("aws_iam_role_policy_attachment")


def test_parameters(host: Synthesized) -> None:
    """A host reads the parameters of its stack, one by one."""
    names = {ref(host, "aws_ssm_parameter", part, "arn") for part in ("file", "agent", "image_backend")}

    assert names == set(resources(host, "ssm:GetParameter"))


def test_logs(host: Synthesized) -> None:
    """A host writes to its own log group, and makes none."""
    group = ref(host, "aws_cloudwatch_log_group", "logs", "arn")

    assert [f"{group}:*"] == resources(host, "logs:PutLogEvents")
    assert [] == of(host, "logs:CreateLogGroup")


def test_metrics(host: Synthesized) -> None:
    """Its metrics go to one namespace, which is the only thing that they can be narrowed to."""
    (found,) = of(host, "cloudwatch:PutMetricData")

    assert [{"test": "StringEquals", "variable": "cloudwatch:namespace", "values": ["Aldeia/EC2"]}] == found[
        "condition"
    ]


def test_attaches_one_volume_to_members_of_its_group(host: Synthesized) -> None:
    """Neither another volume nor another machine."""
    volume, machines = of(host, "ec2:AttachVolume")
    ours = {"test": "StringEquals", "variable": "aws:ResourceTag/aws:autoscaling:groupName", "values": [GROUP]}

    assert ([ref(host, "aws_ebs_volume", "volume", "arn")], []) == (volume["resources"], volume["condition"])
    assert ([INSTANCES], [ours]) == (machines["resources"], machines["condition"])


@pytest.mark.parametrize("action", ["ec2:AttachVolume", "ecr:BatchGetImage", "secretsmanager:GetSecretValue"])
def test_nothing_for_what_is_not_there(action: str) -> None:
    """Without a folder, a repository and a secret there is no such statement."""
    plain: dict[str, Any] = {"repository_arn": None, "image": "nginx:1", "repository_url": None}
    stack, _ = build([backend(application=Application(container_name="backend"), **plain)])

    assert [] == of(stack, action)


def test_hosts_wait_for_the_policy(host: Synthesized) -> None:
    """A host whose role has no permissions yet gives up."""
    (policy, _) = only(host, "aws_iam_role_policy", "role_policy")

    assert f"aws_iam_role_policy.{policy}" in host.resource("aws_autoscaling_group")["depends_on"]
