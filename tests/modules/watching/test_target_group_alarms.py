"""The alarms of a target group, and of the load balancer before it."""

import pytest
from constructs import Construct
from pydantic import ValidationError

from modules.load_balancer.target_group import TargetGroup
from modules.watching.load_balancer_alarms import LoadBalancerAlarms, LoadBalancerAlarmsSettings
from modules.watching.target_group_alarms import TargetGroupAlarms, TargetGroupAlarmsSettings
from tests.support import Block, Synthesized, synth_scope

TOPIC = "arn:aws:sns:eu-west-2:956880242582:isms-staging-alerts"
LOAD_BALANCER = "app/isms-staging/0123456789abcdef"
BLUE = TargetGroup(name="blue", arn="arn:blue", arn_suffix="targetgroup/blue/0123456789abcdef")
DIMENSIONS = {"LoadBalancer": LOAD_BALANCER, "TargetGroup": "targetgroup/blue/0123456789abcdef"}
NAME = "isms-backend-staging-blue"


@pytest.fixture(scope="module")
def made() -> list[TargetGroupAlarms | LoadBalancerAlarms]:
    """The parts that `stack` holds."""
    return []


@pytest.fixture(scope="module")
def stack(made: list[TargetGroupAlarms | LoadBalancerAlarms]) -> Synthesized:
    """The alarms of the blue group and of the load balancer, with settings that are not the defaults."""

    def build(scope: Construct) -> None:
        group = TargetGroupAlarms(
            scope,
            "blue_alarms",
            name=NAME,
            load_balancer_arn_suffix=LOAD_BALANCER,
            target_group=BLUE,
            topic_arn=TOPIC,
            settings=TargetGroupAlarmsSettings(
                error_rate_percent=7,
                errors_per_min_tolerated=9,
                error_minutes=3,
                unhealthy_minutes=4,
                latency_p95_s=2.5,
                latency_for_min=30,
            ),
        )
        balancer = LoadBalancerAlarms(
            scope,
            "load_balancer_alarms",
            name="isms-staging",
            load_balancer_arn_suffix=LOAD_BALANCER,
            topic_arn=TOPIC,
            settings=LoadBalancerAlarmsSettings(errors_per_min=6, error_minutes=3),
        )
        made.extend([group, balancer])

    return synth_scope(build)


def alarm(stack: Synthesized, name: str) -> Block:
    """The alarm of this name."""
    (found,) = (each for each in stack.resources("aws_cloudwatch_metric_alarm").values() if each["alarm_name"] == name)
    return found


def periods(alarm: Block) -> tuple[int, int]:
    """How many periods must breach, of how many."""
    return alarm["datapoints_to_alarm"], alarm["evaluation_periods"]


class TestErrors:
    """The alarm on 5xx."""

    def test_rate_with_a_minimum(self, stack: Synthesized) -> None:
        """What counts is the share of the requests, once there are more errors than are tolerated."""
        result, *_ = alarm(stack, f"{NAME}-5xx")["metric_query"]

        assert "IF(FILL(errors, 0) > 9, 100 * FILL(errors, 0) / requests, 0)" == result["expression"]

    def test_inputs(self, stack: Synthesized) -> None:
        """Both are sums over a minute of this target group alone."""
        _, *inputs = alarm(stack, f"{NAME}-5xx")["metric_query"]

        assert {
            ("errors", "HTTPCode_Target_5XX_Count", "Sum", 60),
            ("requests", "RequestCount", "Sum", 60),
        } == {
            (each["id"], each["metric"]["metric_name"], each["metric"]["stat"], each["metric"]["period"])
            for each in inputs
        }
        assert [DIMENSIONS, DIMENSIONS] == [each["metric"]["dimensions"] for each in inputs]

    def test_threshold(self, stack: Synthesized) -> None:
        """More than 7 % in 3 of the last 5 minutes."""
        found = alarm(stack, f"{NAME}-5xx")

        assert (7, (3, 5)) == (found["threshold"], periods(found))


