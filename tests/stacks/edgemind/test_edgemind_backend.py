"""EdgeMind's stack: what the backend gets, and how long its connections live."""

import pytest

from modules.web_service.long_lived_connections import LongLivedConnectionsSettings
from stacks.edgemind_settings import EdgeMindBackendSettings
from tests.stacks.edgemind.sample_edgemind import (
    CONNECTIONS,
    DOMAIN,
    LOCAL,
    ZONE,
    backend_origin,
    build,
    with_domain,
)
from tests.stacks.isms.sample_isms import containers, environment_of, manifest, ref, statements
from tests.support import Block, Synthesized


def backend(stack: Synthesized) -> Block:
    """The one container."""
    return containers(stack)["backend"]


class TestOrigins:
    """Which pages may call the backend: CORS, and what the server compares a WebSocket's `Origin` with."""

    def test_without_a_domain(self, edgemind: Synthesized) -> None:
        """The page at CloudFront's own name."""
        name = ref(edgemind, "aws_cloudfront_distribution", "domain_name")

        assert f"https://{name}" == environment_of(backend(edgemind))["ALLOWED_ORIGINS"]

    def test_with_a_domain(self) -> None:
        """The page at the domain, and not at CloudFront's name too."""
        stack = build(**with_domain(hosted_zone_id=ZONE))

        assert f"https://{DOMAIN}" == environment_of(backend(stack))["ALLOWED_ORIGINS"]

    def test_additional(self, everything: Synthesized) -> None:
        """And those that the environment names, with commas between."""
        assert (
            f"https://{DOMAIN},{LOCAL},https://trust.paythru.com"
            == (environment_of(backend(everything))["ALLOWED_ORIGINS"])
        )

    def test_is_where_visitors_go(self, stack: Synthesized) -> None:
        """The first one is what the stack says of itself."""
        assert stack.output("url") == environment_of(backend(stack))["ALLOWED_ORIGINS"].split(",")[0]

    def test_until_the_certificate_is_issued(self, waiting: Synthesized) -> None:
        """The domain serves nothing yet, so the page is still at CloudFront's name."""
        assert waiting.output("url").endswith(".domain_name}")
        assert waiting.output("url") == environment_of(backend(waiting))["ALLOWED_ORIGINS"]


class TestBroker:
    """The broker's address and credentials."""

    def test_from_the_secret(self, stack: Synthesized) -> None:
        """All three come from the stack's own secret, by the same names."""
        arn = ref(stack, "aws_secretsmanager_secret", "arn")

        assert {name: f"{arn}:{name}::" for name in ("MQTT_HOST", "MQTT_USERNAME", "MQTT_PASSWORD")} == {
            one["name"]: one["valueFrom"] for one in backend(stack)["secrets"]
        }

    def test_not_from_the_environment(self, stack: Synthesized) -> None:
        """A plan shows the port only."""
        assert {"ALLOWED_ORIGINS", "MQTT_PORT", "HEARTBEAT_INTERVAL_S", "KEEP_ALIVE_TIMEOUT_S"} == set(
            environment_of(backend(stack))
        )

    @pytest.mark.parametrize(("name", "port"), [("edgemind", "8883"), ("everything", "8884")])
    def test_port(self, name: str, port: str, request: pytest.FixtureRequest) -> None:
        """It is the one that is open."""
        assert port == environment_of(backend(request.getfixturevalue(name)))["MQTT_PORT"]

    def test_release_wants_values(self, edgemind: Synthesized) -> None:
        """A release refuses to start before the operator has set them."""
        assert [
            {
                "arn": ref(edgemind, "aws_secretsmanager_secret", "arn"),
                "keys": ["MQTT_HOST", "MQTT_USERNAME", "MQTT_PASSWORD"],
            }
        ] == manifest(edgemind, "backend")["secrets"]

    def test_execution_role_reads_the_one_secret(self, stack: Synthesized) -> None:
        """And no other."""
        assert [[ref(stack, "aws_secretsmanager_secret", "arn")]] == [
            one["resources"]
            for one in statements(stack, "backend_service_task_execution_permissions")
            if "secretsmanager:GetSecretValue" in one["actions"]
        ]

    def test_server_may_do_nothing(self, edgemind: Synthesized) -> None:
        """The server itself calls nothing of AWS's."""
        assert [] == statements(edgemind, "backend_service_task_role_permissions")


