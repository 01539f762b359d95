"""Every call of a whole release goes wrong once: the release still succeeds, or ends so that a second run can."""

import pytest

from tests.tools.release.chaos import Chaos, Moment, lost, throttled
from tests.tools.release.doubles import Calls, FakeClock
from tests.tools.release.orchestra import KilledError
from tests.tools.release.scene import World, build_world
from tools.release.aws import Aws
from tools.release.manifest import Manifest

pytestmark = pytest.mark.slow

WRITES = [
    "PutParameter",  # the lock
    "PutParameter",
    "RegisterTaskDefinition",
    "PutParameter",
    "RunTask",
    "PutParameter",
    "PutParameter",
    "PutParameter",
    "CreateDeployment",
    "PutParameter",
    "PutParameter",  # verifying
    "PutParameter",  # settling
    "PutImage",
    "PutImage",
    "DeleteParameter",
]
OLD, NEW = "isms-backend-staging:1", "isms-backend-staging:2"
CALLS = {
    "BatchGetImage": 2,
    "CreateDeployment": 1,
    "DeleteParameter": 1,
    "DescribeAlarms": 1,
    "DescribeImages": 1,
    "DescribeRules": 7,
    "DescribeSecret": 1,
    "DescribeServices": 7,
    "DescribeTargetHealth": 3,
    "DescribeTaskDefinition": 7,
    "DescribeTasks": 2,
    "GetDeployment": 3,
    "GetDeploymentTarget": 3,
    "GetDownloadUrlForLayer": 1,
    "GetLogEvents": 2,
    "GetParameter": 9,
    "GetSecretValue": 1,
    "ListDeployments": 3,
    "ListDeploymentTargets": 3,
    "ListTasks": 1,
    "PutImage": 2,
    "PutParameter": 9,
    "RegisterTaskDefinition": 1,
    "RunTask": 1,
}
"""How often a release calls what, once its lock is held; of what it looks at again and again, the first few."""


@pytest.fixture
def world(calls: Calls, aws: Aws, manifest: Manifest, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> World:
    """An account, an image for the service's architecture, and a site that answers."""
    return build_world(calls, aws, manifest, clock, monkeypatch)


def made(world: World) -> list[int]:
    """How many revisions, migrations and deployments were made."""
    return [len(world.calls.of(name)) for name in ("RegisterTaskDefinition", "RunTask", "CreateDeployment")]


def kill(world: World, monkeypatch: pytest.MonkeyPatch, at: int, moment: Moment) -> None:
    """Begin a release whose process ends at a write."""
    with monkeypatch.context() as patch:
        Chaos(at=at, moment=moment).patch(patch)
        with pytest.raises(KilledError):
            world.release()


def test_writes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that a release writes is tried below."""
    chaos = Chaos().patch(monkeypatch)
    world.release()

    assert WRITES == chaos.seen


@pytest.mark.parametrize(
    ("at", "moment"), [(at, "after") for at in range(len(WRITES) - 1)] + [(len(WRITES) - 1, "before")]
)
class TestKilled:
    """The process ends at a write, with the lock held."""

    def test_resumed(self, world: World, monkeypatch: pytest.MonkeyPatch, at: int, moment: Moment) -> None:
        """The release is finished, and nothing is made twice."""
        kill(world, monkeypatch, at, moment)
        result = world.infra("release", "staging", "--resume")

        assert (0, NEW, False, [1, 1, 1]) == (result.exit_code, world.serves, world.locked, made(world))

    def test_undone(self, world: World, monkeypatch: pytest.MonkeyPatch, at: int, moment: Moment) -> None:
        """It is undone: what served before serves, and no migration runs on."""
        kill(world, monkeypatch, at, moment)
        result = world.infra("rollback", "staging", "--resume")
        tasks = world.aws.ecs.list_tasks(cluster="isms-staging", desiredStatus="RUNNING")["taskArns"]

        assert (0, OLD, False, []) == (result.exit_code, world.serves, world.locked, tasks)

    def test_refused(self, world: World, monkeypatch: pytest.MonkeyPatch, at: int, moment: Moment) -> None:
        """Anything else is refused, and says what can be done."""
        kill(world, monkeypatch, at, moment)
        result = world.infra("rollback", "staging")

        assert (1, True) == (result.exit_code, world.locked)
        assert "infra rollback staging backend --resume goes back" in str(result.exception)


@pytest.mark.parametrize(
    ("operation", "at"),
    [(name, at) for name, times in CALLS.items() for at in range(times) if (name, at) != ("PutParameter", 0)],
)
def test_throttled(world: World, monkeypatch: pytest.MonkeyPatch, operation: str, at: int) -> None:
    """A call is throttled for longer than its client tries: once the lock is held, it is made again."""
    with monkeypatch.context() as patch:
        Chaos(at=at, operation=operation, problem=throttled).patch(patch)
        result = world.release()

    assert (0, NEW, False) == (result.exit_code, world.serves, world.locked)
    assert made(world) in ([1, 1, 1], [2, 1, 1], [1, 2, 1], [1, 1, 2])  # with the call that was throttled


@pytest.mark.parametrize("at", range(1, len(WRITES)))
def test_answer_lost(world: World, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """The answer of a write is lost: what it has made is found again, and nothing is made twice."""
    with monkeypatch.context() as patch:
        Chaos(at=at, moment="after", problem=lost).patch(patch)
        result = world.release()

    assert (0, NEW, False, [1, 1, 1]) == (result.exit_code, world.serves, world.locked, made(world))


@pytest.mark.parametrize("operation", ["GetParametersByPath", "GetCallerIdentity", "PutParameter"])
def test_throttled_before(world: World, monkeypatch: pytest.MonkeyPatch, operation: str) -> None:
    """Before it has begun it is one line."""
    with monkeypatch.context() as patch:
        Chaos(at=0, operation=operation, problem=throttled).patch(patch)
        result = world.release()

    assert (1, OLD, False) == (result.exit_code, world.serves, world.locked)
    assert "ThrottlingException" in str(result.exception)
