"""ECS's tasks, in ministack, which without Docker only writes them down: here they have addresses, ends and logs."""

import ipaddress
import itertools
import json
import re
import time
from typing import Any, cast

from ministack.core.concurrency import spawn_background  # type: ignore[import-untyped]
from ministack.core.responses import request_scope  # type: ignore[import-untyped]
from ministack.services import ec2, ecr, ecs  # type: ignore[import-untyped]

from tools.local.patches.ministack import Params, Response

Record = dict[str, Any]

MOMENT_S = 0.3
"""How long a one-off task runs, and how long it takes to find out that an image is missing."""

EXIT = re.compile(r"\bexit (\d{1,3})\b")
"""In the command of a one-off task: the exit code that it shall have."""

IN_ECR = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/([^:@]+)(?::([^@]+))?(?:@(.+))?")

ANY_SUBNET = "10.0.0.0/16"
"""For whoever names no subnet that there is."""

_run_task = ecs._run_task
_numbers = itertools.count()


def run_task(data: Params) -> Response:
    """
    Start tasks as Fargate does: each with an address, and none without its image.

    Those of no service end by themselves. The exit code is 0, or what an `exit 3` in the command says. What such a
    task writes to its log is its command.
    """
    response: Response = _run_task(data)
    if response[0] != 200:
        return response
    started = [ecs._tasks[task["taskArn"]] for task in json.loads(response[2])["tasks"]]
    for task in started:
        _attach(task)
        missing = [image for image in _images(task) if not is_there(image)]
        if missing:
            _hold(task)
            delay = MOMENT_S * 2 ** min(_failures(task), 8)
            spawn_background(_fail, task, missing[0], delay, thread_name="local-aws-task")
        elif not task["group"].startswith("service:"):
            spawn_background(_finish, task, thread_name="local-aws-task")
    return cast(Response, ecs.json_response({"tasks": [ecs._sanitize(task) for task in started], "failures": []}))


def _attach(task: Record) -> None:
    """Give a task a network interface, by which load balancers know it."""
    details = {"subnetId": task["_subnet"], "privateIPv4Address": address_in(task["_subnet"])}
    task["attachments"] = [
        {
            "id": ecs.new_uuid(),
            "type": "ElasticNetworkInterface",
            "status": "ATTACHED",
            "details": [{"name": name, "value": value} for name, value in details.items() if value],
        }
    ]


def address_in(subnet_id: str) -> str:
    """Give the next address in a subnet."""
    subnet = ec2._subnets.get(subnet_id)
    network = ipaddress.ip_network(subnet["CidrBlock"] if subnet else ANY_SUBNET)
    # The first four addresses of a subnet and the last are AWS's (VPC user guide, "Subnet CIDR blocks").
    return str(network[4 + next(_numbers) % (network.num_addresses - 5)])


def _images(task: Record) -> list[str]:
    return [container["image"] for container in task["containers"]]


def is_there(image: str) -> bool:
    """
    Whether an image can be pulled; those of other registries always can.

    A repository without any image counts as one that has it: platforms are applied here whose images nobody pushes.
    """
    match = IN_ECR.fullmatch(image)
    if match is None:
        return True
    account, region, repository, tag, digest = match.groups()
    with request_scope(account, region):
        wanted = {"imageDigest": digest} if digest else {"imageTag": tag or "latest"}
        return not ecr._images.get(repository) or ecr._find_image(repository, wanted) is not None


def _hold(task: Record) -> None:
    task |= {"lastStatus": "PENDING", "startedAt": None, "pullStoppedAt": None}
    for container in task["containers"]:
        container["lastStatus"] = "PENDING"


def _failures(task: Record) -> int:
    """Count the failures of a service, which tries again less and less often."""
    same = (other for other in ecs._tasks.values() if task["group"] and other["group"] == task["group"])
    return sum(other["stopCode"] == "TaskFailedToStart" for other in same)


def _fail(task: Record, image: str, delay_s: float) -> None:
    time.sleep(delay_s)
    reason = f"CannotPullContainerError: failed to resolve ref {image}: {image}: not found"
    ecs._mark_task_stopped(task["taskArn"], task, reason, "TaskFailedToStart")


def _finish(task: Record) -> None:
    """Write what a one-off task has to say, and end it."""
    overrides = {each["name"]: each.get("command") for each in task["overrides"].get("containerOverrides", [])}
    definition = ecs._task_defs[ecs._resolve_td_key(task["taskDefinitionArn"])]
    time.sleep(MOMENT_S)
    if not ecs._task_is_active(task["taskArn"], task):
        return
    for given, container in zip(definition["containerDefinitions"], task["containers"], strict=True):
        command = " ".join(overrides.get(given["name"]) or given.get("command") or ["nothing"])
        code = EXIT.search(command)
        container["exitCode"] = int(code[1]) if code else 0
        log = ecs._awslogs_config(given, task["taskArn"].rpartition("/")[2], container["runtimeId"])
        if log and ecs._ensure_awslogs_stream(log):
            ecs._emit_awslogs_event(log, f"local AWS would run: {command}")
    reason = "Essential container in task exited"
    ecs._mark_task_stopped(task["taskArn"], task, reason, "EssentialContainerExited")


def apply() -> None:
    """Patch the service."""
    ecs._run_task = run_task
    ecs._ACTION_MAP["RunTask"] = run_task
