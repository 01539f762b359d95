"""Rolling updates by ECS, driven by the test."""

import pytest

from tests.tools.release.deployments import FakeRollouts
from tests.tools.release.doubles import Calls, FakeClock, Told
from tests.tools.release.tasks import NAME, revision, service
from tools.release import rolling
from tools.release.context import Context, ReleaseError, UndecidedError


@pytest.fixture
def rollouts(rolling_context: Context, calls: Calls) -> FakeRollouts:
    """The deployments of the service, of which the first is complete."""
    return FakeRollouts(calls, rolling_context.manifest)


@pytest.fixture
def new(rolling_context: Context) -> str:
    """The revision to be released: the second of the family."""
    return revision(rolling_context.aws, rolling_context.manifest, "sha-1")


def failure(context: Context, deployment: str, timeout_s: float = 3600) -> ReleaseError:
    """Watch a deployment until it fails."""
    with pytest.raises(ReleaseError) as caught:
        rolling.watch(context, deployment, timeout_s=timeout_s)
    return caught.value


class TestStart:
    """The service is given a revision."""

    def test_update(self, rolling_context: Context, rollouts: FakeRollouts, calls: Calls, new: str) -> None:
        """Only the revision changes; all else is Terraform's."""
        rolling.start(rolling_context, new)
        (asked,) = calls.of("UpdateService")

        expected = {"cluster": "isms-staging", "service": NAME, "taskDefinition": new, "forceNewDeployment": False}
        assert expected == asked
        assert new == rollouts.all[0]["taskDefinition"]

    def test_id(self, rolling_context: Context, rollouts: FakeRollouts, new: str) -> None:
        """The deployment is the one that ECS made."""
        assert rolling.start(rolling_context, new) == rollouts.all[0]["id"]

    def test_twice(self, rolling_context: Context, rollouts: FakeRollouts, new: str) -> None:
        """A release that was killed before it could note the deployment makes no second one."""
        first = rolling.start(rolling_context, new)

        assert first == rolling.start(rolling_context, new)
        assert 2 == len(rollouts.all)

    def test_again_after_failure(self, rolling_context: Context, rollouts: FakeRollouts, new: str) -> None:
        """A revision that failed and stayed, because nothing was there to go back to, is tried anew."""
        first = rolling.start(rolling_context, new)
        rollouts.named(first)["rolloutState"] = "FAILED"

        assert first != rolling.start(rolling_context, new)

    def test_not_taken(self, rolling_context: Context, new: str) -> None:
        """An update that ECS answers without having taken it is an error."""
        with pytest.raises(ReleaseError) as caught:
            rolling.start(rolling_context, new)

        assert f"backend: ECS did not take {NAME}:2" == str(caught.value)


