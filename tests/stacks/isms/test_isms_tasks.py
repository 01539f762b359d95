"""ISMS's stacks: what the containers get, and what their roles may do with it."""

import pytest

from tests.stacks.isms.sample_isms import containers, environment_of, of_service, ref, statements
from tests.support import Synthesized


class TestTasks:
    """What the containers get."""

    def test_backend_finds_the_database(self, staging: Synthesized) -> None:
        """Host, port, name and the credentials' ARN; no password."""
        names = set(environment_of(containers(staging)["backend"]))

        assert {"DB_HOST", "DB_PORT", "DB_NAME", "DB_SECRET_ARN", "AWS_REGION"} <= names
        assert not [name for name in names if "PASSWORD" in name]

    def test_secrets_are_references(self, staging: Synthesized) -> None:
        """The backend gets the keys of the application secret by reference."""
        secrets = {one["name"]: one["valueFrom"] for one in containers(staging)["backend"]["secrets"]}

        assert {"JWT_SECRET", "API_KEY"} == set(secrets)
        assert all(source.endswith(f":{name}::") for name, source in secrets.items())

    def test_frontend_gets_nothing(self, staging: Synthesized) -> None:
        """The frontend needs neither the database nor a secret."""
        frontend = containers(staging)["frontend"]

        assert ({}, []) == (environment_of(frontend), frontend["secrets"])

    def test_read_only(self, stack: Synthesized) -> None:
        """No container writes to its root file system."""
        assert [True, True] == [one["readonlyRootFilesystem"] for one in containers(stack).values()]

    def test_users(self, staging: Synthesized) -> None:
        """The backend does not run as root; the frontend's image opens port 80 as root itself."""
        assert ["1000:1000", None] == [containers(staging)[name].get("user") for name in ("backend", "frontend")]


class TestBackend:
    """What the backend alone may do."""

    def test_database(self, staging: Synthesized) -> None:
        """Each variable names this stack's own cluster."""
        found = environment_of(containers(staging)["backend"])
        cluster = {
            "DB_HOST": "endpoint",
            "DB_READER_HOST": "reader_endpoint",
            "DB_SECRET_ARN": "master_user_secret[0].secret_arn",
        }

        assert {key: ref(staging, "aws_rds_cluster", value) for key, value in cluster.items()} == {
            key: found[key] for key in cluster
        }

    def test_region(self, staging: Synthesized) -> None:
        """The AWS SDK asks for the credentials in the stack's region."""
        assert "eu-west-2" == environment_of(containers(staging)["backend"])["AWS_REGION"]

    def test_reads_the_databases_credentials(self, staging: Synthesized) -> None:
        """The task reads the secret that RDS rotates, when it connects."""
        secret = ref(staging, "aws_rds_cluster", "master_user_secret[0].secret_arn")

        assert [(["secretsmanager:GetSecretValue"], [secret])] == [
            (one["actions"], one["resources"])
            for one in statements(staging, "backend_service_task_role_permissions")
            if "secretsmanager:GetSecretValue" in one["actions"]
        ]

    def test_connects_by_iam(self, staging: Synthesized) -> None:
        """Or connects with a token, to this account's cluster only."""
        resource = ref(staging, "aws_rds_cluster", "cluster_resource_id")

        assert [[f"arn:aws:rds-db:eu-west-2:956880242582:dbuser:{resource}/app"]] == [
            one["resources"]
            for one in statements(staging, "backend_service_task_role_permissions")
            if "rds-db:connect" in one["actions"]
        ]

    def test_application_secret(self, staging: Synthesized) -> None:
        """The execution role reads the application's secret and no other."""
        assert [[ref(staging, "aws_secretsmanager_secret", "arn")]] == [
            one["resources"]
            for one in statements(staging, "backend_service_task_execution_permissions")
            if "secretsmanager:GetSecretValue" in one["actions"]
        ]

    def test_secrets_are_of_the_application(self, staging: Synthesized) -> None:
        """Both keys come from the stack's own secret."""
        arn = ref(staging, "aws_secretsmanager_secret", "arn")

        assert {f"{arn}:{key}::" for key in ("JWT_SECRET", "API_KEY")} == {
            one["valueFrom"] for one in containers(staging)["backend"]["secrets"]
        }


