"""What is watched of hosts."""

import json
from typing import Any, get_args

import pytest
from constructs import Construct
from pydantic import ValidationError

from modules.compose_host.agent import agent_configuration
from modules.compose_host.alarms import HostAlarms, HostAlarmsSettings
from modules.watching.host_metrics import AGENT_PERIOD_S, AgentMetric, HostMetrics
from tests.support import Block, Synthesized, synth_scope

TOPIC = "arn:aws:sns:us-east-1:956880242582:aldeia-staging-alerts"
METRICS = HostMetrics(namespace="Aldeia/EC2", auto_scaling_group_name="hosts")

Built = tuple[Synthesized, HostAlarms]


def build(min_size: int = 1) -> Built:
    """The alarms of a group, with settings that are not the defaults."""
    made: list[HostAlarms] = []

    def declare(scope: Construct) -> None:
        settings = HostAlarmsSettings(cpu_percent=85, memory_percent=80, disk_percent=75, for_min=10, silent_for_min=20)
        made.append(
            HostAlarms(
                scope, "alarms", name="hosts", metrics=METRICS, min_size=min_size, topic_arn=TOPIC, settings=settings
            )
        )

    return synth_scope(declare), made[0]


@pytest.fixture(scope="module")
def built() -> Built:
    """The alarms of one host."""
    return build()


def alarm(built: Built, what: str) -> Block:
    """One alarm."""
    alarms = built[0].resources("aws_cloudwatch_metric_alarm").values()
    (found,) = (each for each in alarms if each["alarm_name"] == f"hosts-{what}")
    return found


@pytest.mark.parametrize(
    ("what", "namespace", "metric", "statistic", "period", "periods", "comparison", "threshold"),
    [
        ("cpu", "AWS/EC2", "CPUUtilization", "Average", 300, 2, "GreaterThanThreshold", 85),
        ("memory", "Aldeia/EC2", "MEMORY_USED", "Maximum", 60, 10, "GreaterThanThreshold", 80),
        ("disk", "Aldeia/EC2", "DISK_USED", "Maximum", 60, 10, "GreaterThanThreshold", 75),
        ("status", "AWS/EC2", "StatusCheckFailed", "Maximum", 300, 1, "GreaterThanThreshold", 0),
        ("silent", "Aldeia/EC2", "MEMORY_USED", "SampleCount", 300, 4, "LessThanThreshold", 2.5),
    ],
)
def test_alarm(
    built: Built,
    what: str,
    namespace: str,
    metric: str,
    statistic: str,
    period: int,
    periods: int,
    comparison: str,
    threshold: float,
) -> None:
    """Each looks at all hosts of the group together."""
    found = alarm(built, what)

    assert (namespace, metric, statistic, period, {"AutoScalingGroupName": "hosts"}) == (
        found["namespace"],
        found["metric_name"],
        found["statistic"],
        found["period"],
        found["dimensions"],
    )
    assert (periods, periods, comparison, threshold) == (
        found["datapoints_to_alarm"],
        found["evaluation_periods"],
        found["comparison_operator"],
        found["threshold"],
    )


@pytest.mark.parametrize(
    ("what", "missing"),
    [("cpu", "notBreaching"), ("memory", "notBreaching"), ("disk", "notBreaching"), ("silent", "breaching")],
)
def test_missing(built: Built, what: str, missing: str) -> None:
    """That no host reports is one alarm's business, not every one's."""
    assert missing == alarm(built, what)["treat_missing_data"]


@pytest.mark.parametrize(("min_size", "threshold"), [(1, 2.5), (2, 7.5), (4, 17.5)])
def test_one_silent_host_of_several(min_size: int, threshold: float) -> None:
    """Fewer reports than all hosts send, and more than all but one do."""
    found = alarm(build(min_size), "silent")["threshold"]

    assert threshold == found
    assert 5 * (min_size - 1) < found < 5 * min_size


def test_tells_the_topic(built: Built) -> None:
    """When it fires, and when it is over."""
    assert {(TOPIC, TOPIC)} == {
        (*each["alarm_actions"], *each["ok_actions"])
        for each in built[0].resources("aws_cloudwatch_metric_alarm").values()
    }


def test_names(built: Built) -> None:
    """What others refer to."""
    assert [f"hosts-{what}" for what in ("cpu", "memory", "disk", "status", "silent")] == built[1].names
    assert 5 == len(built[1].arns)


@pytest.fixture(scope="module")
def agent() -> Block:
    """What the agent on a host is told."""
    document: Block = json.loads(agent_configuration(log_group_name="/aws/ec2/aldeia", namespace="Aldeia/EC2"))
    return document


class TestAgent:
    """The agent must say what is watched, under the name and the dimension by which it is watched."""

    def test_names(self, agent: Block) -> None:
        """The agent sends each under the name by which it is asked for."""
        collected = {
            one["rename"] for part in agent["metrics"]["metrics_collected"].values() for one in part["measurement"]
        }

        assert set(get_args(AgentMetric)) <= collected

    def test_dimension(self, agent: Block) -> None:
        """All hosts of a group together."""
        dimensions = list(METRICS.agent("MEMORY_USED", "Maximum").dimensions)

        assert dimensions in agent["metrics"]["aggregation_dimensions"]

    def test_period(self, agent: Block) -> None:
        """As often as is counted on."""
        assert AGENT_PERIOD_S == agent["agent"]["metrics_collection_interval"]


@pytest.mark.parametrize(
    ("setting", "value"), [("cpu_percent", 0), ("disk_percent", 101), ("for_min", 7), ("silent_for_min", 65)]
)
def test_refused(setting: str, value: Any) -> None:  # noqa: ANN401 any value
    """Percentages, and minutes in steps of five."""
    with pytest.raises(ValidationError, match=setting):
        HostAlarmsSettings.model_validate({setting: value})
