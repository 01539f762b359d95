"""Systems Manager's Run Command, in ministack: here commands go to the hosts that local AWS plays."""

import json
import re
from collections.abc import Iterator
from typing import Any, cast

from ministack.core.concurrency import spawn_background  # type: ignore[import-untyped]
from ministack.core.responses import (  # type: ignore[import-untyped]
    get_account_id,
    json_response,
    new_uuid,
)
from ministack.services import ec2, ssm  # type: ignore[import-untyped]

from tools.local.compose_host import play
from tools.local.patches import ssm_documents
from tools.local.patches.ministack import Params, Response
from tools.local.patches.ssm_documents import RefusedError

Record = dict[str, Any]

LONGEST_OUTPUT = 2500
"""Characters of the output in a list of invocations (amazon-ssm-agent, `MaximumPluginOutputSize`)."""

_describe_instance_information = ssm._describe_instance_information


def send_command(data: Params) -> Record:
    """
    Send a document of the account to hosts, by their ids or by their tags.

    With tags a command has no invocations yet when the call returns (API SendCommand).
    """
    document = ssm_documents.find(data["DocumentName"])
    read = ssm_documents.content(document, data.get("DocumentVersion", ""))
    named, targets = data.get("InstanceIds") or [], data.get("Targets") or []
    if bool(named) == bool(targets):
        raise RefusedError("ValidationException", "Either InstanceIds or Targets is required, and not both")
    managed = {instance["InstanceId"] for instance in hosts()}
    if unknown := [instance_id for instance_id in named if instance_id not in managed]:
        why = f"Instances [[{', '.join(unknown)}]] not in a valid state for account {get_account_id()}"
        raise RefusedError("InvalidInstanceId", why)
    command: Record = {
        "CommandId": new_uuid(),
        "DocumentName": document["Name"],
        "DocumentVersion": data.get("DocumentVersion", "$DEFAULT"),
        "Comment": data.get("Comment", ""),
        "Parameters": data.get("Parameters", {}),
        "InstanceIds": named,
        "Targets": targets,
        "RequestedDateTime": ssm._now_epoch(),
        "ExpiresAfter": ssm._now_epoch() + data.get("TimeoutSeconds", 3600),
        "Status": "Pending",
        "StatusDetails": "Pending",
        "MaxConcurrency": data.get("MaxConcurrency", "50"),
        "MaxErrors": data.get("MaxErrors", "0"),
        "TargetCount": len(named),
        "CompletedCount": 0,
        "ErrorCount": 0,
        "DeliveryTimedOutCount": 0,
        "TimeoutSeconds": data.get("TimeoutSeconds", 3600),
        "Invocations": {},
    }
    given = _parameters(read.get("parameters", {}), command["Parameters"])
    if named:
        command["Invocations"] = {instance_id: play.invocation(command, instance_id) for instance_id in named}
    ssm._commands[command["CommandId"]] = command
    matching = [instance["InstanceId"] for instance in hosts() if targets and _is_target(instance, targets)]
    answer = {"Command": ssm._public_command(command)}
    spawn_background(play.run, command, given, matching, thread_name="local-aws-command")
    return answer


def list_command_invocations(data: Params) -> Record:
    """Answer how commands go on each host; with `Details` also what they wrote."""
    if data.get("Filters"):
        raise NotImplementedError("invocations are found by command and instance only")
    wanted, instance_id = data.get("CommandId"), data.get("InstanceId")
    commands = [each for each in ssm._commands.values() if wanted in {None, each["CommandId"]}]
    if wanted and not commands:
        raise RefusedError("InvalidCommandId", "The specified command ID isn't valid. Verify the ID and try again.")
    found = [each for command in commands for each in command["Invocations"].values()]
    shown = [_shown(each, data) for each in found if instance_id in {None, each["InstanceId"]}]
    return {"CommandInvocations": shown}


def cancel_command(data: Params) -> Record:
    """Keep a command from the hosts that it has not reached yet (API CancelCommand)."""
    command = ssm._commands.get(data["CommandId"])
    if command is None:
        raise RefusedError("InvalidCommandId", "The specified command ID isn't valid. Verify the ID and try again.")
    play.cancel(command, data.get("InstanceIds") or [])
    return {}


