"""The migration on a host: a one-off container of the new image, which must succeed before any traffic moves."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from tools.release.answers import usable_answers
from tools.release.compose import commands
from tools.release.compose.hosts import find_group, out_of_reach
from tools.release.context import Context, ReleaseError
from tools.release.looking import PATIENCE_S, patient
from tools.release.task_log import plain

if TYPE_CHECKING:
    from mypy_boto3_ssm.type_defs import GetCommandInvocationResultTypeDef


def migrate(context: Context, image: str, *, task: str = "", on_started: Callable[[str], None]) -> None:
    """
    Run the migration of an image to its end on one host, and tell what it wrote.

    The host takes the command from the Compose file: who may release may not say what runs beside the secrets.

    Systems Manager gives that only once it is over (API GetCommandInvocation, StandardOutputContent).

    :param task: the id of the command that runs already, of a release that is resumed
    :param on_started: gets the command's id as soon as there is one
    :raises ReleaseError: it failed, took too long (then it is cancelled), or does not end with exit code 0
    """
    if context.manifest.migration_command is None:
        return
    context.reporter.tell(phase="migrating", detail="")
    if not task:
        found = find(context, image)
        task = found if found is not None else _start(context, image)
        on_started(task)
    _expect_success(context, _wait(context, task))


@usable_answers()
def find(context: Context, image: str) -> str | None:
    """
    Find the command of a release that was killed after it sent it and before it could write that down.

    :raises ReleaseError: another image's migration runs, and two at once may ruin the database
    """
    text = commands.comment(context.manifest, "migrate", image)
    for found in commands.unfinished(context.aws, context.manifest, "migrate"):
        if found["Comment"] == text:
            return found["CommandId"]
        digest = found["Comment"].rpartition(" ")[2]
        raise ReleaseError(
            f"{context.manifest.service}: another migration is running, of sha256:{digest}: "
            f"wait for its end, or stop it: aws ssm cancel-command --command-id {found['CommandId']}"
        )
    return None


def stop(context: Context, task: str, _: str) -> None:
    """Stop a migration; it is no error when it has ended by itself. What it did to the database stays."""
    commands.cancel(context.aws, task)


@usable_answers()
def _start(context: Context, image: str) -> str:
    hosts = find_group(context.aws, context.manifest).in_service
    away = out_of_reach(context.aws, hosts)
    host = next((host for host in hosts if host not in away), None)
    if host is None:
        raise ReleaseError(f"{context.manifest.service}: the migration could not be started (no host is in reach)")
    return commands.send(context, "migrate", image=image, parameters={"Image": image}, hosts=[host])


def _wait(context: Context, task: str) -> "GetCommandInvocationResultTypeDef":
    """Wait for the end of a command to one host."""
    service, limit_s = context.manifest.service, context.manifest.migration_timeout_s
    begun = seen = context.clock.now()
    ended: list[GetCommandInvocationResultTypeDef] = []

    def look() -> bool:
        nonlocal seen
        now = context.clock.now()
        ran = commands.invocations(context.aws, task)
        found = commands.result(context.aws, task, ran[0]["InstanceId"]) if ran else None
        if found is not None:
            seen = now
            context.reporter.tell(phase="migrating", detail=str(found["StatusDetails"]).lower())
            ended[:] = [found] if found["Status"] in commands.OVER else []
        elif now - seen >= commands.UNSEEN_S:
            raise ReleaseError(
                f"{service}: Systems Manager does not know the migration's command {task}, so nobody knows how it "
                "ended: see what it did, and release again"
            )
        if not ended and now - begun >= limit_s:
            commands.cancel(context.aws, task)
            raise ReleaseError(
                f"{service}: the migration took longer than {limit_s} s and was told to stop: no traffic has moved; "
                "what it did to the database stays"
            )
        return bool(ended)

    context.poll(patient(context, look), timeout_s=limit_s + 2 * PATIENCE_S, what="the migration")
    _tell(context, ended[0])
    return ended[0]


def _tell(context: Context, found: "GetCommandInvocationResultTypeDef") -> None:
    for text in (found.get("StandardOutputContent", ""), found.get("StandardErrorContent", "")):
        for line in text.splitlines():
            context.reporter.line(plain(line))


def _expect_success(context: Context, found: "GetCommandInvocationResultTypeDef") -> None:
    """:raises ReleaseError: the command did not do its work."""
    if found["Status"] == "Success":
        return
    service, host, code = context.manifest.service, found["InstanceId"], found.get("ResponseCode", -1)
    if found["Status"] == "Failed" and code > 0:
        raise ReleaseError(
            f"{service}: the migration failed with exit code {code}: no traffic has moved", [f"it ran on host {host}"]
        )
    raise ReleaseError(
        f"{service}: the migration ended without an exit code ({found['StatusDetails']}): no traffic has moved",
        [f"it was sent to host {host}"],
    )
