"""Why new tasks do not serve."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.tools.release.deployments import healthy
from tests.tools.release.doubles import Calls
from tests.tools.release.tasks import ACCOUNT, NAME, REGION, service
from tools.release.context import Context
from tools.release.diagnosis import diagnose

EXITED = "Essential container in task exited"
PULL = "CannotPullContainerError: pull image manifest has been retried 1 time(s)"


class FakeTasks:
    """The tasks of the service, as ECS lists and describes them: moto's have neither reasons nor containers."""

    def __init__(self, calls: Calls, task_definition: str) -> None:
        self._all: list[tuple[str, dict[str, Any]]] = []
        self._task_definition = task_definition
        calls.answers["ListTasks"] = lambda asked: {
            "taskArns": [task["taskArn"] for status, task in self._all if status == asked["desiredStatus"]]
        }
        calls.answers["DescribeTasks"] = lambda asked: {
            "tasks": [task for _, task in self._all if task["taskArn"] in asked["tasks"]]
        }

    def add(self, status: str, *, of: str = "", age_s: int = 0, **task: Any) -> str:  # noqa: ANN401 of ECS's model
        """Let there be a task, and give its id."""
        name = f"{len(self._all):032x}"
        made = {
            "taskArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/isms-staging/{name}",
            "taskDefinitionArn": of if of else self._task_definition,
            "createdAt": datetime.now(UTC) - timedelta(seconds=age_s),
            **task,
        }
        self._all.append((status, made))
        return name

    def exit(self, code: int, age_s: int = 0) -> str:
        """Let there be a task whose container ended."""
        containers = [{"name": "backend", "exitCode": code}]
        return self.add("STOPPED", age_s=age_s, stoppedReason=EXITED, containers=containers)


@pytest.fixture(autouse=True)
def tasks(context: Context, calls: Calls) -> FakeTasks:
    """No tasks at first, and no targets."""
    healthy(calls)
    return FakeTasks(calls, context.manifest.ecs.task_definition)


def write(context: Context, task: str, *messages: str) -> None:
    """Let a task write lines."""
    group, stream = f"/ecs/{NAME}", f"backend/backend/{task}"
    now = int(datetime.now(UTC).timestamp() * 1000)
    context.aws.logs.create_log_stream(logGroupName=group, logStreamName=stream)
    context.aws.logs.put_log_events(
        logGroupName=group,
        logStreamName=stream,
        logEvents=[{"timestamp": now + index, "message": message} for index, message in enumerate(messages)],
    )


def lines(context: Context) -> list[str]:
    """Diagnose Terraform's own revision."""
    return diagnose(context, context.manifest.ecs.task_definition)


class TestStoppedTasks:
    """Tasks that ended."""

    def test_grouped(self, context: Context, tasks: FakeTasks) -> None:
        """Tasks that ended in the same way are counted, the most frequent way first."""
        tasks.add("STOPPED", stoppedReason=PULL, containers=[{"name": "backend"}])
        tasks.exit(1)
        tasks.exit(1)
        found = [line for line in lines(context) if "stopped:" in line]

        assert [f"2 tasks stopped: {EXITED} (backend: exit code 1)", f"1 task stopped: {PULL}"] == found

    def test_container_reason(self, context: Context, tasks: FakeTasks) -> None:
        """What a container left is told, on one line."""
        containers = [{"name": "backend", "exitCode": 137, "reason": "OutOfMemoryError:\nContainer killed"}]
        tasks.add("STOPPED", stoppedReason=EXITED, containers=containers)

        expected = f"1 task stopped: {EXITED} (backend: exit code 137, OutOfMemoryError: Container killed)"
        assert expected == lines(context)[0]

    def test_other_revisions(self, context: Context, tasks: FakeTasks) -> None:
        """Old tasks that made room are no symptom."""
        tasks.add("STOPPED", of="arn:aws:ecs:eu-west-2:956880242582:task-definition/isms-backend-staging:0")

        assert f"no task of {NAME}:1 was started, or none that ECS still knows" == lines(context)[0]

    def test_asked(self, context: Context, calls: Calls) -> None:
        """The service's tasks are asked for, not the migration's, which are of the same family."""
        lines(context)

        assert {NAME} == {asked.get("serviceName") for asked in calls.of("ListTasks")}