class TestConnections:
    """One group of settings, coherent in itself, says it to CloudFront, load balancer, ECS and server."""

    def test_sent_to_the_server(self, everything: Synthesized) -> None:
        """How often it sends something, and how long it keeps what is idle: longer than the load balancer does."""
        found = environment_of(backend(everything))

        assert ("20", "305") == (found["HEARTBEAT_INTERVAL_S"], found["KEEP_ALIVE_TIMEOUT_S"])

    def test_load_balancer(self, everything: Synthesized) -> None:
        """When it closes what is silent, and how long it lets a task finish."""
        assert 300 == everything.resource("aws_lb")["idle_timeout"]
        assert "90" == everything.resource("aws_lb_target_group")["deregistration_delay"]

    def test_task(self, everything: Synthesized) -> None:
        """How long a task may take to end."""
        assert 100 == backend(everything)["stopTimeout"]

    def test_cloudfront(self, everything: Synthesized) -> None:
        """How long it waits for an answer, and keeps a connection for the next request."""
        found = backend_origin(everything)["custom_origin_config"]

        assert (45, 15) == (found["origin_read_timeout"], found["origin_keepalive_timeout"])

    def test_defaults(self, edgemind: Synthesized) -> None:
        """Whoever says nothing gets the defaults of that group, not those of the parts."""
        values = LongLivedConnectionsSettings()

        assert (values.idle_timeout_s, values.deregistration_delay_s, values.stop_timeout_s) == (
            edgemind.resource("aws_lb")["idle_timeout"],
            int(edgemind.resource("aws_lb_target_group")["deregistration_delay"]),
            backend(edgemind)["stopTimeout"],
        )
        assert CONNECTIONS != values

    @pytest.mark.parametrize(("name", "enabled", "seconds"), [("edgemind", False, None), ("everything", True, 3600)])
    def test_stickiness(self, name: str, enabled: bool, seconds: int | None, request: pytest.FixtureRequest) -> None:
        """A visitor's requests go to one task only where a setting says so."""
        found = request.getfixturevalue(name).resource("aws_lb_target_group")["stickiness"]

        assert (enabled, seconds) == (found["enabled"], found.get("cookie_duration"))


