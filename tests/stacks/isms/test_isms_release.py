"""ISMS's stacks: what a release needs."""

import json

import pytest

from tests.stacks.isms.sample_isms import manifest, name_of, of_service, ref
from tests.support import Synthesized


class TestManifests:
    """What a release reads."""

    def test_parameters(self, stack: Synthesized) -> None:
        """One parameter a service, below the stack's name."""
        names = {block["name"] for block in stack.resources("aws_ssm_parameter").values()}

        assert {f"/{name_of(stack)}/release/{service}" for service in ("backend", "frontend")} == names

    def test_output_is_the_same(self, staging: Synthesized) -> None:
        """The stack's output is the parameter's value."""
        (id_,) = [i for i in staging.resources("aws_ssm_parameter") if i.startswith("backend_")]

        assert f"${{aws_ssm_parameter.{id_}.insecure_value}}" == staging.output("backend_release_manifest")

    @pytest.mark.parametrize(
        ("service", "command"), [("backend", ["npm", "run", "db:migrate:deploy"]), ("frontend", None)]
    )
    def test_migration(self, service: str, command: list[str] | None, staging: Synthesized) -> None:
        """The backend migrates with Prisma, as the design says."""
        (text,) = [
            b["insecure_value"] for i, b in staging.resources("aws_ssm_parameter").items() if i.startswith(service)
        ]

        assert f'"migration_command":{json.dumps(command, separators=(",", ":"))}' in text.replace(", ", ",")

    @pytest.mark.parametrize(("service", "path"), [("backend", "/api/health"), ("frontend", "/health")])
    @pytest.mark.parametrize(
        ("name", "domain"), [("staging", "trust.demo.paythru.com"), ("production", "trust.paythru.com")]
    )
    def test_url(self, name: str, domain: str, service: str, path: str, request: pytest.FixtureRequest) -> None:
        """A release asks the health check's path, where users ask."""
        assert f"https://{domain}{path}" == manifest(request.getfixturevalue(name), service)["routes"]["url"]

    def test_secrets(self, staging: Synthesized) -> None:
        """A release looks whether the backend's keys have values; the frontend has none."""
        arn = ref(staging, "aws_secretsmanager_secret", "arn")

        assert [{"arn": arn, "keys": ["JWT_SECRET", "API_KEY"]}] == manifest(staging, "backend")["secrets"]
        assert [] == manifest(staging, "frontend")["secrets"]

    @pytest.mark.parametrize("service", ["backend", "frontend"])
    def test_head(self, service: str, stack: Synthesized) -> None:
        """It says of which stack, service, account and region it is."""
        found = manifest(stack, service)
        (account,) = stack.document["provider"]["aws"][0]["allowed_account_ids"]

        assert [name_of(stack), service, account, "eu-west-2", "blue_green"] == [
            found[key] for key in ("stack", "service", "account_id", "region", "deploy_mode")
        ]

    @pytest.mark.parametrize("service", ["backend", "frontend"])
    def test_where_one_off_tasks_run(self, service: str, stack: Synthesized) -> None:
        """A migration runs where the service runs: privately, with its security group."""
        ecs = manifest(stack, service)["ecs"]

        assert all("network_private_" in subnet for subnet in ecs["subnets"])
        assert ecs["assign_public_ip"] is False
        assert [ref(stack, "aws_security_group", "id", f"{service}_service_network_group_")] == ecs["security_groups"]


class TestCodeDeploy:
    """What shifts the traffic."""

    @pytest.mark.parametrize("service", ["backend", "frontend"])
    def test_rolls_back(self, service: str, stack: Synthesized) -> None:
        """On failure, on stop, and on the alarms of either side, whichever is green at the time."""
        (group,) = of_service(stack, "aws_codedeploy_deployment_group", service).values()
        name = f"isms-{service}-{name_of(stack)}"

        assert {"DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_REQUEST", "DEPLOYMENT_STOP_ON_ALARM"} == set(
            group["auto_rollback_configuration"]["events"]
        )
        assert {f"{name}-{color}-{alarm}" for color in ("blue", "green") for alarm in ("5xx", "unhealthy")} == set(
            group["alarm_configuration"]["alarms"]
        )

    @pytest.mark.parametrize("service", ["backend", "frontend"])
    def test_deploys_its_own_service(self, service: str, stack: Synthesized) -> None:
        """Group, service and target groups are of the same service."""
        (group,) = of_service(stack, "aws_codedeploy_deployment_group", service).values()
        pair = group["load_balancer_info"]["target_group_pair_info"]

        assert ref(stack, "aws_ecs_service", "name", f"{service}_") == group["ecs_service"]["service_name"]
        assert [
            {"name": ref(stack, "aws_lb_target_group", "name", f"{service}_service_route_{color}_")}
            for color in ("blue", "green")
        ] == pair["target_group"]

    def test_replaced_tasks_wait(self, stack: Synthesized) -> None:
        """For 5 minutes a rollback is a change of routes only."""
        for group in stack.resources("aws_codedeploy_deployment_group").values():
            ends = group["blue_green_deployment_config"]["terminate_blue_instances_on_deployment_success"]

            assert ("TERMINATE", 5) == (ends["action"], ends["termination_wait_time_in_minutes"])

    def test_terraform_leaves_it_alone(self, stack: Synthesized) -> None:
        """What CodeDeploy moves is no change to Terraform: service and rules of both listeners."""
        for service in stack.resources("aws_ecs_service").values():
            assert "CODE_DEPLOY" == service["deployment_controller"]["type"]
            assert {"task_definition", "load_balancer"} <= set(service["lifecycle"]["ignore_changes"])
        for rule in stack.resources("aws_lb_listener_rule").values():
            assert ["action"] == rule["lifecycle"]["ignore_changes"]
