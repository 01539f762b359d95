"""Whole releases with the real steps: `infra` against an emulated account whose deployments go as the test says."""

import pytest
from typer.testing import Result

from tests.tools.release.deployments import healthy
from tests.tools.release.doubles import Calls, FakeClock
from tests.tools.release.scene import ALARM, TAG, World, build_world
from tests.tools.release.world import push_image
from tools.release.aws import Aws
from tools.release.manifest import Manifest


@pytest.fixture
def world(calls: Calls, aws: Aws, manifest: Manifest, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> World:
    """An account, an image for the service's architecture, and a site that answers."""
    return build_world(calls, aws, manifest, clock, monkeypatch)


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


def test_alarm_after_the_shift(world: World) -> None:
    """An alarm while CodeDeploy keeps the replaced tasks: they serve again, it is no success, and nothing is tagged."""

    def course(name: str, task_definition: str) -> None:
        world.succeed(name, task_definition)
        world.at(500, name, lambda: go_back(name))

    def go_back(name: str) -> None:
        world.fake.fail(name, "Stopped", "ALARM_ACTIVE", ALARM, at="AfterAllowTraffic", rollback="r-1")
        world.serve(world.order[-2])
        world.fake.succeed("r-1")

    world.course = course
    result = world.release()

    assert 1 == result.exit_code
    assert f"error: backend: deployment d-1 stopped (ALARM_ACTIVE: {ALARM})" in result.stderr.splitlines()
    assert ("isms-backend-staging:1", False, []) == (world.serves, world.locked, world.calls.of("PutImage"))


def test_no_wait(world: World) -> None:
    """Without waiting it is done while CodeDeploy still keeps the replaced tasks, and that is said."""
    result = world.release("--no-wait")

    assert (0, "InProgress") == (result.exit_code, world.fake.infos["d-1"]["status"])
    assert "  CodeDeploy keeps the replaced tasks for 5 min: until then an alarm still rolls it back" in (
        result.stdout.splitlines()
    )


def test_timeout(world: World) -> None:
    """A shift that takes longer than the operator gives it is stopped and rolled back."""
    result = world.release("--timeout", "120")

    assert 1 == result.exit_code
    assert "error: backend: deployment d-1 took longer than 120 s" in result.stderr.splitlines()
    assert "  rolled back: what served before serves again" in result.stderr.splitlines()
    assert ("isms-backend-staging:1", False) == (world.serves, world.locked)


def test_image_missing(world: World) -> None:
    """An image that is not in the registry: the operator reads which are."""
    result = world.infra("release", "staging", "--image-tag", "sha-fffffff")

    assert 1 == result.exit_code
    assert f"there is no image sha-fffffff in isms-backend; the newest are {TAG}" in result.stderr
    assert "  nothing has changed" in result.stderr.splitlines()
    assert ("isms-backend-staging:1", False) == (world.serves, world.locked)


def test_wrong_architecture(world: World) -> None:
    """An image for another architecture is refused before anything is registered."""
    push_image(world.calls, world.aws, world.manifest, "sha-1234567", "amd64")
    result = world.infra("release", "staging", "--image-tag", "sha-1234567")

    assert 1 == result.exit_code
    assert "image sha-1234567 is built for amd64, but the service runs on ARM64" in result.stderr
    assert [] == world.calls.of("RegisterTaskDefinition")
    assert ("isms-backend-staging:1", False) == (world.serves, world.locked)


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
    assert "AWS has given no usable answer for 120 s (the answer lacks 'deploymentInfo')" in result.stderr
    assert "infra release staging backend --resume" in result.stderr
    assert ("isms-backend-staging:1", True) == (world.serves, world.locked)


def test_two_at_once(world: World) -> None:
    """The second release is refused while the first runs, and changes nothing of it."""
    seconds: list[Result] = []
    world.clock.later(100, lambda: seconds.append(world.release()))
    first = world.release()

    assert (0, 1) == (first.exit_code, seconds[0].exit_code)
    assert "backend is being released by" in str(seconds[0].exception)
    assert ("isms-backend-staging:2", 1) == (world.serves, len(world.calls.of("CreateDeployment")))


class TestRollback:
    """`infra rollback`, after two releases."""

    OLDER = "sha-1111111"

    @pytest.fixture
    def twice(self, world: World) -> World:
        """The older image was released, and then the newer one, of which CodeDeploy keeps the replaced tasks."""
        push_image(world.calls, world.aws, world.manifest, self.OLDER)
        world.infra("release", "staging", "--image-tag", self.OLDER)
        world.release("--no-wait")
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
