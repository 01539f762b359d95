"""Aldeia's stacks: the values of design 004, one by one."""

import json

import pytest

from tests.stacks.aldeia.sample_aldeia import FILES
from tests.stacks.isms.sample_isms import containers, environment_of, of_service, ref
from tests.support import Block, Synthesized

SERVICES = ["backend", "frontend", "chromadb"]

SIZES = [
    ("staging_on_fargate", "backend", "512", "1024"),
    ("staging_on_fargate", "frontend", "256", "512"),
    ("staging_on_fargate", "chromadb", "1024", "2048"),
    ("production", "backend", "1024", "2048"),
    ("production", "frontend", "512", "1024"),
    ("production", "chromadb", "2048", "4096"),
]


def task_of(stack: Synthesized, service: str) -> Block:
    """The task definition of a service."""
    (task,) = of_service(stack, "aws_ecs_task_definition", service).values()
    return task


class TestTasks:
    """The task definitions."""

    @pytest.mark.parametrize(("name", "service", "cpu", "memory"), SIZES)
    def test_sizes(self, name: str, service: str, cpu: str, memory: str, request: pytest.FixtureRequest) -> None:
        """CPU units and MiB."""
        task = task_of(request.getfixturevalue(name), service)

        assert (cpu, memory) == (task["cpu"], task["memory"])

    @pytest.mark.parametrize("service", SERVICES)
    def test_fargate(self, service: str, tasks: Synthesized) -> None:
        """On Fargate, in the network of the VPC, on x86."""
        task = task_of(tasks, service)

        assert (["FARGATE"], "awsvpc") == (task["requires_compatibilities"], task["network_mode"])
        assert "X86_64" == task["runtime_platform"]["cpu_architecture"]

    @pytest.mark.parametrize(("service", "port"), [("backend", 3001), ("frontend", 3002), ("chromadb", 8000)])
    def test_ports(self, service: str, port: int, tasks: Synthesized) -> None:
        """One each."""
        assert [{"containerPort": port, "hostPort": port, "protocol": "tcp"}] == containers(tasks)[service][
            "portMappings"
        ]

    @pytest.mark.parametrize(("name", "node_env"), [("production", "production"), ("staging_on_fargate", "staging")])
    @pytest.mark.parametrize("service", ["backend", "frontend"])
    def test_node_env(self, service: str, name: str, node_env: str, request: pytest.FixtureRequest) -> None:
        """Of both applications."""
        assert node_env == environment_of(containers(request.getfixturevalue(name))[service])["NODE_ENV"]

    @pytest.mark.parametrize(
        ("name", "domain"), [("production", "aldeia.com"), ("staging_on_fargate", "staging.aldeia.com")]
    )
    def test_backend_url(self, name: str, domain: str, request: pytest.FixtureRequest) -> None:
        """Where the pages find the backend."""
        found = environment_of(containers(request.getfixturevalue(name))["frontend"])

        assert f"https://api.{domain}" == found["BACKEND_URL"]

    @pytest.mark.parametrize(("service", "port"), [("backend", "3001"), ("frontend", "3002")])
    def test_port_variable(self, service: str, port: str, tasks: Synthesized) -> None:
        """Both listen where they are told."""
        assert port == environment_of(containers(tasks)[service])["PORT"]

    @pytest.mark.parametrize("name", ["JWT_SECRET", "DATABASE_URL"])
    def test_secrets(self, name: str, tasks: Synthesized) -> None:
        """The design's two of the backend, from Secrets Manager."""
        found = {one["name"]: one["valueFrom"] for one in containers(tasks)["backend"]["secrets"]}

        assert f"{ref(tasks, 'aws_secretsmanager_secret', 'arn')}:{name}::" == found[name]

    def test_pages_have_no_secret(self, tasks: Synthesized) -> None:
        """The design's pages have none."""
        assert [] == containers(tasks)["frontend"]["secrets"]

    def test_backend_asks_itself(self, tasks: Synthesized) -> None:
        """Command, interval, timeout and retries."""
        check = containers(tasks)["backend"]["healthCheck"]

        assert ["CMD-SHELL", "curl -f http://localhost:3001/api/health || exit 1"] == check["command"]
        assert (30, 5, 3) == (check["interval"], check["timeout"], check["retries"])

    def test_pages_do_not(self, tasks: Synthesized) -> None:
        """The design's pages have no check of their own; the load balancer asks them."""
        assert "healthCheck" not in containers(tasks)["frontend"]

    @pytest.mark.parametrize("service", SERVICES)
    def test_logs(self, service: str, tasks: Synthesized) -> None:
        """With the awslogs driver, in the stack's region."""
        log = containers(tasks)[service]["logConfiguration"]

        assert ("awslogs", "us-east-1") == (log["logDriver"], log["options"]["awslogs-region"])

    @pytest.mark.parametrize(("name", "value"), [("IS_PERSISTENT", "TRUE"), ("ANONYMIZED_TELEMETRY", "FALSE")])
    def test_chromadb(self, name: str, value: str, tasks: Synthesized) -> None:
        """It writes to disk, and tells nobody."""
        assert value == environment_of(containers(tasks)["chromadb"])[name]

    def test_chromadb_folder(self, tasks: Synthesized) -> None:
        """At the design's path, on EFS, encrypted on the way."""
        (volume,) = [one for one in task_of(tasks, "chromadb")["volume"] if one["name"] == "chromadb-data"]
        efs = volume["efs_volume_configuration"]

        assert {"sourceVolume": "chromadb-data", "containerPath": "/chroma/chroma", "readOnly": False} in (
            containers(tasks)["chromadb"]["mountPoints"]
        )
        assert (ref(tasks, "aws_efs_file_system", "id"), "ENABLED") == (
            efs["file_system_id"],
            efs["transit_encryption"],
        )


