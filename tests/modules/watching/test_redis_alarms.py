"""The alarms of a Redis on ElastiCache."""

from collections.abc import Sequence

import pytest
from constructs import Construct
from pydantic import ValidationError

from modules.watching.redis_alarms import RedisAlarms, RedisAlarmsSettings
from tests.support import Block, Synthesized, synth_scope

TOPIC = "arn:aws:sns:eu-west-2:956880242582:habits-alerts"
NAME = "habits-redis"

Built = tuple[Synthesized, RedisAlarms]


def build(node_ids: Sequence[str], node_type: str = "cache.t3.micro") -> Built:
    """The alarms of a cache, with settings that are not the defaults."""
    made: list[RedisAlarms] = []

    def declare(scope: Construct) -> None:
        made.append(
            RedisAlarms(
                scope,
                "alarms",
                name=NAME,
                node_ids=node_ids,
                node_type=node_type,
                topic_arn=TOPIC,
                settings=RedisAlarmsSettings(
                    memory_percent=70, evictions=10, cpu_percent=80, connections=200, replica_lag_s=3, for_min=7
                ),
            )
        )

    return synth_scope(declare), made[0]


@pytest.fixture(scope="module")
def pair() -> Built:
    """A primary with a replica."""
    return build(["habits-001", "habits-002"])


def alarm(built: Built, what: str) -> Block:
    """One alarm of a cache."""
    alarms = built[0].resources("aws_cloudwatch_metric_alarm").values()
    (found,) = (each for each in alarms if each["alarm_name"] == f"{NAME}-{what}")
    return found


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize(
    ("what", "metric", "statistic", "threshold"),
    [
        ("memory", "DatabaseMemoryUsagePercentage", "Maximum", 70),
        ("evictions", "Evictions", "Sum", 10),
        ("cpu", "CPUUtilization", "Average", 40),
        ("connections", "CurrConnections", "Maximum", 200),
        ("replica-lag", "ReplicationLag", "Maximum", 3),
    ],
)
def test_alarm(pair: Built, number: int, what: str, metric: str, statistic: str, threshold: int) -> None:
    """Each node is measured, and is over the limit for 7 minutes on end."""
    found = alarm(pair, f"{what}-{number}")
    node = {"CacheClusterId": f"habits-00{number}", "CacheNodeId": "0001"}

    assert ("AWS/ElastiCache", metric, statistic, 60, node) == (
        found["namespace"],
        found["metric_name"],
        found["statistic"],
        found["period"],
        found["dimensions"],
    )
    assert (threshold, "GreaterThanThreshold", 7, 7, "notBreaching") == (
        found["threshold"],
        found["comparison_operator"],
        found["datapoints_to_alarm"],
        found["evaluation_periods"],
        found["treat_missing_data"],
    )


def test_more_than_two_cpus() -> None:
    """On a larger node the engine's own CPU is what counts, all of it."""
    found = alarm(build(["habits-001"], "cache.m7g.xlarge"), "cpu-1")

    assert ("EngineCPUUtilization", 80) == (found["metric_name"], found["threshold"])


def test_no_replica() -> None:
    """A primary alone has no lag."""
    _, part = build(["habits-001"])

    assert [f"{NAME}-{what}-1" for what in ("memory", "evictions", "cpu", "connections")] == part.names


def test_all_alarms_are_known(pair: Built) -> None:
    """The dashboard gets every alarm."""
    stack, part = pair

    assert 10 == len(part.names)
    assert len(stack.resources("aws_cloudwatch_metric_alarm")) == len(set(part.arns)) == len(set(part.names))


def test_says_what_to_look_at(pair: Built) -> None:
    """Every message names the cache, the node and what comes first, within CloudWatch's 1024 characters."""
    for found in pair[0].resources("aws_cloudwatch_metric_alarm").values():
        assert NAME in found["alarm_description"]
        assert found["dimensions"]["CacheClusterId"] in found["alarm_description"]
        assert "Look first" in found["alarm_description"]
        assert len(found["alarm_description"]) <= 1024


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("memory_percent", 101),
        ("evictions", -1),
        ("cpu_percent", 0),
        ("connections", 65_001),
        ("replica_lag_s", 0),
        ("for_min", 61),
    ],
)
def test_limits(setting: str, value: int) -> None:
    """No setting makes an alarm that never or always fires."""
    with pytest.raises(ValidationError, match=setting):
        RedisAlarmsSettings.model_validate({setting: value})
