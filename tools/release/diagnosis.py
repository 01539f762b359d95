"""Why new tasks do not serve: what ECS, the load balancer and the tasks' own logs say of it."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tools.aws import one_line
from tools.errors import InfraError
from tools.release.context import Context
from tools.release.looking import CALLS, code_of, describe, short
from tools.release.revision import find_service
from tools.release.task_log import plain

if TYPE_CHECKING:
    from mypy_boto3_ecs.literals import DesiredStatusType
    from mypy_boto3_ecs.type_defs import ContainerTypeDef, TaskTypeDef

_LOG_LINES = 20
_LOGS = 3
"""Of how many tasks the log is shown: one for each way to fail."""

_EVENTS = 5
_RECENT = timedelta(minutes=15)
_TASKS_A_CALL = 100
"""API DescribeTasks."""

_EMPTY_PAGES = 5
"""How many empty pages of a log are passed: there may be lines behind them (API GetLogEvents)."""

_SICK = ("unhealthy", "unhealthy.draining", "unavailable", "unused")
"""API TargetHealth, without those of targets that are well, come or go. An unused one has a zone or a target group that
the load balancer does not know, and its reason says which."""

_STEADY = "has reached a steady state"


def diagnose(context: Context, task_definition: str) -> list[str]:
    """
    Say what can be found out about the tasks of a revision. What cannot be found out becomes a line too.

    :param task_definition: the ARN of the revision
    """
    return [
        *best_effort("stopped tasks", lambda: _stopped_tasks(context, task_definition)),
        *best_effort("targets", lambda: sick_targets(context)),
        *best_effort("service events", lambda: _events(context)),
    ]


def best_effort(what: str, part: Callable[[], list[str]]) -> list[str]:
    """Take a part of a diagnosis, or a line that says why there is none."""
    try:
        return part()
    except CALLS as error:
        return [f"{what}: not known ({describe(error)})"]
    except InfraError as error:
        return [f"{what}: not known ({error})"]


def _stopped_tasks(context: Context, task_definition: str) -> list[str]:
    """
    Count the ways in which tasks stopped, and show the log of one task of each.

    ECS knows stopped tasks for an hour (its developer guide, "Amazon ECS stopped tasks error messages").
    """
    stopped = _tasks(context, task_definition, "STOPPED")
    if not stopped:
        return _running_logs(context, task_definition)
    ways = Counter(_how(task) for task in stopped)
    lines: list[str] = []
    for index, (how, count) in enumerate(ways.most_common()):
        lines.append(f"{count} {'task' if count == 1 else 'tasks'} stopped: {how}")
        if index < _LOGS:
            example = next(task for task in stopped if _how(task) == how)
            for container in _failed_containers(example):
                lines += _log(context, short(example["taskArn"]), container)
    return lines


def _running_logs(context: Context, task_definition: str) -> list[str]:
    """Show the log of a task that runs and yet does not serve."""
    running = _tasks(context, task_definition, "RUNNING")
    if not running:
        return [f"no task of {short(task_definition)} was started, or none that ECS still knows"]
    return _log(context, short(running[0]["taskArn"]), context.manifest.ecs.container)


def _tasks(context: Context, task_definition: str, status: "DesiredStatusType") -> "list[TaskTypeDef]":
    """Find the service's tasks of one revision, the newest first."""
    ecs, client = context.manifest.ecs, context.aws.ecs
    answer = client.list_tasks(
        cluster=ecs.cluster, serviceName=ecs.service, desiredStatus=status, maxResults=_TASKS_A_CALL
    )
    if not answer["taskArns"]:
        return []
    tasks = client.describe_tasks(cluster=ecs.cluster, tasks=answer["taskArns"])["tasks"]
    mine = [task for task in tasks if task["taskDefinitionArn"] == task_definition]
    return sorted(mine, key=lambda task: task.get("createdAt", datetime.min.replace(tzinfo=UTC)), reverse=True)


def _how(task: "TaskTypeDef") -> str:
    """Say how a task ended: ECS's reason, and what its containers left."""
    parts = [
        f"{container['name']}: {_ending(container)}" for container in task.get("containers", []) if _ending(container)
    ]
    reason = one_line(Exception(task.get("stoppedReason", "no reason given")))
    return f"{reason} ({'; '.join(parts)})" if parts else reason


def _ending(container: "ContainerTypeDef") -> str:
    code = f"exit code {container['exitCode']}" if "exitCode" in container else ""
    return ", ".join(part for part in (code, one_line(Exception(container.get("reason", "")))) if part)


def _failed_containers(task: "TaskTypeDef") -> list[str]:
    """Name those that ended by themselves and badly, or the container that serves when none did."""
    containers = task.get("containers", [])
    failed = [container["name"] for container in containers if container.get("exitCode", 0) != 0]
    started = [container["name"] for container in containers if "exitCode" in container]
    return failed if failed else started


def _log(context: Context, task: str, container: str) -> list[str]:
    """Give the last lines of one container: stream `<prefix>/<container>/<task>` (ECS, log driver awslogs)."""
    head = f"log of {container} in task {task}"
    try:
        lines = _last_lines(context, f"{context.manifest.logs.stream_prefix}/{container}/{task}")
    except ClientError as error:
        if code_of(error) == "ResourceNotFoundException":
            return [f"{head}: nothing was written"]
        return [f"{head}: not known ({describe(error)})"]
    return [f"{head}:", *(f"  {line}" for line in lines)] if lines else [f"{head}: nothing was written"]


def _last_lines(context: Context, stream: str) -> list[str]:
    place: dict[str, Any] = {}
    for _ in range(_EMPTY_PAGES):
        answer = context.aws.logs.get_log_events(
            logGroupName=context.manifest.logs.group,
            logStreamName=stream,
            limit=_LOG_LINES,
            startFromHead=False,
            **place,
        )
        token = answer.get("nextBackwardToken", "")
        if answer["events"] or token in ("", place.get("nextToken")):
            return [plain(event["message"].rstrip()) for event in answer["events"]]
        place = {"nextToken": token}
    return []


def sick_targets(context: Context) -> list[str]:
    """List the targets that are not well, and why."""
    if context.manifest.routes is None:
        return []
    lines = []
    for color, group in context.manifest.routes.target_groups.items():
        for one in context.aws.elb.describe_target_health(TargetGroupArn=group.arn)["TargetHealthDescriptions"]:
            health = one["TargetHealth"]
            if health["State"] in _SICK:
                reason = ": ".join(part for part in (health.get("Reason"), health.get("Description")) if part)
                lines.append(f"{color} target {one['Target']['Id']} is {health['State']} ({reason})")
    return lines


def _events(context: Context) -> list[str]:
    """Give what ECS said of the service lately, the oldest first, without what it says when all is well."""
    since = datetime.now(UTC) - _RECENT
    events = find_service(context.aws, context.manifest).get("events", [])
    recent = [event for event in events if event["createdAt"] >= since and _STEADY not in event["message"]]
    newest = sorted(recent, key=lambda event: event["createdAt"])[-_EVENTS:]
    return [f"{event['createdAt'].astimezone():%H:%M:%S} {one_line(Exception(event['message']))}" for event in newest]
