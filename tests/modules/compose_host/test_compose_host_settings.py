"""What the settings of hosts refuse, and whether their services fit them."""

from typing import Any

import pytest
from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from modules.compose_host.instance_type import Architecture
from modules.compose_host.settings import ComposeHostSettings, HostScalingSettings, check_hosts, host_buckets
from modules.mistakes import mistakes_in

FAMILIES = "of the families t3, t4g"
SIZES = "micro, small, medium, large, xlarge, 2xlarge"
SCALING = HostScalingSettings()

REFUSED: list[tuple[dict[str, object], str]] = [
    (
        {"instance_type": "m5.large"},
        f"instance_type must be an instance type such as t3.medium, {FAMILIES}, got 'm5.large'",
    ),
    ({"instance_type": "t3.nano"}, f"instance_type must have one of the sizes {SIZES} in the family t3, got 't3.nano'"),
    ({"instance_type": "t4g"}, f"instance_type must have one of the sizes {SIZES} in the family t4g, got 't4g'"),
    ({"ubuntu": "20.04"}, "ubuntu must be one of 22.04, 24.04, got '20.04'"),
    ({"root_volume_gib": 19}, "root_volume_gib must be a whole number between 20 and 16384, got 19"),
    ({"data_volume_gib": 0}, "data_volume_gib must be a whole number between 1 and 16384, got 0"),
    ({"snapshot_retention_days": 0}, "snapshot_retention_days must be a whole number between 1 and 365, got 0"),
    ({"snapshot_time_utc": "24:00"}, "snapshot_time_utc must be a time, hh:mm in UTC, got '24:00'"),
    ({"min_size": 0}, "min_size must be a whole number between 1 and 100, got 0"),
    ({"min_size": 2, "max_size": 2}, "desired_capacity must be at least min_size, 2, got 1"),
    ({"desired_capacity": 2, "max_size": 1}, "max_size must be at least desired_capacity, 2, got 1"),
    ({"cpu_credits": "none"}, "cpu_credits must be one of standard, unlimited, got 'none'"),
    (
        {"max_size": 2},
        "scaling must be given: max_size, 2, is above min_size, 1, and nothing else would use the room, got None",
    ),
    (
        {"scaling": SCALING},
        "scaling must be None when max_size is min_size, 1: there is no room to scale, got HostScalingSettings(…)",
    ),
    (
        {"max_size": 2, "scaling": SCALING, "cpu_credits": "standard"},
        "scaling must be None when cpu_credits is standard: a host without credits never looks busy, "
        "got HostScalingSettings(…)",
    ),
    ({"warmup_s": 3601}, "warmup_s must be a whole number between 0 and 3600, got 3601"),
    (
        {"metrics_namespace": "AWS/EC2"},
        "metrics_namespace must not begin with AWS/, which is AWS's own, got 'AWS/EC2'",
    ),
    (
        {"metrics_namespace": "a:b"},
        "metrics_namespace must be 1 to 255 letters, digits and _/-, beginning with a letter or digit, got 'a:b'",
    ),
]


@pytest.mark.parametrize(("settings", "message"), REFUSED)
def test_refused(settings: dict[str, Any], message: str) -> None:
    """Each rule that a plan cannot see is a mistake in the file."""
    with pytest.raises(ValidationError) as caught:
        ComposeHostSettings(**({"instance_type": "t3.medium"} | settings))

    assert message in [f"{one.path} {one.text}" for one in mistakes_in(caught.value, ComposeHostSettings)]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"out_above_percent": 101}, "out_above_percent must be a whole number between 1 and 100, got 101"),
        ({"out_for_min": 7}, "out_for_min must be a multiple of 5 between 5 and 60, got 7"),
        ({"in_for_min": 0}, "in_for_min must be a multiple of 5 between 5 and 60, got 0"),
        ({"cooldown_s": -1}, "cooldown_s must be a whole number between 0 and 3600, got -1"),
        (
            {"in_below_percent": 36},
            "in_below_percent must be at most 35, half of out_above_percent, or one host of two comes and goes, got 36",
        ),
        (
            {"out_above_percent": 59},
            "in_below_percent must be at most 29, half of out_above_percent, or one host of two comes and goes, got 30",
        ),
    ],
)
def test_scaling_refused(settings: dict[str, Any], message: str) -> None:
    """Bounds that meet would add a host and take it away in turns."""
    with pytest.raises(ValidationError) as caught:
        HostScalingSettings(**settings)

    assert [message] == [f"{one.path} {one.text}" for one in mistakes_in(caught.value, HostScalingSettings)]