class TestUnhealthy:
    """The alarm on unhealthy targets."""

    def test_metric(self, stack: Synthesized) -> None:
        """The minimum over the nodes: ELB recommends it, because all of them find the target unhealthy then."""
        found = alarm(stack, f"{NAME}-unhealthy")

        assert ("AWS/ApplicationELB", "UnHealthyHostCount", "Minimum", 60, DIMENSIONS) == (
            found["namespace"],
            found["metric_name"],
            found["statistic"],
            found["period"],
            found["dimensions"],
        )

    def test_threshold(self, stack: Synthesized) -> None:
        """More than none in 4 of the last 5 minutes."""
        found = alarm(stack, f"{NAME}-unhealthy")

        assert (0, "GreaterThanThreshold", (4, 5)) == (
            found["threshold"],
            found["comparison_operator"],
            periods(found),
        )


def test_latency(stack: Synthesized) -> None:
    """The 95th percentile over 5 minutes is over 2.5 s for 30 minutes."""
    found = alarm(stack, f"{NAME}-latency")

    assert ("TargetResponseTime", "p95", 300, DIMENSIONS) == (
        found["metric_name"],
        found["extended_statistic"],
        found["period"],
        found["dimensions"],
    )
    assert (2.5, (6, 6)) == (found["threshold"], periods(found))


def test_idle_group_is_well(stack: Synthesized) -> None:
    """The group that waits for the next deployment has no data."""
    assert {"notBreaching"} == {
        each["treat_missing_data"] for each in stack.resources("aws_cloudwatch_metric_alarm").values()
    }


def test_rollback(stack: Synthesized, made: list[TargetGroupAlarms]) -> None:  # noqa: ARG001 fills `made`
    """Errors and unhealthy targets roll a deployment back; mere slowness does not."""
    assert [f"{NAME}-5xx", f"{NAME}-unhealthy"] == made[0].rollback_names


def test_all_alarms_are_known(stack: Synthesized, made: list[TargetGroupAlarms]) -> None:
    """The dashboard gets every alarm."""
    assert [f"{NAME}-5xx", f"{NAME}-unhealthy", f"{NAME}-latency"] == made[0].names
    assert ["isms-staging-elb-5xx"] == made[1].names
    assert len(stack.resources("aws_cloudwatch_metric_alarm")) == len({*made[0].arns, *made[1].arns})


def test_says_what_to_look_at(stack: Synthesized) -> None:
    """Every message names what is in trouble and what comes first, within CloudWatch's 1024 characters."""
    for found in stack.resources("aws_cloudwatch_metric_alarm").values():
        assert "Look first" in found["alarm_description"]
        assert "isms-" in found["alarm_description"]
        assert len(found["alarm_description"]) <= 1024


def test_load_balancer(stack: Synthesized) -> None:
    """More than 6 errors of the load balancer's own a minute in 3 of the last 5 minutes, of all its groups."""
    found = alarm(stack, "isms-staging-elb-5xx")

    assert ("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", "Sum", 60, {"LoadBalancer": LOAD_BALANCER}) == (
        found["namespace"],
        found["metric_name"],
        found["statistic"],
        found["period"],
        found["dimensions"],
    )
    assert (6, (3, 5)) == (found["threshold"], periods(found))


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("error_rate_percent", 0),
        ("error_rate_percent", 101),
        ("errors_per_min_tolerated", -1),
        ("error_minutes", 6),
        ("unhealthy_minutes", 0),
        ("latency_p95_s", 0),
        ("latency_for_min", 7),
        ("latency_for_min", 65),
    ],
)
def test_limits(setting: str, value: float) -> None:
    """No setting makes an alarm that never or always fires."""
    with pytest.raises(ValidationError, match=setting):
        TargetGroupAlarmsSettings.model_validate({setting: value})


@pytest.mark.parametrize(("setting", "value"), [("errors_per_min", -1), ("error_minutes", 6)])
def test_load_balancer_limits(setting: str, value: int) -> None:
    """Nor does one of the load balancer's."""
    with pytest.raises(ValidationError, match=setting):
        LoadBalancerAlarmsSettings.model_validate({setting: value})
