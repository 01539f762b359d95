"""
What the jobs of a pipeline may do that push images, migrate and release.

A release migrates too, so that one role runs the whole command. It may do what `infra release`, `rollback` and `status`
call, and no more: tests/tools/release/test_release_permissions.py plays them and compares.

Exact actions on exact resources; which action has which resource type is docs.aws.amazon.com/service-authorization. The
revisions of a task definition and the ids of tasks are not known beforehand, so that a `*` stands in their place.
"""

from collections.abc import Sequence

from modules.arns import Arns
from modules.deployment.deployable import Deployable
from modules.deployment.release import CodeDeploy
from modules.iam import ANY_RESOURCE, Statement, allow

_TASKS = "ecs-tasks.amazonaws.com"


def push_permissions(repository_arns: Sequence[str]) -> list[Statement]:
    """Push images to these repositories, pull them, and move their tags (AmazonECR, "IAM permissions for pushing")."""
    return [
        allow(["ecr:GetAuthorizationToken"], ANY_RESOURCE),
        allow(
            [
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:CompleteLayerUpload",
                "ecr:DescribeImages",
                "ecr:GetDownloadUrlForLayer",
                "ecr:InitiateLayerUpload",
                "ecr:PutImage",
                "ecr:UploadLayerPart",
            ],
            _unique(repository_arns),
        ),
    ]


def release_permissions(arns: Arns, stack: str, services: Sequence[Deployable]) -> list[Statement]:
    """Register a task definition that differs in its image, migrate, shift the traffic, tag, watch, and go back."""
    return [
        # The manifests: judged by the path asked for (Systems Manager, "How Parameter Store authorizes parameter
        # retrieval").
        allow(["ssm:GetParametersByPath"], [arns.of("ssm", f"parameter/{stack}/release")]),
        _lock(arns, stack, services),
        *_register(arns, services),
        *_run(arns, [one for one in services if one.migrates]),
        _pass_roles(services),
        *_shift(arns, services),
        # A release tags the image that it released: docs/decisions/0010-image-tags.md.
        allow(["ecr:PutImage"], _unique([one.repository_arn for one in services])),
        *_watch(arns, services),
        allow(
            ["logs:GetLogEvents"],
            [f"{arns.of('logs', f'log-group:{one.log_group_name}')}:log-stream:*" for one in services],
        ),
    ]


def migrate_permissions(arns: Arns, services: Sequence[Deployable]) -> list[Statement]:
    """
    Migrate by hand, as docs/operations.md has it: run one-off tasks of these services' families with their own roles.

    And see whether one runs already, wait for it, stop it and read its log: `aws ecs list-tasks`, `wait tasks-stopped`,
    `stop-task`, and `aws logs tail`, which calls FilterLogEvents.
    """
    groups = [arns.of("logs", f"log-group:{one.log_group_name}") for one in services]
    return [
        allow(["ssm:GetParameter"], [one.manifest_parameter_arn for one in services]),
        *_run(arns, services),
        *_watch_tasks(arns, services),
        allow(["logs:FilterLogEvents"], [f"{group}:*" for group in groups]),
        _pass_roles(services),
    ]


def _lock(arns: Arns, stack: str, services: Sequence[Deployable]) -> Statement:
    """Hold the lock of a service's release, and read who has it."""
    return allow(
        ["ssm:DeleteParameter", "ssm:GetParameter", "ssm:PutParameter"],
        [arns.of("ssm", f"parameter/{stack}/release-lock/{one.short_name}") for one in services],
    )


def _register(arns: Arns, services: Sequence[Deployable]) -> list[Statement]:
    families = [arns.revisions(one) for one in services]
    return [
        allow(["ecs:DescribeTaskDefinition", "ecs:ListTaskDefinitions"], ANY_RESOURCE),
        allow(["ecs:RegisterTaskDefinition"], families),
        # Only the tags that a new revision is born with (AmazonECS, "Tag resources during creation").
        allow(["ecs:TagResource"], families, {("StringEquals", "ecs:CreateAction"): ["RegisterTaskDefinition"]}),
    ]


