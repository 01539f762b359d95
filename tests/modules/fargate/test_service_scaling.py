"""How a service is scaled, as Terraform JSON."""

from typing import Any

import pytest
from constructs import Construct
from pydantic import ValidationError

from modules.fargate.service_scaling import ServiceScaling, ServiceScalingSettings
from modules.mistakes import mistakes_in
from tests.support import Block, Synthesized, synth_scope


def build(runs_when: str | None = None, **settings: Any) -> Synthesized:  # noqa: ANN401 settings of any type
    """Scaling between 1 and 4 tasks with some settings changed."""

    def declare(scope: Construct) -> None:
        ServiceScaling(
            scope,
            "scaling",
            cluster_name="isms-staging",
            service_name="isms-backend-staging",
            runs_when=runs_when,
            settings=ServiceScalingSettings(**({"min_capacity": 1, "max_capacity": 4} | settings)),
        )

    return synth_scope(declare)


@pytest.fixture(scope="module")
def scaling() -> Synthesized:
    """Scaling as it is by default."""
    return build()


def tracking(stack: Synthesized) -> dict[str, Block]:
    """The target tracking configurations by policy name."""
    return {
        policy["name"]: policy["target_tracking_scaling_policy_configuration"]
        for policy in stack.resources("aws_appautoscaling_policy").values()
    }


def test_bounds(scaling: Synthesized) -> None:
    """The bounds are the settings'."""
    target = scaling.resource("aws_appautoscaling_target")

    assert (1, 4) == (target["min_capacity"], target["max_capacity"])


def test_bounds_before_the_first_image() -> None:
    """Nothing runs as long as the condition does not hold."""
    target = build(runs_when='local.tag != ""').resource("aws_appautoscaling_target")

    assert '${local.tag != "" ? 1 : 0}' == target["min_capacity"]
    assert '${local.tag != "" ? 4 : 0}' == target["max_capacity"]


def test_scales_the_service(scaling: Synthesized) -> None:
    """What is scaled is the number of this service's tasks."""
    target = scaling.resource("aws_appautoscaling_target")

    assert "service/isms-staging/isms-backend-staging" == target["resource_id"]
    assert ("ecs", "ecs:service:DesiredCount") == (target["service_namespace"], target["scalable_dimension"])


def test_policies_are_of_the_target(scaling: Synthesized) -> None:
    """Each policy scales the same thing, by target tracking."""
    (target,) = scaling.resources("aws_appautoscaling_target")
    names = ("resource_id", "scalable_dimension", "service_namespace")

    for policy in scaling.resources("aws_appautoscaling_policy").values():
        assert [f"${{aws_appautoscaling_target.{target}.{name}}}" for name in names] == [policy[name] for name in names]
        assert "TargetTrackingScaling" == policy["policy_type"]


@pytest.mark.parametrize(
    ("name", "metric", "percent"),
    [
        ("isms-backend-staging-cpu", "ECSServiceAverageCPUUtilization", 70),
        ("isms-backend-staging-memory", "ECSServiceAverageMemoryUtilization", 80),
    ],
)
def test_targets(scaling: Synthesized, name: str, metric: str, percent: int) -> None:
    """Processors are kept at 70 %, memory at 80 %."""
    found = tracking(scaling)[name]

    assert (percent, metric) == (
        found["target_value"],
        found["predefined_metric_specification"]["predefined_metric_type"],
    )


def test_cooldowns(scaling: Synthesized) -> None:
    """Tasks come fast and go slowly."""
    assert {(300, 60)} == {
        (each["scale_in_cooldown"], each["scale_out_cooldown"]) for each in tracking(scaling).values()
    }


def test_cooldowns_of_settings() -> None:
    """How fast is a setting."""
    stack = build(scale_in_cooldown_s=600, scale_out_cooldown_s=0, memory_target_percent=None)
    (found,) = tracking(stack).values()

    assert (600, 0) == (found["scale_in_cooldown"], found["scale_out_cooldown"])


@pytest.mark.parametrize(("off", "left"), [("cpu_target_percent", "-memory"), ("memory_target_percent", "-cpu")])
def test_one_target(off: str, left: str) -> None:
    """Either target can be switched off."""
    (name,) = tracking(build(**{off: None}))

    assert name.endswith(left)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"min_capacity": 5}, "max_capacity must be at least min_capacity, 5, got 4"),
        ({"min_capacity": 0}, "min_capacity must be a whole number between 1 and 5000, got 0"),
        ({"max_capacity": 5001}, "max_capacity must be a whole number between 1 and 5000, got 5001"),
        ({"cpu_target_percent": 0}, "cpu_target_percent must be a whole number between 1 and 100"),
        (
            {"cpu_target_percent": None, "memory_target_percent": None},
            "memory_target_percent must be a percentage when cpu_target_percent is None",
        ),
    ],
)
def test_refused(changes: dict[str, Any], message: str) -> None:
    """Bounds that cross and scaling that follows nothing are mistakes."""
    with pytest.raises(ValidationError) as error:
        ServiceScalingSettings(**({"min_capacity": 1, "max_capacity": 4} | changes))

    (found,) = mistakes_in(error.value, ServiceScalingSettings)
    assert message in f"{found.path} {found.text}"


def test_a_fixed_number_is_a_range() -> None:
    """The bounds may be equal."""
    assert 3 == ServiceScalingSettings(min_capacity=3, max_capacity=3).max_capacity