class TestService:
    """One server on Fargate, which releases replace."""

    def test_release_says_which_image_runs(self, edgemind: Synthesized) -> None:
        """Terraform leaves the task definition to the release, and ECS rolls back what does not start."""
        service = edgemind.resource("aws_ecs_service")

        assert ["task_definition"] == service["lifecycle"]["ignore_changes"]
        assert "ECS" == service["deployment_controller"]["type"]
        assert {"enable": True, "rollback": True} == service["deployment_circuit_breaker"]
        assert {} == edgemind.resources("aws_codedeploy_app")
        assert 1 == len(edgemind.resources("aws_lb_target_group"))

    def test_autoscaling_says_how_many(self, everything: Synthesized) -> None:
        """Then Terraform leaves the number to it too, and begins with its minimum."""
        service = everything.resource("aws_ecs_service")
        target = everything.resource("aws_appautoscaling_target")

        assert {"task_definition", "desired_count"} == set(service["lifecycle"]["ignore_changes"])
        assert (2, 2, 4) == (service["desired_count"], target["min_capacity"], target["max_capacity"])

    def test_count(self) -> None:
        """Else the setting does."""
        stack = build(backend=EdgeMindBackendSettings(image_tag="edgemind", desired_count=3))

        assert 3 == stack.resource("aws_ecs_service")["desired_count"]
        assert {} == stack.resources("aws_appautoscaling_target")

    def test_by_terraform(self) -> None:
        """In that mode a variable says which image runs, and nothing is ignored."""
        stack = build(deploy_mode="terraform")

        assert ["backend_image_tag"] == list(stack.document["variable"])
        assert "backend_image_tag" == manifest(stack, "backend")["image_variable"]
        assert "ignore_changes" not in stack.resource("aws_ecs_service").get("lifecycle", {})

    def test_size(self, edgemind: Synthesized) -> None:
        """Half a processor and 1 GiB on ARM64, on demand, which is what the decision about the bill counts with."""
        task = edgemind.resource("aws_ecs_task_definition")

        assert ("512", "1024", "ARM64") == (
            task["cpu"],
            task["memory"],
            task["runtime_platform"]["cpu_architecture"],
        )
        assert 1 == edgemind.resource("aws_ecs_service")["desired_count"]
        assert ["FARGATE"] == [
            one["capacity_provider"] for one in edgemind.resource("aws_ecs_service")["capacity_provider_strategy"]
        ]

    def test_settings_of_the_container(self) -> None:
        """What the environment says of the server is what runs."""
        stack = build(
            backend=EdgeMindBackendSettings(
                image_tag="v1", cpu=1024, memory_mib=2048, cpu_architecture="X86_64", port=8080, user="10:20"
            ),
            log_retention_days=7,
        )
        task, container = stack.resource("aws_ecs_task_definition"), backend(stack)
        groups = {id_: block["retention_in_days"] for id_, block in stack.resources("aws_cloudwatch_log_group").items()}

        assert ("1024", "2048", "X86_64") == (
            task["cpu"],
            task["memory"],
            task["runtime_platform"]["cpu_architecture"],
        )
        assert ("10:20", 8080) == (container["user"], container["portMappings"][0]["containerPort"])
        assert 8080 == stack.resource("aws_lb_target_group")["port"]
        assert [7] == [days for id_, days in groups.items() if id_.startswith("backend_")]
        assert container["image"].endswith(":v1")

    def test_own_repository(self, stack: Synthesized) -> None:
        """Its images are in its own repository, and only those may be pulled."""
        assert backend(stack)["image"].startswith(ref(stack, "aws_ecr_repository", "repository_url"))
        assert "edgemind-backend" == stack.resource("aws_ecr_repository")["name"]

    def test_tag_of_the_stack(self, edgemind: Synthesized) -> None:
        """A release moves the tag `edgemind`: to what runs, which never expires (docs/decisions/0010-image-tags.md)."""
        filters = edgemind.resource("aws_ecr_repository")["image_tag_mutability_exclusion_filter"]
        policy = edgemind.resource("aws_ecr_lifecycle_policy")["policy"]

        assert {"edgemind", "latest"} == {one["filter"] for one in filters}
        assert '"rulePriority": 1, "description": "keep the image that is tagged edgemind"' in policy
        assert '"edgemind-*"' in policy

    @pytest.mark.parametrize(("name", "enabled"), [("edgemind", False), ("everything", True)])
    def test_sessions(self, name: str, enabled: bool, request: pytest.FixtureRequest) -> None:
        """Nobody opens a session in a container unless the settings say so."""
        assert enabled == request.getfixturevalue(name).resource("aws_ecs_service")["enable_execute_command"]

    def test_health(self) -> None:
        """The load balancer asks the path that the environment names, and a release asks the same."""
        stack = build(backend=EdgeMindBackendSettings(image_tag="v1", health_check_path="/ws/health"))

        assert "/ws/health" == stack.resource("aws_lb_target_group")["health_check"]["path"]
        assert manifest(stack, "backend")["routes"]["url"].endswith("/ws/health")