def test_frontend_may_do_nothing(stack: Synthesized) -> None:
    """The frontend's task role has no permissions, and its execution role reads no secret."""
    execution = statements(stack, "frontend_service_task_execution_permissions")

    assert [] == statements(stack, "frontend_service_task_role_permissions")
    assert [] == [one for one in execution if "secretsmanager:GetSecretValue" in one["actions"]]


@pytest.mark.parametrize("service", ["backend", "frontend"])
class TestEach:
    """What both services have."""

    def test_image_is_its_own(self, service: str, staging: Synthesized) -> None:
        """Each runs and pulls the images of its own repository."""
        repository = ref(staging, "aws_ecr_repository", "arn", f"{service}_repository_")
        url = ref(staging, "aws_ecr_repository", "repository_url", f"{service}_repository_")

        assert f"{url}:staging" == containers(staging)[service]["image"]
        assert [[repository]] == [
            one["resources"]
            for one in statements(staging, f"{service}_service_task_execution_permissions")
            if "ecr:BatchGetImage" in one["actions"]
        ]

    def test_repository_is_its_own(self, service: str, staging: Synthesized) -> None:
        """Each pushes to the repository of its name."""
        (block,) = of_service(staging, "aws_ecr_repository", service).values()

        assert f"isms-{service}" == block["name"]

    def test_logs(self, service: str, staging: Synthesized) -> None:
        """Each logs to a group of its own, for 30 days."""
        group = ref(staging, "aws_cloudwatch_log_group", "name", f"{service}_service_task_logs_")
        (block,) = of_service(staging, "aws_cloudwatch_log_group", service).values()

        assert group == containers(staging)[service]["logConfiguration"]["options"]["awslogs-group"]
        assert (f"/ecs/isms-{service}-staging", 30) == (block["name"], block["retention_in_days"])

    def test_no_sessions(self, service: str, staging: Synthesized) -> None:
        """Nobody opens a session in a container unless the settings say so."""
        (block,) = of_service(staging, "aws_ecs_service", service).values()

        assert block["enable_execute_command"] is False

    def test_scaling_is_of_the_service(self, service: str, staging: Synthesized) -> None:
        """The bounds are of the service whose name they bear."""
        (block,) = of_service(staging, "aws_appautoscaling_target", service).values()

        assert block["resource_id"].endswith("/" + ref(staging, "aws_ecs_service", "name", f"{service}_"))

    @pytest.mark.parametrize(("metric", "target"), [("CPU", 70), ("Memory", 80)])
    def test_scaling_targets(self, service: str, metric: str, target: int, staging: Synthesized) -> None:
        """It scales on CPU at the design's 70 %, and on memory."""
        found = {
            one["target_tracking_scaling_policy_configuration"]["predefined_metric_specification"][
                "predefined_metric_type"
            ]: one["target_tracking_scaling_policy_configuration"]["target_value"]
            for one in of_service(staging, "aws_appautoscaling_policy", service).values()
        }

        assert target == found[f"ECSServiceAverage{metric}Utilization"]


@pytest.mark.parametrize(
    ("service", "paths"),
    [("backend", ["/tmp"]), ("frontend", ["/tmp", "/var/cache/nginx", "/var/run"])],
)
def test_writable_paths(service: str, paths: list[str], staging: Synthesized) -> None:
    """Beside the read-only root the images write where they must: nginx keeps a cache and its process id."""
    assert paths == [point["containerPath"] for point in containers(staging)[service]["mountPoints"]]


def test_container_insights(stack: Synthesized) -> None:
    """CloudWatch counts the tasks and watches their CPU and memory."""
    assert [{"name": "containerInsights", "value": "enabled"}] == stack.resource("aws_ecs_cluster")["setting"]


def test_both_kinds_of_capacity(stack: Synthesized) -> None:
    """The cluster offers on-demand and Spot capacity."""
    assert ["FARGATE", "FARGATE_SPOT"] == stack.resource("aws_ecs_cluster_capacity_providers")["capacity_providers"]
