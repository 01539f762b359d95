"""ISMS's one class in other shapes than the two environments have: deploy modes and settings. The rest is in isms/."""

import pytest

from modules.application_secret import ApplicationSecretSettings
from modules.aurora.settings import AuroraSettings
from modules.deployment.blue_green import BlueGreenSettings
from modules.fargate.capacity import CapacitySettings
from modules.fargate.cluster import FargateClusterSettings
from modules.images.repository import ImageRepositorySettings
from modules.load_balancer.load_balancer import LoadBalancerSettings
from modules.network.network import NetworkSettings
from modules.watching.alert_topic import AlertTopicSettings
from modules.watching.aurora_alarms import AuroraAlarmsSettings
from modules.watching.budget import BudgetSettings
from stacks.environment import PROVIDER_VERSION
from tests.stacks.isms.sample_isms import GITHUB, build, by_name, containers, manifest, statements

__all__ = ["GITHUB"]


class TestDeployModes:
    """The same stack in the other two modes."""

    @pytest.mark.parametrize(
        ("mode", "ignored"),
        [
            ("terraform", {"desired_count"}),
            ("release", {"desired_count", "task_definition"}),
        ],
    )
    def test_without_code_deploy(self, mode: str, ignored: set[str]) -> None:
        """ECS itself rolls out: one target group a service, no CodeDeploy, no test listener."""
        stack = build(deploy_mode=mode, deployment=None)
        services = stack.resources("aws_ecs_service").values()

        assert 2 == len(stack.resources("aws_lb_target_group"))
        assert {} == stack.resources("aws_codedeploy_app")
        assert 1 == len(stack.resources("aws_lb_listener"))
        assert [ignored] * 2 == [set(service["lifecycle"]["ignore_changes"]) for service in services]

    def test_variables(self) -> None:
        """Where Terraform rolls out, a variable a service says which image."""
        stack = build(deploy_mode="terraform", deployment=None)

        assert {"backend_image_tag", "frontend_image_tag"} == set(stack.document["variable"])

    def test_blue_green_needs_no_variable(self) -> None:
        """A release says which image."""
        assert "variable" not in build().document

    @pytest.mark.parametrize("mode", ["terraform", "release"])
    def test_outputs(self, mode: str) -> None:
        """Without CodeDeploy no output speaks of it."""
        outputs = build(deploy_mode=mode, deployment=None).document["output"]

        assert [] == [name for name in outputs if "codedeploy" in name]

    @pytest.mark.parametrize("mode", ["terraform", "release"])
    def test_pipelines(self, mode: str) -> None:
        """Without CodeDeploy the pipelines' roles have nothing to do with it."""
        documents = build(deploy_mode=mode, deployment=None, github=GITHUB).document["data"]["aws_iam_policy_document"]

        assert "codedeploy:CreateDeployment" not in str(documents)


