"""A web service as Terraform JSON: that its parts belong together."""

import pytest

from modules.container.application import Application
from modules.deployment.release import Secret
from modules.fargate.service_settings import FargateServiceSettings
from tests.modules.web_service.sample_web_service import APPLICATION, SECRET, build, container, ref, statements
from tests.support import Synthesized

SERVICE = "aws_ecs_service"


@pytest.fixture(scope="module")
def blue_green() -> Synthesized:
    """A service that CodeDeploy rolls out."""
    return build("blue_green")


@pytest.fixture(scope="module")
def release() -> Synthesized:
    """A service that the release command rolls out."""
    return build("release")


@pytest.fixture(scope="module")
def plain() -> Synthesized:
    """A service that Terraform rolls out, of an application that needs nothing, with a fixed number of tasks."""
    return build("terraform", application=Application(container_name="server"), scaling=None)


class TestTask:
    """What runs."""

    def test_names(self, blue_green: Synthesized) -> None:
        """Service and family are called by the service's name, the container by the application's."""
        assert "isms-backend-staging" == blue_green.resource(SERVICE)["name"]
        assert "isms-backend-staging" == blue_green.resource("aws_ecs_task_definition")["family"]
        assert "server" == container(blue_green)["name"]

    @pytest.mark.parametrize("stack", ["blue_green", "release"])
    def test_first_image(self, stack: str, request: pytest.FixtureRequest) -> None:
        """Before the first release the tag of the settings runs."""
        found: Synthesized = request.getfixturevalue(stack)

        assert f"{ref(found, 'aws_ecr_repository', 'repository_url')}:first" == container(found)["image"]

    def test_environment(self, blue_green: Synthesized) -> None:
        """The application's variables reach the container."""
        assert [{"name": "MODE", "value": "strict"}] == container(blue_green)["environment"]

    def test_secrets(self, blue_green: Synthesized) -> None:
        """The application's secrets reach the container by reference."""
        expected = [{"name": "JWT_SECRET", "valueFrom": f"{SECRET}:JWT_SECRET::"}]

        assert expected == container(blue_green)["secrets"]

    def test_own_permissions(self, blue_green: Synthesized) -> None:
        """The task role has what the application asks for, and no more."""
        assert [["rds-db:connect"]] == [one["actions"] for one in statements(blue_green, "task_role_permissions")]

    def test_secret_is_readable(self, blue_green: Synthesized) -> None:
        """The execution role reads the application's secret, whole, and no other."""
        found = [
            one for one in statements(blue_green, "execution_permissions") if "secretsmanager" in str(one["actions"])
        ]

        assert [[SECRET]] == [one["resources"] for one in found]

    def test_image_is_readable(self, blue_green: Synthesized) -> None:
        """The execution role pulls from the service's repository only."""
        (found,) = [
            one for one in statements(blue_green, "execution_permissions") if "ecr:BatchGetImage" in one["actions"]
        ]

        assert [ref(blue_green, "aws_ecr_repository", "arn")] == found["resources"]

    def test_application_that_needs_nothing(self, plain: Synthesized) -> None:
        """Without variables, secrets and permissions there are none."""
        assert ([], []) == (container(plain)["environment"], container(plain)["secrets"])
        assert not [i for i in plain.document["data"]["aws_iam_policy_document"] if "task_role_permissions" in i]

    def test_sessions(self) -> None:
        """A service may allow sessions where its cluster logs them."""
        service = FargateServiceSettings(
            cpu=256, memory_mib=512, cpu_architecture="ARM64", port=4000, user=None, exec_enabled=True
        )

        assert build(service=service).resource(SERVICE)["enable_execute_command"] is True


