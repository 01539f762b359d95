"""The alarms of an Aurora Serverless v2 cluster."""

import pytest
from constructs import Construct
from pydantic import ValidationError

from modules.watching.aurora_alarms import AuroraAlarms, AuroraAlarmsSettings, max_connections
from tests.support import Block, Synthesized, synth_scope

TOPIC = "arn:aws:sns:eu-west-2:956880242582:isms-staging-alerts"
NAME = "isms-staging-aurora"
CLUSTER = {"DBClusterIdentifier": "isms-staging"}


def build(reader_count: int) -> tuple[Synthesized, AuroraAlarms]:
    """The alarms of a cluster, with settings that are not the defaults."""
    made: list[AuroraAlarms] = []

    def cluster(scope: Construct) -> None:
        made.append(
            AuroraAlarms(
                scope,
                "alarms",
                name=NAME,
                cluster_id="isms-staging",
                min_capacity_acu=2,
                max_capacity_acu=16,
                reader_count=reader_count,
                topic_arn=TOPIC,
                settings=AuroraAlarmsSettings(
                    acu_percent=85, connections_percent=50, volume_gib=3, replica_lag_ms=500, for_min=7
                ),
            )
        )

    return synth_scope(cluster), made[0]


@pytest.fixture(scope="module")
def with_reader() -> tuple[Synthesized, AuroraAlarms]:
    """A cluster with a reader."""
    return build(1)


def alarm(built: tuple[Synthesized, AuroraAlarms], what: str) -> Block:
    """One alarm of a cluster."""
    alarms = built[0].resources("aws_cloudwatch_metric_alarm").values()
    (found,) = (each for each in alarms if each["alarm_name"] == f"{NAME}-{what}")
    return found


@pytest.mark.parametrize(
    ("what", "metric", "dimensions", "threshold"),
    [
        ("acu", "ACUUtilization", CLUSTER, 85),
        ("connections", "DatabaseConnections", CLUSTER, 1680),
        ("replica-lag", "AuroraReplicaLag", CLUSTER | {"Role": "READER"}, 500),
    ],
)
def test_instances(
    with_reader: tuple[Synthesized, AuroraAlarms], what: str, metric: str, dimensions: Block, threshold: int
) -> None:
    """The worst instance of the cluster is over the limit for 7 minutes on end."""
    found = alarm(with_reader, what)

    assert ("AWS/RDS", metric, "Maximum", 60, dimensions) == (
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


def test_volume(with_reader: tuple[Synthesized, AuroraAlarms]) -> None:
    """More than 3 GiB; a gap in a metric that comes at intervals keeps the state."""
    found = alarm(with_reader, "volume")

    assert ("VolumeBytesUsed", CLUSTER, 10800, 1, "ignore") == (
        found["metric_name"],
        found["dimensions"],
        found["period"],
        found["evaluation_periods"],
        found["treat_missing_data"],
    )
    assert 3 * 1024 * 1024 * 1024 == found["threshold"]


def test_without_readers() -> None:
    """A writer alone has no lag."""
    _, part = build(0)

    assert [f"{NAME}-acu", f"{NAME}-connections", f"{NAME}-volume"] == part.names


def test_all_alarms_are_known(with_reader: tuple[Synthesized, AuroraAlarms]) -> None:
    """The dashboard gets every alarm."""
    stack, part = with_reader

    assert [f"{NAME}-acu", f"{NAME}-connections", f"{NAME}-volume", f"{NAME}-replica-lag"] == part.names
    assert len(stack.resources("aws_cloudwatch_metric_alarm")) == len(set(part.arns))


def test_says_what_to_look_at(with_reader: tuple[Synthesized, AuroraAlarms]) -> None:
    """Every message names the cluster and what comes first, within CloudWatch's 1024 characters."""
    for found in with_reader[0].resources("aws_cloudwatch_metric_alarm").values():
        assert NAME in found["alarm_description"]
        assert "Look first" in found["alarm_description"]
        assert len(found["alarm_description"]) <= 1024


@pytest.mark.parametrize(
    ("minimum", "maximum", "connections"),
    [
        (1, 1, 189),
        (1, 4, 823),
        (1, 8, 1669),
        (1, 16, 3360),
        (1, 32, 5000),
        (2, 128, 5000),
        (2, 256, 5000),
    ],
)
def test_documented_connections(minimum: float, maximum: float, connections: int) -> None:
    """The rows of AWS's table."""
    assert connections == max_connections(min_capacity_acu=minimum, max_capacity_acu=maximum)


@pytest.mark.parametrize(
    ("minimum", "maximum", "connections"),
    [(0, 128, 2000), (0.5, 128, 2000), (0.5, 16, 2000), (0.5, 1, 189), (0.5, 8, 1669), (1, 128, 5000)],
)
def test_small_minimum_caps_connections(minimum: float, maximum: float, connections: int) -> None:
    """A minimum of 0 or 0.5 ACU caps the limit at 2,000, and does not raise it."""
    assert connections == max_connections(min_capacity_acu=minimum, max_capacity_acu=maximum)


@pytest.mark.parametrize(("maximum", "connections"), [(2, 400), (2.5, 506), (12, 2514), (24, 4180), (100.5, 5000)])
def test_connections_between_the_rows(maximum: float, connections: int) -> None:
    """Between two rows the limit grows evenly, as the memory does."""
    assert connections == max_connections(min_capacity_acu=1, max_capacity_acu=maximum)


@pytest.mark.parametrize(
    ("setting", "value"),
    [("acu_percent", 101), ("connections_percent", 0), ("volume_gib", 0), ("replica_lag_ms", 0), ("for_min", 61)],
)
def test_limits(setting: str, value: int) -> None:
    """No setting makes an alarm that never or always fires."""
    with pytest.raises(ValidationError, match=setting):
        AuroraAlarmsSettings.model_validate({setting: value})