@pytest.mark.parametrize(
    "settings",
    [
        {"instance_type": "t4g.micro"},
        {"min_size": 3, "desired_capacity": 3, "max_size": 3},
        {"min_size": 2, "desired_capacity": 3, "max_size": 4, "scaling": SCALING},
        {"cpu_credits": "standard", "ubuntu": "24.04"},
        {"snapshot_time_utc": "23:59"},
    ],
)
def test_accepted(settings: dict[str, Any]) -> None:
    """A fixed number, or room with something that uses it."""
    ComposeHostSettings(**({"instance_type": "t3.medium"} | settings))


def test_defaults_are_the_designs() -> None:
    """Design 004: 70 % for 5 minutes, 30 % for 10, 300 seconds between two changes, 50 GB."""
    assert (70, 5, 30, 10, 300) == tuple(SCALING.model_dump().values())
    assert 50 == ComposeHostSettings(instance_type="t3.medium").root_volume_gib


def check(
    memory_mib: list[int],
    cpu_architecture: Architecture = "X86_64",
    *,
    has_folders: bool = False,
    **settings: Any,  # noqa: ANN401 settings of any type
) -> None:
    """Check services on hosts of 4096 MiB."""
    hosts = ComposeHostSettings(**({"instance_type": "t3.medium"} | settings))
    check_hosts(hosts, memory_mib=memory_mib, cpu_architecture=cpu_architecture, has_folders=has_folders)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"memory_mib": [1024, 512, 2049]},
            "must have an instance_type with at least 4097 MiB, 3585 for the services and 512 for the host: "
            "t3.medium has 4096",
        ),
        (
            {"memory_mib": [512], "cpu_architecture": "ARM64"},
            "must have an instance_type of ARM64, for which the images are built: t3.medium is X86_64",
        ),
        (
            {"memory_mib": [512], "instance_type": "t4g.medium"},
            "must have an instance_type of X86_64, for which the images are built: t4g.medium is ARM64",
        ),
        (
            {"memory_mib": [512], "has_folders": True, "desired_capacity": 2, "min_size": 2, "max_size": 2},
            "must have max_size 1: a service keeps a folder, which two servers at the same time would corrupt",
        ),
    ],
)
def test_services_do_not_fit(arguments: dict[str, Any], message: str) -> None:
    """What would fail on the host, hours later, is a line while the settings are checked."""
    with pytest.raises(PydanticCustomError) as caught:
        check(**arguments)

    assert message == str(caught.value)


@pytest.mark.parametrize(
    "arguments",
    [
        {"memory_mib": [1024, 512, 2048]},
        {"memory_mib": [512], "has_folders": True},
        {"memory_mib": [512], "desired_capacity": 2, "min_size": 2, "max_size": 2},
        {"memory_mib": [512], "cpu_architecture": "ARM64", "instance_type": "t4g.micro"},
    ],
)
def test_services_fit(arguments: dict[str, Any]) -> None:
    """Up to the last MiB, and several hosts where nothing is kept."""
    check(**arguments)


def test_buckets() -> None:
    """What the network's way to S3 must let through, or no host has its agent."""
    assert ["amazoncloudwatch-agent", "amazoncloudwatch-agent-us-east-1"] == host_buckets("us-east-1")
