"""Aldeia's stacks: releases, deploy modes, and how ChromaDB is replaced."""

import pytest

from stacks.aldeia_service_settings import AldeiaBackendSettings, AldeiaChromaDbSettings
from tests.stacks.aldeia.sample_aldeia import build
from tests.stacks.isms.sample_isms import containers, manifest, of_service, ref
from tests.support import Synthesized

WEB = ["backend", "frontend"]


class TestModes:
    """Rolling with circuit breaker, or blue/green, on Fargate."""

    @pytest.mark.parametrize("service", WEB)
    def test_rolling(self, service: str, production: Synthesized) -> None:
        """ECS rolls out what a release registers, and rolls back by itself."""
        (block,) = of_service(production, "aws_ecs_service", service).values()

        assert {"enable": True, "rollback": True} == block["deployment_circuit_breaker"]
        assert {"task_definition", "desired_count"} == set(block["lifecycle"]["ignore_changes"])
        assert (100, 200) == (block["deployment_minimum_healthy_percent"], block["deployment_maximum_percent"])

    @pytest.mark.parametrize("service", WEB)
    def test_terraform_does_not_wait(self, service: str, production: Synthesized) -> None:
        """Before the first release there is no image to become steady with."""
        (block,) = of_service(production, "aws_ecs_service", service).values()

        assert block["wait_for_steady_state"] is False

    @pytest.mark.parametrize("service", WEB)
    def test_count_without_scaling(self, service: str, staging_on_fargate: Synthesized) -> None:
        """The number of tasks stays Terraform's where nothing scales."""
        (block,) = of_service(staging_on_fargate, "aws_ecs_service", service).values()

        assert ["task_definition"] == block["lifecycle"]["ignore_changes"]

    def test_rolling_needs_no_code_deploy(self, production: Synthesized) -> None:
        """One target group a service, one listener."""
        assert {} == production.resources("aws_codedeploy_app")
        assert (2, 1) == (
            len(production.resources("aws_lb_target_group")),
            len(production.resources("aws_lb_listener")),
        )

    @pytest.mark.parametrize("service", WEB)
    def test_blue_green(self, service: str, otherwise: Synthesized) -> None:
        """By one setting: two target groups, and CodeDeploy moves the traffic."""
        (block,) = of_service(otherwise, "aws_ecs_service", service).values()

        assert {"type": "CODE_DEPLOY"} == block["deployment_controller"]
        assert 2 == len(of_service(otherwise, "aws_lb_target_group", service))
        assert (
            ref(otherwise, "aws_codedeploy_app", "name", f"{service}_")
            == (manifest(otherwise, service)["code_deploy"]["application"])
        )

    def test_blue_green_can_be_tried(self, otherwise: Synthesized) -> None:
        """Another listener leads to what is not released yet."""
        assert {80, 443, 8443} == {block["port"] for block in otherwise.resources("aws_lb_listener").values()}

    def test_blue_green_leaves_chromadb(self, otherwise: Synthesized) -> None:
        """What runs once cannot run in two colors: ECS replaces it."""
        (block,) = of_service(otherwise, "aws_ecs_service", "chromadb").values()

        assert {"type": "ECS"} == block["deployment_controller"]

    @pytest.mark.parametrize(
        ("service", "weights"), [("backend", [60, 40]), ("frontend", [60, 40]), ("chromadb", [100])]
    )
    def test_spot(self, service: str, weights: list[int], otherwise: Synthesized) -> None:
        """AWS may take back tasks that have a twin; ChromaDB has none."""
        (block,) = of_service(otherwise, "aws_ecs_service", service).values()

        assert weights == [one["weight"] for one in block["capacity_provider_strategy"]]

    @pytest.mark.parametrize("service", [*WEB, "chromadb"])
    def test_sessions(self, service: str, otherwise: Synthesized, production: Synthesized) -> None:
        """ECS Exec is a switch, which ChromaDB follows, too."""
        found = [
            block["enable_execute_command"]
            for stack in (production, otherwise)
            for block in of_service(stack, "aws_ecs_service", service).values()
        ]

        assert [False, True] == found


