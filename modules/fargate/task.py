"""A task on Fargate: its definition, with the log group and the two roles that belong to it alone."""

import json

from cdktf import ITerraformDependable, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.ecs_task_definition import (
    EcsTaskDefinition,
    EcsTaskDefinitionRuntimePlatform,
    EcsTaskDefinitionVolume,
)
from constructs import Construct

from modules.container.workload import Workload
from modules.fargate.container import TaskSettings, container_definition, writable_volumes
from modules.fargate.volumes import volumes
from modules.iam import ANY_RESOURCE, Role, Statement, allow, trust_service


class Task(Construct):
    """
    A task definition whose family is the task's name.

    Terraform owns the revisions that it registers, and only those. When it registers a new one, it deregisters its own
    predecessor, afterwards. A revision that the release command registered is none of Terraform's, so the one that
    serves stays; and were it Terraform's own, its service would go on, and go on scaling (ECS API,
    DeregisterTaskDefinition). `skip_destroy` would leave revisions behind when the stack is destroyed.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        account_id: str,
        region: str,
        workload: Workload,
        exec_log_group_arn: str | None,
        settings: TaskSettings,
    ) -> None:
        """
        Make the task.

        :param name: at most 255 letters, digits, _ and - (ECS API, RegisterTaskDefinition)
        :param exec_log_group_arn: where sessions of ECS Exec are logged, which they must be
        :raises ValueError: sessions are allowed, and nothing logs them
        """
        super().__init__(scope, id_)
        logs = CloudwatchLogGroup(self, "logs", name=f"/ecs/{name}", retention_in_days=settings.log_retention_days)
        # This account's and region's tasks only (ECS, "Amazon ECS task IAM role", confused deputy).
        trust = trust_service(
            "ecs-tasks.amazonaws.com", account_id=account_id, source_arn=f"arn:aws:ecs:{region}:{account_id}:*"
        )
        start = execution_statements(workload, log_group_arn=logs.arn)
        work = [*workload.permissions, *exec_statements(settings, exec_log_group_arn)]
        execution_role = Role(self, "execution", name=f"{name}-execution", trust=trust, permissions=start)
        task_role = Role(self, "role", name=f"{name}-task", trust=trust, permissions=work)
        container = container_definition(workload, settings, log_group_name=logs.name, region=region)
        self.definition = _declare_definition(
            self,
            name,
            settings,
            [container],
            volumes(writable_volumes(settings), workload.mounts),
            execution_role.arn,
            task_role.arn,
        )
        """The newest revision that Terraform registered: what a release copies, with another image in it."""
        self.family: str = self.definition.family
        self.execution_role_arn: str = execution_role.arn
        self.task_role_arn: str = task_role.arn
        self.log_group_name: str = logs.name
        self.ready: list[ITerraformDependable] = [*execution_role.ready, *task_role.ready]
        """What must exist before a task can start, for `depends_on`."""


def execution_statements(workload: Workload, *, log_group_arn: str) -> list[Statement]:
    """
    Say what ECS may do to start the task: pull the image, read its secrets, write its log.

    The actions are those of AmazonECSTaskExecutionRolePolicy and of "Amazon ECS task execution IAM role", Secrets
    Manager permissions.
    """
    statements = [allow(["logs:CreateLogStream", "logs:PutLogEvents"], [f"{log_group_arn}:*"])]
    if workload.repository_arn is not None:
        pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        # GetAuthorizationToken has no resource type: docs.aws.amazon.com/service-authorization, Amazon ECR.
        statements += [allow(["ecr:GetAuthorizationToken"], ANY_RESOURCE), allow(pull, [workload.repository_arn])]
    if workload.secret_arns:
        statements.append(allow(["secretsmanager:GetSecretValue"], workload.secret_arns))
    return statements


def exec_statements(settings: TaskSettings, log_group_arn: str | None) -> list[Statement]:
    """
    Say what sessions of ECS Exec need: the task's channel to Systems Manager, and the log.

    The actions are those of "Amazon ECS task IAM role", ECS Exec permissions.

    :raises ValueError: sessions are allowed, and nothing logs them
    """
    if not settings.exec_enabled:
        return []
    if log_group_arn is None:
        raise ValueError("exec_enabled needs a cluster with exec_enabled, which logs the sessions")
    channels = [f"ssmmessages:{verb}{kind}Channel" for verb in ("Create", "Open") for kind in ("Control", "Data")]
    return [
        # None of these has a resource type: docs.aws.amazon.com/service-authorization, Amazon Session Manager Message
        # Gateway Service and Amazon CloudWatch Logs.
        allow([*channels, "logs:DescribeLogGroups"], ANY_RESOURCE),
        allow(["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"], [f"{log_group_arn}:*"]),
    ]


def _declare_definition(
    scope: Construct,
    family: str,
    settings: TaskSettings,
    containers: list[dict[str, object]],
    found_in_it: list[EcsTaskDefinitionVolume],
    execution_role_arn: str,
    task_role_arn: str,
) -> EcsTaskDefinition:
    return EcsTaskDefinition(
        scope,
        "definition",
        family=family,
        requires_compatibilities=["FARGATE"],
        network_mode="awsvpc",
        cpu=str(settings.cpu),
        memory=str(settings.memory_mib),
        runtime_platform=EcsTaskDefinitionRuntimePlatform(
            operating_system_family="LINUX", cpu_architecture=settings.cpu_architecture
        ),
        execution_role_arn=execution_role_arn,
        task_role_arn=task_role_arn,
        container_definitions=json.dumps(containers),
        volume=found_in_it,
        # The revision that serves stays registered until the next one does, so that ECS can roll back to it.
        lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
    )
