"""A release on hosts that is killed at any write, or loses an answer: a second run finishes it or goes back."""

import pytest

from tests.tools.release.chaos import Chaos, Moment, lost, throttled
from tests.tools.release.doubles import Calls, FakeClock
from tests.tools.release.fleet import SECOND, FakeHost, Fleet
from tests.tools.release.hosts_account import PARAMETER, STACK
from tests.tools.release.hosts_scene import HostsWorld, build_hosts_world
from tests.tools.release.orchestra import KilledError
from tools.release.aws import Aws
from tools.release.entry import Step
from tools.release.journal import Journal
from tools.release.manifest import Manifest

WRITES = [
    "PutParameter",  # the lock
    "SendCommand",  # what serves
    "PutParameter",  # registering
    "PutParameter",  # migrating
    "SendCommand",  # the migration
    "PutParameter",
    "PutParameter",  # migrated
    "PutParameter",  # shifting
    "PutParameter",  # the image
    "SendCommand",  # to all hosts
    "PutParameter",  # the deployment
    "PutParameter",  # verifying
    "SendCommand",  # what runs
    "PutImage",
    "PutImage",
    "DeleteParameter",
    "SendCommand",  # what serves
]
HELD = range(len(WRITES) - 2)
"""Those after which the lock is held."""


@pytest.fixture
def world(
    calls: Calls, aws: Aws, hosts_manifest: Manifest, clock: FakeClock, fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> HostsWorld:
    """Two hosts, on which an older image serves."""
    fleet.hosts[SECOND] = FakeHost()
    return build_hosts_world(calls, aws, hosts_manifest, clock, fleet, monkeypatch)


def kill(world: HostsWorld, monkeypatch: pytest.MonkeyPatch, at: int, moment: Moment = "after") -> None:
    """Begin a release whose process ends at a write."""
    with monkeypatch.context() as patch:
        Chaos(at=at, moment=moment).patch(patch)
        with pytest.raises(KilledError):
            world.release()


def migrated(world: HostsWorld) -> int:
    """How many migrations were begun."""
    return len(world.fleet.sent("migrate"))


def test_writes(world: HostsWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that a release writes or tells is tried below."""
    chaos = Chaos().patch(monkeypatch)
    world.release()

    assert WRITES == chaos.seen


@pytest.mark.slow
@pytest.mark.parametrize("at", HELD)
class TestKilled:
    """The process ends after a write, with the lock held."""

    def test_resumed(self, world: HostsWorld, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
        """The release is finished, and the database migrated once."""
        kill(world, monkeypatch, at)
        result = world.infra("release", STACK, "--resume")

        assert (0, 1) == (result.exit_code, migrated(world))
        assert (world.new, [world.new, world.new], False) == world.state

    def test_undone(self, world: HostsWorld, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
        """It is undone: the older image is to run and runs, also where a host had the newer one."""
        kill(world, monkeypatch, at)
        result = world.infra("rollback", STACK, "--resume")
        world.clock.sleep(600)

        assert 0 == result.exit_code
        assert (world.old, [world.old, world.old], False) == world.state


@pytest.mark.slow
@pytest.mark.parametrize("at", HELD)
def test_killed_late(world: HostsWorld, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """It is undone long after, too, when all that was begun has ended by itself."""
    kill(world, monkeypatch, at)
    world.clock.sleep(600)
    result = world.infra("rollback", STACK, "--resume")

    assert 0 == result.exit_code
    assert (world.old, [world.old, world.old], False) == world.state


@pytest.mark.slow
@pytest.mark.parametrize("at", range(1, len(WRITES)))
def test_answer_lost(world: HostsWorld, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """The answer of a write is lost: what it has made is found again."""
    with monkeypatch.context() as patch:
        Chaos(at=at, moment="after", problem=lost).patch(patch)
        result = world.release()

    assert (0, 1, 1) == (result.exit_code, migrated(world), len(world.fleet.sent("up")))
    assert (world.new, [world.new, world.new], False) == world.state


@pytest.mark.parametrize(
    "operation",
    [
        "DescribeAutoScalingGroups",
        "DescribeInstanceInformation",
        "DescribeTargetHealth",
        "GetCommandInvocation",
        "GetParameter",
        "ListCommandInvocations",
        "ListCommands",
        "SendCommand",
    ],
)
def test_throttled(world: HostsWorld, monkeypatch: pytest.MonkeyPatch, operation: str) -> None:
    """A call is throttled for longer than its client tries: it is made again."""
    with monkeypatch.context() as patch:
        Chaos(at=0, operation=operation, problem=throttled).patch(patch)
        result = world.release()

    assert 0 == result.exit_code
    assert (world.new, [world.new, world.new], False) == world.state


class TestGoingBack:
    """A rollback that was killed."""

    def begin(self, world: HostsWorld, step: Step) -> None:
        """A release whose deployment is over."""
        journal = Journal.take(world.aws, world.manifest, "sha-1", migrated=True)
        journal.write(step=step, previous=world.old, task_definition=world.new, image=world.new, deployment="1" * 36)

    def test_only_noted(self, world: HostsWorld) -> None:
        """When the parameter says the older image already and no host was told, the hosts are told."""
        world.fleet.serve(world.new)
        world.aws.ssm.put_parameter(Name=PARAMETER, Value=world.old, Type="String", Overwrite=True)
        self.begin(world, "rolling_back")
        result = world.infra("rollback", STACK, "--resume")

        assert (0, 1) == (result.exit_code, len(world.fleet.sent("up")))
        assert (world.old, [world.old, world.old], False) == world.state

    def test_done(self, world: HostsWorld) -> None:
        """When all hosts run it already, none is told anything."""
        self.begin(world, "rolling_back")
        result = world.infra("rollback", STACK, "--resume")

        assert (0, []) == (result.exit_code, world.fleet.sent("up"))
