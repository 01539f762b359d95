"""What is watched of a web service, and what the dashboard shows of it."""

import pytest

from modules.watching.service_alarms import ServiceAlarmsSettings
from modules.watching.target_group_alarms import TargetGroupAlarmsSettings
from tests.modules.web_service.sample_web_service import build, ref
from tests.support import Block, Synthesized

NAME = "isms-backend-staging"
OF_A_SIDE = {"5xx", "unhealthy", "latency"}
OF_THE_SERVICE = {"cpu", "memory", "running-tasks"}


@pytest.fixture(scope="module")
def blue_green() -> Synthesized:
    """A service that CodeDeploy rolls out."""
    return build("blue_green")


@pytest.fixture(scope="module")
def tuned() -> Synthesized:
    """A service with limits of its own."""
    return build(
        "release",
        alarms=ServiceAlarmsSettings(cpu_percent=55),
        target_group_alarms=TargetGroupAlarmsSettings(latency_p95_s=7.5),
    )


def alarms(stack: Synthesized) -> dict[str, Block]:
    """The alarms by what follows the service's name in theirs."""
    found = stack.resources("aws_cloudwatch_metric_alarm").values()
    return {one["alarm_name"].removeprefix(f"{NAME}-"): one for one in found}


def test_alarms(blue_green: Synthesized) -> None:
    """Either side and the service itself are watched."""
    sides = {f"{color}-{alarm}" for color in ("blue", "green") for alarm in OF_A_SIDE}

    assert sides | OF_THE_SERVICE == set(alarms(blue_green))


def test_one_side(tuned: Synthesized) -> None:
    """A service without a green side has no alarms of one."""
    assert {f"blue-{alarm}" for alarm in OF_A_SIDE} | OF_THE_SERVICE == set(alarms(tuned))


def test_tell_the_topic(blue_green: Synthesized) -> None:
    """All report to the platform's topic."""
    assert {("arn:topic",)} == {tuple(one["alarm_actions"]) for one in alarms(blue_green).values()}


@pytest.mark.parametrize("color", ["blue", "green"])
def test_target_group(blue_green: Synthesized, color: str) -> None:
    """A side's alarms watch its own target group behind the platform's load balancer."""
    expected = {
        "LoadBalancer": ref(blue_green, "aws_lb", "arn_suffix"),
        "TargetGroup": ref(blue_green, "aws_lb_target_group", "arn_suffix", color),
    }

    assert expected == alarms(blue_green)[f"{color}-unhealthy"]["dimensions"]


@pytest.mark.parametrize("alarm", sorted(OF_THE_SERVICE))
def test_service(blue_green: Synthesized, alarm: str) -> None:
    """The service's alarms watch this service in this cluster."""
    expected = {
        "ClusterName": ref(blue_green, "aws_ecs_cluster", "name"),
        "ServiceName": ref(blue_green, "aws_ecs_service", "name"),
    }

    assert expected == alarms(blue_green)[alarm]["dimensions"]


def test_running_tasks(blue_green: Synthesized) -> None:
    """Fewer tasks than scaling keeps are trouble."""
    assert 3 == alarms(blue_green)["running-tasks"]["threshold"]


def test_uncounted_tasks() -> None:
    """Without Container Insights nobody counts tasks, so that the alarm would never be quiet."""
    assert "running-tasks" not in alarms(build("release", counts_tasks=False))


def test_fixed_number_of_tasks() -> None:
    """Without scaling no minimum is kept, so that none is watched."""
    assert "running-tasks" not in alarms(build("release", scaling=None))


@pytest.mark.parametrize(("alarm", "threshold"), [("cpu", 55), ("blue-latency", 7.5)])
def test_limits_are_settings(tuned: Synthesized, alarm: str, threshold: float) -> None:
    """Both parts of the settings reach their alarms."""
    assert threshold == alarms(tuned)[alarm]["threshold"]


def test_all_are_published(blue_green: Synthesized) -> None:
    """The dashboard gets every alarm."""
    expected = {
        f"${{aws_cloudwatch_metric_alarm.{id_}.arn}}" for id_ in blue_green.resources("aws_cloudwatch_metric_alarm")
    }

    assert expected == set(blue_green.output("alarm_arns"))
    assert len(expected) == len(blue_green.output("alarm_arns"))


class TestOnDashboard:
    """The service as the dashboard sees it."""

    def test_names(self, blue_green: Synthesized) -> None:
        """It has the service's name, and finds its metrics."""
        found = blue_green.output("on_dashboard")

        assert NAME == found["title"]
        assert ref(blue_green, "aws_ecs_cluster", "name") == found["cluster_name"]
        assert ref(blue_green, "aws_ecs_service", "name") == found["service_name"]

    def test_target_groups(self, blue_green: Synthesized) -> None:
        """It shows both sides."""
        expected = {color: ref(blue_green, "aws_lb_target_group", "arn_suffix", color) for color in ("blue", "green")}
        found = blue_green.output("on_dashboard")["target_groups"]

        assert expected == {color: group["arn_suffix"] for color, group in found.items()}

    @pytest.mark.parametrize("counted", [True, False])
    def test_counts_tasks(self, counted: bool) -> None:
        """It shows tasks where somebody counts them."""
        assert counted is build("release", counts_tasks=counted).output("on_dashboard")["counts_tasks"]
