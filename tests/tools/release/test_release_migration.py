"""The migration: before any traffic moves, with its log, and only success is success."""

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.ecs.models import Task, ecs_backends
from moto.moto_api import state_manager

from tests.tools.release.world import ACCOUNT, REGION, Calls, FakeClock, Told, revision
from tools.release.context import Context, ReleaseError, UndecidedError
from tools.release.migration import migrate, stop

GROUP = "/ecs/isms-backend-staging"


class World:
    """A migration that goes as the test says."""

    def __init__(self, context: Context, clock: FakeClock, calls: Calls) -> None:
        self.context = context
        self.clock = clock
        self.calls = calls
        self.started: list[str] = []
        self.new = revision(context.aws, context.manifest, "sha-1")
        calls.made.clear()

    def run(self, task: str = "") -> None:
        """Migrate."""
        migrate(self.context, self.new, task=task, on_started=self.started.append)

    def failure(self, task: str = "") -> tuple[str, list[str]]:
        """Migrate, and fail."""
        with pytest.raises(ReleaseError) as caught:
            self.run(task)
        return str(caught.value), caught.value.reasons

    @property
    def task(self) -> Task:
        """The task inside the emulator."""
        tasks: list[Task] = list(ecs_backends[ACCOUNT][REGION].tasks["isms-staging"].values())
        return tasks[-1]

    def end(self, exit_code: int | None, **fields: object) -> None:
        """Let the task end."""
        self.task.status = "STOPPED"
        self.task.desired_status = "STOPPED"
        vars(self.task).update(fields)
        container: Any = self.task.containers[0]
        container.exitCode = exit_code
        vars(container).update(fields)

    def end_after(self, seconds: float, exit_code: int | None = 0, **fields: object) -> None:
        """Let the task end some time later."""
        self.clock.later(seconds, lambda: self.end(exit_code, **fields))

    def write(self, *lines: str) -> None:
        """Let the task write to its log."""
        stream = f"backend/backend/{self.task.id}"
        logs = self.context.aws.logs
        found = logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix=stream)["logStreams"]
        if not found:
            logs.create_log_stream(logGroupName=GROUP, logStreamName=stream)
        events: Any = [{"timestamp": int(time.time() * 1000), "message": line} for line in lines]
        logs.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=events)

    def write_after(self, seconds: float, *lines: str) -> None:
        """Let the task write to its log some time later."""
        self.clock.later(seconds, lambda: self.write(*lines))


@pytest.fixture
def world(context: Context, clock: FakeClock, calls: Calls, monkeypatch: pytest.MonkeyPatch) -> World:
    """Let tasks run until the test ends them."""
    monkeypatch.setenv("MOTO_ECS_NEW_ARN", "true")
    state_manager.set_transition("ecs::task", transition={"progression": "manual", "times": 10_000})
    return World(context, clock, calls)