def describe_instance_information(data: Params) -> Response:
    """Answer the hosts that run; only those asked for, by id."""
    filters = [*data.get("Filters", []), *data.get("InstanceInformationFilterList", [])]
    wanted: list[str] | None = None
    for each in filters:
        key = each.get("Key") or each.get("key")
        values = each.get("Values") or each.get("valueSet")
        if key == "InstanceIds":
            wanted = values
        elif key.startswith("tag:"):
            wanted = [host["InstanceId"] for host in hosts() if _is_target(host, [{"Key": key, "Values": values}])]
        elif (key, values) != ("PingStatus", ["Online"]):
            raise NotImplementedError(f"instances are not found by {key}")
    if wanted is None:
        return cast(Response, _describe_instance_information(data))
    found = [each for each in _all_information(data) if each["InstanceId"] in wanted]
    return cast(Response, json_response({"InstanceInformationList": found}))


def _all_information(data: Params) -> Iterator[Record]:
    """Go through all pages: the emulator filters after it has cut one off."""
    token: str | None = None
    while True:
        more = {} if token is None else {"NextToken": token}
        page = json.loads(_describe_instance_information(data | {"MaxResults": 50} | more)[2])
        yield from page["InstanceInformationList"]
        token = page.get("NextToken")
        if not token:
            return


def hosts() -> list[Record]:
    """List the instances whose agent answers, the oldest first."""
    return [instance for instance in ec2._instances.values() if ec2.instance_is_managed(instance["InstanceId"])]


def _is_target(instance: Record, targets: list[Record]) -> bool:
    """Whether an instance has all that a command asks for: each target one of its values."""
    tags = {tag["Key"]: tag["Value"] for tag in ec2._tags.get(instance["InstanceId"], [])}
    for target in targets:
        key, values = target["Key"], target["Values"]
        if key in {"InstanceIds", "instanceids"}:
            found = instance["InstanceId"] in values
        elif key.startswith("tag:"):
            found = tags.get(key.removeprefix("tag:")) in values
        else:
            raise NotImplementedError(f"a target by {key}")
        if not found:
            return False
    return True


def _parameters(known: Record, given: dict[str, list[str]]) -> dict[str, str]:
    """
    Complete the parameters of a document, all of them texts.

    :raises RefusedError: one is unknown, missing or not as the document allows
    """
    if unknown := sorted(given.keys() - known.keys()):
        raise RefusedError("InvalidParameters", f"Parameters not defined in the document: {', '.join(unknown)}")
    values = {}
    for name, parameter in known.items():
        value = given[name][0] if name in given else parameter.get("default")
        if value is None:
            raise RefusedError("InvalidParameters", f"Parameter {name} is required")
        allowed, pattern = parameter.get("allowedValues"), parameter.get("allowedPattern")
        if (allowed and value not in allowed) or (pattern and not re.search(pattern, value)):
            raise RefusedError("InvalidParameters", f"Parameter {name} has a value that the document does not allow")
        values[name] = value
    return values


def _shown(invocation: Record, data: Params) -> Record:
    fields = ("CommandId", "InstanceId", "Comment", "DocumentName", "DocumentVersion", "Status", "StatusDetails")
    output = invocation["StandardOutputContent"]
    if invocation["StandardErrorContent"]:
        output += f"\n----------ERROR-------\n{invocation['StandardErrorContent']}"
    plugin = {
        "Name": invocation["PluginName"],
        "Status": "TimedOut" if invocation["Status"] == "Delayed" else invocation["Status"],
        "StatusDetails": invocation["StatusDetails"],
        "ResponseCode": invocation["ResponseCode"],
        "Output": output[:LONGEST_OUTPUT],
    }
    shown = {field: invocation[field] for field in fields}
    shown["RequestedDateTime"] = ssm._commands[invocation["CommandId"]]["RequestedDateTime"]
    return shown | {"CommandPlugins": [plugin] if data.get("Details") else []}


def apply() -> None:
    """Patch the service."""
    ssm_documents.ACTIONS |= {
        "CancelCommand": cancel_command,
        "ListCommandInvocations": list_command_invocations,
        "SendCommand": send_command,
    }
    ssm._describe_instance_information = describe_instance_information
