"""Whole releases with the real steps: `infra` against an emulated account whose deployments go as the test says."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from moto.ecs.models import ecs_backends
from moto.moto_api import state_manager
from typer.testing import CliRunner, Result

from tests.tools.release.deployments import FakeCodeDeploy, healthy
from tests.tools.release.doubles import Calls, FakeClock
from tests.tools.release.world import ACCOUNT, REGION, add_task_set, push_image, route, service
from tools.cli import app
from tools.errors import InfraError
from tools.release import command, journal, targets
from tools.release.aws import Aws
from tools.release.context import Clock
from tools.release.interrupt import Interruption
from tools.release.manifest import Color, Manifest

TAG = "sha-4f0a1b2c3d4e5f60718293a4b5c6d7e8f9012345"
ALARM = "One or more alarms have been activated according to the Amazon CloudWatch metrics you selected"


class World:
    """An account in which blue serves Terraform's own revision, and CodeDeploy does what the test says."""

    def __init__(self, calls: Calls, aws: Aws, manifest: Manifest, clock: FakeClock) -> None:
        self.calls, self.aws, self.manifest, self.clock = calls, aws, manifest, clock
        self.fake = FakeCodeDeploy(calls, manifest)
        self.side: Color = "blue"
        self.order = [manifest.ecs.task_definition]
        """What served, one after the other."""

        self.course: Callable[[str, str], None] = self.succeed
        """What becomes of a deployment of a revision once it is made."""

        self.exit_code = 0
        calls.answers |= {
            "CreateDeployment": self._create,
            "ListDeployments": lambda _: {
                "deployments": [name for name, info in self.fake.infos.items() if info["status"] == "InProgress"]
            },
            "StopDeployment": self._stop,
            "RunTask": self._run_task,
        }

    def infra(self, *words: str) -> Result:
        """Run `infra`."""
        return CliRunner().invoke(app, list(words))

    def release(self, *words: str) -> Result:
        """Release the image."""
        return self.infra("release", "staging", "backend", "--image-tag", TAG, *words)

    @property
    def serves(self) -> str:
        """The family and number of what the primary tasks run."""
        (primary,) = (one for one in service(self.manifest).task_sets if one.status == "PRIMARY")
        return str(primary.task_definition).rpartition("/")[2]

    @property
    def locked(self) -> bool:
        """Whether the lock is held."""
        return journal.read(self.aws, self.manifest) is not None

    def succeed(self, name: str, task_definition: str) -> None:
        """A tenth of the traffic moves after a minute, all of it 5 minutes later."""
        self.clock.later(30, lambda: self.fake.move(name, "Install"))
        self.clock.later(60, lambda: self.fake.move(name, "AllowTraffic", 10))
        self.clock.later(360, lambda: self.shift(name, task_definition))

    def shift(self, name: str, task_definition: str) -> None:
        """All traffic moves to the other side."""
        self.fake.shifted(name)
        self.serve(task_definition)

    def serve(self, task_definition: str) -> None:
        """Let tasks of a revision serve, behind the other side."""
        self.side = "blue" if self.side == "green" else "green"
        other: Color = "blue" if self.side == "green" else "green"
        self.order.append(task_definition)
        add_task_set(self.aws, self.manifest, task_definition, self.side)
        route(self.aws, self.manifest, {self.side: 100, other: 0})

    def finish(self) -> None:
        """The replaced tasks are gone, and the last deployment with them."""
        for info in self.fake.infos.values():
            info["status"] = "Succeeded"
        found = service(self.manifest)
        found.task_sets = [one for one in found.task_sets if one.status == "PRIMARY"]

    def unhealthy(self, name: str, _: str) -> None:
        """The new tasks never become healthy."""
        self.clock.later(30, lambda: self.fake.move(name, "Install"))

    def alarm(self, name: str, _: str) -> None:
        """An alarm fires after a tenth of the traffic has moved, and CodeDeploy rolls back."""
        self.clock.later(60, lambda: self.fake.move(name, "AllowTraffic", 10))
        self.clock.later(
            120,
            lambda: self.fake.fail(name, "Stopped", "ALARM_ACTIVE", ALARM, at="AllowTraffic", rollback="r-1"),
        )
        self.clock.later(180, lambda: self.fake.succeed("r-1"))

    def _create(self, asked: dict[str, Any]) -> dict[str, str]:
        name = f"d-{len(self.fake.infos) + 1}"
        self.fake.add(name, "InProgress", description=asked["description"])
        self.course(name, asked["description"].rpartition(" ")[2])
        return {"deploymentId": name}

    def _stop(self, asked: dict[str, Any]) -> dict[str, str] | None:
        name = asked["deploymentId"]
        if self.fake.infos[name]["status"] == "InProgress":
            self.fake.fail(name, "Stopped", "MANUAL_STOP", "stopped", at="Install", rollback="r-1")
            self.fake.succeed("r-1")
            if self.order[-1] == self.fake.infos[name]["description"].rpartition(" ")[2]:
                self.serve(self.order[-2])
        return {"status": "Pending"}

    def _run_task(self, _: dict[str, Any]) -> None:
        self.clock.later(20, self._end_task)

    def _end_task(self) -> None:
        for task in ecs_backends[ACCOUNT][REGION].tasks["isms-staging"].values():
            task.status = task.desired_status = "STOPPED"
            container: Any = task.containers[0]
            container.exitCode = self.exit_code


