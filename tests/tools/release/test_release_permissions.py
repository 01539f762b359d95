"""
The role of the pipeline that releases may do what `infra release`, `rollback` and `status` call, and no more.

The commands are played, and every call is held against the role's statements: its action, what it is done to, and the
conditions. Which calls there are stands in the source; a call that is not played fails a test too.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

import tools.release
from modules.arns import Arns
from modules.deployment.deployable import Deployable
from modules.deployment.release import CodeDeploy
from modules.github.release_permissions import release_permissions
from modules.iam import Statement
from tests.tools.release.deployments import FakeRollouts, healthy
from tests.tools.release.doubles import Calls, FakeClock
from tests.tools.release.pushing import push_image
from tests.tools.release.scene import TAG, World, build_world
from tests.tools.release.tasks import ACCOUNT, NAME, REGION, revision
from tools.release import rolling
from tools.release.aws import Aws
from tools.release.context import Context
from tools.release.manifest import Manifest

SERVICES = {
    "cloudwatch": "cloudwatch",
    "codedeploy": "codedeploy",
    "ecr": "ecr",
    "ecs": "ecs",
    "elbv2": "elasticloadbalancing",
    "logs": "logs",
    "secretsmanager": "secretsmanager",
    "ssm": "ssm",
}
"""botocore's names, and IAM's."""

NEEDS_NONE = {"GetCallerIdentity"}
"""docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html"""

NOT_GRANTED = {"secretsmanager:GetSecretValue"}
"""A pipeline reads no secret: `checks` then leaves it to ECS to say that a key is missing."""

WORLD = ("CreateTaskSet", "ModifyRule")
"""What the played CodeDeploy does through the same clients."""

OLDER = "sha-1111111"

ALL = {"cloudwatch:DescribeAlarms": "alarm:*"}
"""What AWS judges on a pattern, whatever is asked for."""


@dataclass(frozen=True)
class Use:
    """One action on one resource; what has no resource is done to `*`."""

    action: str
    resource: str
    context: tuple[tuple[str, str], ...] = ()
    """Condition keys and their values."""


def arn(service: str, resource: str) -> str:
    """Write an ARN."""
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def uses(operation: str, asked: dict[str, Any], manifest: Manifest) -> Iterator[Use]:
    """Say what a call needs: docs.aws.amazon.com/service-authorization, and what AWS asks for beside the action."""
    (service,) = (iam for name, iam in SERVICES.items() if operation in operations(name))
    action = f"{service}:{operation}"
    ecs, group = manifest.ecs, manifest.code_deploy
    cluster = (("ecs:cluster", arn("ecs", f"cluster/{ecs.cluster}")),)
    match operation:
        case "RegisterTaskDefinition" | "RunTask":
            made = arn("ecs", f"task-definition/{ecs.family}:7")
            yield Use(action, asked.get("taskDefinition", made), cluster if operation == "RunTask" else ())
            tagged = made if operation == "RegisterTaskDefinition" else arn("ecs", f"task/{ecs.cluster}/0123")
            yield Use("ecs:TagResource", tagged, (("ecs:CreateAction", operation),))
            for role in ("task", "task-execution"):
                passed = f"arn:aws:iam::{ACCOUNT}:role/{NAME}-{role}"
                yield Use("iam:PassRole", passed, (("iam:PassedToService", "ecs-tasks.amazonaws.com"),))
        case "ListTasks":
            yield Use(action, "*", cluster)
        case "DescribeTasks":
            yield from (Use(action, task) for task in asked["tasks"])
        case "StopTask":
            yield Use(action, asked["task"])
        case "DescribeServices" | "UpdateService":
            yield Use(action, arn("ecs", f"service/{ecs.cluster}/{ecs.service}"))
        case "CreateDeployment":
            assert group is not None
            assert "overrideAlarmConfiguration" in asked
            of_group = arn("codedeploy", f"deploymentgroup:{group.application}/{group.deployment_group}")
            yield Use(action, of_group)
            yield Use("codedeploy:UpdateDeploymentGroup", of_group)
            for name in ("GetApplicationRevision", "RegisterApplicationRevision"):
                yield Use(f"codedeploy:{name}", arn("codedeploy", f"application:{group.application}"))
            config = arn("codedeploy", f"deploymentconfig:{group.deployment_config}")
            yield Use("codedeploy:GetDeploymentConfig", config)
        case "GetDeployment" | "ListDeployments":
            assert group is not None
            yield Use(action, arn("codedeploy", f"deploymentgroup:{group.application}/{group.deployment_group}"))
        case "GetLogEvents":
            yield Use(action, arn("logs", f"log-group:{asked['logGroupName']}:log-stream:{asked['logStreamName']}"))
        case "DescribeSecret" | "GetSecretValue":
            yield Use(action, asked["SecretId"])
        case _ if service == "ecr":
            yield Use(action, arn("ecr", f"repository/{asked['repositoryName']}"))
        case _ if service == "ssm":
            yield Use(action, arn("ssm", f"parameter{asked['Name' if 'Name' in asked else 'Path']}"))
        case _:
            yield Use(action, arn(service, ALL[action]) if action in ALL else "*")


@cache
def operations(service: str) -> frozenset[str]:
    """The operations of one of AWS's APIs."""
    return frozenset(botocore.session.get_session().get_service_model(service).operation_names)


