"""What a service's scaling does by the clock and by requests, as Terraform JSON."""

from typing import Any

import pytest
from constructs import Construct

from modules.fargate.peaks import PeakSettings
from modules.fargate.service_scaling import ServiceScaling, ServiceScalingSettings
from modules.office_hours.settings import OfficeHoursSettings
from tests.support import Synthesized, synth_scope

ZONE = "America/New_York"
LABEL = "app/habits/0123456789abcdef/targetgroup/api/fedcba9876543210"
HOURS = OfficeHoursSettings(opens="07:00", closes="20:00", time_zone=ZONE)
MORNING = PeakSettings(
    name="morning",
    begins="07:30",
    ends="09:30",
    time_zone=ZONE,
    days=["MON", "TUE"],
    min_capacity=3,
    max_capacity=8,
)


def build(*, label: str | None = None, runs_when: str | None = None, **settings: Any) -> Synthesized:  # noqa: ANN401
    """Scaling between 1 and 4 tasks, with some settings changed."""

    def declare(scope: Construct) -> None:
        ServiceScaling(
            scope,
            "scaling",
            cluster_name="habits",
            service_name="api",
            runs_when=runs_when,
            request_count_label=label,
            settings=ServiceScalingSettings(**({"min_capacity": 1, "max_capacity": 4} | settings)),
        )

    return synth_scope(declare)


@pytest.fixture(scope="module")
def scheduled() -> Synthesized:
    """Peaks and office hours together."""
    return build(peaks=[MORNING], office_hours=HOURS)


@pytest.mark.parametrize(
    ("name", "when", "bounds"),
    [
        ("api-morning-begins", "cron(30 7 ? * MON,TUE *)", ("3", "8")),
        ("api-morning-ends", "cron(30 9 ? * MON,TUE *)", ("1", "4")),
        ("api-opens", "cron(0 7 ? * MON,TUE,WED,THU,FRI *)", ("1", "4")),
        ("api-closes", "cron(0 20 ? * * *)", ("0", "0")),
    ],
)
def test_actions(scheduled: Synthesized, name: str, when: str, bounds: tuple[str, str]) -> None:
    """A peak brings its bounds and takes them away; outside of the office hours there is nothing, on any day."""
    (found,) = [
        one for one in scheduled.resources("aws_appautoscaling_scheduled_action").values() if one["name"] == name
    ]
    action = found["scalable_target_action"]

    assert (when, ZONE) == (found["schedule"], found["timezone"])
    assert bounds == (action["min_capacity"], action["max_capacity"])


def test_actions_are_of_the_target(scheduled: Synthesized) -> None:
    """Each action is for the service that is scaled, and there are no others."""
    (target,) = scheduled.resources("aws_appautoscaling_target")
    names = ("resource_id", "scalable_dimension", "service_namespace")
    actions = scheduled.resources("aws_appautoscaling_scheduled_action").values()

    assert [[f"${{aws_appautoscaling_target.{target}.{name}}}" for name in names]] * 4 == [
        [action[name] for name in names] for action in actions
    ]


def test_one_after_the_other(scheduled: Synthesized) -> None:
    """The first action waits for the policies, and each other one for another action: AWS refuses two calls at once."""
    actions = scheduled.resources("aws_appautoscaling_scheduled_action")
    awaited = [one for action in actions.values() for one in action["depends_on"]]
    policies = {f"aws_appautoscaling_policy.{id_}" for id_ in scheduled.resources("aws_appautoscaling_policy")}
    others = {f"aws_appautoscaling_scheduled_action.{id_}" for id_ in actions}

    assert policies == {one for one in awaited if one.startswith("aws_appautoscaling_policy.")}
    assert (3, 3) == (len(others & set(awaited)), len([one for one in awaited if one in others]))


def test_addresses(scheduled: Synthesized) -> None:
    """The ids are contracts: another one makes the action anew."""
    assert {
        "scaling_schedule_closes_",
        "scaling_schedule_morning_begins_",
        "scaling_schedule_morning_ends_",
        "scaling_schedule_opens_",
    } == {id_[:-8] for id_ in scheduled.resources("aws_appautoscaling_scheduled_action")}


@pytest.mark.parametrize("settings", [{"peaks": [MORNING]}, {"office_hours": HOURS}])
def test_bounds_are_the_schedules(settings: dict[str, Any]) -> None:
    """A plan at night or in a peak leaves the bounds alone."""
    target = build(**settings).resource("aws_appautoscaling_target")

    assert {"ignore_changes": ["min_capacity", "max_capacity"]} == target["lifecycle"]
    assert (1, 4) == (target["min_capacity"], target["max_capacity"])


def test_bounds_are_terraforms_without_a_schedule() -> None:
    """Without one, changed bounds are a change."""
    stack = build()

    assert "lifecycle" not in stack.resource("aws_appautoscaling_target")
    assert {} == stack.resources("aws_appautoscaling_scheduled_action")


def test_requests() -> None:
    """Requests are counted at one target group of one load balancer, and what a task gets is kept at the setting."""
    policies = build(label=LABEL, requests_per_target=600).resources("aws_appautoscaling_policy").values()
    (found,) = [one for one in policies if one["name"] == "api-requests"]
    tracking = found["target_tracking_scaling_policy_configuration"]

    assert 600 == tracking["target_value"]
    assert {"predefined_metric_type": "ALBRequestCountPerTarget", "resource_label": LABEL} == (
        tracking["predefined_metric_specification"]
    )


def test_only_requests_have_a_label() -> None:
    """AWS refuses a label for the other metrics."""
    policies = build(label=LABEL, requests_per_target=600).resources("aws_appautoscaling_policy").values()

    assert ["api-requests"] == [
        one["name"]
        for one in policies
        if "resource_label" in one["target_tracking_scaling_policy_configuration"]["predefined_metric_specification"]
    ]


def test_requests_are_not_tracked_unless_asked_for() -> None:
    """A label alone changes nothing."""
    assert 2 == len(build(label=LABEL).resources("aws_appautoscaling_policy"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"requests_per_target": 600}, "request_count_label"),
        ({"peaks": [MORNING], "runs_when": "local.there"}, "runs_when=None"),
    ],
)
def test_refused(arguments: dict[str, Any], message: str) -> None:
    """What cannot work is an error of whoever wires it."""
    with pytest.raises(ValueError, match=message):
        build(**arguments)