class TestPlace:
    """Where it runs."""

    def test_subnets(self, blue_green: Synthesized) -> None:
        """The tasks are where the platform places them."""
        network = blue_green.resource(SERVICE)["network_configuration"]

        assert (["subnet-a", "subnet-b"], False) == (network["subnets"], network["assign_public_ip"])

    def test_cluster(self, blue_green: Synthesized) -> None:
        """The service is in the platform's cluster."""
        assert ref(blue_green, "aws_ecs_cluster", "arn") == blue_green.resource(SERVICE)["cluster"]

    def test_capacity(self, blue_green: Synthesized) -> None:
        """The share of Spot is the service's setting."""
        shares = [
            (share["capacity_provider"], share["weight"], share["base"])
            for share in blue_green.resource(SERVICE)["capacity_provider_strategy"]
        ]

        assert [("FARGATE", 40, 2), ("FARGATE_SPOT", 60, 0)] == shares

    @pytest.mark.parametrize("needed", ["aws_cloudwatch_log_group.needed", "aws_lb_listener_rule.api_route_production"])
    def test_starts_when_it_can_work(self, blue_green: Synthesized, needed: str) -> None:
        """Tasks wait for what the platform says they need, and for their route."""
        assert any(one.startswith(needed) for one in blue_green.resource(SERVICE)["depends_on"])

    def test_only_the_load_balancer_reaches_it(self, blue_green: Synthesized) -> None:
        """One rule lets in: from the load balancer's group, to the service's port."""
        (rule,) = [
            rule
            for id_, rule in blue_green.resources("aws_vpc_security_group_ingress_rule").items()
            if id_.startswith("api_")
        ]

        assert ref(blue_green, "aws_security_group", "id", "load_balancer") == rule["referenced_security_group_id"]
        assert (4000, 4000) == (rule["from_port"], rule["to_port"])


class TestRoute:
    """How requests reach it."""

    def test_serves_on_blue_first(self, blue_green: Synthesized) -> None:
        """The service registers with the route's blue target group, on its own port."""
        (target,) = blue_green.resource(SERVICE)["load_balancer"]

        assert ref(blue_green, "aws_lb_target_group", "arn", "blue") == target["target_group_arn"]
        assert ("server", 4000) == (target["container_name"], target["container_port"])

    def test_target_groups(self, blue_green: Synthesized) -> None:
        """The target groups are in the tasks' network and on their port."""
        groups = blue_green.resources("aws_lb_target_group").values()

        assert [("vpc-1", 4000, "/api/health")] * 2 == [
            (group["vpc_id"], group["port"], group["health_check"]["path"]) for group in groups
        ]

    @pytest.mark.parametrize(("stack", "rules", "groups"), [("blue_green", 2, 2), ("release", 1, 1), ("plain", 1, 1)])
    def test_deploy_mode(self, stack: str, rules: int, groups: int, request: pytest.FixtureRequest) -> None:
        """Only blue/green needs a second side."""
        found: Synthesized = request.getfixturevalue(stack)

        assert rules == len(found.resources("aws_lb_listener_rule"))
        assert groups == len(found.resources("aws_lb_target_group"))

    def test_ignored_changes(self, blue_green: Synthesized, release: Synthesized) -> None:
        """Who releases owns what a release changes, and scaling owns the number of tasks."""
        assert {"desired_count", "task_definition"} == set(release.resource(SERVICE)["lifecycle"]["ignore_changes"])
        assert "load_balancer" in blue_green.resource(SERVICE)["lifecycle"]["ignore_changes"]


class TestScaling:
    """How many tasks run."""

    def test_is_bound_to_the_service(self, blue_green: Synthesized) -> None:
        """The bounds are of this service in this cluster."""
        cluster, service = ref(blue_green, "aws_ecs_cluster", "name"), ref(blue_green, SERVICE, "name")

        assert f"service/{cluster}/{service}" == blue_green.resource("aws_appautoscaling_target")["resource_id"]

    def test_bounds(self, blue_green: Synthesized) -> None:
        """The bounds are the settings'."""
        target = blue_green.resource("aws_appautoscaling_target")

        assert (3, 8) == (target["min_capacity"], target["max_capacity"])

    def test_fixed_number(self, plain: Synthesized) -> None:
        """Without scaling nothing scales, and the number of tasks is Terraform's."""
        assert {} == plain.resources("aws_appautoscaling_target")
        assert "ignore_changes" not in plain.resource(SERVICE).get("lifecycle", {})

    def test_number_at_first(self, blue_green: Synthesized) -> None:
        """The service starts with the settings' number of tasks."""
        assert 3 == blue_green.resource(SERVICE)["desired_count"]


def test_two_secrets_are_both_readable() -> None:
    """Every secret of an application is readable at start."""
    both = [*APPLICATION.secret_keys, Secret(arn="arn:second", keys=[])]
    stack = build(application=Application(container_name="server", secret_keys=both))
    (found,) = [one for one in statements(stack, "execution_permissions") if "secretsmanager" in str(one["actions"])]

    assert [SECRET, "arn:second"] == found["resources"]
