"""A release that is killed, at any moment: a second run finds out where it stands, and finishes or goes back."""

import pytest

from tests.tools.release.orchestra import NEW, OLD, Bomb, KilledError, Stage, arm, light_manifest, run
from tools.errors import InfraError
from tools.release import entry as entries
from tools.release.aws import Aws
from tools.release.context import ReleaseError
from tools.release.entry import HeldError, Step
from tools.release.journal import Journal
from tools.release.outcome import Outcome
from tools.release.resume import expect_free, take, take_over
from tools.release.run import Release
from tools.release.targets import Target

GOOD = 34
"""Moments of a release that succeeds: before and after each step and each write."""

BAD = 38
"""Moments of one whose new tasks turn out to be ill, so that it goes back."""


@pytest.fixture
def stage(aws: Aws) -> Stage:
    """A service of which sha-0 serves."""
    return Stage(aws, light_manifest())


@pytest.fixture
def ill(stage: Stage) -> Stage:
    """A service whose new image is ill, which shows once it has all the traffic."""
    stage.steps.problems[f"verify {NEW}"] = ReleaseError("backend: the URL answers 503")
    return stage


def locked(stage: Stage) -> bool:
    """Whether the lock is held."""
    return entries.read(stage.aws, stage.manifest) is not None


def kill(stage: Stage, monkeypatch: pytest.MonkeyPatch, moment: int) -> None:
    """Run a release and kill it at a moment."""
    with monkeypatch.context() as patch:
        stage.steps.bomb = Bomb(at=moment)
        arm(patch, stage.steps.bomb)
        with pytest.raises(KilledError):
            run(stage.begin())
    stage.steps.bomb = Bomb()


def end(release: Release) -> Outcome:
    """Run a release to its end."""
    outcome = run(release).outcome
    assert outcome is not None
    return outcome