@pytest.fixture
def world(calls: Calls, aws: Aws, manifest: Manifest, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> World:
    """An account, an image for the service's architecture, and a site that answers."""

    class Hurried(Interruption):
        """Nobody waits."""

        def clock(self) -> Clock:
            return clock.clock

    def refuse(name: str) -> None:
        raise InfraError(name)

    class Site(SimpleNamespace):
        """A site that answers."""

        def __enter__(self) -> "Site":
            return self

        def __exit__(self, *_: object) -> None:
            return

    monkeypatch.setattr(command, "Interruption", Hurried)
    monkeypatch.setattr(targets, "load_stack", refuse)
    monkeypatch.setattr("tools.release.verify.urlopen", lambda *_, **__: Site(status=200))
    monkeypatch.setenv("MOTO_ECS_NEW_ARN", "true")
    state_manager.set_transition("ecs::task", transition={"progression": "manual", "times": 10_000})
    push_image(calls, aws, manifest, TAG)
    healthy(calls, "healthy")
    made = World(calls, aws, manifest, clock)
    calls.made.clear()
    return made


def test_success(world: World) -> None:
    """The image serves, the operator reads it, and the exit code is 0."""
    result = world.release()

    assert (0, f"backend: {TAG} is released and serves") == (result.exit_code, result.stdout.splitlines()[0])
    assert ("isms-backend-staging:2", False) == (world.serves, world.locked)


def test_progress(world: World) -> None:
    """The operator reads migration, percent of traffic and tasks."""
    lines = world.release().stderr

    assert "backend: migrating" in lines
    assert "backend: shifting traffic, 10 % of traffic, 1 of 2 healthy (d-1 AllowTraffic)" in lines
    assert "all traffic has moved" in lines


def test_tagged(world: World) -> None:
    """The image has the tags of a release, and of what runs."""
    world.release()
    (found,) = world.aws.ecr.describe_images(repositoryName="isms-backend", imageIds=[{"imageTag": TAG}])[
        "imageDetails"
    ]

    assert {TAG, TAG.replace("sha-", "staging-"), "staging"} == set(found["imageTags"])


def test_dry_run_writes_nothing(world: World) -> None:
    """A dry run makes no call that changes anything."""
    result = world.release("--dry-run")

    assert 0 == result.exit_code
    looks = ("Describe", "Get", "List", "BatchGet")
    assert [] == [name for name, _ in world.calls.made if not name.startswith(looks)]


def test_migration_fails(world: World) -> None:
    """A failed migration: exit code 1, the code is read, and no deployment is made."""
    world.exit_code = 3
    result = world.release()

    assert 1 == result.exit_code
    assert "error: backend: the migration failed with exit code 3: no traffic has moved" in result.stderr.splitlines()
    assert ([], "isms-backend-staging:1", False) == (world.calls.of("CreateDeployment"), world.serves, world.locked)


def test_unhealthy(world: World) -> None:
    """New tasks that never become healthy: stopped, rolled back, exit code 1."""
    world.course = world.unhealthy
    healthy(world.calls, "unhealthy")
    result = world.release()
    lines = result.stderr.splitlines()

    assert 1 == result.exit_code
    assert any(line.startswith("error: backend: the new tasks are not healthy after 9") for line in lines)
    assert any("Health checks failed with these codes: [503]" in line for line in lines)
    assert "  rolled back: what served before serves again" in lines
    assert ("isms-backend-staging:1", False) == (world.serves, world.locked)


def test_alarm(world: World) -> None:
    """An alarm in mid-shift: the operator reads that it was an alarm, and that CodeDeploy rolled back."""
    world.course = world.alarm
    result = world.release()
    lines = result.stderr.splitlines()

    assert 1 == result.exit_code
    assert f"error: backend: deployment d-1 stopped (ALARM_ACTIVE: {ALARM})" in lines
    assert "  rolled back by deployment r-1" in lines
    assert lines[-1].startswith("  serves now: staging (isms-backend-staging:1), 1 of 1 tasks, blue, since ")
    assert not world.locked


def test_timeout(world: World) -> None:
    """A shift that takes longer than the operator gives it is stopped and rolled back."""
    result = world.release("--timeout", "120")

    assert 1 == result.exit_code
    assert "error: backend: deployment d-1 took longer than 120 s" in result.stderr.splitlines()
    assert "  rolled back: what served before serves again" in result.stderr.splitlines()


def test_image_missing(world: World) -> None:
    """An image that is not in the registry: the operator reads which are."""
    result = world.infra("release", "staging", "--image-tag", "sha-fffffff")

    assert 1 == result.exit_code
    assert f"there is no image sha-fffffff in isms-backend; the newest are {TAG}" in result.stderr
    assert "  nothing has changed" in result.stderr.splitlines()


def test_wrong_architecture(world: World) -> None:
    """An image for another architecture is refused before anything is registered."""
    push_image(world.calls, world.aws, world.manifest, "sha-1234567", "amd64")
    result = world.infra("release", "staging", "--image-tag", "sha-1234567")

    assert 1 == result.exit_code
    assert "image sha-1234567 is built for amd64, but the service runs on ARM64" in result.stderr
    assert [] == world.calls.of("RegisterTaskDefinition")


def test_throttled_for_a_while(world: World) -> None:
    """AWS that throttles for a while does not end a release."""
    answer = world.calls.answers["GetDeployment"]

    def throttle() -> None:
        world.calls.refuse("GetDeployment", "ThrottlingException", "Rate exceeded")

    def again() -> None:
        world.calls.answers["GetDeployment"] = answer

    world.clock.later(40, throttle)
    world.clock.later(100, again)

    assert (0, "isms-backend-staging:2") == (world.release().exit_code, world.serves)


def test_aws_is_gone(world: World) -> None:
    """AWS that does not answer any more: it is said that nobody knows, the lock is kept, and --resume finishes."""
    answer = world.calls.answers["GetDeployment"]
    world.clock.later(40, lambda: world.calls.refuse("GetDeployment", "ThrottlingException", "Rate exceeded"))
    first = world.release()
    stopped = world.fake.infos["d-1"]["status"]
    world.calls.answers["GetDeployment"] = answer
    second = world.infra("release", "staging", "--resume")

    assert (1, "Stopped") == (first.exit_code, stopped)
    assert "how going back ends is not known: backend: AWS has given no usable answer" in first.stderr
    assert (1, "isms-backend-staging:1", False) == (second.exit_code, world.serves, world.locked)


def test_broken_answer(world: World) -> None:
    """An answer of CodeDeploy that lacks what it must have, in the end, is no success."""
    world.clock.later(40, lambda: world.calls.answers.update(GetDeployment={}))
    result = world.release()

    assert 1 == result.exit_code
    assert world.locked


def test_two_at_once(world: World) -> None:
    """The second release is refused while the first runs, and changes nothing of it."""
    seconds: list[Result] = []
    world.clock.later(100, lambda: seconds.append(world.release()))
    first = world.release()

    assert (0, 1) == (first.exit_code, seconds[0].exit_code)
    assert "backend is being released by" in str(seconds[0].exception)


class TestRollback:
    """`infra rollback`, after two releases."""

    OLDER = "sha-1111111"

    @pytest.fixture
    def twice(self, world: World) -> World:
        """The older image was released, and then the newer one, of which CodeDeploy keeps the replaced tasks."""
        push_image(world.calls, world.aws, world.manifest, self.OLDER)
        world.infra("release", "staging", "--image-tag", self.OLDER)
        world.finish()
        world.release()
        world.calls.made.clear()
        return world

    def test_at_once(self, twice: World) -> None:
        """While they are kept, the deployment is stopped, and they serve again: nothing is registered or deployed."""
        result = twice.infra("rollback", "staging")

        assert (0, "isms-backend-staging:2", False) == (result.exit_code, twice.serves, twice.locked)
        assert ([], []) == (twice.calls.of("RegisterTaskDefinition"), twice.calls.of("CreateDeployment"))

    def test_at_once_is_said(self, twice: World) -> None:
        """The operator reads what was rolled back, and what serves."""
        lines = twice.infra("rollback", "staging").stdout.splitlines()

        assert f"backend: {TAG} is rolled back" == lines[0]
        assert lines[-1].startswith(f"  serves now: {self.OLDER} (isms-backend-staging:2, sha256:")

    def test_tag_moves(self, twice: World) -> None:
        """The tag of what runs moves back."""
        twice.infra("rollback", "staging")
        (found,) = twice.aws.ecr.describe_images(repositoryName="isms-backend", imageIds=[{"imageTag": "staging"}])[
            "imageDetails"
        ]

        assert self.OLDER in found["imageTags"]

    def test_later(self, twice: World) -> None:
        """Later, the older image is released again: with today's configuration, and without a migration."""
        twice.finish()
        result = twice.infra("rollback", "staging")

        assert (0, "isms-backend-staging:4") == (result.exit_code, twice.serves)
        assert (1, []) == (len(twice.calls.of("RegisterTaskDefinition")), twice.calls.of("RunTask"))

    def test_to(self, twice: World) -> None:
        """By name it goes to any image."""
        push_image(twice.calls, twice.aws, twice.manifest, "sha-2222222")
        twice.finish()
        result = twice.infra("rollback", "staging", "backend", "--to", "2222222")

        assert (0, "backend: 2222222 is released and serves") == (result.exit_code, result.stdout.splitlines()[0])

    def test_release_has_to_wait(self, twice: World) -> None:
        """While the replaced tasks are kept, another release is refused, and the operator reads why."""
        result = twice.infra("release", "staging", "--image-tag", self.OLDER)

        assert 1 == result.exit_code
        assert "deployment d-2 is in progress (until its replaced tasks are gone)" in result.stderr


def test_diff_stays_empty(world: World) -> None:
    """Terraform's own revision stays as it is: a release registers another."""
    before = world.aws.ecs.describe_task_definition(taskDefinition=world.manifest.ecs.task_definition)
    world.release()
    after = world.aws.ecs.describe_task_definition(taskDefinition=world.manifest.ecs.task_definition)

    assert before["taskDefinition"] == after["taskDefinition"]