class TestServices:
    """How many tasks run."""

    def test_container_insights(self, tasks: Synthesized) -> None:
        """Enabled."""
        (setting,) = tasks.resource("aws_ecs_cluster")["setting"]

        assert {"name": "containerInsights", "value": "enabled"} == setting

    @pytest.mark.parametrize("service", ["backend", "frontend"])
    def test_production_counts(self, service: str, production: Synthesized) -> None:
        """2 at first, 2 at least, 4 at most."""
        (block,) = of_service(production, "aws_ecs_service", service).values()
        (target,) = of_service(production, "aws_appautoscaling_target", service).values()

        assert (2, 2, 4) == (block["desired_count"], target["min_capacity"], target["max_capacity"])

    @pytest.mark.parametrize("service", SERVICES)
    def test_staging_counts(self, service: str, staging_on_fargate: Synthesized) -> None:
        """1 each, and nothing scales."""
        (block,) = of_service(staging_on_fargate, "aws_ecs_service", service).values()

        assert 1 == block["desired_count"]
        assert {} == staging_on_fargate.resources("aws_appautoscaling_target")

    @pytest.mark.parametrize("service", ["backend", "frontend"])
    @pytest.mark.parametrize(
        ("metric", "target"),
        [
            ("ECSServiceAverageCPUUtilization", 70),
            ("ECSServiceAverageMemoryUtilization", 80),
            ("ALBRequestCountPerTarget", 1000),
        ],
    )
    def test_scaling(self, metric: str, target: int, service: str, production: Synthesized) -> None:
        """The design's three policies, with their cooldowns in and out."""
        policies = of_service(production, "aws_appautoscaling_policy", service).values()
        found = [one["target_tracking_scaling_policy_configuration"] for one in policies]

        assert (metric, target, 300, 60) in [
            (
                one["predefined_metric_specification"]["predefined_metric_type"],
                one["target_value"],
                one["scale_in_cooldown"],
                one["scale_out_cooldown"],
            )
            for one in found
        ]

    @pytest.mark.parametrize("service", ["backend", "frontend"])
    def test_requests_are_its_own(self, service: str, production: Synthesized) -> None:
        """What is counted are the requests of the load balancer to this service."""
        (policy,) = [
            one for i, one in of_service(production, "aws_appautoscaling_policy", service).items() if "requests" in i
        ]
        metric = policy["target_tracking_scaling_policy_configuration"]["predefined_metric_specification"]
        balancer = ref(production, "aws_lb", "arn_suffix")

        assert (
            f"{balancer}/{ref(production, 'aws_lb_target_group', 'arn_suffix', f'{service}_')}"
            == (metric["resource_label"])
        )

    def test_three_policies_each(self, production: Synthesized) -> None:
        """And no more."""
        assert 6 == len(production.resources("aws_appautoscaling_policy"))

    @pytest.mark.parametrize(("service", "path"), [("backend", "/api/health"), ("frontend", "/")])
    def test_health(self, service: str, path: str, tasks: Synthesized) -> None:
        """What the load balancer asks."""
        (group,) = of_service(tasks, "aws_lb_target_group", service).values()

        assert (path, "200") == (group["health_check"]["path"], group["health_check"]["matcher"])

    @pytest.mark.parametrize("service", SERVICES)
    def test_on_demand(self, service: str, tasks: Synthesized) -> None:
        """The design has no Spot."""
        (block,) = of_service(tasks, "aws_ecs_service", service).values()

        assert [("FARGATE", 100)] == [
            (one["capacity_provider"], one["weight"]) for one in block["capacity_provider_strategy"]
        ]


class TestRegistries:
    """The repositories."""

    @pytest.mark.parametrize("service", ["backend", "frontend"])
    def test_repository(self, service: str, stack: Synthesized) -> None:
        """Scanned when pushed, encrypted with AES-256."""
        (repository,) = of_service(stack, "aws_ecr_repository", service).values()

        assert {"scan_on_push": True} == repository["image_scanning_configuration"]
        assert [{"encryption_type": "AES256"}] == repository["encryption_configuration"]

    @pytest.mark.parametrize("service", ["backend", "frontend"])
    def test_untagged(self, service: str, stack: Synthesized) -> None:
        """Deleted after 7 days."""
        (policy,) = of_service(stack, "aws_ecr_lifecycle_policy", service).values()
        (rule,) = [one for one in json.loads(policy["policy"])["rules"] if one["selection"]["tagStatus"] == "untagged"]

        assert ("sinceImagePushed", "days", 7, "expire") == (
            rule["selection"]["countType"],
            rule["selection"]["countUnit"],
            rule["selection"]["countNumber"],
            rule["action"]["type"],
        )

    @pytest.mark.parametrize("environment", FILES)
    @pytest.mark.parametrize("service", ["backend", "frontend"])
    def test_releases(self, service: str, environment: str, stack: Synthesized) -> None:
        """The last 10 are kept, of each environment; the design's are those that begin with v."""
        (policy,) = of_service(stack, "aws_ecr_lifecycle_policy", service).values()
        kept = {
            pattern: one["selection"]["countNumber"]
            for one in json.loads(policy["policy"])["rules"]
            for pattern in one["selection"].get("tagPatternList", [])
        }

        assert 10 == kept[f"{environment}-*"]
