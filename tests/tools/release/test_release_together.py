"""Two services in one command."""

import threading

import pytest

from tests.tools.release.orchestra import NEW, OLD, Stage, light_manifest
from tools.release import entry as entries
from tools.release.aws import Aws
from tools.release.context import ReleaseError
from tools.release.outcome import Outcome
from tools.release.together import release_all


@pytest.fixture
def backend(aws: Aws) -> Stage:
    """The service that migrates."""
    return Stage(aws, light_manifest("backend"))


@pytest.fixture
def frontend(aws: Aws) -> Stage:
    """The service that does not."""
    return Stage(aws, light_manifest("frontend"))


def run(backend: Stage, frontend: Stage) -> list[Outcome]:
    """Release both."""
    return release_all([backend.begin(), frontend.begin(migrated=True)], lambda: None)


def locked(*stages: Stage) -> bool:
    """Whether one of the locks is held."""
    return any(entries.read(stage.aws, stage.manifest) is not None for stage in stages)


def test_both(backend: Stage, frontend: Stage) -> None:
    """Both are released, and both are reported."""
    outcomes = run(backend, frontend)

    assert [("backend", True), ("frontend", True)] == [(outcome.service, outcome.ok) for outcome in outcomes]


def test_side_by_side(backend: Stage, frontend: Stage) -> None:
    """Their traffic moves at the same time: each waits here for the other."""
    both = threading.Barrier(2, timeout=30)
    backend.steps.problems["watch"] = frontend.steps.problems["watch"] = both.wait

    assert [True, True] == [outcome.ok for outcome in run(backend, frontend)]


def test_migration_first(backend: Stage, frontend: Stage) -> None:
    """While one migrates, no traffic of the other moves."""
    begun: list[bool] = []
    backend.steps.problems["migrate"] = lambda: begun.append("start isms-backend-staging:2" in frontend.steps.log)
    run(backend, frontend)

    assert [False] == begun


def test_check_first(backend: Stage, frontend: Stage) -> None:
    """When one is refused, nothing of the other is changed."""
    backend.steps.problems["check"] = ReleaseError("backend: there is no image sha-1")
    run(backend, frontend)

    assert ["check sha-1"] == frontend.steps.log


@pytest.mark.parametrize("step", ["check", "register", "migrate"])
def test_fails_before_traffic(backend: Stage, frontend: Stage, step: str) -> None:
    """When one fails before traffic moves, the other is not released, and the operator reads why."""
    backend.steps.problems[step] = ReleaseError(f"backend: no {step}")
    outcomes = run(backend, frontend)

    assert [f"backend: no {step}", "frontend: not released, because backend failed"] == [
        outcome.text for outcome in outcomes
    ]
    assert (OLD, OLD, False) == (backend.steps.serves, frontend.steps.serves, locked(backend, frontend))


def test_fails_while_shifting(backend: Stage, frontend: Stage) -> None:
    """When one fails after that, the other is finished; the one that failed goes back."""
    backend.steps.problems["watch"] = ReleaseError("backend: deployment d-1 failed")
    outcomes = run(backend, frontend)

    assert [False, True] == [outcome.ok for outcome in outcomes]
    assert (OLD, NEW, False) == (backend.steps.serves, frontend.steps.serves, locked(backend, frontend))


def test_fails_while_settling(backend: Stage, frontend: Stage) -> None:
    """So it is while CodeDeploy keeps the replaced tasks: each service has its own end."""

    def alarm() -> None:
        frontend.steps.serves = OLD
        raise ReleaseError("frontend: deployment d-1 stopped (ALARM_ACTIVE)")

    frontend.steps.problems["settle"] = alarm
    outcomes = run(backend, frontend)

    assert [True, False] == [outcome.ok for outcome in outcomes]
    assert (NEW, OLD, False) == (backend.steps.serves, frontend.steps.serves, locked(backend, frontend))


def test_resumed_at_different_steps(backend: Stage, frontend: Stage) -> None:
    """One whose traffic moves already is finished, even if the other fails before."""
    first = backend.begin()
    first.journal.write(step="shifting", previous=OLD, task_definition=NEW, migrated=True)
    frontend.steps.problems["check"] = ReleaseError("frontend: there is no image sha-1")
    outcomes = release_all([first, frontend.begin()], lambda: None)

    assert [True, False] == [outcome.ok for outcome in outcomes]


def test_a_fault_of_ours(backend: Stage, frontend: Stage) -> None:
    """What nobody expected is reported with where it happened, and undone; the other is finished."""
    backend.steps.problems["watch"] = ZeroDivisionError("division by zero")
    outcomes = run(backend, frontend)

    assert outcomes[0].text.startswith("backend: unexpected ZeroDivisionError: division by zero (")
    assert (OLD, NEW) == (backend.steps.serves, frontend.steps.serves)
