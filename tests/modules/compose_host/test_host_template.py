"""What each host is made from."""

from typing import Any

import pytest

from modules.compose_host.host_template import image_reference
from modules.compose_host.settings import ComposeHostSettings
from modules.container.application import Application
from tests.modules.compose_host.sample_compose_host import backend, build, ref
from tests.support import Block, Synthesized


@pytest.fixture(scope="module")
def host() -> Synthesized:
    """One host."""
    return build()[0]


@pytest.fixture(scope="module")
def template(host: Synthesized) -> Block:
    """Its template."""
    return host.resource("aws_launch_template")


@pytest.mark.parametrize(
    ("ubuntu", "instance_type", "end"),
    [
        ("22.04", "t3.medium", "22.04/stable/current/amd64/hvm/ebs-gp2/ami-id"),
        ("22.04", "t4g.medium", "22.04/stable/current/arm64/hvm/ebs-gp2/ami-id"),
        ("24.04", "t3.medium", "24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"),
    ],
)
def test_image(ubuntu: Any, instance_type: str, end: str) -> None:  # noqa: ANN401 one of two literals
    """Canonical's newest image, of the release and for the processor."""
    settings = ComposeHostSettings(instance_type=instance_type, ubuntu=ubuntu)

    assert f"resolve:ssm:/aws/service/canonical/ubuntu/server/{end}" == image_reference(settings)


def test_image_of_the_template(template: Block) -> None:
    """EC2 looks the image up, so that a newer one changes no plan."""
    settings = ComposeHostSettings(instance_type="t3.medium")

    assert (image_reference(settings), "t3.medium") == (template["image_id"], template["instance_type"])


def test_no_way_in(template: Block) -> None:
    """There is neither a key pair nor a public address."""
    (interface,) = template["network_interfaces"]

    assert "key_name" not in template
    assert "false" == interface["associate_public_ip_address"]


def test_security_group(host: Synthesized, template: Block) -> None:
    """The hosts' group alone."""
    (interface,) = template["network_interfaces"]

    assert [ref(host, "aws_security_group", "network_group", "id")] == interface["security_groups"]


def test_root_volume(template: Block) -> None:
    """The root volume is encrypted and goes with its host."""
    (mapping,) = template["block_device_mappings"]

    assert {
        "device_name": "/dev/sda1",
        "ebs": {"volume_size": 50, "volume_type": "gp3", "encrypted": "true", "delete_on_termination": "true"},
    } == mapping


def test_metadata_needs_a_token(template: Block) -> None:
    """IMDSv2 only; a container that works with AWS is one hop further."""
    assert {"http_endpoint": "enabled", "http_tokens": "required", "http_put_response_hop_limit": 2} == template[
        "metadata_options"
    ]


def test_metadata_stays_on_the_host() -> None:
    """Where no service works with AWS, no container reaches the metadata at all."""
    stack, _ = build([backend(application=Application(container_name="backend"))])

    assert 1 == stack.resource("aws_launch_template")["metadata_options"]["http_put_response_hop_limit"]


@pytest.mark.parametrize("cpu_credits", ["standard", "unlimited"])
def test_credits(cpu_credits: str) -> None:
    """What happens to a host that has spent its credits is a setting."""
    stack, _ = build(settings={"instance_type": "t3.medium", "cpu_credits": cpu_credits})

    assert {"cpu_credits": cpu_credits} == stack.resource("aws_launch_template")["credit_specification"]


def test_profile(host: Synthesized, template: Block) -> None:
    """The hosts get their role by its profile."""
    assert {"arn": ref(host, "aws_iam_instance_profile", "profile", "arn")} == template["iam_instance_profile"]


@pytest.mark.parametrize("kind", ["instance", "volume"])
def test_tags(template: Block, kind: str) -> None:
    """Auto Scaling makes instances and volumes, so the stack's tags are written down for both."""
    (tags,) = [one["tags"] for one in template["tag_specifications"] if kind == one["resource_type"]]

    assert {"Name": "aldeia-test-host", "Stack": "aldeia-staging", "Team": "chat"} == tags


def test_user_data(host: Synthesized, template: Block) -> None:
    """The first commands go through a local, in which quotes and backslashes survive."""
    ((id_, text),) = host.document["locals"].items()

    assert f"${{base64encode(local.{id_})}}" == template["user_data"]
    assert text.startswith("#!/usr/bin/env bash\n")


def test_user_data_names_the_volume(host: Synthesized) -> None:
    """Another volume is another template, and so another host."""
    (text,) = host.document["locals"].values()

    assert ref(host, "aws_ebs_volume", "volume", "id") in text


def test_user_data_without_a_volume() -> None:
    """Without a folder there is no volume to wait for."""
    stack, _ = build([backend()])
    (text,) = stack.document["locals"].values()

    assert "DATA_VOLUME=''" in text