class TestWatch:
    """A deployment goes on."""

    def test_success(
        self, rolling_context: Context, rollouts: FakeRollouts, new: str, clock: FakeClock, told: Told
    ) -> None:
        """The operator sees tasks start, then the old ones go."""
        name = rolling.start(rolling_context, new)
        clock.later(30, lambda: rollouts.named(name).update(runningCount=2))
        clock.later(90, lambda: rollouts.complete(name))
        rolling.watch(rolling_context, name, timeout_s=3600)

        assert ["starting tasks", "replacing tasks"] == told.phases
        assert 1090 == clock.time_s

    def test_counts(self, rolling_context: Context, rollouts: FakeRollouts, new: str, told: Told) -> None:
        """The new tasks are counted, and the old ones, and those that failed."""
        name = rolling.start(rolling_context, new)
        rollouts.named(name).update(runningCount=1, failedTasks=3)
        failure(rolling_context, name, timeout_s=1)

        state = told.states[0]
        assert (1, 2, "1 old to go, 3 failed to start") == (state.healthy, state.total, state.detail)

    def test_circuit_breaker(
        self, rolling_context: Context, rollouts: FakeRollouts, new: str, clock: FakeClock, told: Told
    ) -> None:
        """A rollback is a failure, and what runs is told once it runs."""
        name = rolling.start(rolling_context, new)
        back: list[str] = []
        clock.later(60, lambda: back.append(rollouts.go_back(name)))
        clock.later(120, lambda: rollouts.complete(back[0]))
        error = failure(rolling_context, name)

        assert (1120, "rolling back") == (clock.time_s, told.phases[-1])
        assert (f"backend: deployment {name} failed (ECS deployment circuit breaker: tasks failed to start)") == str(
            error
        )
        assert f"{NAME}:1 runs now" == error.reasons[-1]

    def test_back_and_complete(self, rolling_context: Context, rollouts: FakeRollouts, new: str) -> None:
        """A service in steady state whose deployment is COMPLETED was rolled back, when it is another deployment."""
        name = rolling.start(rolling_context, new)
        rollouts.complete(rollouts.go_back(name))
        error = failure(rolling_context, name)

        expected = f"backend: deployment {name} failed (another deployment took its place, as after a rollback)"
        assert (expected, [f"{NAME}:1 runs now"]) == (str(error), error.reasons)

    def test_going_back(self, rolling_context: Context, rollouts: FakeRollouts, new: str) -> None:
        """While ECS goes back, its own reason is told, also when the deployment that failed is gone already."""
        name = rolling.start(rolling_context, new)
        back = rollouts.named(rollouts.go_back(name))
        rollouts.all[:] = [back | {"rolloutState": "COMPLETED"}]

        expected = "ECS deployment circuit breaker: rolling back to deploymentId "
        assert f"backend: deployment {name} failed ({expected}" in str(failure(rolling_context, name))

    def test_replaced(self, rolling_context: Context, rollouts: FakeRollouts, new: str, clock: FakeClock) -> None:
        """A deployment that is not the primary one any more does not succeed, even while it is still there."""
        name = rolling.start(rolling_context, new)
        other = rollouts.begin(rolling_context.manifest.ecs.task_definition)
        rollouts.named(name)["rolloutState"] = "COMPLETED"
        clock.later(60, lambda: rollouts.complete(other))

        assert [f"{NAME}:1 runs now"] == failure(rolling_context, name).reasons

    def test_same_revision(self, rolling_context: Context, rollouts: FakeRollouts, new: str) -> None:
        """Even one of the same revision is another deployment."""
        name = rolling.start(rolling_context, new)
        rollouts.complete(rollouts.begin(new))

        assert f"backend: deployment {name} failed" in str(failure(rolling_context, name))

    def test_nothing_before(self, rolling_context: Context, rollouts: FakeRollouts, new: str, clock: FakeClock) -> None:
        """A circuit breaker without anything to go back to leaves the service as it is, and that is told."""
        name = rolling.start(rolling_context, new)
        rollouts.named(name).update(rolloutState="FAILED", rolloutStateReason="tasks failed to start.")
        error = failure(rolling_context, name)

        assert ["backend: ECS does not go back: nothing before was ever complete"] == error.reasons
        assert 1060 == clock.time_s

    def test_going_back_fails(self, rolling_context: Context, rollouts: FakeRollouts, new: str) -> None:
        """A rollback that fails itself is told."""
        name = rolling.start(rolling_context, new)
        back = rollouts.go_back(name)
        rollouts.named(back).update(rolloutState="FAILED", rolloutStateReason="no capacity")

        assert "backend: going back failed too (no capacity)" == failure(rolling_context, name).reasons[-1]

    def test_timeout(self, rolling_context: Context, rollouts: FakeRollouts, new: str, clock: FakeClock) -> None:
        """A deployment that takes too long is given up, and goes on."""
        name = rolling.start(rolling_context, new)
        error = failure(rolling_context, name, timeout_s=600)

        assert (UndecidedError, 1600) == (type(error), clock.time_s)
        assert "IN_PROGRESS" == rollouts.named(name)["rolloutState"]

    @pytest.mark.usefixtures("rollouts")
    def test_throttled(self, rolling_context: Context, new: str, calls: Calls, clock: FakeClock) -> None:
        """Throttling that does not pass is one clear error."""
        name = rolling.start(rolling_context, new)
        calls.refuse("DescribeServices", "ThrottlingException")
        error = failure(rolling_context, name)

        assert "backend: AWS has given no usable answer for 120 s (ThrottlingException: refused by the test)" == str(
            error
        )
        assert 1120 == clock.time_s

    @pytest.mark.usefixtures("rollouts")
    def test_no_service(self, rolling_context: Context, new: str, clock: FakeClock) -> None:
        """A service that is gone is not waited for."""
        name = rolling.start(rolling_context, new)
        service(rolling_context.manifest).status = "INACTIVE"
        failure(rolling_context, name)

        assert 1000 == clock.time_s


class TestStop:
    """A deployment is stopped, and what ran before runs again."""

    def test_back(
        self, rolling_context: Context, rollouts: FakeRollouts, new: str, clock: FakeClock, told: Told
    ) -> None:
        """The service gets the revision that was complete before, and it is waited for."""
        name = rolling.start(rolling_context, new)
        clock.later(60, lambda: rollouts.complete(rollouts.all[0]["id"]))
        rolling.stop(rolling_context, name)

        assert rolling_context.manifest.ecs.task_definition == rollouts.all[0]["taskDefinition"]
        assert ("rolled back", f"{NAME}:1 runs now") == (told.states[-1].phase, told.states[-1].detail)
        assert 1060 == clock.time_s

    def test_last_complete(self, rolling_context: Context, rollouts: FakeRollouts, new: str, clock: FakeClock) -> None:
        """Of several that still run it is the one that was complete, not one that was never."""
        rollouts.begin(revision(rolling_context.aws, rolling_context.manifest, "sha-0"))
        name = rolling.start(rolling_context, new)
        clock.later(60, lambda: rollouts.complete(rollouts.all[0]["id"]))
        rolling.stop(rolling_context, name)

        assert rolling_context.manifest.ecs.task_definition == rollouts.all[0]["taskDefinition"]

    def test_went_back_itself(
        self, rolling_context: Context, rollouts: FakeRollouts, new: str, calls: Calls, told: Told
    ) -> None:
        """When ECS was quicker, nothing is changed any more."""
        name = rolling.start(rolling_context, new)
        rollouts.complete(rollouts.go_back(name))
        rolling.stop(rolling_context, name)

        assert (1, "rolled back") == (len(calls.of("UpdateService")), told.states[-1].phase)

    def test_too_late(self, rolling_context: Context, rollouts: FakeRollouts, new: str) -> None:
        """A deployment that is complete is not undone by stopping it, and the operator reads how."""
        name = rolling.start(rolling_context, new)
        rollouts.complete(name)
        with pytest.raises(ReleaseError) as caught:
            rolling.stop(rolling_context, name)

        assert (
            f"backend: deployment {name} was complete before it could be stopped: infra rollback staging backend"
        ) == str(caught.value)

    def test_nothing_before(self, rolling_context: Context, rollouts: FakeRollouts, new: str) -> None:
        """Without anything that still runs there is nothing to go back to."""
        name = rolling.start(rolling_context, new)
        rollouts.all[:] = [rollouts.named(name)]
        with pytest.raises(ReleaseError, match="replaces nothing that still runs"):
            rolling.stop(rolling_context, name)
