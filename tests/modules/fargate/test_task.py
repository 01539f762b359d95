"""The task definition, its log group and its roles as Terraform JSON."""

import json
from typing import Any

import pytest
from constructs import Construct

from modules.container.workload import Workload
from modules.fargate.container import TaskSettings
from modules.fargate.task import Task
from modules.iam import allow
from tests.support import Block, Synthesized, synth_scope

FULL = Workload(
    container_name="backend",
    image="registry/isms-backend:v1",
    repository_arn="arn:repository",
    secrets={"JWT_SECRET": "arn:secret:JWT_SECRET::"},
    secret_arns=["arn:secret"],
    permissions=[allow(["s3:GetObject"], ["arn:bucket/*"])],
)


def build(workload: Workload = FULL, exec_logs: str | None = None, **changes: Any) -> Synthesized:  # noqa: ANN401
    """A task of its own, with some settings changed."""
    small: dict[str, Any] = {"cpu": 256, "memory_mib": 512, "cpu_architecture": "ARM64", "port": 4000, "user": None}

    def declare(scope: Construct) -> None:
        Task(
            scope,
            "task",
            name="isms-backend-staging",
            account_id="956880242582",
            region="eu-west-2",
            workload=workload,
            exec_log_group_arn=exec_logs,
            settings=TaskSettings(**(small | changes)),
        )

    return synth_scope(declare)


@pytest.fixture(scope="module")
def task() -> Synthesized:
    """A task with everything but sessions."""
    return build(writable_paths=["/tmp", "/run"])


@pytest.fixture(scope="module")
def with_exec() -> Synthesized:
    """A task in which sessions may be opened."""
    return build(exec_enabled=True, exec_logs="arn:exec-logs")


@pytest.fixture(scope="module")
def public() -> Synthesized:
    """A task of a public image that may do nothing."""
    return build(Workload(container_name="chroma", image="chromadb/chroma:1.0.0"))


def statements(stack: Synthesized, role: str) -> dict[tuple[str, ...], list[str]]:
    """What a role may do: actions → resources."""
    documents: dict[str, Block] = stack.document["data"]["aws_iam_policy_document"]
    (found,) = [b["statement"] for id_, b in documents.items() if id_.startswith(f"task_{role}_permissions")]
    return {tuple(sorted(each["actions"])): each["resources"] for each in found}


def log_group(stack: Synthesized) -> str:
    """The id of the only log group."""
    (group,) = stack.resources("aws_cloudwatch_log_group")
    return group


class TestDefinition:
    """The task definition."""

    def test_fargate(self, task: Synthesized) -> None:
        """The task runs on Fargate, each with an address of its own."""
        definition = task.resource("aws_ecs_task_definition")

        assert (["FARGATE"], "awsvpc") == (definition["requires_compatibilities"], definition["network_mode"])

    def test_size(self, task: Synthesized) -> None:
        """The size is the settings'."""
        definition = task.resource("aws_ecs_task_definition")

        assert ("256", "512") == (definition["cpu"], definition["memory"])

    def test_architecture(self, task: Synthesized) -> None:
        """The processor is the settings'."""
        assert {"operating_system_family": "LINUX", "cpu_architecture": "ARM64"} == task.resource(
            "aws_ecs_task_definition"
        )["runtime_platform"]

    def test_family(self, task: Synthesized) -> None:
        """The family is the task's name: one-off tasks refer to it."""
        assert "isms-backend-staging" == task.resource("aws_ecs_task_definition")["family"]

    def test_volumes(self, task: Synthesized) -> None:
        """Each writable path has a volume, by the name that the container mounts."""
        definition = task.resource("aws_ecs_task_definition")
        (container,) = json.loads(definition["container_definitions"])

        assert [{"name": "writable-0"}, {"name": "writable-1"}] == definition["volume"]
        assert ["writable-0", "writable-1"] == [each["sourceVolume"] for each in container["mountPoints"]]

    def test_session_volumes(self, with_exec: Synthesized) -> None:
        """The volumes of sessions are declared too."""
        assert 4 == len(with_exec.resource("aws_ecs_task_definition")["volume"])

    def test_roles(self, task: Synthesized) -> None:
        """ECS starts the task with one role, the application works with another."""
        definition = task.resource("aws_ecs_task_definition")

        assert definition["execution_role_arn"].startswith("${aws_iam_role.task_execution_role_")
        assert definition["task_role_arn"].startswith("${aws_iam_role.task_role_")

    def test_previous_revision_outlives_the_rollout(self, task: Synthesized) -> None:
        """The revision that serves stays registered until the next one does."""
        assert {"create_before_destroy": True} == task.resource("aws_ecs_task_definition")["lifecycle"]

    def test_destroy_leaves_nothing(self, task: Synthesized) -> None:
        """Revisions go with the stack, and those of releases are none of Terraform's."""
        assert not {"skip_destroy", "track_latest"} & task.resource("aws_ecs_task_definition").keys()


