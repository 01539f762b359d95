"""Machines on local AWS, as an operator sees them: which there are, what they run, and who knows them."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import boto3

from tests.stacks import released
from tools.project import ROOT

REGION = "us-east-1"
SECONDS = 180


def client(service: str) -> Any:  # noqa: ANN401 a client of any service
    """Somebody to ask local AWS."""
    return boto3.Session().client(service, region_name=REGION)  # type: ignore[call-overload]


def until(condition: Callable[[], bool]) -> None:
    """Wait for what EC2 Auto Scaling does by itself."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.5)


def machines(group: str) -> list[str]:
    """Those that are in service."""
    (found,) = client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[group])["AutoScalingGroups"]
    return [one["InstanceId"] for one in found["Instances"] if one["LifecycleState"] == "InService"]


def look(stack: str, machine: str, service: str) -> dict[str, str]:
    """Ask a machine what it runs, as a release does."""
    ssm = client("ssm")
    sent = ssm.send_command(
        DocumentName=f"{stack}-compose-host",
        InstanceIds=[machine],
        Parameters={"Action": ["look"], "Service": [service]},
    )["Command"]["CommandId"]
    answer: dict[str, Any] = {}

    def answered() -> bool:
        try:
            answer.update(ssm.get_command_invocation(CommandId=sent, InstanceId=machine))
        except ssm.exceptions.InvocationDoesNotExist:
            return False
        return answer["Status"] not in ("Pending", "InProgress")

    until(answered)
    found: dict[str, str] = json.loads(answer["StandardOutputContent"])
    return found


def registered(manifest: released.Manifest) -> list[str]:
    """The machines behind a service's target group."""
    (target_group,) = manifest["routes"]["target_groups"].values()
    health = client("elbv2").describe_target_health(TargetGroupArn=target_group["arn"])["TargetHealthDescriptions"]
    return sorted(one["Target"]["Id"] for one in health)


def status(stack: str) -> subprocess.CompletedProcess[str]:
    """Ask what runs, as an operator does."""
    command = [sys.executable, "-m", "tools", "status", stack]
    return subprocess.run(  # noqa: S603 the command under test
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=SECONDS
    )
