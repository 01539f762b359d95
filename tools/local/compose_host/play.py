"""One command of Systems Manager, played: sent to some hosts at a time, until all have it or too many failed."""

import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ministack.services import ec2, ssm  # type: ignore[import-untyped]

from tools.local.compose_host import host

Record = dict[str, Any]

MOMENT_S = 0.2
"""How long a command takes on a host, and how long it is only created."""

SUFFIX = "-compose-host"
"""What the name of a document ends with that the hosts understand; before it stands the stack's name."""

ENDED = {"Cancelled", "Failed", "Success"}

PLUGIN = "composeHost"


def invocation(command: Record, instance_id: str) -> Record:
    """Make what GetCommandInvocation answers about one host; -1 stands for a command that did not start (API)."""
    return {
        "CommandId": command["CommandId"],
        "InstanceId": instance_id,
        "Comment": command["Comment"],
        "DocumentName": command["DocumentName"],
        "DocumentVersion": command["DocumentVersion"],
        "PluginName": PLUGIN,
        "ResponseCode": -1,
        "ExecutionStartDateTime": "",
        "ExecutionElapsedTime": "",
        "ExecutionEndDateTime": "",
        "Status": "Pending",
        "StatusDetails": "Pending",
        "StandardOutputContent": "",
        "StandardOutputUrl": "",
        "StandardErrorContent": "",
        "StandardErrorUrl": "",
    }


def run(command: Record, parameters: Mapping[str, str], targets: Sequence[str]) -> None:
    """
    Move a command on until it has ended everywhere.

    :param targets: the instances that its tags mean, when it was sent by tags
    """
    time.sleep(MOMENT_S)
    invocations: dict[str, Record] = command["Invocations"]
    invocations.update({instance_id: invocation(command, instance_id) for instance_id in targets})
    command["TargetCount"] = len(invocations)
    limit = _number(command["MaxErrors"], len(invocations))
    for batch in _batches(list(invocations.values()), max(1, _number(command["MaxConcurrency"], len(invocations)))):
        if command["ErrorCount"] > limit:
            _end(batch, "Cancelled", "Terminated")
        _play(command, [each for each in batch if each["Status"] == "Pending"], parameters)
        _count(command)
    _conclude(command, limit)


def cancel(command: Record, instance_ids: Sequence[str]) -> None:
    """Keep a command from hosts that it has not reached; from all of them when none is named."""
    invocations = command["Invocations"].values()
    reached = [each for each in invocations if not instance_ids or each["InstanceId"] in instance_ids]
    _end([each for each in reached if each["Status"] == "Pending"], "Cancelled", "Cancelled")


def _play(command: Record, batch: Sequence[Record], parameters: Mapping[str, str]) -> None:
    if not batch:
        return
    command |= {"Status": "InProgress", "StatusDetails": "InProgress"}
    for each in batch:
        started = {"Status": "InProgress", "StatusDetails": "InProgress", "ExecutionStartDateTime": ssm._now_iso()}
        each.update(started)
    time.sleep(MOMENT_S)
    for each in batch:
        _act(each, parameters)


def _act(each: Record, parameters: Mapping[str, str]) -> None:
    """Let a host do it. A host that is gone meanwhile cannot (API, `Undeliverable`)."""
    instance = ec2._instances.get(each["InstanceId"])
    if instance is None or not ec2.instance_is_managed(each["InstanceId"]):
        _end([each], "Failed", "Undeliverable")
        return
    stack, suffix, rest = each["DocumentName"].rpartition(SUFFIX)
    if not suffix or rest:
        why = f"local AWS plays documents named <stack>{SUFFIX}, not {each['DocumentName']}\n"
        outcome = host.Outcome(code=1, error=why)
    else:
        outcome = host.act(instance, stack, parameters)
    each["ResponseCode"] = outcome.code
    each["StandardOutputContent"], each["StandardErrorContent"] = outcome.output, outcome.error
    each["ExecutionElapsedTime"] = f"PT{MOMENT_S}S"
    status = "Failed" if outcome.code else "Success"
    _end([each], status, status)


def _end(batch: Sequence[Record], status: str, details: str) -> None:
    # The status is last: whoever sees the end sees everything else too.
    for each in batch:
        each.update({"ExecutionEndDateTime": ssm._now_iso(), "StatusDetails": details, "Status": status})


def _count(command: Record) -> None:
    invocations = command["Invocations"].values()
    command["CompletedCount"] = sum(each["Status"] in ENDED for each in invocations)
    # Undeliverable ones do not count against the limit (API, CommandInvocation).
    command["ErrorCount"] = sum(each["StatusDetails"] == "Failed" for each in invocations)


def _conclude(command: Record, limit: int) -> None:
    """Sum up what happened (API, Command, `StatusDetails`)."""
    _count(command)
    details = {each["StatusDetails"] for each in command["Invocations"].values()}
    if not details:
        status = ("Success", "NoInstancesInTag")
    elif details == {"Success"}:
        status = ("Success", "Success")
    elif command["ErrorCount"] > limit:
        status = ("Failed", "Failed")
    elif "Cancelled" in details:
        status = ("Cancelled", "Cancelled")
    else:
        status = ("Failed", "Incomplete")
    command["StatusDetails"], command["Status"] = status[1], status[0]


def _batches(invocations: Sequence[Record], most: int) -> Iterator[Sequence[Record]]:
    """
    Send to one host first, then to twice as many each time, until as many as allowed get it at once.

    https://docs.aws.amazon.com/systems-manager/latest/userguide/send-commands-multiple.html
    """
    rest = iter(invocations)
    size = 1
    while batch := list(itertools.islice(rest, min(size, most))):
        yield batch
        size *= 2


def _number(text: str, total: int) -> int:
    """Read a number of hosts, or a percentage of them."""
    return int(total * int(text.removesuffix("%")) / 100) if text.endswith("%") else int(text)
