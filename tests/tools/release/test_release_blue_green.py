"""Deployments by CodeDeploy, driven by the test."""

import json
from typing import Any

import pytest

from tests.tools.release.deployments import FakeCodeDeploy, healthy
from tests.tools.release.doubles import Calls, FakeClock, Told
from tests.tools.release.tasks import NAME, add_task_set, revision
from tools.release import blue_green
from tools.release.context import Context, ReleaseError, UndecidedError
from tools.release.manifest import Color

ALARM = "One or more alarms have been activated according to the Amazon CloudWatch metrics you selected"


@pytest.fixture
def code_deploy(context: Context, calls: Calls) -> FakeCodeDeploy:
    """One deployment, d-1, which was made just now; the load balancer calls both of its tasks healthy."""
    fake = FakeCodeDeploy(calls, context.manifest)
    fake.add("d-1")
    healthy(calls, "healthy", "healthy")
    return fake


@pytest.fixture
def new(context: Context) -> str:
    """The revision to be released."""
    return revision(context.aws, context.manifest, "sha-1")


def failure(context: Context, timeout_s: float = 7200) -> ReleaseError:
    """Watch d-1 until it fails."""
    with pytest.raises(ReleaseError) as caught:
        blue_green.watch(context, "d-1", timeout_s=timeout_s)
    return caught.value


class TestStart:
    """A deployment is made, or found."""

    def request(self, context: Context, calls: Calls, new: str) -> dict[str, Any]:
        """Begin, and give what CodeDeploy was asked for."""
        blue_green.start(context, new)
        (asked,) = calls.of("CreateDeployment")
        return asked

    def test_group(self, context: Context, calls: Calls, new: str) -> None:
        """The deployment is one of the service's group."""
        asked = self.request(context, calls, new)

        assert (f"{NAME}-app", f"{NAME}-dg") == (asked["applicationName"], asked["deploymentGroupName"])

    def test_revision(self, context: Context, calls: Calls, new: str) -> None:
        """CodeDeploy gets the AppSpec itself, not the address of one."""
        asked = self.request(context, calls, new)["revision"]
        resources = json.loads(asked["appSpecContent"]["content"])["Resources"]

        assert "AppSpecContent" == asked["revisionType"]
        assert new == resources[0]["TargetService"]["Properties"]["TaskDefinition"]

    def test_alarms(self, context: Context, calls: Calls, new: str) -> None:
        """While blue serves, the alarms of green stop the deployment, and those of blue do not."""
        alarms = self.request(context, calls, new)["overrideAlarmConfiguration"]

        assert [{"name": f"{NAME}-green-5xx"}, {"name": f"{NAME}-green-unhealthy"}] == alarms["alarms"]

    def test_alarms_alternate(self, context: Context, calls: Calls, new: str) -> None:
        """While green serves, it is the other way round."""
        add_task_set(context.aws, context.manifest, context.manifest.ecs.task_definition, "green")
        alarms = self.request(context, calls, new)["overrideAlarmConfiguration"]

        assert [{"name": f"{NAME}-blue-5xx"}, {"name": f"{NAME}-blue-unhealthy"}] == alarms["alarms"]

    def test_alarms_count(self, context: Context, calls: Calls, new: str) -> None:
        """The alarms are switched on, and one whose state cannot be read stops the deployment."""
        alarms = self.request(context, calls, new)["overrideAlarmConfiguration"]

        assert (True, False) == (alarms["enabled"], alarms["ignorePollAlarmFailure"])

    def test_found_again(self, context: Context, calls: Calls, new: str) -> None:
        """A release that was killed before it could note the deployment finds it, and makes no second one."""
        first = blue_green.start(context, new)

        assert first == blue_green.start(context, new)
        assert 1 == len(calls.of("CreateDeployment"))

    def test_another(self, context: Context, new: str) -> None:
        """A deployment of another revision is in the way, and is named."""
        other = blue_green.start(context, context.manifest.ecs.task_definition)
        with pytest.raises(ReleaseError) as caught:
            blue_green.start(context, new)

        assert f"backend: deployment {other} is in progress: wait for it, or stop it" == str(caught.value)