class TestLogs:
    """What tasks wrote."""

    def test_failed_task(self, context: Context, tasks: FakeTasks) -> None:
        """The last lines of a task that failed are shown."""
        name = tasks.exit(1)
        write(context, name, "starting", "Error: connect ECONNREFUSED\n")

        assert [f"log of backend in task {name}:", "  starting", "  Error: connect ECONNREFUSED"] == lines(context)[1:]

    def test_newest(self, context: Context, tasks: FakeTasks) -> None:
        """Of tasks that ended in the same way it is the newest one's."""
        tasks.exit(1, age_s=60)
        newest = tasks.exit(1)
        tasks.exit(1, age_s=30)

        assert [f"log of backend in task {newest}: nothing was written"] == lines(context)[1:]

    def test_last_lines(self, context: Context, tasks: FakeTasks) -> None:
        """Of a long log it is the end."""
        write(context, tasks.exit(1), *(f"line {number}" for number in range(30)))

        assert [f"  line {number}" for number in range(10, 30)] == lines(context)[2:]

    def test_behind_empty_pages(self, context: Context, tasks: FakeTasks, calls: Calls) -> None:
        """A page without lines is not the beginning of a log: there may be some behind it."""
        tasks.exit(1)
        pages = {None: ([], "b/1"), "b/1": ([], "b/2"), "b/2": ([{"message": "Error: P3009"}], "b/3")}

        def answer(asked: dict[str, Any]) -> dict[str, Any]:
            events, token = pages[asked.get("nextToken")]
            return {"events": events, "nextBackwardToken": token}

        calls.answers["GetLogEvents"] = answer

        assert "  Error: P3009" == lines(context)[-1]

    def test_endless(self, context: Context, tasks: FakeTasks, calls: Calls) -> None:
        """Empty pages are not turned over for ever, and the last one says that it is the last."""
        tasks.exit(1)
        numbers = iter(range(1_000_000))
        calls.answers["GetLogEvents"] = lambda _: {"events": [], "nextBackwardToken": str(next(numbers))}
        lines(context)
        calls.answers["GetLogEvents"] = {"events": [], "nextBackwardToken": "b/1"}
        lines(context)

        assert 5 + 2 == len(calls.of("GetLogEvents"))

    def test_terminal_commands(self, context: Context, tasks: FakeTasks) -> None:
        """What would command the operator's terminal is left out."""
        write(context, tasks.exit(1), "\x1b[31mred\x1b[0m")

        assert "  red" == lines(context)[-1]

    def test_three_ways(self, context: Context, tasks: FakeTasks) -> None:
        """Each way to fail has a log, but not without end."""
        for code in range(1, 6):
            tasks.exit(code)

        assert 3 == sum("nothing was written" in line for line in lines(context))

    def test_failed_container(self, context: Context, tasks: FakeTasks) -> None:
        """Of several containers it is the log of the one that failed."""
        containers = [{"name": "backend", "exitCode": 0}, {"name": "sidecar", "exitCode": 2}]
        name = tasks.add("STOPPED", stoppedReason=EXITED, containers=containers)

        assert [f"log of sidecar in task {name}: nothing was written"] == lines(context)[1:]

    def test_never_started(self, context: Context, tasks: FakeTasks) -> None:
        """A container that never started has no log."""
        tasks.add("STOPPED", stoppedReason=PULL, containers=[{"name": "backend"}])

        assert [f"1 task stopped: {PULL}"] == lines(context)

    def test_running(self, context: Context, tasks: FakeTasks) -> None:
        """When nothing stopped, it is the log of a task that runs and does not serve."""
        write(context, tasks.add("RUNNING"), "listening on 4001")

        assert "  listening on 4001" == lines(context)[-1]


