"""The alarms of an ECS service."""

import pytest
from constructs import Construct
from pydantic import ValidationError

from modules.watching.service_alarms import ServiceAlarms, ServiceAlarmsSettings
from tests.support import Block, Synthesized, synth_scope

TOPIC = "arn:aws:sns:eu-west-2:956880242582:isms-staging-alerts"
NAME = "isms-backend-staging"
DIMENSIONS = {"ClusterName": "isms-staging", "ServiceName": NAME}


def build(min_running_tasks: int | None, *, pauses: bool = False) -> tuple[Synthesized, ServiceAlarms]:
    """The alarms of a service, with settings that are not the defaults."""
    made: list[ServiceAlarms] = []

    def service(scope: Construct) -> None:
        made.append(
            ServiceAlarms(
                scope,
                "alarms",
                name=NAME,
                cluster_name="isms-staging",
                service_name=NAME,
                min_running_tasks=min_running_tasks,
                pauses=pauses,
                topic_arn=TOPIC,
                settings=ServiceAlarmsSettings(cpu_percent=85, memory_percent=95, for_min=7),
            )
        )

    return synth_scope(service), made[0]


@pytest.fixture(scope="module")
def counted() -> tuple[Synthesized, ServiceAlarms]:
    """A service whose tasks Container Insights counts."""
    return build(2)


def alarms(stack: Synthesized) -> dict[str, Block]:
    """The alarms by their names."""
    return {each["alarm_name"]: each for each in stack.resources("aws_cloudwatch_metric_alarm").values()}


@pytest.mark.parametrize(
    ("what", "metric", "percent"), [("cpu", "CPUUtilization", 85), ("memory", "MemoryUtilization", 95)]
)
def test_utilization(counted: tuple[Synthesized, ServiceAlarms], what: str, metric: str, percent: int) -> None:
    """The average over the service's tasks is over the limit for 7 minutes on end."""
    found = alarms(counted[0])[f"{NAME}-{what}"]

    assert ("AWS/ECS", metric, "Average", 60, DIMENSIONS) == (
        found["namespace"],
        found["metric_name"],
        found["statistic"],
        found["period"],
        found["dimensions"],
    )
    assert (percent, "GreaterThanThreshold", 7, 7, "notBreaching") == (
        found["threshold"],
        found["comparison_operator"],
        found["datapoints_to_alarm"],
        found["evaluation_periods"],
        found["treat_missing_data"],
    )


def test_running_tasks(counted: tuple[Synthesized, ServiceAlarms]) -> None:
    """Fewer than 2 tasks for 7 minutes; no data means that none runs."""
    found = alarms(counted[0])[f"{NAME}-running-tasks"]

    assert ("ECS/ContainerInsights", "RunningTaskCount", "Minimum", DIMENSIONS) == (
        found["namespace"],
        found["metric_name"],
        found["statistic"],
        found["dimensions"],
    )
    assert (2, "LessThanThreshold", 7, 7, "breaching") == (
        found["threshold"],
        found["comparison_operator"],
        found["datapoints_to_alarm"],
        found["evaluation_periods"],
        found["treat_missing_data"],
    )


def test_running_tasks_of_a_service_that_pauses() -> None:
    """No data means nothing where there may be no task; too few tasks mean what they always do."""
    found = alarms(build(2, pauses=True)[0])[f"{NAME}-running-tasks"]

    assert (2, "notBreaching") == (found["threshold"], found["treat_missing_data"])


def test_without_container_insights() -> None:
    """Without the metric there is no alarm, which would fire for ever."""
    stack, part = build(None)

    assert [f"{NAME}-cpu", f"{NAME}-memory"] == part.names
    assert set(part.names) == alarms(stack).keys()


def test_all_alarms_are_known(counted: tuple[Synthesized, ServiceAlarms]) -> None:
    """The dashboard gets every alarm."""
    stack, part = counted

    assert [f"{NAME}-cpu", f"{NAME}-memory", f"{NAME}-running-tasks"] == part.names
    assert len(alarms(stack)) == len(set(part.arns))


def test_says_what_to_look_at(counted: tuple[Synthesized, ServiceAlarms]) -> None:
    """Every message names the service and what comes first, within CloudWatch's 1024 characters."""
    for found in alarms(counted[0]).values():
        assert NAME in found["alarm_description"]
        assert "Look first" in found["alarm_description"]
        assert len(found["alarm_description"]) <= 1024


@pytest.mark.parametrize(
    ("setting", "value"), [("cpu_percent", 0), ("cpu_percent", 101), ("memory_percent", 101), ("for_min", 0)]
)
def test_limits(setting: str, value: int) -> None:
    """No setting makes an alarm that never or always fires."""
    with pytest.raises(ValidationError, match=setting):
        ServiceAlarmsSettings.model_validate({setting: value})