class TestWatch:
    """A deployment goes well."""

    def test_canary(self, context: Context, code_deploy: FakeCodeDeploy, clock: FakeClock, told: Told) -> None:
        """The operator sees tasks start and traffic move, and the end when all of it has moved."""
        clock.later(20, lambda: code_deploy.move("d-1", "Install"))
        clock.later(60, lambda: code_deploy.move("d-1", "AllowTraffic", 10))
        clock.later(360, lambda: code_deploy.shifted("d-1"))
        blue_green.watch(context, "d-1", timeout_s=7200)

        assert ["starting tasks", "shifting traffic", "keeping the old tasks"] == told.phases
        assert [None, 0, 10, 100] == list(dict.fromkeys(state.traffic_percent for state in told.states))

    def test_counts(self, context: Context, code_deploy: FakeCodeDeploy, calls: Calls, told: Told) -> None:
        """Healthy is what the load balancer calls so, not what runs."""
        healthy(calls, "healthy", "initial")
        code_deploy.succeed("d-1")
        blue_green.watch(context, "d-1", timeout_s=7200)

        assert (1, 2) == (told.states[-1].healthy, told.states[-1].total)

    @pytest.mark.parametrize("color", ["blue", "green"])
    def test_side(self, context: Context, code_deploy: FakeCodeDeploy, calls: Calls, color: Color) -> None:
        """The targets that count are those of the side that comes in, whichever it is."""
        code_deploy.move("d-1", "AllowTraffic", 50, status="Succeeded", color=color)
        blue_green.watch(context, "d-1", timeout_s=7200)

        groups = context.manifest.expect_routes().target_groups
        assert [{"TargetGroupArn": groups[color].arn}] == calls.of("DescribeTargetHealth")

    def test_wait_is_told(self, context: Context, code_deploy: FakeCodeDeploy, told: Told) -> None:
        """Who is done before CodeDeploy is hears that an alarm still rolls back."""
        code_deploy.shifted("d-1")
        code_deploy.infos["d-1"]["status"] = "InProgress"
        blue_green.watch(context, "d-1", timeout_s=7200)

        assert [
            "all traffic has moved; CodeDeploy keeps the replaced tasks for 5 min: until then an alarm still rolls "
            "back, and another release has to wait"
        ] == told.lines

    def test_to_the_end(self, context: Context, code_deploy: FakeCodeDeploy, clock: FakeClock, told: Told) -> None:
        """Who wants to hear the end waits until the replaced tasks are gone."""
        code_deploy.shifted("d-1")
        clock.later(300, lambda: code_deploy.succeed("d-1"))
        blue_green.watch(context, "d-1", timeout_s=7200, to_the_end=True)

        assert (1300, []) == (clock.time_s, told.lines)

    def test_last_step(self, context: Context, code_deploy: FakeCodeDeploy, clock: FakeClock) -> None:
        """Events that are over do not count before all the traffic has moved."""
        code_deploy.shifted("d-1", percent=75)
        clock.later(60, lambda: code_deploy.shifted("d-1"))
        blue_green.watch(context, "d-1", timeout_s=7200)

        assert 1060 == clock.time_s

    def test_last_event(self, context: Context, code_deploy: FakeCodeDeploy, clock: FakeClock) -> None:
        """Traffic that has all moved does not count before the events are over: the last of them may still fail."""
        code_deploy.move("d-1", "AllowTraffic", 100)
        clock.later(60, lambda: code_deploy.shifted("d-1"))
        blue_green.watch(context, "d-1", timeout_s=7200)

        assert 1060 == clock.time_s

    def test_approval(self, context: Context, code_deploy: FakeCodeDeploy, clock: FakeClock, told: Told) -> None:
        """A deployment that waits for somebody says how to let it go on."""
        code_deploy.move("d-1", "BeforeAllowTraffic", status="Ready")
        clock.later(3600, lambda: code_deploy.succeed("d-1"))
        blue_green.watch(context, "d-1", timeout_s=7200)

        command = "aws deploy continue-deployment --deployment-wait-type READY_WAIT --deployment-id d-1"
        assert ("waiting for approval", command) == (told.states[0].phase, told.states[0].detail)