class TestChromaDb:
    """One server: the old one ends before the new one begins."""

    def test_stop_first(self, chromadb_apart: Synthesized) -> None:
        """At no time are there two."""
        (block,) = of_service(chromadb_apart, "aws_ecs_service", "chromadb").values()

        assert (0, 100) == (block["deployment_minimum_healthy_percent"], block["deployment_maximum_percent"])

    def test_is_not_moved(self, chromadb_apart: Synthesized) -> None:
        """Rebalancing starts another task first, and ECS refuses it with these percentages."""
        (block,) = of_service(chromadb_apart, "aws_ecs_service", "chromadb").values()

        assert "DISABLED" == block["availability_zone_rebalancing"]

    def test_terraform_rolls_out(self, chromadb_apart: Synthesized) -> None:
        """Terraform owns the image and the count, waits, and fails when ECS rolls back."""
        (block,) = of_service(chromadb_apart, "aws_ecs_service", "chromadb").values()

        assert block["wait_for_steady_state"] is True
        assert "ignore_changes" not in block["lifecycle"]
        assert 1 == len(block["lifecycle"]["postcondition"])
        assert {"enable": True, "rollback": True} == block["deployment_circuit_breaker"]

    def test_no_release_knows_it(self, stack: Synthesized) -> None:
        """Another image is a change of the environment file."""
        names = [block["name"] for block in stack.resources("aws_ssm_parameter").values()]

        assert [] == [name for name in names if name.endswith(("/release/chromadb", "/image/chromadb"))]

    def test_image_is_a_setting(self) -> None:
        """Both parts of it."""
        stack = build(chromadb=AldeiaChromaDbSettings(image="octo/chroma", image_tag="0.6.2"))

        assert "octo/chroma:0.6.2" == containers(stack)["chromadb"]["image"]


class TestManifests:
    """What a release reads."""

    @pytest.mark.parametrize(("name", "id_"), [("production", "aldeia-production"), ("staging", "aldeia-staging")])
    def test_paths(self, name: str, id_: str, request: pytest.FixtureRequest) -> None:
        """One parameter a service, below the stack's name."""
        names = {block["name"] for block in request.getfixturevalue(name).resources("aws_ssm_parameter").values()}

        assert {f"/{id_}/release/{service}" for service in WEB} == {one for one in names if "/release/" in one}

    @pytest.mark.parametrize(("name", "mode"), [("production", "release"), ("otherwise", "blue_green")])
    @pytest.mark.parametrize("service", WEB)
    def test_modes(self, service: str, name: str, mode: str, request: pytest.FixtureRequest) -> None:
        """The deploy mode of both."""
        assert mode == manifest(request.getfixturevalue(name), service)["deploy_mode"]

    @pytest.mark.parametrize(
        ("service", "url"), [("backend", "https://api.aldeia.com/api/health"), ("frontend", "https://aldeia.com/")]
    )
    def test_urls(self, service: str, url: str, production: Synthesized) -> None:
        """A release asks each at its own name."""
        assert url == manifest(production, service)["routes"]["url"]

    def test_secret_must_be_there(self, stack: Synthesized) -> None:
        """A release of the backend looks first whether all values are set; that of the pages needs none."""
        arn = ref(stack, "aws_secretsmanager_secret", "arn")

        assert [{"arn": arn, "keys": ["JWT_SECRET", "CHROMA_AUTH_TOKEN", "DATABASE_URL"]}] == (
            manifest(stack, "backend")["secrets"]
        )
        assert [] == manifest(stack, "frontend")["secrets"]

    def test_no_migration(self, production: Synthesized) -> None:
        """The design has none."""
        assert [None, None] == [manifest(production, service)["migration_command"] for service in WEB]

    def test_migration(self, otherwise: Synthesized) -> None:
        """The backend may have one; the pages migrate nothing."""
        assert [["npm", "run", "migrate"], None] == [
            manifest(otherwise, service)["migration_command"] for service in WEB
        ]

    @pytest.mark.parametrize(("service", "tag"), [("backend", "one"), ("frontend", "aldeia-production")])
    def test_first_image(self, service: str, tag: str) -> None:
        """What runs on Fargate before the first release, each service its own."""
        stack = build(backend=AldeiaBackendSettings(image_tag="one"))
        url = ref(stack, "aws_ecr_repository", "repository_url", f"{service}_")

        assert f"{url}:{tag}" == containers(stack)[service]["image"]
