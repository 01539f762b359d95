"""ISMS's stacks: the names and the parameters of design 001, value by value."""

from pathlib import Path

import pytest

from tests.stacks.isms.sample_isms import FILES, by_name, containers, name_of, of_service
from tests.support import Synthesized


class TestDesignNames:
    """The names that the design fixes."""

    def test_cluster(self, stack: Synthesized) -> None:
        """The cluster is isms-<environment>."""
        assert f"isms-{name_of(stack)}" == stack.resource("aws_ecs_cluster")["name"]

    @pytest.mark.parametrize("type_", ["aws_vpc", "aws_subnet", "aws_nat_gateway"])
    def test_network(self, type_: str, stack: Synthesized) -> None:
        """Whoever looks at the network in the console sees whose it is."""
        names = [block["tags"]["Name"] for block in stack.resources(type_).values()]

        assert [] == [name for name in names if not name.startswith(f"isms-{name_of(stack)}")]

    def test_database(self, stack: Synthesized) -> None:
        """The cluster and what belongs to it bear the environment's name too, also in a shared account."""
        assert f"isms-{name_of(stack)}" == stack.resource("aws_rds_cluster")["cluster_identifier"]

    def test_services(self, stack: Synthesized) -> None:
        """The services are isms-<service>-<environment>."""
        expected = {f"isms-{service}-{name_of(stack)}" for service in ("backend", "frontend")}

        assert expected == set(by_name(stack, "aws_ecs_service"))

    def test_families(self, stack: Synthesized) -> None:
        """The families of the task definitions are called like the services."""
        families = {block["family"] for block in stack.resources("aws_ecs_task_definition").values()}

        assert set(by_name(stack, "aws_ecs_service")) == families

    def test_code_deploy(self, stack: Synthesized) -> None:
        """Applications end in -app, deployment groups in -dg."""
        services = set(by_name(stack, "aws_ecs_service"))
        groups = {
            block["deployment_group_name"] for block in stack.resources("aws_codedeploy_deployment_group").values()
        }

        assert {f"{name}-app" for name in services} == set(by_name(stack, "aws_codedeploy_app"))
        assert {f"{name}-dg" for name in services} == groups

    def test_repositories(self, stack: Synthesized) -> None:
        """The repositories are called alike in both environments, because each has an account of its own."""
        assert {"isms-backend", "isms-frontend"} == set(by_name(stack, "aws_ecr_repository"))

    def test_containers(self, stack: Synthesized) -> None:
        """The AppSpec of the design names the containers."""
        assert {"backend", "frontend"} == set(containers(stack))