def _run(arns: Arns, services: Sequence[Deployable]) -> list[Statement]:
    """Run one-off tasks in the services' own clusters, and stop them; nothing where there are no services."""
    if not services:
        return []
    run = [
        allow(["ecs:RunTask"], [arns.revisions(one)], {("ArnEquals", "ecs:cluster"): [arns.cluster(one)]})
        for one in services
    ]
    tasks = _unique([arns.tasks(one) for one in services])
    return [
        *run,
        allow(["ecs:StopTask"], tasks),
        allow(["ecs:TagResource"], tasks, {("StringEquals", "ecs:CreateAction"): ["RunTask"]}),
    ]


def _shift(arns: Arns, services: Sequence[Deployable]) -> list[Statement]:
    """What moves the traffic: CodeDeploy, or a rolling update of the services that it has no part in."""
    statements = []
    rolling = [arns.service(one) for one in services if one.code_deploy is None]
    if rolling:
        statements.append(allow(["ecs:UpdateService"], rolling))
    code_deploy = [one.code_deploy for one in services if one.code_deploy is not None]
    if code_deploy:
        statements += _code_deploy(arns, code_deploy)
    return statements


def _watch(arns: Arns, services: Sequence[Deployable]) -> list[Statement]:
    """What is looked at before, during and after: images, alarms, secrets, tasks and targets."""
    statements = [
        allow(
            ["ecr:BatchGetImage", "ecr:DescribeImages", "ecr:GetDownloadUrlForLayer"],
            _unique([one.repository_arn for one in services]),
        ),
        # Whatever alarms are asked for, AWS checks this pattern: aws-samples/amazon-cloudwatch-auto-alarms#1.
        allow(["cloudwatch:DescribeAlarms"], [arns.of("cloudwatch", "alarm:*")]),
        allow(["ecs:DescribeServices"], [arns.service(one) for one in services]),
        *_watch_tasks(arns, services),
        allow(["elasticloadbalancing:DescribeRules", "elasticloadbalancing:DescribeTargetHealth"], ANY_RESOURCE),
    ]
    secret_arns = _unique([arn for one in services for arn in one.secret_arns])
    if secret_arns:
        # Whether a secret has a value, not which.
        statements.append(allow(["secretsmanager:DescribeSecret"], secret_arns))
    return statements


def _watch_tasks(arns: Arns, services: Sequence[Deployable]) -> list[Statement]:
    clusters = _unique([arns.cluster(one) for one in services])
    return [
        # Its only resource type are container instances, which Fargate has none of; the cluster narrows it.
        allow(["ecs:ListTasks"], ANY_RESOURCE, {("ArnEquals", "ecs:cluster"): clusters}),
        allow(["ecs:DescribeTasks"], _unique([arns.tasks(one) for one in services])),
    ]


def _pass_roles(services: Sequence[Deployable]) -> Statement:
    roles = _unique([arn for one in services for arn in (one.task_role_arn, one.execution_role_arn)])
    return allow(["iam:PassRole"], roles, {("StringEquals", "iam:PassedToService"): [_TASKS]})


def _code_deploy(arns: Arns, targets: Sequence[CodeDeploy]) -> list[Statement]:
    def of(kind: str, names: Sequence[str]) -> list[str]:
        return [arns.of("codedeploy", f"{kind}:{name}") for name in _unique(names)]

    return [
        allow(
            [
                "codedeploy:CreateDeployment",
                "codedeploy:GetDeployment",
                "codedeploy:ListDeployments",
                # CreateDeployment asks for it when the deployment has alarms of its own (overrideAlarmConfiguration).
                "codedeploy:UpdateDeploymentGroup",
            ],
            of("deploymentgroup", [f"{one.application}/{one.deployment_group}" for one in targets]),
        ),
        # CreateDeployment asks for these three as well.
        allow(
            ["codedeploy:GetApplicationRevision", "codedeploy:RegisterApplicationRevision"],
            of("application", [one.application for one in targets]),
        ),
        allow(["codedeploy:GetDeploymentConfig"], of("deploymentconfig", [one.deployment_config for one in targets])),
        # AWS knows no resource for a deployment. ContinueDeployment is not among them: an approval is a person's.
        allow(
            ["codedeploy:GetDeploymentTarget", "codedeploy:ListDeploymentTargets", "codedeploy:StopDeployment"],
            ANY_RESOURCE,
        ),
    ]


def _unique(values: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(values))
