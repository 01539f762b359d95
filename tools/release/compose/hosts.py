"""The hosts: which there are, whether they can be told anything, and what each says that it runs."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from botocore.exceptions import ClientError

from tools.release.aws import Aws
from tools.release.compose import commands
from tools.release.context import Context, ReleaseError
from tools.release.looking import code_of, short
from tools.release.manifest import Manifest

_ANSWER_S = 30.0
"""How long hosts may take to say what they run. It is one small command of Docker's."""

_LOOK_S = 1.0
"""Between two looks for their answers."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """The Auto Scaling group."""

    in_service: list[str]
    """The ids of its instances that are in service."""

    desired: int
    """How many there are to be."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a host says of a service's container."""

    host: str
    image: str = ""
    state: str = ""
    """Docker's word, such as `running`; `absent` when there is no container."""

    health: str = ""
    """`healthy`, `unhealthy`, `starting`; `none` without a check."""

    started: str = ""
    problem: str = ""
    """Why nothing is known; empty when the host answered."""

    def runs(self, image: str) -> bool:
        """Say whether it runs this image."""
        return self.image == image and self.state == "running"

    def __str__(self) -> str:
        if self.problem:
            return f"host {self.host} {self.problem}"
        if self.state == "absent":
            return f"host {self.host} has no container of it"
        health = "" if self.health in ("", "none") else f", {self.health}"
        since = f", started {self.started}" if self.started else ""
        return f"host {self.host} has {short(self.image)} {self.state}{health}{since}"


def find_group(aws: Aws, manifest: Manifest) -> Group:
    """:raises ReleaseError: there is no such group."""
    name = manifest.expect_compose().auto_scaling_group
    groups = aws.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    if not groups:
        raise ReleaseError(f"{manifest.service}: there is no Auto Scaling group {name}: deploy the stack")
    instances = groups[0].get("Instances", [])
    in_service = sorted(one["InstanceId"] for one in instances if one["LifecycleState"] == "InService")
    return Group(in_service=in_service, desired=groups[0]["DesiredCapacity"])


def out_of_reach(aws: Aws, hosts: Sequence[str]) -> dict[str, str]:
    """Say of which hosts Systems Manager has no connection to the agent, and what it says of them instead."""
    if not hosts:
        return {}
    pages = aws.ssm.get_paginator("describe_instance_information").paginate(
        Filters=[{"Key": "InstanceIds", "Values": list(hosts)}]
    )
    found = {one["InstanceId"]: one.get("PingStatus", "") for page in pages for one in page["InstanceInformationList"]}
    return {host: found.get(host, "not registered") for host in hosts if found.get(host) != "Online"}


def obstacles(aws: Aws, manifest: Manifest) -> Iterator[str]:
    """Find what keeps hosts from being told anything, and what they are being told already."""
    group, name = find_group(aws, manifest), manifest.expect_compose().auto_scaling_group
    if not group.in_service:
        look = f"aws autoscaling describe-scaling-activities --auto-scaling-group-name {name}"
        yield f"no host of {name} is in service ({group.desired} should be): see {look}"
    for host, status in out_of_reach(aws, group.in_service).items():
        yield f"host {host} is out of reach of Systems Manager ({status}): see its agent, or replace the host"
    for command in commands.unfinished(aws, manifest, "up"):
        name = command["CommandId"]
        yield f"the hosts are told to already (command {name}): wait, or aws ssm cancel-command --command-id {name}"


def look_at(context: Context, hosts: Sequence[str]) -> list[Look]:
    """
    Ask hosts what they run, and wait a little for their answers.

    It starts nothing and stops nothing. A host that does not answer is no error: its `problem` says it.
    """
    away = out_of_reach(context.aws, hosts)
    asked = [host for host in hosts if host not in away]
    answers = _ask(context, asked) if asked else {}
    silent = f"does not answer within {_ANSWER_S:.0f} s"
    unknown = {host: Look(host=host, problem=silent) for host in asked if host not in answers}
    unknown |= {host: Look(host=host, problem=f"is out of reach ({status})") for host, status in away.items()}
    return [answers[host] if host in answers else unknown[host] for host in hosts]


def _ask(context: Context, hosts: Sequence[str]) -> dict[str, Look]:
    try:
        command = commands.send(context, "look", hosts=hosts)
    except ClientError as error:
        if code_of(error) == "InvalidInstanceId":  # one of them has gone in this moment
            return {}
        raise
    found: dict[str, Look] = {}
    deadline = context.clock.now() + _ANSWER_S
    while True:
        for host in (host for host in hosts if host not in found):
            answer = commands.result(context.aws, command, host)
            if answer is not None and answer["Status"] in commands.OVER:
                found[host] = _read(host, answer["StandardOutputContent"], commands.ending(answer))
        if len(found) == len(hosts) or context.clock.now() >= deadline:
            return found
        context.clock.sleep(_LOOK_S)


def _read(host: str, text: str, ending: str) -> Look:
    """Read the one line of JSON that a host writes; what else is in it is not read."""
    try:
        said = json.loads(text.strip().splitlines()[-1])
        parts = {key: str(said[key]) for key in ("image", "state", "health", "started")}
    except (ValueError, LookupError, TypeError):
        return Look(host=host, problem=f"does not say what it runs ({ending})")
    return Look(host=host, **parts)