class TestTargets:
    """What the load balancer says."""

    def test_unhealthy(self, context: Context, calls: Calls) -> None:
        """An unhealthy target of either side is named with its reason; a healthy or a new one is not."""
        healthy(calls, "healthy", "initial", "unhealthy")

        reason = "Target.ResponseCodeMismatch: Health checks failed with these codes: [503]"
        expected = [f"{color} target 10.0.0.3 is unhealthy ({reason})" for color in ("blue", "green")]
        assert expected == [line for line in lines(context) if "target" in line]

    def test_unused(self, context: Context, calls: Calls) -> None:
        """A target in a zone that the load balancer does not serve never gets a request, and is named."""
        health = {"State": "unused", "Reason": "Target.NotInUse", "Description": "Target is in a zone not enabled"}
        target = {"Target": {"Id": "10.0.0.1"}, "TargetHealth": health}
        calls.answers["DescribeTargetHealth"] = {"TargetHealthDescriptions": [target]}

        expected = "blue target 10.0.0.1 is unused (Target.NotInUse: Target is in a zone not enabled)"
        assert expected in lines(context)


class TestEvents:
    """What ECS said of the service."""

    def say(self, context: Context, age_min: int, message: str) -> None:
        """Let there be an event."""
        created = datetime.now(UTC) - timedelta(minutes=age_min)
        service(context.manifest).events.insert(0, {"id": message, "createdAt": created, "message": message})

    def messages(self, context: Context) -> list[str]:
        """What is told of events."""
        return [line.partition(" ")[2] for line in lines(context) if line[2] == ":"]

    def test_order(self, context: Context) -> None:
        """Events are told with their time, the oldest first."""
        self.say(context, 2, "first")
        self.say(context, 1, "second")

        assert ["first", "second"] == self.messages(context)

    def test_recent(self, context: Context) -> None:
        """Events of the deployment before are not told."""
        self.say(context, 20, "old")

        assert [] == self.messages(context)

    def test_not_all(self, context: Context) -> None:
        """Of many events it is the last five."""
        for number in range(9):
            self.say(context, 10 - number, f"event {number}")

        assert [f"event {number}" for number in range(4, 9)] == self.messages(context)

    def test_all_well(self, context: Context) -> None:
        """That the service is in steady state explains nothing."""
        self.say(context, 1, f"(service {NAME}) has reached a steady state.")

        assert [] == self.messages(context)


class TestBestEffort:
    """A diagnosis never fails itself."""

    @pytest.mark.parametrize(
        ("operation", "what"),
        [("ListTasks", "stopped tasks"), ("DescribeTargetHealth", "targets"), ("DescribeServices", "service events")],
    )
    def test_refused(self, context: Context, calls: Calls, operation: str, what: str) -> None:
        """What may not be looked at becomes a line, and the other parts are there."""
        calls.refuse(operation, "AccessDeniedException")

        assert f"{what}: not known (AccessDeniedException: refused by the test)" in lines(context)

    def test_broken(self, context: Context, calls: Calls) -> None:
        """So does an answer that makes no sense."""
        calls.answers["ListTasks"] = {"strange": True}

        assert "stopped tasks: not known (the answer lacks 'taskArns')" == lines(context)[0]

    def test_no_service(self, context: Context) -> None:
        """So does a service that is gone."""
        service(context.manifest).status = "INACTIVE"

        assert lines(context)[-1].startswith("service events: not known (backend: ")

    def test_log_refused(self, context: Context, tasks: FakeTasks, calls: Calls) -> None:
        """A log that may not be read leaves the reasons there."""
        name = tasks.exit(1)
        calls.refuse("GetLogEvents", "AccessDeniedException")

        assert [
            f"1 task stopped: {EXITED} (backend: exit code 1)",
            f"log of backend in task {name}: not known (AccessDeniedException: refused by the test)",
        ] == lines(context)
