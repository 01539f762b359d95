"""The alarms of an instance of RDS for PostgreSQL."""

import pytest
from constructs import Construct
from pydantic import ValidationError

from modules.watching.postgres_alarms import PostgresAlarms, PostgresAlarmsSettings, max_connections
from tests.support import Block, Synthesized, synth_scope

TOPIC = "arn:aws:sns:eu-west-2:956880242582:habits-alerts"
NAME = "habits-postgres"
MIB = 1024 * 1024
GIB = 1024 * MIB

Built = tuple[Synthesized, PostgresAlarms]


def build(instance_class: str) -> Built:
    """The alarms of an instance, with settings that are not the defaults."""
    made: list[PostgresAlarms] = []

    def declare(scope: Construct) -> None:
        made.append(
            PostgresAlarms(
                scope,
                "alarms",
                name=NAME,
                instance_id="habits",
                instance_class=instance_class,
                topic_arn=TOPIC,
                settings=PostgresAlarmsSettings(
                    cpu_percent=85,
                    surplus_credits=50,
                    free_memory_percent=10,
                    swap_mib=128,
                    connections_percent=50,
                    free_storage_gib=3,
                    burst_percent=20,
                    for_min=7,
                ),
            )
        )

    return synth_scope(declare), made[0]


@pytest.fixture(scope="module")
def burstable() -> Built:
    """An instance that lives on CPU credits."""
    return build("db.t4g.small")


def alarm(built: Built, what: str) -> Block:
    """One alarm of an instance."""
    alarms = built[0].resources("aws_cloudwatch_metric_alarm").values()
    (found,) = (each for each in alarms if each["alarm_name"] == f"{NAME}-{what}")
    return found


@pytest.mark.parametrize(
    ("what", "metric", "statistic", "threshold", "below"),
    [
        ("cpu", "CPUUtilization", "Average", 85, False),
        ("memory", "FreeableMemory", "Minimum", 204 * MIB, True),
        ("swap", "SwapUsage", "Maximum", 128 * MIB, False),
        ("connections", "DatabaseConnections", "Maximum", 112, False),
        ("storage", "FreeStorageSpace", "Minimum", 3 * GIB, True),
        ("burst-operations", "EBSIOBalance%", "Minimum", 20, True),
        ("burst-bytes", "EBSByteBalance%", "Minimum", 20, True),
    ],
)
def test_alarm(burstable: Built, what: str, metric: str, statistic: str, threshold: int, below: bool) -> None:
    """The instance is beyond the limit for 7 minutes on end."""
    found = alarm(burstable, what)

    assert ("AWS/RDS", metric, statistic, 60, {"DBInstanceIdentifier": "habits"}) == (
        found["namespace"],
        found["metric_name"],
        found["statistic"],
        found["period"],
        found["dimensions"],
    )
    assert (threshold, "LessThanThreshold" if below else "GreaterThanThreshold") == (
        found["threshold"],
        found["comparison_operator"],
    )
    assert (7, 7) == (found["datapoints_to_alarm"], found["evaluation_periods"])


def test_credits(burstable: Built) -> None:
    """RDS counts credits every five minutes."""
    found = alarm(burstable, "credits")

    assert ("CPUSurplusCreditBalance", "Maximum", 300, 1, 50, "GreaterThanThreshold") == (
        found["metric_name"],
        found["statistic"],
        found["period"],
        found["evaluation_periods"],
        found["threshold"],
        found["comparison_operator"],
    )


def test_other_classes_have_no_credits() -> None:
    """A class that is not burstable has all of its CPU always."""
    _, part = build("db.m7g.large")

    assert f"{NAME}-credits" not in part.names
    assert 7 == len(part.names)


def test_a_stopped_instance_is_no_alarm(burstable: Built) -> None:
    """An instance that is stopped for the night says nothing, and nothing is wrong."""
    alarms = burstable[0].resources("aws_cloudwatch_metric_alarm").values()

    assert {"notBreaching"} == {each["treat_missing_data"] for each in alarms}


def test_all_alarms_are_known(burstable: Built) -> None:
    """The dashboard gets every alarm."""
    stack, part = burstable
    ends = ["cpu", "credits", "memory", "swap", "connections", "storage", "burst-operations", "burst-bytes"]

    assert [f"{NAME}-{end}" for end in ends] == part.names
    assert len(stack.resources("aws_cloudwatch_metric_alarm")) == len(set(part.arns))


def test_says_what_to_look_at(burstable: Built) -> None:
    """Every message names the instance and what comes first, within CloudWatch's 1024 characters."""
    for found in burstable[0].resources("aws_cloudwatch_metric_alarm").values():
        assert NAME in found["alarm_description"]
        assert "Look first" in found["alarm_description"]
        assert len(found["alarm_description"]) <= 1024


@pytest.mark.parametrize(
    ("instance_class", "connections"),
    [
        ("db.t3.micro", 112),
        ("db.t4g.small", 225),
        ("db.t4g.medium", 450),
        ("db.t4g.xlarge", 1802),
        ("db.t4g.2xlarge", 3604),
        ("db.r7g.16xlarge", 5000),
    ],
)
def test_max_connections(instance_class: str, connections: int) -> None:
    """RDS's formula: LEAST({DBInstanceClassMemory/9531392}, 5000)."""
    assert connections == max_connections(instance_class)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("cpu_percent", 101),
        ("surplus_credits", 0),
        ("free_memory_percent", 0),
        ("swap_mib", 0),
        ("connections_percent", 0),
        ("free_storage_gib", 0),
        ("burst_percent", 0),
        ("for_min", 61),
    ],
)
def test_limits(setting: str, value: int) -> None:
    """No setting makes an alarm that never or always fires."""
    with pytest.raises(ValidationError, match=setting):
        PostgresAlarmsSettings.model_validate({setting: value})