def allows(statement: Statement, use: Use) -> bool:
    """Say whether one statement allows it."""
    known = dict(use.context)
    conditions: Any = statement.condition
    resources: Any = statement.resources
    return (
        use.action in (statement.actions or [])
        and any(fnmatchcase(use.resource, pattern) for pattern in resources)
        and all(known.get(one.variable) in one.values for one in conditions)
    )


def role(manifest: Manifest) -> list[Statement]:
    """The statements of the role that releases this one service."""
    group = manifest.code_deploy
    service = Deployable(
        short_name=manifest.service,
        cluster_name=manifest.ecs.cluster,
        service_name=manifest.ecs.service,
        family=manifest.ecs.family,
        task_role_arn=f"arn:aws:iam::{ACCOUNT}:role/{NAME}-task",
        execution_role_arn=f"arn:aws:iam::{ACCOUNT}:role/{NAME}-task-execution",
        repository_arn=arn("ecr", f"repository/{manifest.image.repository}"),
        log_group_name=manifest.logs.group,
        manifest_parameter_arn=arn("ssm", "parameter/staging/release/backend"),
        secret_arns=[secret.arn for secret in manifest.secrets],
        code_deploy=None if group is None else CodeDeploy(**group.model_dump()),
        migrates=True,
    )
    return release_permissions(Arns(account_id=ACCOUNT, region=REGION), manifest.stack, [service])


@dataclass(frozen=True)
class Played:
    """What was called, and what may be."""

    operations: set[str]
    uses: set[Use]
    statements: list[Statement]


_PLAYED: list[Played] = []


@pytest.fixture
def played(request: pytest.FixtureRequest) -> Played:
    """All commands of blue_green, played once for all tests."""
    if not _PLAYED:
        _PLAYED.append(play(request.getfixturevalue("world")))
    return _PLAYED[0]


@pytest.fixture
def world(calls: Calls, aws: Aws, manifest: Manifest, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> World:
    """An account in which a release can be played."""
    return build_world(calls, aws, manifest, clock, monkeypatch)


def play(world: World) -> Played:
    """Release, look, go back at once and later, migrate without end, and fail with a diagnosis."""
    calls = world.calls
    calls.refuse("GetSecretValue", "AccessDeniedException")  # as in a pipeline
    push_image(calls, world.aws, world.manifest, OLDER)
    begun = len(calls.made)
    codes = [world.infra("release", "staging", "--image-tag", OLDER).exit_code]
    world.finish()
    codes += [world.release("--no-wait").exit_code, world.infra("status", "staging").exit_code]
    codes.append(world.infra("rollback", "staging").exit_code)  # at once: the deployment is stopped
    world.finish()
    codes.append(world.infra("rollback", "staging", "backend", "--to", TAG).exit_code)  # later: it is released again
    world.finish()
    healthy(calls, "unhealthy")
    world.course = world.unhealthy
    codes.append(world.release().exit_code)
    task = {"taskArn": arn("ecs", "task/isms-staging/0123"), "lastStatus": "RUNNING"}
    calls.answers |= {"ListTasks": {"taskArns": []}, "RunTask": {"tasks": [task]}, "StopTask": {}}
    calls.answers["DescribeTasks"] = {"tasks": [task]}
    codes.append(world.release().exit_code)
    assert [0, 0, 0, 0, 0, 1, 1] == codes
    made = [one for one in calls.made[begun:] if one[0] not in NEEDS_NONE | set(WORLD)]
    return Played(
        operations={name for name, _ in made},
        uses={use for name, asked in made for use in uses(name, asked, world.manifest)},
        statements=role(world.manifest),
    )


def test_nothing_is_missing(played: Played) -> None:
    """Every call is allowed, on what it is done to, under its conditions."""
    missing = [
        use
        for use in played.uses
        if use.action not in NOT_GRANTED and not any(allows(one, use) for one in played.statements)
    ]

    assert [] == missing


def test_nothing_is_unused(played: Played) -> None:
    """Every action is called, on every resource that it is allowed on."""
    unused = [
        (action, resource)
        for one in played.statements
        for action in one.actions or []
        for resource in one.resources or []
        if not any(use.action == action and fnmatchcase(use.resource, resource) for use in played.uses)
    ]

    assert [] == unused


@pytest.mark.parametrize("action", sorted(NOT_GRANTED))
def test_is_not_granted(played: Played, action: str) -> None:
    """What is left out on purpose is asked for all the same: the exception is one."""
    assert action in {use.action for use in played.uses}
    assert not [one for one in played.statements if action in (one.actions or [])]


def test_every_call_of_the_source_is_played(played: Played) -> None:
    """What is called somewhere in the source is among the calls that are held against the role."""
    methods = {xform_name(name): name for service in SERVICES for name in operations(service)}
    found = set()
    for path in Path(tools.release.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                name = node.func.attr
                if name == "get_paginator" and isinstance(node.args[0], ast.Constant):
                    name = str(node.args[0].value)
                found |= {methods[name]} if name in methods else set()

    assert {"UpdateService"} == found - played.operations
    assert set() == played.operations - found


def test_rolling(rolling_context: Context, calls: Calls) -> None:
    """A rolling update is allowed to the role of a service that CodeDeploy has no part in."""
    manifest = rolling_context.manifest
    FakeRollouts(calls, manifest)
    new = revision(rolling_context.aws, manifest, "sha-1")
    calls.made.clear()
    rolling.start(rolling_context, new)
    made = {use for name, asked in calls.made for use in uses(name, asked, manifest)}

    assert {"ecs:UpdateService"} == {use.action for use in made}
    assert all(any(allows(one, use) for one in role(manifest)) for use in made)