class TestFailure:
    """A deployment fails, and is rolled back or not."""

    def test_unhealthy(self, context: Context, code_deploy: FakeCodeDeploy, clock: FakeClock) -> None:
        """The error has CodeDeploy's code and message, the reasons what failed and that it was rolled back."""
        clock.later(30, lambda: code_deploy.move("d-1", "Install"))
        message = "The deployment timed out while waiting for the replacement task set to become healthy"
        clock.later(
            90, lambda: code_deploy.fail("d-1", "Failed", "HEALTH_CONSTRAINTS", message, at="Install", rollback="d-2")
        )
        clock.later(100, lambda: code_deploy.succeed("d-2"))
        error = failure(context)

        assert f"backend: deployment d-1 failed (HEALTH_CONSTRAINTS: {message})" == str(error)
        assert ["Install failed: why", "rolled back by deployment d-2"] == error.reasons

    def test_alarm(self, context: Context, code_deploy: FakeCodeDeploy, clock: FakeClock, told: Told) -> None:
        """An alarm in mid-shift ends the deployment; the outcome is told once the rollback is over."""
        code_deploy.move("d-1", "AllowTraffic", 10)
        clock.later(
            60, lambda: code_deploy.fail("d-1", "Stopped", "ALARM_ACTIVE", ALARM, at="AllowTraffic", rollback="d-2")
        )
        clock.later(120, lambda: code_deploy.succeed("d-2"))
        error = failure(context)

        assert f"backend: deployment d-1 stopped (ALARM_ACTIVE: {ALARM})" == str(error)
        assert ["AllowTraffic failed: why", "rolled back by deployment d-2"] == error.reasons
        assert (1120, "rolling back") == (clock.time_s, told.phases[-1])

    def test_announced_late(self, context: Context, code_deploy: FakeCodeDeploy, clock: FakeClock) -> None:
        """CodeDeploy may say a moment later which deployment rolls back."""
        code_deploy.fail("d-1", "Stopped", "ALARM_ACTIVE", ALARM, at="AllowTraffic")
        code_deploy.add("d-2")
        code_deploy.succeed("d-2")
        clock.later(30, lambda: code_deploy.infos["d-1"].update(rollbackInfo={"rollbackDeploymentId": "d-2"}))

        assert "rolled back by deployment d-2" == failure(context).reasons[-1]

    def test_rollback_fails(self, context: Context, code_deploy: FakeCodeDeploy) -> None:
        """A rollback that fails itself is said."""
        code_deploy.fail("d-1", "Failed", "TIMEOUT", "too long", at="AllowTraffic", rollback="d-2")
        code_deploy.fail("d-2", "Failed", "IAM_ROLE_PERMISSIONS", "no right to modify", at="Install")

        expected = "its rollback, deployment d-2, failed (IAM_ROLE_PERMISSIONS: no right to modify)"
        assert expected == failure(context).reasons[-1]

    def test_nothing_moved(self, context: Context, code_deploy: FakeCodeDeploy) -> None:
        """Without a rollback and without traffic there was nothing to roll back."""
        code_deploy.fail("d-1", "Stopped", "MANUAL_STOP", "by hand", at="Install")

        assert "there was nothing to roll back: no traffic had moved" == failure(context).reasons[-1]

    def test_not_rolled_back(self, context: Context, code_deploy: FakeCodeDeploy) -> None:
        """Traffic that stays where it was moved is said."""
        code_deploy.move("d-1", "AllowTraffic", 25, status="Stopped")

        expected = "CodeDeploy does not roll it back: 25 % of the traffic have moved"
        assert expected == failure(context).reasons[-1]

    def test_no_reason(self, context: Context, code_deploy: FakeCodeDeploy) -> None:
        """A failure without a reason is still one line."""
        code_deploy.add("d-1", "Failed")

        assert "backend: deployment d-1 failed (no reason given)" == str(failure(context))

    def test_rollback_unknown(self, context: Context, code_deploy: FakeCodeDeploy, calls: Calls) -> None:
        """The failure is told even when AWS does not say at what, nor which deployment rolls back."""
        code_deploy.fail("d-1", "Failed", "TIMEOUT", "too long", at="Install", rollback="d-2")
        code_deploy.succeed("d-2")
        calls.refuse("ListDeploymentTargets", "AccessDeniedException")
        error = failure(context)

        expected = "at what it failed is not known (AccessDeniedException: refused by the test)"
        assert [expected, "rolled back by deployment d-2"] == error.reasons


