"""What those see who release a web service: CodeDeploy, and what the roles of pipelines are made from."""

import pytest

from modules.container.application import Application
from modules.deployment.deploy_mode import DeployMode
from modules.deployment.release_manifest import ReleaseSettings
from tests.modules.web_service.sample_web_service import SECRET, build, ref, statements
from tests.support import Synthesized

NAME = "isms-backend-staging"


@pytest.fixture(scope="module")
def blue_green() -> Synthesized:
    """A service that CodeDeploy rolls out."""
    return build("blue_green", release=ReleaseSettings(migration_command=["migrate"]))


@pytest.fixture(scope="module")
def terraform() -> Synthesized:
    """A service that Terraform rolls out, without secrets and without a migration."""
    return build("terraform", application=Application(container_name="server"))


class TestCodeDeploy:
    """What makes a blue/green deployment."""

    def test_names(self, blue_green: Synthesized) -> None:
        """Application and deployment group are called by the service's name."""
        assert f"{NAME}-app" == blue_green.resource("aws_codedeploy_app")["name"]
        assert f"{NAME}-dg" == blue_green.resource("aws_codedeploy_deployment_group")["deployment_group_name"]

    def test_service(self, blue_green: Synthesized) -> None:
        """It deploys this service in this cluster."""
        expected = {
            "cluster_name": ref(blue_green, "aws_ecs_cluster", "name"),
            "service_name": ref(blue_green, "aws_ecs_service", "name"),
        }

        assert expected == blue_green.resource("aws_codedeploy_deployment_group")["ecs_service"]

    def test_alarms_of_both_colors(self, blue_green: Synthesized) -> None:
        """The 5xx and unhealthy alarms of either side stop a deployment, as they swap their roles."""
        expected = {f"{NAME}-{color}-{alarm}" for color in ("blue", "green") for alarm in ("5xx", "unhealthy")}
        configuration = blue_green.resource("aws_codedeploy_deployment_group")["alarm_configuration"]

        assert expected == set(configuration["alarms"])
        assert configuration["enabled"] is True

    def test_alarms_exist(self, blue_green: Synthesized) -> None:
        """CodeDeploy refuses a deployment whose alarm does not exist."""
        configuration = blue_green.resource("aws_codedeploy_deployment_group")["alarm_configuration"]
        existing = {one["alarm_name"] for one in blue_green.resources("aws_cloudwatch_metric_alarm").values()}

        assert set(configuration["alarms"]) <= existing

    def test_routes(self, blue_green: Synthesized) -> None:
        """Traffic moves on the production listener, and is tried on the test listener."""
        pair = blue_green.resource("aws_codedeploy_deployment_group")["load_balancer_info"]["target_group_pair_info"]

        assert [ref(blue_green, "aws_lb_listener", "arn", "production")] == pair["prod_traffic_route"]["listener_arns"]
        assert [ref(blue_green, "aws_lb_listener", "arn", "test")] == pair["test_traffic_route"]["listener_arns"]
        assert [{"name": ref(blue_green, "aws_lb_target_group", "name", color)} for color in ("blue", "green")] == (
            pair["target_group"]
        )

    def test_passes_the_services_roles_only(self, blue_green: Synthesized) -> None:
        """New tasks get the task role and the execution role of this service, and nothing else is passed."""
        (found,) = [
            one for one in statements(blue_green, "blue_green_role_permissions") if "iam:PassRole" in one["actions"]
        ]

        assert [
            ref(blue_green, "aws_iam_role", "arn", "task_role"),
            ref(blue_green, "aws_iam_role", "arn", "execution"),
        ] == found["resources"]

    def test_changes_both_rules(self, blue_green: Synthesized) -> None:
        """CodeDeploy may change the rules of both listeners that lead to this service."""
        (found,) = [
            one
            for one in statements(blue_green, "blue_green_role_permissions")
            if "elasticloadbalancing:ModifyRule" in one["actions"]
        ]

        assert [ref(blue_green, "aws_lb_listener_rule", "arn", color) for color in ("production", "test")] == found[
            "resources"
        ]

    def test_is_trusted_for_its_group(self, blue_green: Synthesized) -> None:
        """The role is of this account's deployment group in this region."""
        (trust,) = statements(blue_green, "blue_green_role_trust")

        assert [
            ["956880242582"],
            [f"arn:aws:codedeploy:eu-west-2:956880242582:deploymentgroup:{NAME}-app/{NAME}-dg"],
        ] == [one["values"] for one in trust["condition"]]

    @pytest.mark.parametrize("mode", ["terraform", "release"])
    def test_is_for_blue_green_only(self, mode: DeployMode) -> None:
        """The other modes have no CodeDeploy."""
        stack = build(mode)

        assert {} == stack.resources("aws_codedeploy_app") | stack.resources("aws_codedeploy_deployment_group")


class TestDeployable:
    """What the roles of pipelines are made from."""

    def test_references(self, blue_green: Synthesized) -> None:
        """Every reference is to this service's own."""
        expected = {
            "cluster_name": ref(blue_green, "aws_ecs_cluster", "name"),
            "service_name": ref(blue_green, "aws_ecs_service", "name"),
            "family": ref(blue_green, "aws_ecs_task_definition", "family"),
            "task_role_arn": ref(blue_green, "aws_iam_role", "arn", "task_role"),
            "execution_role_arn": ref(blue_green, "aws_iam_role", "arn", "execution"),
            "repository_arn": ref(blue_green, "aws_ecr_repository", "arn"),
            "log_group_name": ref(blue_green, "aws_cloudwatch_log_group", "name", "task_logs"),
            "manifest_parameter_arn": ref(blue_green, "aws_ssm_parameter", "arn"),
            "secret_arns": [SECRET],
        }

        assert expected == {key: blue_green.output("deployable")[key] for key in expected}

    def test_code_deploy(self, blue_green: Synthesized) -> None:
        """It names what a release may deploy with."""
        found = blue_green.output("deployable")["code_deploy"]

        assert ref(blue_green, "aws_codedeploy_app", "name") == found["application"]

    @pytest.mark.parametrize(("stack", "migrates"), [("blue_green", True), ("terraform", False)])
    def test_migrates(self, stack: str, migrates: bool, request: pytest.FixtureRequest) -> None:
        """A service with a migration command changes the database before a release."""
        assert migrates is request.getfixturevalue(stack).output("deployable")["migrates"]

    def test_without_code_deploy(self, terraform: Synthesized) -> None:
        """Without CodeDeploy there is nothing to deploy with, and without secrets none to read."""
        deployable = terraform.output("deployable")

        # An output leaves out what is None.
        assert "code_deploy" not in deployable
        assert [] == deployable["secret_arns"]

    def test_results(self, blue_green: Synthesized) -> None:
        """The stack lets the tasks in elsewhere, and says where images go."""
        assert ref(blue_green, "aws_security_group", "id", "network_group") == blue_green.output("security_group_id")
        assert ref(blue_green, "aws_ecr_repository", "repository_url") == blue_green.output("repository_url")
