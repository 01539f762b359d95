"""When hosts are added and taken away."""

from typing import Any

import pytest

from modules.compose_host.settings import HostScalingSettings
from tests.modules.compose_host.sample_compose_host import SEVERAL, backend, build, only, ref
from tests.support import Synthesized

CHANGED = HostScalingSettings(out_above_percent=80, out_for_min=15, in_below_percent=20, in_for_min=30, cooldown_s=60)


def scaled(scaling: HostScalingSettings) -> Synthesized:
    """Two to four hosts."""
    settings: dict[str, Any] = SEVERAL | {"max_size": 4, "scaling": scaling}
    return build([backend()], settings=settings)[0]


@pytest.fixture(scope="module")
def designed() -> Synthesized:
    """As design 004 has it."""
    return scaled(HostScalingSettings())


@pytest.fixture(scope="module")
def other() -> Synthesized:
    """With other settings."""
    return scaled(CHANGED)


@pytest.mark.parametrize(
    ("built", "way", "hosts", "cooldown_s"),
    [("designed", "out", 1, 300), ("designed", "in", -1, 300), ("other", "out", 1, 60), ("other", "in", -1, 60)],
)
def test_policy(request: pytest.FixtureRequest, built: str, way: str, hosts: int, cooldown_s: int) -> None:
    """One host at a time, and then a pause."""
    stack = request.getfixturevalue(built)
    _, policy = only(stack, "aws_autoscaling_policy", f"scaling_{way}")

    assert ("SimpleScaling", "ChangeInCapacity", hosts, cooldown_s) == (
        policy["policy_type"],
        policy["adjustment_type"],
        policy["scaling_adjustment"],
        policy["cooldown"],
    )
    assert ref(stack, "aws_autoscaling_group", "group", "name") == policy["autoscaling_group_name"]


@pytest.mark.parametrize(
    ("built", "way", "comparison", "percent", "periods"),
    [
        ("designed", "out", "GreaterThanThreshold", 70, 1),
        ("designed", "in", "LessThanThreshold", 30, 2),
        ("other", "out", "GreaterThanThreshold", 80, 3),
        ("other", "in", "LessThanThreshold", 20, 6),
    ],
)
def test_alarm(
    request: pytest.FixtureRequest, built: str, way: str, comparison: str, percent: int, periods: int
) -> None:
    """EC2 says every five minutes what all hosts use together."""
    stack = request.getfixturevalue(built)
    _, alarm = only(stack, "aws_cloudwatch_metric_alarm", f"{way}_alarm")

    assert ("AWS/EC2", "CPUUtilization", "Average", 300) == (
        alarm["namespace"],
        alarm["metric_name"],
        alarm["statistic"],
        alarm["period"],
    )
    assert (comparison, percent, periods) == (
        alarm["comparison_operator"],
        alarm["threshold"],
        alarm["evaluation_periods"],
    )
    assert {"AutoScalingGroupName": ref(stack, "aws_autoscaling_group", "group", "name")} == alarm["dimensions"]


@pytest.mark.parametrize("way", ["out", "in"])
def test_alarm_tells_the_policy_alone(designed: Synthesized, way: str) -> None:
    """Nobody wants a message because there is little to do."""
    _, alarm = only(designed, "aws_cloudwatch_metric_alarm", f"{way}_alarm")

    assert [ref(designed, "aws_autoscaling_policy", f"scaling_{way}", "arn")] == alarm["alarm_actions"]
    assert "ok_actions" not in alarm


@pytest.mark.parametrize("way", ["out", "in"])
def test_no_data_is_no_reason(designed: Synthesized, way: str) -> None:
    """While no host says anything, none is added and none taken away."""
    _, alarm = only(designed, "aws_cloudwatch_metric_alarm", f"{way}_alarm")

    assert "notBreaching" == alarm["treat_missing_data"]


def test_alarms_are_not_among_those_of_trouble(designed: Synthesized) -> None:
    """The dashboard does not show as a fault what is none."""
    assert not any("scaling" in arn for arn in designed.output("alarm_arns"))


def test_fixed_number() -> None:
    """Without scaling there are no policies."""
    assert {} == build()[0].resources("aws_autoscaling_policy")