class TestParameters:
    """The design's two parameter files, value by value."""

    @pytest.mark.parametrize(("name", "account"), [("staging", "956880242582"), ("production", "641918319442")])
    def test_account(self, name: str, account: str, request: pytest.FixtureRequest) -> None:
        """Provider and state refuse every account but the environment's (AwsAccountId)."""
        document = request.getfixturevalue(name).document

        assert [account] == document["provider"]["aws"][0]["allowed_account_ids"]
        assert [account] == document["terraform"]["backend"]["s3"]["allowed_account_ids"]

    def test_region(self, stack: Synthesized) -> None:
        """Both are in London."""
        assert "eu-west-2" == stack.document["provider"]["aws"][0]["region"]

    @pytest.mark.parametrize(
        ("name", "domain"), [("staging", "trust.demo.paythru.com"), ("production", "trust.paythru.com")]
    )
    def test_domain(self, name: str, domain: str, request: pytest.FixtureRequest) -> None:
        """DomainName."""
        assert domain == request.getfixturevalue(name).resource("aws_acm_certificate")["domain_name"]

    def test_image_tags(self, stack: Synthesized) -> None:
        """Before the first release the environment's own tag runs (BackendImageTag, FrontendImageTag)."""
        images = [container["image"] for container in containers(stack).values()]

        assert [True, True] == [image.endswith(f".repository_url}}:{name_of(stack)}") for image in images]

    @pytest.mark.parametrize(("name", "low", "high"), [("staging", 0.5, 16), ("production", 2, 128)])
    def test_aurora_capacity(self, name: str, low: float, high: float, request: pytest.FixtureRequest) -> None:
        """AuroraMinCapacity, AuroraMaxCapacity."""
        scaling = request.getfixturevalue(name).resource("aws_rds_cluster")["serverlessv2_scaling_configuration"]

        assert (low, high) == (scaling["min_capacity"], scaling["max_capacity"])

    @pytest.mark.parametrize(("name", "low", "high"), [("staging", 1, 4), ("production", 2, 10)])
    def test_task_counts(self, name: str, low: int, high: int, request: pytest.FixtureRequest) -> None:
        """MinTaskCount, MaxTaskCount, of each service."""
        targets = request.getfixturevalue(name).resources("aws_appautoscaling_target").values()

        assert [(low, high)] * 2 == [(target["min_capacity"], target["max_capacity"]) for target in targets]

    @pytest.mark.parametrize(("name", "spot"), [("staging", 70), ("production", 50)])
    def test_spot(self, name: str, spot: int, request: pytest.FixtureRequest) -> None:
        """UseFargateSpot, SpotPercentage: of each service, beside one task on demand."""
        expected = [
            {"capacity_provider": "FARGATE", "weight": 100 - spot, "base": 1},
            {"capacity_provider": "FARGATE_SPOT", "weight": spot, "base": 0},
        ]
        services = request.getfixturevalue(name).resources("aws_ecs_service").values()

        assert [expected] * 2 == [service["capacity_provider_strategy"] for service in services]

    def test_graviton(self, stack: Synthesized) -> None:
        """UseGraviton2."""
        tasks = stack.resources("aws_ecs_task_definition").values()

        assert ["ARM64", "ARM64"] == [task["runtime_platform"]["cpu_architecture"] for task in tasks]

    @pytest.mark.parametrize(
        ("name", "block", "percent"), [("staging", "time_based_canary", 10), ("production", "time_based_linear", 25)]
    )
    def test_deployment(self, name: str, block: str, percent: int, request: pytest.FixtureRequest) -> None:
        """DeploymentType, TrafficShiftPercentage."""
        configs = request.getfixturevalue(name).resources("aws_codedeploy_deployment_config").values()

        assert [{"percentage": percent, "interval": 5}] * 2 == [
            config["traffic_routing_config"][block] for config in configs
        ]

    @pytest.mark.parametrize(("service", "size"), [("backend", ("512", "1024")), ("frontend", ("256", "512"))])
    def test_sizes(self, service: str, size: tuple[str, str], stack: Synthesized) -> None:
        """CPU units and MiB of the tasks, alike in both environments."""
        (task,) = of_service(stack, "aws_ecs_task_definition", service).values()

        assert size == (task["cpu"], task["memory"])

    @pytest.mark.parametrize(("name", "count"), [("staging", 1), ("production", 2)])
    def test_instances(self, name: str, count: int, request: pytest.FixtureRequest) -> None:
        """Production's database has a reader beside its writer."""
        assert count == len(request.getfixturevalue(name).resources("aws_rds_cluster_instance"))

    @pytest.mark.parametrize(("name", "limit"), [("staging", "175"), ("production", "625")])
    def test_budget(self, name: str, limit: str, request: pytest.FixtureRequest) -> None:
        """US dollars a month."""
        assert limit == request.getfixturevalue(name).resource("aws_budgets_budget")["limit_amount"]

    def test_provider(self, stack: Synthesized) -> None:
        """Both are applied with one version of the provider."""
        assert "6.33.0" == stack.document["terraform"]["required_providers"]["aws"]["version"]

    @pytest.mark.parametrize(("name", "low"), [("staging", 1), ("production", 2)])
    def test_tasks_at_first(self, name: str, low: int, request: pytest.FixtureRequest) -> None:
        """A service starts with as many tasks as it keeps."""
        services = request.getfixturevalue(name).resources("aws_ecs_service").values()

        assert [low, low] == [service["desired_count"] for service in services]


class TestFiles:
    """What a reader of the two files sees."""

    def test_both_say_the_same_things(self) -> None:
        """What stands in one file stands in the other, so that `diff` shows all of the difference."""
        assert FILES["staging"].model_fields_set == FILES["production"].model_fields_set

    def test_diff_shows_values_only(self) -> None:
        """The files differ in the lines of settings that differ, and nowhere else."""
        lines = [Path("envs", f"{name}.py").read_text().splitlines() for name in FILES]
        changed = {pair[0].split("=")[0].strip() for pair in zip(*lines, strict=True) if pair[0] != pair[1]}
        described = {line for line in changed if line.startswith('"""')}

        different = {name for name in FILES["staging"].model_fields_set if _differs(name)}

        assert different == changed - described
        assert 1 == len(described)


def _differs(setting: str) -> bool:
    values = [getattr(settings, setting) for settings in FILES.values()]
    return bool(values[0] != values[1])
