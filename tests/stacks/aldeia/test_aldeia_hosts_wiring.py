"""Aldeia's stacks on machines: that each setting of the machines reaches its part."""

from typing import Any

import pytest

from modules.compose_host.settings import ComposeHostSettings, HostScalingSettings
from tests.stacks.aldeia.sample_aldeia import PRODUCTION, SEVERAL, STAGING, agent, build, root
from tests.stacks.isms.sample_isms import manifest, of_service
from tests.support import Synthesized

OTHERS: dict[str, Any] = SEVERAL | {
    "hosts": ComposeHostSettings(
        instance_type="t4g.xlarge",
        ubuntu="24.04",
        root_volume_gib=33,
        min_size=3,
        desired_capacity=4,
        max_size=6,
        warmup_s=200,
        metrics_namespace="Octo/EC2",
        scaling=HostScalingSettings(
            out_above_percent=60, out_for_min=10, in_below_percent=20, in_for_min=15, cooldown_s=100
        ),
    ),
    "cpu_architecture": "ARM64",
    "log_retention_days": 14,
}


@pytest.fixture(scope="module")
def others() -> Synthesized:
    """Several machines with none of these settings as they are."""
    return build(PRODUCTION, **OTHERS)


def test_template(others: Synthesized) -> None:
    """Type, image and disk."""
    template = others.resource("aws_launch_template")

    assert ("t4g.xlarge", 33) == (template["instance_type"], root(others)["volume_size"])
    assert "/24.04/stable/current/arm64/hvm/ebs-gp3/" in template["image_id"]


def test_group(others: Synthesized) -> None:
    """Bounds, and how long a new one takes."""
    group = others.resource("aws_autoscaling_group")

    assert (3, 4, 6) == (group["min_size"], group["desired_capacity"], group["max_size"])
    assert 200 == group["default_instance_warmup"]


@pytest.mark.parametrize(("way", "percent", "minutes"), [("out", 60, 10), ("in", 20, 15)])
def test_scaling(way: str, percent: int, minutes: int, others: Synthesized) -> None:
    """Both ways."""
    (policy,) = [b for i, b in others.resources("aws_autoscaling_policy").items() if f"_{way}_" in i]
    (alarm,) = [
        b for b in others.resources("aws_cloudwatch_metric_alarm").values() if b["alarm_name"].endswith(f"-scale-{way}")
    ]

    assert (100, percent, minutes * 60) == (
        policy["cooldown"],
        alarm["threshold"],
        alarm["period"] * alarm["evaluation_periods"],
    )


def test_watching(others: Synthesized) -> None:
    """Namespace and retention."""
    (group,) = of_service(others, "aws_cloudwatch_log_group", "hosts").values()

    assert ("Octo/EC2", 14) == (agent(others)["metrics"]["namespace"], group["retention_in_days"])


@pytest.mark.parametrize("service", ["backend", "frontend"])
def test_architecture(service: str, others: Synthesized) -> None:
    """A release looks whether the image is built for it."""
    assert "ARM64" == manifest(others, service)["compose"]["cpu_architecture"]


def test_data() -> None:
    """Size of the disk, time and retention of its snapshots."""
    stack = build(
        STAGING,
        hosts=ComposeHostSettings(
            instance_type="t3.medium",
            data_volume_gib=77,
            snapshot_time_utc="14:05",
            snapshot_retention_days=3,
        ),
    )
    (rule,) = stack.resource("aws_backup_plan")["rule"]

    assert 77 == stack.resource("aws_ebs_volume")["size"]
    assert ("cron(5 14 * * ? *)", 3) == (rule["schedule"], rule["lifecycle"]["delete_after"])


def test_first_zone() -> None:
    """The machine and its disk are in the first of the network's zones."""
    stack = build(STAGING, network={"nat": "one", "zones": ["c", "a"]})
    (subnet,) = stack.resource("aws_autoscaling_group")["vpc_zone_identifier"]

    assert "us-east-1c" == stack.resource("aws_ebs_volume")["availability_zone"]
    assert "us-east-1c" == stack.resources("aws_subnet")[subnet.split(".")[1]]["availability_zone"]


def test_tags() -> None:
    """Machines and their disks say whose they are; the provider's default tags do not reach them."""
    stack = build(STAGING, tags={"Team": "octo"})
    expected = {"Name": "aldeia-staging-host", "Stack": "aldeia-staging", "ManagedBy": "terraform", "Team": "octo"}
    specifications = stack.resource("aws_launch_template")["tag_specifications"]

    assert {"instance": expected, "volume": expected} == {one["resource_type"]: one["tags"] for one in specifications}
    assert expected == {
        one["key"]: one["value"] for one in stack.resource("aws_autoscaling_group")["tag"] if one["propagate_at_launch"]
    }