class TestSettings:
    """That each setting reaches its part."""

    def test_shared_repositories(self) -> None:
        """Where both environments live in one account, one of them only reads the repositories."""
        stack = build(repositories=ImageRepositorySettings(create=False))
        names = {block["name"] for block in stack.document["data"]["aws_ecr_repository"].values()}

        assert {"isms-backend", "isms-frontend"} == names
        assert {} == stack.resources("aws_ecr_repository")

    def test_old_provider(self) -> None:
        """A provider from a mirror that has no exclusion filters gets none."""
        stack = build(context={PROVIDER_VERSION: "5.100.0"})

        assert "5.100.0" == stack.document["terraform"]["required_providers"]["aws"]["version"]
        for block in stack.resources("aws_ecr_repository").values():
            assert "image_tag_mutability_exclusion_filter" not in block

    def test_network(self) -> None:
        """Without NAT tasks reach AWS through interface endpoints."""
        stack = build(network=NetworkSettings(nat="none", interface_endpoints=["ecr", "logs", "secretsmanager"]))

        assert {} == stack.resources("aws_nat_gateway")
        assert {"ecr.api", "ecr.dkr", "logs", "secretsmanager"} == {
            block["service_name"].split(".", 3)[3]
            for block in stack.resources("aws_vpc_endpoint").values()
            if block["vpc_endpoint_type"] == "Interface"
        }

    def test_tasks_wait_for_endpoints(self) -> None:
        """A task that starts before the endpoints finds neither image nor secret."""
        stack = build(network=NetworkSettings(nat="none", interface_endpoints=["ecr", "logs", "secretsmanager"]))
        (service, _) = stack.resources("aws_ecs_service").values()

        assert {f"aws_vpc_endpoint.{id_}" for id_ in stack.resources("aws_vpc_endpoint")} <= set(service["depends_on"])

    def test_load_balancer(self) -> None:
        """Its settings are the environment's."""
        stack = build(load_balancer=LoadBalancerSettings(idle_timeout_s=77))

        assert 77 == stack.resource("aws_lb")["idle_timeout"]

    def test_sessions(self) -> None:
        """Both services allow sessions, which the cluster logs."""
        stack = build(cluster=FargateClusterSettings(exec_enabled=True), exec_enabled=True)

        assert [True, True] == [
            block["enable_execute_command"] for block in stack.resources("aws_ecs_service").values()
        ]
        assert "execute_command_configuration" in stack.resource("aws_ecs_cluster")["configuration"]

    def test_private_namespace(self) -> None:
        """The namespace is looked up in the stack's own network."""
        stack = build(cluster=FargateClusterSettings(private_namespace="isms.internal"))
        namespace = stack.resource("aws_service_discovery_private_dns_namespace")
        (vpc,) = stack.resources("aws_vpc")

        assert ("isms.internal", f"${{aws_vpc.{vpc}.id}}") == (namespace["name"], namespace["vpc"])

    def test_without_container_insights(self) -> None:
        """Where nobody counts tasks there is no alarm on their number, and no graph."""
        stack = build(cluster=FargateClusterSettings(container_insights="disabled"))
        names = {block["alarm_name"] for block in stack.resources("aws_cloudwatch_metric_alarm").values()}

        assert [] == [name for name in names if name.endswith("-running-tasks")]
        assert "RunningTaskCount" not in stack.resource("aws_cloudwatch_dashboard")["dashboard_body"]

    def test_log_retention(self) -> None:
        """Of both services."""
        groups = build(log_retention_days=7).resources("aws_cloudwatch_log_group")

        assert [7, 7] == [block["retention_in_days"] for id_, block in groups.items() if "_service_task_logs_" in id_]

    def test_architecture(self) -> None:
        """What is built for another processor runs on it, and the release knows."""
        stack = build(cpu_architecture="X86_64")
        tasks = stack.resources("aws_ecs_task_definition").values()

        assert ["X86_64", "X86_64"] == [task["runtime_platform"]["cpu_architecture"] for task in tasks]
        assert "X86_64" == manifest(stack, "frontend")["ecs"]["cpu_architecture"]

    def test_deployment(self) -> None:
        """Of both services."""
        stack = build(deployment=BlueGreenSettings(type="all_at_once", termination_wait_min=17))

        assert [17, 17] == [manifest(stack, one)["code_deploy"]["termination_wait_min"] for one in containers(stack)]

    def test_alerts(self) -> None:
        """Who is told."""
        stack = build(alerts=AlertTopicSettings(emails=["alerts@demo.paythru.com"]))

        assert "alerts@demo.paythru.com" == stack.resource("aws_sns_topic_subscription")["endpoint"]

    def test_aurora_alarms(self) -> None:
        """When the database is in trouble."""
        stack = build(aurora_alarms=AuroraAlarmsSettings(acu_percent=66))

        assert 66 in [block["threshold"] for block in stack.resources("aws_cloudwatch_metric_alarm").values()]

    def test_database_is_watched_from_inside(self) -> None:
        """Only RDS for this account's own instances may write what it sees there."""
        settings = AuroraSettings(min_capacity_acu=2, max_capacity_acu=16, enhanced_monitoring_s=60)
        (trust,) = statements(build("production", aurora=settings), "aurora_instances_monitoring_trust")

        assert ["641918319442", "arn:aws:rds:eu-west-2:641918319442:db:isms-production-*"] == [
            value for condition in trust["condition"] for value in condition["values"]
        ]

    def test_budget_of_the_stack(self) -> None:
        """Where an account holds several stacks, the budget counts what bears this one's tag."""
        budget = build(budget=BudgetSettings(monthly_limit_usd=1, covers="stack")).resource("aws_budgets_budget")

        assert [{"name": "TagKeyValue", "values": ["user:Stack$staging"]}] == budget["cost_filter"]

    def test_on_demand_base(self) -> None:
        """How many tasks of each service never run on Spot."""
        services = build(capacity=CapacitySettings(spot_percent=70, on_demand_base=3)).resources("aws_ecs_service")

        assert [3, 3] == [max(one["base"] for one in b["capacity_provider_strategy"]) for b in services.values()]

    def test_application_secret(self) -> None:
        """Which values the backend gets."""
        secret = ApplicationSecretSettings(generated=["SESSION_KEY"], provided=["SMTP_PASSWORD"])
        backend = containers(build(application_secret=secret))["backend"]

        assert ["SESSION_KEY", "SMTP_PASSWORD"] == sorted(one["name"] for one in backend["secrets"])

    def test_recovery(self) -> None:
        """How long the deleted secret can be restored, where the environment is not disposable."""
        stack = build("production", secret_recovery_days=9)

        assert 9 == stack.resource("aws_secretsmanager_secret")["recovery_window_in_days"]

    def test_state_bucket(self) -> None:
        """The pipelines plan with the state bucket that the environment names."""
        documents = build(state_bucket="my-states", github=GITHUB).document["data"]["aws_iam_policy_document"]

        assert "arn:aws:s3:::my-states/staging/terraform.tfstate" in str(documents)

    def test_region(self) -> None:
        """Nothing is bound to the region of the design."""
        stack = build(region="eu-west-1")

        assert "eu-west-2" not in str(stack.document)

    def test_name(self) -> None:
        """Roles of the pipelines bear the stack's name."""
        assert "isms-production-github-push" in by_name(build("production", github=GITHUB), "aws_iam_role")