class TestStart:
    """The one-off task."""

    @pytest.fixture
    def asked(self, world: World) -> dict[str, Any]:
        """How the task was started."""
        world.end_after(10)
        world.run()
        (asked,) = world.calls.of("RunTask")
        return asked

    def test_revision(self, world: World, asked: dict[str, Any]) -> None:
        """It is the new revision, so the new image with the service's own roles."""
        assert world.new == asked["taskDefinition"]

    def test_looked_for(self, world: World, asked: dict[str, Any]) -> None:  # noqa: ARG002 it ran
        """One that runs already is looked for by who started it, which must be the only filter (API ListTasks)."""
        assert [{"cluster": "isms-staging", "startedBy": "migration/backend"}] == world.calls.of("ListTasks")

    def test_command(self, asked: dict[str, Any]) -> None:
        """It runs the migration instead of the service."""
        assert [{"name": "backend", "command": ["npm", "run", "db:migrate:deploy"]}] == asked["overrides"][
            "containerOverrides"
        ]

    def test_network(self, world: World, asked: dict[str, Any]) -> None:
        """It is in the service's own network, from where the database is reached."""
        ecs = world.context.manifest.ecs

        assert {
            "awsvpcConfiguration": {
                "subnets": ecs.subnets,
                "securityGroups": ecs.security_groups,
                "assignPublicIp": "DISABLED",
            }
        } == asked["networkConfiguration"]

    def test_public(self, context: Context, clock: FakeClock, calls: Calls, world: World) -> None:
        """A service with public addresses has a migration with one."""
        ecs = context.manifest.ecs.model_copy(update={"assign_public_ip": True})
        manifest = context.manifest.model_copy(update={"ecs_": ecs})
        world.context = Context(aws=context.aws, manifest=manifest, reporter=context.reporter, clock=clock.clock)
        world.end_after(10)
        world.run()

        network = calls.of("RunTask")[0]["networkConfiguration"]
        assert "ENABLED" == network["awsvpcConfiguration"]["assignPublicIp"]

    def test_never_spot(self, asked: dict[str, Any]) -> None:
        """It is never on Spot, where it could be ended in the middle."""
        assert ("FARGATE", False) == (asked["launchType"], "capacityProviderStrategy" in asked)

    def test_noted(self, world: World, asked: dict[str, Any]) -> None:  # noqa: ARG002 it ran
        """The task is noted before it is waited for."""
        assert [world.task.task_arn] == world.started

    def test_noted_before(self, world: World) -> None:
        """Who is killed while it runs finds it in the journal."""
        looks: list[int] = []
        world.end_after(10)
        migrate(world.context, world.new, on_started=lambda _: looks.append(len(world.calls.of("DescribeTasks"))))

        assert [0] == looks

    def test_nothing_to_migrate(self, context: Context, calls: Calls) -> None:
        """A service without a migration runs no task."""
        manifest = context.manifest.model_copy(update={"migration_command": None})
        calls.made.clear()
        migrate(
            Context(aws=context.aws, manifest=manifest, reporter=context.reporter),
            "arn",
            on_started=lambda _: pytest.fail("started"),
        )

        assert [] == calls.made

    def test_not_started(self, world: World) -> None:
        """A task that ECS cannot start ends the release with ECS's reason."""
        world.calls.answers["RunTask"] = {"tasks": [], "failures": [{"reason": "RESOURCE:ENI", "detail": "no address"}]}

        assert ("backend: the migration could not be started (RESOURCE:ENI no address)", []) == world.failure()

    @pytest.mark.parametrize("failures", [[], [{}]])
    def test_not_started_without_reason(self, world: World, failures: list[dict[str, str]]) -> None:
        """So does one that ECS gives no reason for."""
        world.calls.answers["RunTask"] = {"tasks": [], "failures": failures}

        assert ("backend: the migration could not be started (no reason given)", []) == world.failure()

    def test_refused(self, world: World) -> None:
        """A task that may not be started ends the release with AWS's words."""
        world.calls.refuse("RunTask", "AccessDeniedException")
        with pytest.raises(ClientError, match="AccessDeniedException"):
            world.run()