class TestUndecided:
    """Nobody knows how a deployment ends."""

    def test_timeout(self, context: Context, code_deploy: FakeCodeDeploy, clock: FakeClock) -> None:
        """A deployment that takes too long is given up, and goes on."""
        code_deploy.move("d-1", "AllowTraffic", 10)
        error = failure(context, timeout_s=600)

        assert (UndecidedError, 1600) == (type(error), clock.time_s)
        assert "backend: deployment d-1 took longer than 600 s" == str(error)

    def test_never_healthy(self, context: Context, code_deploy: FakeCodeDeploy, calls: Calls, clock: FakeClock) -> None:
        """Tasks that do not become healthy are not waited for as long as CodeDeploy would."""
        code_deploy.move("d-1", "Install")
        healthy(calls, "healthy", "unhealthy")
        error = failure(context)

        assert (UndecidedError, 1900) == (type(error), clock.time_s)
        assert "backend: the new tasks are not healthy after 900 s: 1 of 2 are" == str(error)

    def test_slow_shift(self, context: Context, code_deploy: FakeCodeDeploy, clock: FakeClock) -> None:
        """Once all tasks are healthy, only the timeout counts."""
        code_deploy.move("d-1", "AllowTraffic", 10)
        clock.later(1800, lambda: code_deploy.succeed("d-1"))
        blue_green.watch(context, "d-1", timeout_s=7200)

        assert 2800 == clock.time_s

    def test_throttled(self, context: Context, calls: Calls, clock: FakeClock) -> None:
        """Throttling that does not pass is one clear error, and the deployment goes on."""
        calls.refuse("GetDeployment", "ThrottlingException")
        error = failure(context)

        assert (UndecidedError, 1120) == (type(error), clock.time_s)

    def test_throttled_for_a_while(
        self, context: Context, code_deploy: FakeCodeDeploy, calls: Calls, clock: FakeClock, told: Told
    ) -> None:
        """Throttling that passes does no harm, whatever is throttled."""
        code_deploy.succeed("d-1")
        calls.refuse("DescribeTargetHealth", "Throttling")
        clock.later(100, lambda: healthy(calls, "healthy"))
        blue_green.watch(context, "d-1", timeout_s=7200)

        assert (1100, 1) == (clock.time_s, told.states[-1].healthy)


class TestStop:
    """A deployment is stopped, and what served before serves again."""

    def test_rolled_back(self, context: Context, code_deploy: FakeCodeDeploy, clock: FakeClock, told: Told) -> None:
        """CodeDeploy is asked to roll back, and it is waited for."""
        code_deploy.move("d-1", "AllowTraffic", 10)
        clock.later(
            20, lambda: code_deploy.fail("d-1", "Stopped", "MANUAL_STOP", "asked", at="AllowTraffic", rollback="d-2")
        )
        clock.later(60, lambda: code_deploy.succeed("d-2"))
        blue_green.stop(context, "d-1")

        assert [{"deploymentId": "d-1", "autoRollbackEnabled": True}] == code_deploy.stopped
        assert (1060, "rolled back", 0) == (clock.time_s, told.states[-1].phase, told.states[-1].traffic_percent)

    def test_over_already(self, context: Context, code_deploy: FakeCodeDeploy, told: Told) -> None:
        """A deployment that failed by itself in this moment needs no stopping."""
        code_deploy.fail("d-1", "Failed", "TIMEOUT", "too long", at="AllowTraffic", rollback="d-2")
        code_deploy.succeed("d-2")
        blue_green.stop(context, "d-1")

        assert "rolled back by deployment d-2" == told.states[-1].detail

    def test_too_late(self, context: Context, code_deploy: FakeCodeDeploy) -> None:
        """A deployment that succeeded in this moment is not undone by stopping it, and the operator reads how."""
        code_deploy.succeed("d-1")
        with pytest.raises(ReleaseError) as caught:
            blue_green.stop(context, "d-1")

        assert ("backend: deployment d-1 succeeded before it could be stopped: infra rollback staging backend") == str(
            caught.value
        )

    def test_rollback_fails(self, context: Context, code_deploy: FakeCodeDeploy) -> None:
        """A rollback that fails is an error."""
        code_deploy.fail("d-1", "Stopped", "MANUAL_STOP", "asked", at="AllowTraffic", rollback="d-2")
        code_deploy.infos["d-2"]["status"] = "Failed"
        with pytest.raises(ReleaseError) as caught:
            blue_green.stop(context, "d-1")

        assert ("backend: deployment d-1 stopped, but its rollback, deployment d-2, failed (no reason given)") == str(
            caught.value
        )

    def test_throttled(self, context: Context, code_deploy: FakeCodeDeploy, calls: Calls, clock: FakeClock) -> None:
        """Throttling does not keep a deployment from being stopped."""
        code_deploy.fail("d-1", "Stopped", "MANUAL_STOP", "asked", at="Install")
        answer = calls.answers["StopDeployment"]
        calls.refuse("StopDeployment", "Throttling")
        clock.later(30, lambda: calls.answers.update(StopDeployment=answer))
        blue_green.stop(context, "d-1")

        assert 1 == len(code_deploy.stopped)
