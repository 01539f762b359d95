"""The migration: a one-off task with the new image, which must succeed before any traffic moves."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from tools.release.answers import usable_answers
from tools.release.context import Context, ReleaseError
from tools.release.looking import PATIENCE_S, patient, short
from tools.release.task_log import TaskLog

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import TaskTypeDef

_UNSEEN_S = 300
"""How long a task may be unknown that was just started: ECS is eventually consistent, API RunTask says 5 minutes."""


def migrate(context: Context, task_definition: str, *, task: str = "", on_started: Callable[[str], None]) -> None:
    """
    Run the migration of a revision to its end, and tell its log.

    It runs on Fargate itself, never on Spot, where a warning of two minutes would end it in the middle.

    :param task: the one-off task that runs already, of a release that is resumed
    :param on_started: gets the task's ARN as soon as there is one
    :raises ReleaseError: it failed, took too long (then it is stopped), or does not end with exit code 0
    """
    command = context.manifest.migration_command
    if command is None:
        return
    context.reporter.tell(phase="migrating", detail="")
    if not task:
        found = find(context, task_definition)
        task = found if found is not None else _start(context, task_definition, command)
        on_started(task)
    _expect_success(context, _wait(context, task))


def stop(context: Context, task: str, reason: str) -> None:
    """Stop a migration; it is no error when it has ended by itself. What it did to the database stays."""
    try:
        context.aws.ecs.stop_task(cluster=context.manifest.ecs.cluster, task=task, reason=reason)
    except context.aws.ecs.exceptions.InvalidParameterException:
        return


def _started_by(context: Context) -> str:
    """What marks a service's migrations, of which the lock lets there be one at a time."""
    return f"migration/{context.manifest.service}"


@usable_answers()
def find(context: Context, task_definition: str) -> str | None:
    """
    Find the task of a release that was killed after it started it and before it could write that down.

    :raises ReleaseError: another revision's migration runs, and two at once may ruin the database
    """
    ecs = context.aws.ecs
    cluster = context.manifest.ecs.cluster
    # RunTask's client token would not do: it also answers with a task that failed, for an hour (ECS, "Idempotency").
    # Those that run are what is listed unless asked otherwise, and `startedBy` must be the only filter (API ListTasks).
    arns = ecs.list_tasks(cluster=cluster, startedBy=_started_by(context))["taskArns"]
    if not arns:
        return None
    for found in ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"]:
        if found.get("lastStatus") == "STOPPED":
            continue
        if found["taskDefinitionArn"] == task_definition:
            return found["taskArn"]
        raise ReleaseError(
            f"{context.manifest.service}: another migration is running, of {short(found['taskDefinitionArn'])}: wait "
            f"for its end, or stop it: aws ecs stop-task --cluster {cluster} --task {short(found['taskArn'])}"
        )
    return None


@usable_answers()
def _start(context: Context, task_definition: str, command: list[str]) -> str:
    ecs = context.manifest.ecs
    answer = context.aws.ecs.run_task(
        cluster=ecs.cluster,
        taskDefinition=task_definition,
        launchType="FARGATE",
        platformVersion=ecs.platform_version,
        networkConfiguration={
            "awsvpcConfiguration": {
                "subnets": ecs.subnets,
                "securityGroups": ecs.security_groups,
                "assignPublicIp": "ENABLED" if ecs.assign_public_ip else "DISABLED",
            }
        },
        overrides={"containerOverrides": [{"name": ecs.container, "command": command}]},
        startedBy=_started_by(context),
        propagateTags="TASK_DEFINITION",
    )
    if not answer["tasks"]:
        reasons = [f"{one.get('reason', '')} {one.get('detail', '')}".strip() for one in answer.get("failures", [])]
        why = "; ".join(filter(None, reasons))
        raise ReleaseError(
            f"{context.manifest.service}: the migration could not be started ({why if why else 'no reason given'})"
        )
    return answer["tasks"][0]["taskArn"]


class _Watch:
    """What is seen of a task, look by look."""

    def __init__(self, context: Context, task: str) -> None:
        self._context = context
        self._task = task
        self._begun = self._seen = context.clock.now()
        self.log = TaskLog(context, task)
        self.ended: TaskTypeDef = {}
        """What ECS says of the task when it has ended; empty before."""

    def look(self) -> bool:
        """
        Tell what is new, and whether the task has ended.

        :raises ReleaseError: it takes too long, or is unknown
        """
        manifest, now = self._context.manifest, self._context.clock.now()
        tasks = self._context.aws.ecs.describe_tasks(cluster=manifest.ecs.cluster, tasks=[self._task])["tasks"]
        self.log.tell()
        if tasks:
            status = tasks[0].get("lastStatus", "")
            self._context.reporter.tell(phase="migrating", detail=status.lower())
            self.ended = tasks[0] if status == "STOPPED" else {}
            self._seen = now
        elif now - self._seen >= _UNSEEN_S:
            raise ReleaseError(
                f"{manifest.service}: ECS does not know the migration's task {short(self._task)} any more, so nobody "
                f"knows how it ended: read its log, {self.log.group} {self.log.stream}, and release again"
            )
        if not self.ended and now - self._begun >= manifest.migration_timeout_s:
            stop(self._context, self._task, f"the release gave it {manifest.migration_timeout_s} s")
            raise ReleaseError(
                f"{manifest.service}: the migration took longer than {manifest.migration_timeout_s} s and was told to "
                "stop: no traffic has moved; what it did to the database stays"
            )
        return bool(self.ended)


def _wait(context: Context, task: str) -> "TaskTypeDef":
    """Wait for the end of a task and tell its log on the way."""
    watch = _Watch(context, task)
    timeout_s = context.manifest.migration_timeout_s + 2 * PATIENCE_S
    context.poll(patient(context, watch.look), timeout_s=timeout_s, what="the migration")
    context.clock.sleep(context.poll_s)  # the last lines come late
    watch.log.tell()
    return watch.ended


def _expect_success(context: Context, task: "TaskTypeDef") -> None:
    """:raises ReleaseError: the task did not do its work."""
    name, service = context.manifest.ecs.container, context.manifest.service
    containers = [one for one in task.get("containers", []) if one.get("name") == name]
    code = containers[0].get("exitCode") if containers else None
    if code == 0:
        return
    reasons = [one["reason"] for one in containers if one.get("reason")]
    reasons += filter(None, [": ".join(filter(None, (task.get("stopCode"), task.get("stoppedReason"))))])
    if code is not None:
        raise ReleaseError(f"{service}: the migration failed with exit code {code}: no traffic has moved", reasons)
    # It never began, or was ended by force; why is then the first thing to know.
    *others, why = reasons if reasons else ["no reason given"]
    raise ReleaseError(
        f"{service}: the migration's task stopped without an exit code ({why}): no traffic has moved", others
    )