class TestEnd:
    """How it ends."""

    def test_success(self, world: World) -> None:
        """Exit code 0 is success."""
        world.end_after(60)
        world.run()

        assert 1060 <= world.clock.time_s <= 1070

    @pytest.mark.parametrize("code", [1, 137, 255])
    def test_exit_code(self, world: World, code: int) -> None:
        """Another exit code is none, and says what ECS says."""
        world.end_after(
            10,
            code,
            stop_code="EssentialContainerExited",
            stopped_reason="Essential container in task exited",
            reason="OutOfMemoryError",
        )

        assert (
            f"backend: the migration failed with exit code {code}: no traffic has moved",
            ["OutOfMemoryError", "EssentialContainerExited: Essential container in task exited"],
        ) == world.failure()

    def test_no_exit_code(self, world: World) -> None:
        """A task that never began, such as without an image, is no success."""
        world.end_after(10, None, stop_code="TaskFailedToStart", stopped_reason="CannotPullContainerError: not found")

        assert (
            "backend: the migration's task stopped without an exit code (TaskFailedToStart: CannotPullContainerError: "
            "not found): no traffic has moved",
            [],
        ) == world.failure()

    def test_other_container(self, world: World) -> None:
        """The exit code of a container beside it is not the migration's."""
        world.clock.later(10, lambda: world.end(0))
        world.clock.later(10, lambda: vars(world.task.containers[0]).update(name="sidecar"))

        assert "stopped without an exit code" in world.failure()[0]

    def test_timeout(self, world: World) -> None:
        """What takes too long is stopped, and the release ends."""
        message, _ = world.failure()

        assert (
            "backend: the migration took longer than 900 s and was told to stop: no traffic has moved; what it did to "
            "the database stays",
            "the release gave it 900 s",
            "STOPPED",
        ) == (message, world.task.stopped_reason, world.task.desired_status)

    def test_timeout_not_early(self, world: World) -> None:
        """What ends in time is not stopped."""
        world.end_after(895)
        world.run()

        assert [] == world.calls.of("StopTask")

    def test_stop_ended(self, world: World) -> None:
        """Stopping what has ended by itself is no error."""
        world.calls.refuse("StopTask", "InvalidParameterException", "The referenced task was not found.")
        stop(world.context, "arn:task/1", "operator")

        assert 1 == len(world.calls.of("StopTask"))

    def test_phase(self, world: World, told: Told) -> None:
        """The operator sees that it migrates, and how the task is."""
        world.end_after(10)
        world.run()

        assert [("migrating", ""), ("migrating", "running"), ("migrating", "stopped")] == [
            (state.phase, state.detail) for state in told.states
        ]


class TestLog:
    """What the migration writes."""

    def test_live(self, world: World, told: Told) -> None:
        """Lines are told while it runs, each once."""
        seen: list[list[str]] = []
        world.write_after(10, "one", "two")
        world.clock.later(31, lambda: seen.append(list(told.lines)))
        world.write_after(40, "three")
        world.end_after(60)
        world.run()

        assert [["one", "two"], ["one", "two", "three"]] == [*seen, told.lines]

    def test_last_lines(self, world: World, told: Told) -> None:
        """Lines that come after the end are told too."""
        world.end_after(10, 1)
        world.write_after(12, "Error: P3009")
        world.failure()

        assert ["Error: P3009"] == told.lines

    def test_no_stream(self, world: World, told: Told) -> None:
        """A task that wrote nothing has no log, which is no error."""
        world.end_after(10)
        world.run()

        assert [] == told.lines

    def test_lines(self, world: World, told: Told) -> None:
        """An event of several lines is several lines."""
        world.write_after(5, "one\ntwo\r\n")
        world.end_after(10)
        world.run()

        assert ["one", "two"] == told.lines

    def test_terminal_commands(self, world: World, told: Told) -> None:
        """What would command the operator's terminal is left out."""
        world.write_after(5, "\x1b[31mred\x1b[0m \x07bell \x1b]0;title\x07")
        world.end_after(10)
        world.run()

        assert ["red bell title"] == [line.replace("]0;", "") for line in told.lines]

    def test_refused(self, world: World, told: Told) -> None:
        """A log that cannot be read is said once; the exit code counts."""
        world.calls.refuse("GetLogEvents", "AccessDeniedException")
        world.end_after(60)
        world.run()

        assert [
            f"the log {GROUP} backend/backend/{world.task.id} cannot be read: An error occurred "
            "(AccessDeniedException) when calling the GetLogEvents operation: refused by the test"
        ] == told.lines

    def test_endless(self, world: World) -> None:
        """A log that never ends does not keep the release from seeing the task's end."""
        pages = iter(range(1_000_000))
        world.calls.answers["GetLogEvents"] = lambda _: {"events": [], "nextForwardToken": str(next(pages))}
        world.end_after(10)
        world.run()

        assert 1 <= len(world.calls.of("DescribeTasks")) <= 5


