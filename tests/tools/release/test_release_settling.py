"""Endings that are not clear at once: replaced tasks that are kept, and a migration that nobody has seen."""

import pytest
from botocore.exceptions import ClientError

from tests.tools.release.orchestra import NEW, OLD, Stage, light_manifest, run
from tools.release import entry as entries
from tools.release.aws import Aws
from tools.release.context import ReleaseError, UndecidedError
from tools.release.journal import Journal
from tools.release.outcome import Outcome
from tools.release.plan import Options
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


def settling(stage: Stage, problem: object) -> Outcome:
    """Run a release in which something happens while the replaced tasks are kept."""
    stage.steps.problems["settle"] = problem  # type: ignore[assignment]
    return end(stage.begin())


def locked(stage: Stage) -> bool:
    """Whether the lock is held."""
    return entries.read(stage.aws, stage.manifest) is not None


def _throw(error: Exception) -> None:
    raise error


class TestSettling:
    """All traffic has moved and it serves, but CodeDeploy keeps the replaced tasks, and may go back to them."""

    def test_not_told_before(self, stage: Stage) -> None:
        """It is no success before they are gone: nothing is tagged, and the lock is held."""
        seen: list[object] = []
        stage.steps.problems["settle"] = lambda: seen.append((list(stage.steps.tags), locked(stage)))
        end(stage.begin())

        assert ([([], True)], ["sha-1"]) == (seen, stage.steps.tags)

    def test_alarm(self, stage: Stage) -> None:
        """An alarm in this time: what served before serves, and it is no success."""

        def alarm() -> None:
            stage.steps.serves = OLD
            raise ReleaseError("backend: deployment d-1 stopped (ALARM_ACTIVE)")

        outcome = settling(stage, alarm)

        assert (False, "backend: deployment d-1 stopped (ALARM_ACTIVE)", BACK) == (
            outcome.ok,
            outcome.text,
            outcome.after,
        )
        assert ([], False) == (stage.steps.tags, locked(stage))

    @pytest.mark.parametrize("problem", [THROTTLED, UndecidedError("backend: deployment d-1 took longer than 900 s")])
    def test_not_known(self, stage: Stage, problem: Exception) -> None:
        """When it is not known how it ends, what serves well is not undone; the lock is kept, to be resumed."""
        outcome = settling(stage, problem)

        assert (False, True, NEW, True) == (outcome.ok, outcome.left, stage.steps.serves, locked(stage))
        assert f"all traffic has moved, and it served well; whether it stays is not known; {NEXT}" == outcome.after

    def test_resumed(self, stage: Stage) -> None:
        """Who resumes it waits for the end, and looks once more."""
        settling(stage, THROTTLED)
        del stage.steps.problems["settle"]
        stage.steps.log.clear()
        outcome = end(stage.resume())

        assert (True, ["settle d-1", "verify isms-backend-staging:2", "tag sha-1"]) == (outcome.ok, stage.steps.log)

    def test_no_wait(self, stage: Stage) -> None:
        """Without waiting it is a success at once, which says that it may not last."""
        stage.options = Options(wait=False)
        outcome = end(stage.begin())

        assert (True, False) == (outcome.ok, "settle d-1" in stage.steps.log)
        assert ["CodeDeploy keeps the replaced tasks for 5 min: until then an alarm still rolls it back"] == (
            outcome.reasons
        )

    def test_rolling(self, aws: Aws) -> None:
        """ECS keeps nothing: a rolling update is over when it is complete."""
        stage = Stage(aws, light_manifest(mode="release"))
        outcome = end(stage.begin())

        assert (True, [], False) == (outcome.ok, outcome.reasons, "settle d-1" in stage.steps.log)

    def test_taken_over(self, stage: Stage) -> None:
        """Who has lost the lock by then tags nothing and does not call it a success."""
        stage.steps.problems[f"verify {NEW}"] = lambda: Journal.resume(stage.aws, stage.manifest)
        outcome = end(stage.begin())

        assert (False, []) == (outcome.ok, stage.steps.tags)


class TestMigrationUnknown:
    """It is not known whether a migration was started."""

    DENIED = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "RunTask")

    def lose(self, stage: Stage) -> None:
        """Start it, and lose the answer."""
        stage.steps.migrating = True
        raise self.DENIED

    def test_none_runs(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        """When there is none, nothing is under way, and the lock is given back."""
        monkeypatch.setattr(stage.steps, "migrate", lambda *_, **__: _throw(self.DENIED))
        outcome = end(stage.begin())

        assert (NO_TRAFFIC, False, False) == (outcome.after, outcome.left, locked(stage))

    def test_one_runs(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        """When there is one, the lock is kept."""
        monkeypatch.setattr(stage.steps, "migrate", lambda *_, **__: self.lose(stage))
        outcome = end(stage.begin())

        assert (True, True) == (outcome.left, locked(stage))

    def test_not_known(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        """When nobody can say, too."""
        monkeypatch.setattr(stage.steps, "migrate", lambda *_, **__: _throw(self.DENIED))
        stage.steps.problems["find_migration"] = self.DENIED
        outcome = end(stage.begin())

        assert (True, True) == (outcome.left, locked(stage))