class TestLogs:
    """The log group."""

    def test_own(self, task: Synthesized) -> None:
        """The container logs to the task's own group."""
        (container,) = json.loads(task.resource("aws_ecs_task_definition")["container_definitions"])

        assert (
            f"${{aws_cloudwatch_log_group.{log_group(task)}.name}}"
            == container["logConfiguration"]["options"]["awslogs-group"]
        )

    def test_retention(self, task: Synthesized) -> None:
        """Logs go after a while."""
        group = task.resource("aws_cloudwatch_log_group")

        assert ("/ecs/isms-backend-staging", 30) == (group["name"], group["retention_in_days"])

    def test_retention_of_settings(self) -> None:
        """How long is a setting."""
        assert 7 == build(log_retention_days=7).resource("aws_cloudwatch_log_group")["retention_in_days"]


class TestExecutionRole:
    """What ECS may do to start the task."""

    def test_exact(self, task: Synthesized) -> None:
        """It may pull from this repository, write this log and read exactly these secrets."""
        assert {
            ("ecr:GetAuthorizationToken",): ["*"],
            ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"): ["arn:repository"],
            ("logs:CreateLogStream", "logs:PutLogEvents"): [f"${{aws_cloudwatch_log_group.{log_group(task)}.arn}}:*"],
            ("secretsmanager:GetSecretValue",): ["arn:secret"],
        } == statements(task, "execution")

    def test_public_image(self, public: Synthesized) -> None:
        """Without a repository and secrets it may only write the log."""
        assert [("logs:CreateLogStream", "logs:PutLogEvents")] == list(statements(public, "execution"))


class TestTaskRole:
    """What the application may do."""

    def test_is_the_workloads(self, task: Synthesized) -> None:
        """It may do what the stack says and nothing else."""
        assert {("s3:GetObject",): ["arn:bucket/*"]} == statements(task, "role")

    def test_nothing(self, public: Synthesized) -> None:
        """An application that may do nothing has a role without a policy."""
        assert 1 == len(public.resources("aws_iam_role_policy"))
        assert 2 == len(public.resources("aws_iam_role"))

    def test_sessions(self, with_exec: Synthesized) -> None:
        """Sessions need a channel, which has no resource type, and their own log."""
        channels = {
            "ssmmessages:CreateControlChannel",
            "ssmmessages:CreateDataChannel",
            "ssmmessages:OpenControlChannel",
            "ssmmessages:OpenDataChannel",
        }

        assert {
            ("s3:GetObject",): ["arn:bucket/*"],
            tuple(sorted({*channels, "logs:DescribeLogGroups"})): ["*"],
            ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"): ["arn:exec-logs:*"],
        } == statements(with_exec, "role")

    def test_sessions_are_logged(self) -> None:
        """A session that nothing logs is refused."""
        with pytest.raises(ValueError, match="which logs the sessions"):
            build(exec_enabled=True)

    @pytest.mark.parametrize("role", ["execution", "role"])
    def test_trust(self, task: Synthesized, role: str) -> None:
        """Only ECS tasks of this account and region may take on a role."""
        documents: dict[str, Block] = task.document["data"]["aws_iam_policy_document"]
        (document,) = [b for id_, b in documents.items() if id_.startswith(f"task_{role}_trust")]
        (statement,) = document["statement"]

        assert [{"identifiers": ["ecs-tasks.amazonaws.com"], "type": "Service"}] == statement["principals"]
        assert {
            "aws:SourceAccount": ["956880242582"],
            "aws:SourceArn": ["arn:aws:ecs:eu-west-2:956880242582:*"],
        } == {condition["variable"]: condition["values"] for condition in statement["condition"]}