class TestTrouble:
    """AWS that does not answer."""

    @pytest.mark.parametrize("code", ["ThrottlingException", "ServerException"])
    def test_passes(self, world: World, code: str) -> None:
        """Trouble that passes does not end a release whose migration goes on."""
        world.calls.refuse("DescribeTasks", code, times=5)
        world.end_after(10)
        world.run()

        assert [world.task.task_arn] == world.started

    def test_stays(self, world: World) -> None:
        """Trouble that stays ends the waiting, undecided, and leaves the task alone: it can be resumed."""
        world.calls.refuse("DescribeTasks", "ThrottlingException")
        with pytest.raises(UndecidedError, match="backend: AWS has given no usable answer"):
            world.run()

        assert [] == world.calls.of("StopTask")

    def test_garbled(self, world: World) -> None:
        """Answers that lack what they should have are looked for again."""
        answers = iter([{}, {"tasks": None}])
        world.calls.answers["DescribeTasks"] = lambda _: next(answers, None)
        world.end_after(10)
        world.run()

        assert 1010 <= world.clock.time_s

    def test_not_seen_yet(self, world: World) -> None:
        """A task that ECS does not show yet is waited for."""
        empty = iter(range(3))
        world.calls.answers["DescribeTasks"] = lambda _: {"tasks": []} if next(empty, None) is not None else None
        world.end_after(30)
        world.run()

        assert 1030 <= world.clock.time_s

    def test_forgotten(self, world: World) -> None:
        """ECS forgets a task after an hour, and nobody then knows how it ended: that is no success."""
        message, _ = world.failure("arn:aws:ecs:eu-west-2:956880242582:task/isms-staging/old")

        assert (
            "backend: ECS does not know the migration's task old any more, so nobody knows how it ended: read its "
            f"log, {GROUP} backend/backend/old, and release again"
        ) == message

    def test_seen_before(self, world: World) -> None:
        """One answer without the task, long after the start, is not its end."""
        late = iter([True])
        world.calls.answers["DescribeTasks"] = lambda _: (
            {"tasks": []} if world.clock.time_s > 1200 and next(late, False) else None
        )
        world.end_after(300)
        world.run()

        assert 1300 <= world.clock.time_s


class TestResume:
    """After it was killed."""

    @pytest.fixture
    def killed(self, world: World) -> str:
        """Start a migration, and be killed."""

        def die(_: str) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            migrate(world.context, world.new, on_started=die)
        return world.task.task_arn

    def test_noted(self, world: World, killed: str) -> None:
        """A task that was noted is waited for, and none is started."""
        world.end_after(10)
        world.run(killed)

        assert (1, []) == (len(world.calls.of("RunTask")), world.started)

    def test_whole_log(self, world: World, killed: str, told: Told) -> None:
        """Who resumes reads the log from its beginning."""
        world.write("one")
        world.end_after(10)
        world.run(killed)

        assert ["one"] == told.lines

    def test_not_noted(self, world: World, killed: str) -> None:
        """A task that was started and not noted is found, and not started twice."""
        world.end_after(10)
        world.run()

        assert (1, [killed]) == (len(world.calls.of("RunTask")), world.started)

    def test_ended_unnoted(self, world: World, killed: str) -> None:
        """A task that has ended and was not noted is run again."""
        world.end(0)
        world.end_after(5)
        world.run()

        assert (2, False) == (len(world.calls.of("RunTask")), killed in world.started)

    def test_ended_meanwhile(self, world: World, killed: str) -> None:
        """A task that ends between two looks at it is not waited for: nobody noted that it was this release's."""
        world.calls.answers["ListTasks"] = {"taskArns": [killed]}
        world.end(1)
        world.end_after(5)
        world.run()

        assert killed not in world.started

    def test_another_revision(self, world: World, killed: str) -> None:
        """Two migrations at once may ruin a database: that of another revision has to end first."""
        old, world.new = world.new, revision(world.context.aws, world.context.manifest, "sha-2")
        message, _ = world.failure()

        assert (
            f"backend: another migration is running, of {old.rpartition('/')[2]}: wait for its end, or stop it: "
            f"aws ecs stop-task --cluster isms-staging --task {killed.rpartition('/')[2]}"
        ) == message
