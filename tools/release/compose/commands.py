"""
Commands of Systems Manager to the hosts: sent, found again, looked at, cancelled.

A command is told to several hosts; what becomes of it on one is an invocation. Both may be unknown for some seconds
after SendCommand: lists are empty or refused with InvalidCommandId, GetCommandInvocation answers
InvocationDoesNotExist.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError

from tools.release.aws import Aws
from tools.release.context import Context
from tools.release.looking import code_of
from tools.release.manifest import Manifest
from tools.release.outcome import short_digest
from tools.release.task_log import plain

if TYPE_CHECKING:
    from mypy_boto3_ssm.literals import CommandFilterKeyType
    from mypy_boto3_ssm.type_defs import CommandInvocationTypeDef, CommandTypeDef, GetCommandInvocationResultTypeDef

Action = Literal["up", "migrate", "look"]
"""What a host can be told: start what the parameter says, migrate with another image, say what runs."""

OVER = ("Success", "Cancelled", "Failed", "TimedOut")
"""Systems Manager, API Command and CommandInvocation, Status: those after which nothing happens any more."""

UNSEEN_S = 120.0
"""How long a command may be unknown that was just sent."""

_DELIVERY_S = 60
"""How long a host may be out of reach before its invocation is given up, beside the document's own timeout (Systems
Manager user guide, "Understanding command statuses", Pending)."""

_LATELY = timedelta(days=1)
_LINES = 20


def comment(manifest: Manifest, action: Action, image: str) -> str:
    """Say what a command does, so that it is found again: its id is known to nobody but who sent it."""
    return f"{_about(manifest, action)} {short_digest(image)}".rstrip()


def send(
    context: Context,
    action: Action,
    *,
    image: str = "",
    parameters: dict[str, str] | None = None,
    hosts: Sequence[str] | None = None,
) -> str:
    """
    Tell hosts something, and give the command's id.

    :param image: which this is about, for the comment
    :param parameters: of the document, beside action and service
    :param hosts: None: all of the group, one after the other, until one fails
    """
    compose = context.manifest.expect_compose()
    content = {"Action": action, "Service": compose.service, **(parameters if parameters is not None else {})}
    answer = context.aws.ssm_once.send_command(
        DocumentName=compose.document,
        Parameters={key: [value] for key, value in content.items()},
        Comment=comment(context.manifest, action, image),
        TimeoutSeconds=_DELIVERY_S,
        **_whom(compose.auto_scaling_group, hosts),
    )
    return answer["Command"]["CommandId"]


def unfinished(aws: Aws, manifest: Manifest, action: Action) -> "Iterator[CommandTypeDef]":
    """List the commands of one kind to this service that are under way, whoever sent them."""
    for command in _find(aws, manifest, f"{_about(manifest, action)} ", "ExecutionStage", "Executing"):
        if command["Status"] not in OVER:
            yield command


def last(aws: Aws, manifest: Manifest, action: Action, image: str) -> "CommandTypeDef | None":
    """Find the youngest command of one kind about an image, over or not; None when there was none lately."""
    since = f"{datetime.now(UTC) - _LATELY:%Y-%m-%dT%H:%M:%SZ}"
    found = _find(aws, manifest, comment(manifest, action, image), "InvokedAfter", since)
    return max(found, key=lambda one: one["RequestedDateTime"], default=None)


def describe(aws: Aws, command: str) -> "CommandTypeDef | None":
    """Look at a command; None while it is not known yet."""
    try:
        found = aws.ssm.list_commands(CommandId=command)["Commands"]
    except ClientError as error:
        if code_of(error) == "InvalidCommandId":
            return None
        raise
    return found[0] if found else None


def invocations(aws: Aws, command: str) -> "list[CommandInvocationTypeDef]":
    """List what has become of a command on each host, by host; nothing while it is not known yet."""
    pages = aws.ssm.get_paginator("list_command_invocations").paginate(CommandId=command)
    try:
        found = [one for page in pages for one in page["CommandInvocations"]]
    except ClientError as error:
        if code_of(error) == "InvalidCommandId":
            return []
        raise
    return sorted(found, key=lambda one: one["InstanceId"])


def result(aws: Aws, command: str, host: str) -> "GetCommandInvocationResultTypeDef | None":
    """
    Read what a command has done on one host; None while it is not known yet.

    What it wrote is there once it is over, cut after 24,000 characters of standard output and 8,000 of standard error
    (API GetCommandInvocation).
    """
    try:
        return aws.ssm.get_command_invocation(CommandId=command, InstanceId=host)
    except ClientError as error:
        if code_of(error) in ("InvocationDoesNotExist", "InvalidCommandId"):
            return None
        raise


def cancel(aws: Aws, command: str) -> None:
    """Cancel a command: hosts that have not begun leave it; what runs is stopped, if the host can."""
    try:
        aws.ssm.cancel_command(CommandId=command)
    except ClientError as error:
        if code_of(error) != "InvalidCommandId":
            raise


def written(found: "GetCommandInvocationResultTypeDef") -> list[str]:
    """Give the last lines that a command wrote to standard error, or to standard output where that is empty."""
    for name in ("StandardErrorContent", "StandardOutputContent"):
        text: str = found.get(name, "")  # type: ignore[assignment] # both are texts
        if text.strip():
            return [plain(line.rstrip()) for line in text.strip().splitlines()][-_LINES:]
    return []


def ending(found: "GetCommandInvocationResultTypeDef | CommandInvocationTypeDef") -> str:
    """Say how a command ended on one host: with an exit code, or in Systems Manager's words."""
    code = found.get("ResponseCode", -1)
    details = str(found.get("StatusDetails", found["Status"]))
    return f"{details}, exit code {code}" if isinstance(code, int) and code > 0 else details


def _find(
    aws: Aws, manifest: Manifest, text: str, key: "CommandFilterKeyType", value: str
) -> "Iterator[CommandTypeDef]":
    """List commands to the hosts whose comment begins with a text."""
    document = manifest.expect_compose().document
    pages = aws.ssm.get_paginator("list_commands").paginate(
        Filters=[{"key": "DocumentName", "value": document}, {"key": key, "value": value}]
    )
    for page in pages:
        for one in page["Commands"]:
            if one["DocumentName"] == document and one.get("Comment", "").startswith(text):
                yield one


def _about(manifest: Manifest, action: Action) -> str:
    return f"infra {action} {manifest.expect_compose().service}"


def _whom(group: str, hosts: Sequence[str] | None) -> dict[str, Any]:
    if hosts is not None:
        return {"InstanceIds": list(hosts)}
    # The tag is Auto Scaling's own (its user guide, "Tag Auto Scaling groups and instances").
    targets = [{"Key": "tag:aws:autoscaling:groupName", "Values": [group]}]
    return {"Targets": targets, "MaxConcurrency": "1", "MaxErrors": "0"}
