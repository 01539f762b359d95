"""
What docs/releases.md says that an operator needs on hosts is what `infra release`, `rollback` and `status` call there.

The commands are played, and every call is held against the policy: its action, and what it is done to. A call in the
source that is not played fails a test too.
"""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

import tools.release.compose
from tests.tools.release.doubles import Calls, FakeClock
from tests.tools.release.fleet import FIRST, SECOND, FakeHost, Fleet
from tests.tools.release.hosts_account import GROUP, STACK
from tests.tools.release.hosts_scene import OLD_TAG, HostsWorld, build_hosts_world
from tests.tools.release.tasks import ACCOUNT, REGION
from tools.project import ROOT
from tools.release.aws import Aws
from tools.release.manifest import Manifest

SERVICES = {
    "autoscaling": "autoscaling",
    "cloudwatch": "cloudwatch",
    "ecr": "ecr",
    "elbv2": "elasticloadbalancing",
    "secretsmanager": "secretsmanager",
    "ssm": "ssm",
}
"""botocore's names, and IAM's."""

NEEDS_NONE = {"GetCallerIdentity"}
"""docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html"""

NOT_GRANTED = {"secretsmanager:GetSecretValue"}
"""Whoever releases need read no secret: `checks` then leaves it to the host to say that a key is missing."""

WHOSE = "ssm:resourceTag/aws:autoscaling:groupName"


@dataclass(frozen=True)
class Use:
    """One action on one resource; what has no resource is done to `*`."""

    action: str
    resource: str
    group: str = ""
    """Which group's, of a host."""


def arn(service: str, resource: str) -> str:
    """Write an ARN."""
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


@cache
def operations(service: str) -> frozenset[str]:
    """The operations of one of AWS's APIs."""
    return frozenset(botocore.session.get_session().get_service_model(service).operation_names)


def uses(operation: str, asked: dict[str, Any]) -> Iterator[Use]:
    """Say what a call needs: docs.aws.amazon.com/service-authorization."""
    (service,) = (iam for name, iam in SERVICES.items() if operation in operations(name))
    action = f"{service}:{operation}"
    match operation:
        case "SendCommand":
            yield Use(action, arn("ssm", f"document/{asked['DocumentName']}"))
            for host in asked.get("InstanceIds", [FIRST]):
                yield Use(action, arn("ec2", f"instance/{host}"), GROUP)
        case (
            "DescribeAlarms"
        ):  # judged on a pattern, whatever is asked for: aws-samples/amazon-cloudwatch-auto-alarms#1
            yield Use(action, arn("cloudwatch", "alarm:*"))
        case "DescribeSecret" | "GetSecretValue":
            yield Use(action, asked["SecretId"])
        case _ if service == "ecr":
            yield Use(action, arn("ecr", f"repository/{asked['repositoryName']}"))
        case _ if service == "ssm" and ("Name" in asked or "Path" in asked):
            yield Use(action, arn("ssm", f"parameter{asked['Name' if 'Name' in asked else 'Path']}"))
        case _:
            yield Use(action, "*")


def policy() -> list[dict[str, Any]]:
    """The statements in the document, for the region of the tests."""
    text = (ROOT / "docs" / "releases.md").read_text()
    (block,) = re.findall(r"^```json\n(.*?)^```", text, re.M | re.S)
    statements: list[dict[str, Any]] = json.loads(block.replace("us-east-1", REGION))["Statement"]
    return statements


def actions(statement: dict[str, Any]) -> list[str]:
    """The actions of a statement, which may be one."""
    found = statement["Action"]
    return [found] if isinstance(found, str) else list(found)


def allows(statement: dict[str, Any], use: Use) -> bool:
    """Say whether one statement allows it."""
    groups = statement.get("Condition", {}).get("StringEquals", {})
    return (
        use.action in actions(statement)
        and fnmatchcase(use.resource, statement["Resource"])
        and groups in ({}, {WHOSE: use.group})
    )


_PLAYED: list[set[tuple[str, Use]]] = []


@pytest.fixture
def played(request: pytest.FixtureRequest) -> set[tuple[str, Use]]:
    """All calls, played once for all tests."""
    if not _PLAYED:
        _PLAYED.append(play(request.getfixturevalue("world")))
    return _PLAYED[0]


@pytest.fixture
def world(
    calls: Calls, aws: Aws, hosts_manifest: Manifest, clock: FakeClock, fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> HostsWorld:
    """Two hosts, on which an older image serves."""
    fleet.hosts[SECOND] = FakeHost()
    return build_hosts_world(calls, aws, hosts_manifest, clock, fleet, monkeypatch)


def play(world: HostsWorld) -> set[tuple[str, Use]]:
    """Release, look, go back, migrate without end, and fail with a diagnosis."""
    world.calls.refuse("GetSecretValue", "AccessDeniedException")
    codes = [world.release(tag=OLD_TAG).exit_code, world.release().exit_code]
    codes += [world.infra("status", STACK).exit_code, world.infra("rollback", STACK).exit_code]
    world.fleet.hosts[FIRST].fails = "no space left on device"
    codes.append(world.release().exit_code)
    world.fleet.run_s = 10_000
    codes.append(world.release().exit_code)
    assert [0, 0, 0, 0, 1, 1] == codes
    made = [(name, asked) for name, asked in world.calls.made if name not in NEEDS_NONE]
    return {(name, use) for name, asked in made for use in uses(name, asked)}


def test_nothing_is_missing(played: set[tuple[str, Use]]) -> None:
    """Every call is allowed, on what it is done to."""
    missing = [
        use for _, use in played if use.action not in NOT_GRANTED and not any(allows(one, use) for one in policy())
    ]

    assert [] == missing


def test_nothing_is_unused(played: set[tuple[str, Use]]) -> None:
    """Every action of every statement is called."""
    unused = [
        (action, one["Resource"])
        for one in policy()
        for action in actions(one)
        if not any(use.action == action and allows(one, use) for _, use in played)
    ]

    assert [] == unused


def test_is_not_granted(played: set[tuple[str, Use]]) -> None:
    """What is left out on purpose is asked for all the same."""
    assert NOT_GRANTED <= {use.action for _, use in played}
    assert not NOT_GRANTED & {action for one in policy() for action in actions(one)}


def test_every_call_of_the_source_is_played(played: set[tuple[str, Use]]) -> None:
    """What is called somewhere in the source for hosts is among the calls that are held against the policy."""
    methods = {xform_name(name): name for service in SERVICES for name in operations(service)}
    found = set()
    for path in Path(tools.release.compose.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                name = node.func.attr
                if name == "get_paginator" and isinstance(node.args[0], ast.Constant):
                    name = str(node.args[0].value)
                found |= {methods[name]} if name in methods else set()

    assert set() == found - {name for name, _ in played}
    assert {"CancelCommand", "GetParameterHistory", "SendCommand"} <= found


def test_another_group(played: set[tuple[str, Use]]) -> None:
    """Hosts of another group may not be told anything."""
    foreign = Use("ssm:SendCommand", arn("ec2", "instance/i-1"), "another")

    assert not any(allows(one, foreign) for one in policy())
    assert "ssm:SendCommand" in {use.action for _, use in played}