def moments(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> int:
    """Count the moments of a release that nobody kills."""
    with monkeypatch.context() as patch:
        arm(patch, stage.steps.bomb)
        run(stage.begin())
    return stage.steps.bomb.passed


def test_moments(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """All moments of a release that succeeds are tried below."""
    assert GOOD == moments(stage, monkeypatch)


def test_moments_ill(ill: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """All moments of a release that goes back are tried below."""
    assert BAD == moments(ill, monkeypatch)


@pytest.mark.parametrize("moment", range(GOOD - 1))
class TestGoOn:
    """Killed, and resumed."""

    def test_released(self, stage: Stage, monkeypatch: pytest.MonkeyPatch, moment: int) -> None:
        """The release is finished: the new tasks serve, and the lock is given back."""
        kill(stage, monkeypatch, moment)
        outcome = end(stage.resume())

        assert (True, NEW, False) == (outcome.ok, stage.steps.serves, locked(stage))

    def test_migrated_once(self, stage: Stage, monkeypatch: pytest.MonkeyPatch, moment: int) -> None:
        """The database is migrated once."""
        kill(stage, monkeypatch, moment)
        run(stage.resume())

        assert (1, True) == (stage.steps.migrations, stage.steps.migrated)

    def test_deployed_once(self, stage: Stage, monkeypatch: pytest.MonkeyPatch, moment: int) -> None:
        """There is one deployment."""
        kill(stage, monkeypatch, moment)
        run(stage.resume())

        assert {"d-1": NEW} == stage.steps.deployed


@pytest.mark.parametrize("moment", range(GOOD - 1))
class TestGoBack:
    """Killed, and undone by `infra rollback --resume`."""

    def test_rolled_back(self, stage: Stage, monkeypatch: pytest.MonkeyPatch, moment: int) -> None:
        """What served before serves, nothing is under way, and the lock is given back."""
        kill(stage, monkeypatch, moment)
        outcome = end(stage.resume(undo=True))

        assert (True, OLD, {}, False) == (outcome.ok, stage.steps.serves, stage.steps.under_way, locked(stage))

    def test_migration_does_not_run_on(self, stage: Stage, monkeypatch: pytest.MonkeyPatch, moment: int) -> None:
        """A migration does not run on unattended, also when it was not noted any more that it runs."""
        kill(stage, monkeypatch, moment)
        entry = entries.read(stage.aws, stage.manifest)
        assert entry is not None
        may_run = not entry.migrated and (entry.migration_task != "" or stage.steps.migrating)
        run(stage.resume(undo=True))

        assert may_run == ("stop_migration task-1" in stage.steps.log)


@pytest.mark.parametrize("moment", range(BAD - 1))
def test_killed_while_going_back(ill: Stage, monkeypatch: pytest.MonkeyPatch, moment: int) -> None:
    """A release that fails goes back, however often it is killed on the way; the second run ends with exit code 1."""
    kill(ill, monkeypatch, moment)
    outcome = end(ill.resume())

    assert (False, OLD, {}, False) == (outcome.ok, ill.steps.serves, ill.steps.under_way, locked(ill))
    assert 1 == list(ill.steps.deployed.values()).count(OLD), "a rollback that was killed was rolled back itself"


class TestEveryStep:
    """What a second run does, by what the journal says."""

    @pytest.mark.parametrize(
        ("step", "first"),
        [
            ("checking", "check sha-1"),
            ("registering", "register sha-1"),
            ("migrating", "migrate"),
            ("shifting", "start isms-backend-staging:2"),
            ("verifying", "verify isms-backend-staging:2"),
            ("rolling_back", "verify isms-backend-staging:1"),
        ],
    )
    def test_begins_there(self, stage: Stage, step: Step, first: str) -> None:
        """It takes up at this step."""
        journal = Journal.take(stage.aws, stage.manifest, "sha-1")
        journal.write(step=step, previous=OLD, task_definition=NEW, image="image")
        if step == "rolling_back":
            journal.write(deployment="d-1", rollback="d-2")
            stage.steps.deployed = {"d-1": NEW, "d-2": OLD}
        run(stage.resume())

        assert first == next(taken for taken in stage.steps.log if not taken.startswith("watch"))

    def test_waits_for_the_migration(self, stage: Stage) -> None:
        """A migration that runs is waited for, not started again."""
        journal = Journal.take(stage.aws, stage.manifest, "sha-1")
        journal.write(step="migrating", previous=OLD, task_definition=NEW, migration_task="task-9")
        run(stage.resume())

        assert ("migrate task-9", 0) == (stage.steps.log[0], stage.steps.migrations)

    def test_failed_meanwhile(self, stage: Stage) -> None:
        """A deployment that failed in the meantime is reported, and what serves too."""
        journal = Journal.take(stage.aws, stage.manifest, "sha-1")
        journal.write(step="shifting", previous=OLD, task_definition=NEW, migrated=True, deployment="d-1")
        stage.steps.deployed["d-1"] = NEW
        outcome = end(stage.resume())

        assert "backend: deployment d-1 was stopped" == outcome.text
        assert ("rolled back: what served before serves again", False) == (outcome.after, locked(stage))


class TestLocks:
    """Taking locks, one or several."""

    @pytest.fixture
    def targets(self, aws: Aws) -> list[Target]:
        """Two services."""
        return [Target(aws=aws, manifest=light_manifest(service)) for service in ("backend", "frontend")]

    def test_all_or_none(self, targets: list[Target]) -> None:
        """When one lock is held, the others are given back."""
        take(targets[1:], ["sha-1"], migrated=False)
        with pytest.raises(HeldError, match="frontend is being released"):
            take(targets, ["sha-2", "sha-2"], migrated=False)

        assert entries.read(targets[0].aws, targets[0].manifest) is None

    def test_nothing_to_migrate(self, targets: list[Target]) -> None:
        """A service without migrations is noted as migrated."""
        manifest = targets[1].manifest.model_copy(update={"migration_command": None})
        taken = take([targets[0], Target(aws=targets[1].aws, manifest=manifest)], ["sha-1", "sha-1"], migrated=False)

        assert [False, True] == [one.journal.entry.migrated for one in taken]

    def test_nothing_to_resume(self, targets: list[Target]) -> None:
        """Without a release there is nothing to resume."""
        with pytest.raises(
            InfraError, match="there is no release of backend, frontend to resume: see infra status staging"
        ):
            take_over(targets)

    def test_some_to_resume(self, targets: list[Target]) -> None:
        """Of several services those are resumed that have a release."""
        take(targets[1:], ["sha-1"], migrated=False)

        assert ["frontend"] == [one.target.manifest.service for one in take_over(targets)]

    def test_free(self, targets: list[Target]) -> None:
        """A dry run looks at the locks, and takes none."""
        expect_free(targets)
        take(targets[:1], ["sha-1"], migrated=False)

        with pytest.raises(HeldError):
            expect_free(targets)
