"""The group of hosts, what comes before it, and what others see of it."""

import json
from typing import Any

import pytest

from modules.compose_host.settings import HostScalingSettings
from tests.modules.compose_host.sample_compose_host import GROUP, SEVERAL, backend, build, chromadb, only, ref
from tests.support import Block, Synthesized

SCALED: dict[str, Any] = SEVERAL | {"max_size": 4, "scaling": HostScalingSettings()}


@pytest.fixture(scope="module")
def host() -> Synthesized:
    """One host with a data volume."""
    return build()[0]


@pytest.fixture(scope="module")
def several() -> Synthesized:
    """Two to four hosts without one."""
    return build([backend()], settings=SCALED)[0]


@pytest.fixture(scope="module")
def group(host: Synthesized) -> Block:
    """The group of one."""
    return host.resource("aws_autoscaling_group")


@pytest.mark.parametrize(("built", "sizes"), [("host", (1, 1, 1)), ("several", (2, 2, 4))])
def test_sizes(request: pytest.FixtureRequest, built: str, sizes: tuple[int, int, int]) -> None:
    """The bounds and the first number are the settings'."""
    found = request.getfixturevalue(built).resource("aws_autoscaling_group")

    assert sizes == (found["min_size"], found["desired_capacity"], found["max_size"])


def test_template(host: Synthesized, group: Block) -> None:
    """The version is the newest that Terraform made, by its number: another one replaces the hosts."""
    (template,) = host.resources("aws_launch_template")

    assert {
        "id": f"${{aws_launch_template.{template}.id}}",
        "version": f"${{aws_launch_template.{template}.latest_version}}",
    } == group["launch_template"]


@pytest.mark.parametrize(("built", "subnets"), [("host", ["subnet-a"]), ("several", ["subnet-a", "subnet-b"])])
def test_subnets(request: pytest.FixtureRequest, built: str, subnets: list[str]) -> None:
    """A data volume is in one zone, and so are the hosts that can attach it."""
    assert subnets == request.getfixturevalue(built).resource("aws_autoscaling_group")["vpc_zone_identifier"]


def test_target_groups(group: Block) -> None:
    """A host registers with the target groups of its services."""
    assert ["arn:blue"] == group["target_group_arns"]


def test_health(group: Block) -> None:
    """Before the first release nothing answers, so the load balancer is not asked."""
    assert ("EC2", 300, 300) == (
        group["health_check_type"],
        group["health_check_grace_period"],
        group["default_instance_warmup"],
    )


@pytest.mark.parametrize(("built", "least"), [("host", 0), ("several", 100)])
def test_refresh(request: pytest.FixtureRequest, built: str, least: int) -> None:
    """With a data volume the old host goes while the new one comes; else the new one is first, one at a time."""
    found = request.getfixturevalue(built).resource("aws_autoscaling_group")["instance_refresh"]

    assert {
        "strategy": "Rolling",
        "preferences": {"min_healthy_percentage": least, "max_healthy_percentage": 100},
    } == found


@pytest.mark.parametrize(("built", "ignored"), [("host", None), ("several", {"ignore_changes": ["desired_capacity"]})])
def test_number_belongs_to_the_policies(
    request: pytest.FixtureRequest, built: str, ignored: dict[str, Any] | None
) -> None:
    """Where hosts are scaled, no apply takes back what a policy has done."""
    assert ignored == request.getfixturevalue(built).resource("aws_autoscaling_group").get("lifecycle")


def test_tags(group: Block) -> None:
    """The group passes its tags on to its instances."""
    assert [("Name", "aldeia-test-host", True), ("Stack", "aldeia-staging", True), ("Team", "chat", True)] == [
        (tag["key"], tag["value"], tag["propagate_at_launch"]) for tag in group["tag"]
    ]


@pytest.mark.parametrize("type_", ["aws_ssm_parameter", "aws_cloudwatch_log_group", "aws_ssm_document"])
def test_needed(host: Synthesized, group: Block, type_: str) -> None:
    """What a host reads and writes is there before it, and so is what the stack passes, before or after."""
    assert {f"{type_}.{id_}" for id_ in host.resources(type_)} <= set(group["depends_on"])


def test_log_group(host: Synthesized) -> None:
    """One log group, with an end to its retention."""
    _, logs = only(host, "aws_cloudwatch_log_group", "logs")

    assert ("/aws/ec2/aldeia-staging", 30) == (logs["name"], logs["retention_in_days"])


@pytest.mark.parametrize(
    ("output", "type_", "part", "attribute"),
    [
        ("auto_scaling_group_name", "aws_autoscaling_group", "group", "name"),
        ("document_name", "aws_ssm_document", "document", "name"),
        ("log_group_name", "aws_cloudwatch_log_group", "logs", "name"),
        ("security_group_id", "aws_security_group", "network_group", "id"),
    ],
)
def test_result(host: Synthesized, output: str, type_: str, part: str, attribute: str) -> None:
    """What others refer to."""
    assert ref(host, type_, part, attribute) == host.output(output)


def test_ready(host: Synthesized) -> None:
    """Whoever needs the hosts waits for the group."""
    (group,) = host.resources("aws_autoscaling_group")

    assert [f"${{aws_autoscaling_group.{group}}}"] == host.output("ready")


def test_image_parameters(host: Synthesized) -> None:
    """A release finds the parameter of its service; a fixed image has none."""
    assert {"backend": "/aldeia-staging/compose/image/backend"} == host.output("image_parameters")


@pytest.mark.parametrize(("built", "settle_s"), [("host", 0), ("several", 30)])
def test_next_host_waits(request: pytest.FixtureRequest, built: str, settle_s: int) -> None:
    """Where there is a next one, a host waits until the load balancer has seen that it is well."""
    _, parameter = only(request.getfixturevalue(built), "aws_ssm_parameter", "file")

    assert settle_s == json.loads(parameter["insecure_value"])["x-compose-host"]["ready"]["backend"]["settle_s"]


def test_several_hosts_have_no_folder() -> None:
    """Two servers on one folder would corrupt it."""
    with pytest.raises(ValueError, match="a service with a folder needs max_size 1"):
        build([chromadb()], settings=SEVERAL)


def test_stateful_addresses(host: Synthesized) -> None:
    """A changed address replaces what holds something: the data, its snapshots, the images that releases wrote."""
    assert {
        "aws_ebs_volume.host_data_volume_57E2A25C",
        "aws_backup_vault.host_data_vault_3899539D",
        "aws_ssm_parameter.host_parameters_image_backend_7E4935BE",
        "aws_autoscaling_group.host_group_852F8459",
    } == {
        f"{type_}.{only(host, type_, part)[0]}"
        for type_, part in (
            ("aws_ebs_volume", "volume"),
            ("aws_backup_vault", "vault"),
            ("aws_ssm_parameter", "image_backend"),
            ("aws_autoscaling_group", "group"),
        )
    }


def test_names() -> None:
    """The group's name is a literal, by which the role and its machines are told."""
    assert GROUP == build()[0].resource("aws_autoscaling_group")["name"]
