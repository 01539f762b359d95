"""A release from begin to end: what it does in which order, what the operator reads, what serves, who has the lock."""

from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from tests.tools.release.orchestra import NEW, NEW_IMAGE, OLD, SERVES_NEW, SERVES_OLD, Stage, light_manifest, run
from tools.release import entry as entries
from tools.release.aws import Aws
from tools.release.context import ReleaseError, UndecidedError
from tools.release.entry import Entry, HeldError
from tools.release.journal import Journal
from tools.release.outcome import Outcome
from tools.release.plan import Options, shift_timeout_s
from tools.release.run import Release

BACK = "rolled back: what served before serves again"
NO_TRAFFIC = "no traffic has moved: what served before serves on"
NEXT = (
    "it stays locked: infra release staging backend --resume goes on with it, "
    "infra rollback staging backend --resume goes back"
)
THROTTLED = ClientError({"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}, "GetDeployment")


@pytest.fixture
def stage(aws: Aws) -> Stage:
    """A service of which sha-0 serves."""
    return Stage(aws, light_manifest())


def end(release: Release) -> Outcome:
    """Run a release to its end."""
    outcome = run(release).outcome
    assert outcome is not None
    return outcome


def failing(stage: Stage, step: str, problem: Exception | Callable[[], object]) -> Outcome:
    """Run a release in which a step fails."""
    stage.steps.problems[step] = problem
    return end(stage.begin())


def locked(stage: Stage) -> bool:
    """Whether the lock is held."""
    return entries.read(stage.aws, stage.manifest) is not None


class TestSuccess:
    """All goes well."""

    def test_order(self, stage: Stage) -> None:
        """Nothing is registered before it is checked, no traffic moves before the migration, and it is verified."""
        end(stage.begin())

        assert [
            "check sha-1",
            "register sha-1",
            "migrate",
            "start isms-backend-staging:2",
            "watch d-1",
            "verify isms-backend-staging:2",
            "settle d-1",
            "verify isms-backend-staging:2",
            "tag sha-1",
        ] == stage.steps.log

    def test_outcome(self, stage: Stage) -> None:
        """The operator reads what is released, and what serves."""
        outcome = end(stage.begin())

        assert (True, "backend: sha-1 is released and serves", SERVES_NEW) == (outcome.ok, outcome.text, outcome.serves)

    def test_lock(self, stage: Stage) -> None:
        """The lock is given back."""
        end(stage.begin())

        assert not locked(stage)

    def test_phases(self, stage: Stage) -> None:
        """The operator sees each phase."""
        end(stage.begin())

        assert ["registering", "prepared", "shifting traffic", "verifying", "done"] == stage.told.phases[1:]

    @pytest.mark.parametrize(
        ("step", "known"),
        [
            ("check", {}),
            ("register", {"previous": OLD, "image": NEW_IMAGE}),
            ("migrate", {"task_definition": NEW, "migration_task": "task-1", "migrated": False}),
            ("start", {"migrated": True, "step": "shifting"}),
            ("watch", {"deployment": "d-1"}),
            ("verify", {"step": "verifying"}),
        ],
    )
    def test_journal(self, stage: Stage, step: str, known: dict[str, object]) -> None:
        """In every step the journal has all that a second run has to know."""
        noted: list[Entry] = []

        def look() -> None:
            entry = entries.read(stage.aws, stage.manifest)
            assert entry is not None
            noted.append(entry)

        stage.steps.problems[step] = look
        end(stage.begin())

        assert known == {name: getattr(noted[0], name) for name in known}

    def test_without_migration(self, stage: Stage) -> None:
        """Where nothing is to be migrated, nothing is."""
        end(stage.begin(migrated=True))

        assert 0 == stage.steps.migrations

    def test_serves_already(self, stage: Stage) -> None:
        """What serves already is verified, and not deployed again."""
        stage.steps.serves = NEW
        outcome = end(stage.begin())

        assert (True, {}) == (outcome.ok, stage.steps.deployed)

    def test_not_tidied_up(self, stage: Stage) -> None:
        """What serves and is verified is a success, even if the lock cannot be given back; that is said."""
        outcome = failing(stage, "tag", KeyError("imageManifest"))

        assert (True, NEW, 2) == (outcome.ok, stage.steps.serves, len(outcome.reasons))

    def test_timeout(self, stage: Stage) -> None:
        """The traffic gets what the manifest says: 900 s to be healthy, 5 min to shift, and 10 min for AWS."""
        assert 900 + 300 + 600 == shift_timeout_s(stage.manifest)

    def test_own_timeout(self, stage: Stage) -> None:
        """The operator's word comes first."""
        stage.options = Options(timeout_s=77)
        end(stage.begin())

        assert "77 s" in {state.detail for state in stage.told.states}


class TestRefused:
    """A release that is refused has changed nothing."""

    @pytest.fixture
    def outcome(self, stage: Stage) -> Outcome:
        """The image is missing, and an alarm fires."""
        problem = ReleaseError("backend: there is no image sha-1 in isms-backend", ["backend: alarm cpu is firing"])
        return failing(stage, "check", problem)

    def test_text(self, outcome: Outcome) -> None:
        """The operator reads why."""
        assert (False, "backend: there is no image sha-1 in isms-backend") == (outcome.ok, outcome.text)
        assert ["backend: alarm cpu is firing"] == outcome.reasons

    def test_after(self, outcome: Outcome) -> None:
        """And that nothing has changed."""
        assert ("nothing has changed", SERVES_OLD) == (outcome.after, outcome.serves)

    def test_nothing_done(self, stage: Stage, outcome: Outcome) -> None:  # noqa: ARG002
        """No other step is taken."""
        assert ["check sha-1"] == stage.steps.log

    def test_lock(self, stage: Stage, outcome: Outcome) -> None:  # noqa: ARG002
        """The lock is given back."""
        assert not locked(stage)


class TestMigrationFails:
    """A failed migration stops the release before any traffic moves."""

    @pytest.fixture
    def outcome(self, stage: Stage) -> Outcome:
        """The migration's exit code is 3."""
        return failing(stage, "migrate", ReleaseError("backend: the migration failed with exit code 3", ["oops"]))

    def test_text(self, outcome: Outcome) -> None:
        """The operator reads that it was the migration, and that no traffic has moved."""
        assert ("backend: the migration failed with exit code 3", NO_TRAFFIC) == (outcome.text, outcome.after)

    def test_no_deployment(self, stage: Stage, outcome: Outcome) -> None:  # noqa: ARG002
        """Nothing is deployed, and the old tasks serve."""
        assert ({}, OLD) == (stage.steps.deployed, stage.steps.serves)

    def test_lock(self, stage: Stage, outcome: Outcome) -> None:  # noqa: ARG002
        """The lock is given back: the migration has ended."""
        assert not locked(stage)

    @pytest.mark.parametrize("problem", [THROTTLED, UndecidedError("backend: AWS has given no usable answer")])
    def test_not_known_how_it_ends(self, stage: Stage, problem: Exception) -> None:
        """When AWS does not say how the migration ends, the lock is kept, because it may still run."""
        outcome = failing(stage, "migrate", problem)

        assert (True, True) == (outcome.left, locked(stage))
        assert f"{NO_TRAFFIC}; whether the migration runs is not known; {NEXT}" == outcome.after


class TestShiftFails:
    """New tasks are unhealthy, an alarm fires in mid-shift, or it takes too long."""

    @pytest.fixture(
        params=[
            ReleaseError("backend: deployment d-1 failed (ALARM_ACTIVE: one or more alarms)", ["rolled back by d-9"]),
            UndecidedError("backend: the new tasks are not healthy after 900 s: 0 of 2 are"),
            UndecidedError("backend: deployment d-1 took longer than 1800 s"),
            THROTTLED,
            KeyError("deploymentInfo"),
        ],
        ids=["alarm", "unhealthy", "timeout", "throttled", "broken answer"],
    )
    def problem(self, request: pytest.FixtureRequest) -> Exception:
        """What goes wrong."""
        found: Exception = request.param
        return found

    @pytest.fixture
    def outcome(self, stage: Stage, problem: Exception) -> Outcome:
        """It goes wrong."""
        return failing(stage, "watch", problem)

    def test_text(self, outcome: Outcome, problem: Exception) -> None:
        """The operator reads what failed, on a line that names the service."""
        assert outcome.text.startswith("backend: ")
        assert str(problem).removeprefix("backend: ") in outcome.text

    def test_reasons(self, outcome: Outcome) -> None:
        """The operator reads what is wrong with the new tasks."""
        assert ["1 task stopped: OutOfMemoryError", "target 10.0.0.7 is unhealthy"] == outcome.reasons[-3:-1]

    def test_migrated(self, outcome: Outcome) -> None:
        """The operator reads that the database is migrated all the same."""
        assert "its migration has run, and stays" == outcome.reasons[-1]

    def test_diagnosed_first(self, stage: Stage, outcome: Outcome) -> None:  # noqa: ARG002
        """The tasks are looked at before they are stopped."""
        steps = stage.steps.log

        assert steps.index("diagnose isms-backend-staging:2") < steps.index("stop d-1")

    def test_serves(self, stage: Stage, outcome: Outcome) -> None:
        """What served before serves, and the operator reads it."""
        assert (OLD, BACK, SERVES_OLD) == (stage.steps.serves, outcome.after, outcome.serves)

    def test_lock(self, stage: Stage, outcome: Outcome) -> None:
        """The lock is given back after the rollback."""
        assert (False, False, False) == (outcome.ok, outcome.left, locked(stage))

    def test_not_tagged(self, stage: Stage, outcome: Outcome) -> None:  # noqa: ARG002
        """The image is not tagged as released."""
        assert [] == stage.steps.tags


class TestVerifyFails:
    """All traffic has moved, and then it turns out that it is not well."""

    @pytest.fixture
    def outcome(self, stage: Stage) -> Outcome:
        """The health URL answers 503."""
        return failing(stage, f"verify {NEW}", ReleaseError("backend: isms-backend-staging:2 does not serve well"))

    def test_previous_is_released_again(self, stage: Stage, outcome: Outcome) -> None:  # noqa: ARG002
        """What served before is deployed again, by a deployment of its own."""
        assert {"d-1": NEW, "d-2": OLD} == stage.steps.deployed

    def test_serves(self, stage: Stage, outcome: Outcome) -> None:
        """It serves again, and the operator reads it."""
        assert (OLD, BACK, SERVES_OLD) == (stage.steps.serves, outcome.after, outcome.serves)

    def test_previous_is_verified(self, stage: Stage, outcome: Outcome) -> None:  # noqa: ARG002
        """It is made sure of."""
        assert "verify isms-backend-staging:1" == stage.steps.log[-1]

    def test_previous_not_well(self, stage: Stage) -> None:
        """When that is not well either, the operator reads it; the lock is given back, as nothing is under way."""
        stage.steps.problems[f"verify {OLD}"] = ReleaseError("backend: the URL answers 503")
        outcome = failing(stage, f"verify {NEW}", ReleaseError("backend: the URL answers 503"))

        assert "what served before is not well: backend: the URL answers 503" in outcome.reasons
        assert not locked(stage)

    def test_serves_already(self, stage: Stage) -> None:
        """What served already before the release is not replaced by anything."""
        stage.steps.serves = NEW
        outcome = failing(stage, f"verify {NEW}", ReleaseError("backend: the URL answers 503"))

        assert (NO_TRAFFIC, {}) == (outcome.after, stage.steps.deployed)


class TestGoingBackFails:
    """The rollback fails too."""

    def test_failed(self, stage: Stage) -> None:
        """When it has failed and is over, the operator reads both failures, and the lock is given back."""
        stage.steps.problems["watch d-2"] = ReleaseError("backend: deployment d-2 failed (HEALTH_CONSTRAINTS)")
        outcome = failing(stage, f"verify {NEW}", ReleaseError("backend: the URL answers 503"))

        assert "backend: the URL answers 503" == outcome.text
        assert "going back failed: backend: deployment d-2 failed (HEALTH_CONSTRAINTS)" == outcome.after
        assert (SERVES_NEW, False) == (outcome.serves, locked(stage))

    @pytest.mark.parametrize(
        "problem",
        [
            UndecidedError("backend: AWS has given no usable answer for 120 s"),
            THROTTLED,
            EndpointConnectionError(endpoint_url="https://codedeploy.eu-west-2.amazonaws.com"),
            KeyError("deploymentInfo"),
        ],
    )
    def test_not_known(self, stage: Stage, problem: Exception) -> None:
        """When it is not known how it ends, the lock is kept; the first failure is not lost."""
        stage.steps.problems["stop"] = problem
        outcome = failing(stage, "watch", ReleaseError("backend: deployment d-1 failed"))

        assert "backend: deployment d-1 failed" == outcome.text
        assert outcome.after.startswith("how going back ends is not known: backend: ")
        assert (True, True, True) == (outcome.after.endswith(NEXT), outcome.left, locked(stage))

    def test_taken_over(self, stage: Stage) -> None:
        """Who has lost the lock undoes nothing, and says both."""
        stage.steps.problems["diagnose"] = lambda: Journal.resume(stage.aws, stage.manifest)
        outcome = failing(stage, "watch", ReleaseError("backend: deployment d-1 failed"))

        assert ("backend: deployment d-1 failed", False) == (outcome.text, "stop d-1" in stage.steps.log)
        assert outcome.after.startswith("backend: somebody else has resumed or ended this release")

    def test_nothing_before(self, stage: Stage) -> None:
        """Where nothing served before, that is said."""
        stage.steps.serves = ""
        stage.steps.problems[f"verify {NEW}"] = ReleaseError("backend: the URL answers 503")
        outcome = end(stage.begin())

        assert "going back failed: backend: nothing served before, so there is nothing to go back to" == outcome.after


class TestStartFails:
    """CodeDeploy does not take the deployment."""

    def test_nothing_moves(self, stage: Stage) -> None:
        """No traffic has moved, and nothing is stopped."""
        outcome = failing(stage, "start", ReleaseError("backend: deployment d-7 is in progress"))

        assert (NO_TRAFFIC, OLD, False) == (outcome.after, stage.steps.serves, "stop" in " ".join(stage.steps.log))

    def test_lock(self, stage: Stage) -> None:
        """The lock is given back."""
        failing(stage, "start", ReleaseError("backend: deployment d-7 is in progress"))

        assert not locked(stage)

    def test_answer_lost(self, stage: Stage) -> None:
        """A deployment whose answer was lost is found and stopped."""

        def lose() -> None:
            stage.steps.under_way["d-1"] = stage.steps.deployed["d-1"] = NEW
            raise EndpointConnectionError(endpoint_url="https://codedeploy.eu-west-2.amazonaws.com")

        outcome = failing(stage, "start", lose)

        assert (BACK, {}) == (outcome.after, stage.steps.under_way)


class TestDiagnosis:
    """Saying why it failed must not hide that it did."""

    def test_diagnosis_fails(self, stage: Stage) -> None:
        """A diagnosis that fails is a line."""
        stage.steps.problems["diagnose"] = KeyError("tasks")
        outcome = failing(stage, "watch", ReleaseError("backend: deployment d-1 failed"))

        assert "no diagnosis: 'tasks'" in outcome.reasons

    def test_serving_not_known(self, stage: Stage) -> None:
        """When AWS does not say what serves, that is said."""

        def hide() -> None:
            stage.steps.problems["serving"] = THROTTLED
            raise ReleaseError("backend: the migration failed with exit code 3")

        outcome = failing(stage, "migrate", hide)

        assert outcome.serves.startswith("serves now: not known (An error occurred (ThrottlingException)")


class TestTwoAtOnce:
    """A service is released by one at a time."""

    def test_second_is_refused(self, stage: Stage) -> None:
        """The second release is refused, and reads of which image the first is, and how far."""
        stage.begin()

        with pytest.raises(HeldError, match=r"backend is being released by .* \(sha-1, checking\): wait for it"):
            stage.begin("sha-2")

    def test_after_the_first(self, stage: Stage) -> None:
        """Once the first has ended, the second goes."""
        end(stage.begin())
        stage.steps.serves = OLD

        assert end(stage.begin()).ok

    def test_taken_over(self, stage: Stage) -> None:
        """A release that somebody else has resumed stops, and undoes nothing of what they do."""
        release = stage.begin()
        stage.steps.problems["watch"] = lambda: Journal.resume(stage.aws, stage.manifest)
        outcome = end(release)

        assert "somebody else has resumed or ended this release" in outcome.text
        assert (["watch d-1"], True) == (stage.steps.log[-1:], locked(stage))
