"""ISMS's stacks as Terraform JSON, item by item of design 001. The parts have tests of their own in tests/modules."""

import json
from typing import Any

import pytest

from envs import production as production_file
from envs import staging as staging_file
from modules.github.plan_permissions import readable_types
from modules.github.roles import GitHubRolesSettings
from modules.github.subject import GitHubRepositorySettings
from modules.load_balancer.certificate import DomainSettings
from stacks.isms import IsmsStack
from stacks.isms_settings import IsmsSettings
from tests.modules.iam_wildcards import excesses
from tests.support import Block, Synthesized, synth_stack

FILES = {"staging": staging_file.SETTINGS, "production": production_file.SETTINGS}


def build(name: str = "staging", context: dict[str, str] | None = None, **changes: Any) -> Synthesized:  # noqa: ANN401
    """A stack with some settings changed."""
    settings = IsmsSettings(**dict(FILES[name]) | changes)
    return synth_stack(lambda app: IsmsStack(app, name, settings=settings), context)


GITHUB = GitHubRolesSettings(
    repository=GitHubRepositorySettings(owner="octo-org", repository="octo-repo"),
    push_environment="staging",
    release_environment="staging",
    migrate_environment="staging",
    plan_environment="staging-plan",
)


@pytest.fixture(scope="module")
def staging() -> Synthesized:
    """Staging as it is deployed."""
    return build("staging")


@pytest.fixture(scope="module")
def production() -> Synthesized:
    """Production as it is deployed."""
    return build("production")


@pytest.fixture(scope="module")
def everything() -> Synthesized:
    """Staging with what is off in both environments."""
    return build(
        domain=DomainSettings(domain_name="trust.demo.paythru.com", hosted_zone_id="Z0123456789ABC"), github=GITHUB
    )


@pytest.fixture(params=["staging", "production"], scope="module")
def stack(request: pytest.FixtureRequest) -> Synthesized:
    """Each of the two environments."""
    found: Synthesized = request.getfixturevalue(request.param)
    return found


def name_of(stack: Synthesized) -> str:
    """The environment's name."""
    key: str = stack.document["terraform"]["backend"]["s3"]["key"]
    return key.split("/")[0]


def by_name(stack: Synthesized, type_: str) -> dict[str, Block]:
    """The resources of a type, by their physical name."""
    return {block["name"]: block for block in stack.resources(type_).values()}


def containers(stack: Synthesized) -> dict[str, Block]:
    """The containers of all tasks, by name."""
    definitions = stack.resources("aws_ecs_task_definition").values()
    every = [one for block in definitions for one in json.loads(block["container_definitions"])]
    return {container["name"]: container for container in every}


def environment_of(container: Block) -> dict[str, str]:
    """The environment variables of a container."""
    return {variable["name"]: variable["value"] for variable in container["environment"]}


class TestDesignNames:
    """The names that the design fixes."""

    def test_cluster(self, stack: Synthesized) -> None:
        """The cluster is isms-<environment>."""
        assert f"isms-{name_of(stack)}" == stack.resource("aws_ecs_cluster")["name"]

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

    def test_both_files_say_the_same_things(self) -> None:
        """What stands in one file stands in the other, so that `diff` shows all of the difference."""
        assert staging_file.SETTINGS.model_fields_set == production_file.SETTINGS.model_fields_set


class TestNetwork:
    """Where what runs."""

    def test_address_plan(self, stack: Synthesized) -> None:
        """The VPC is 10.0.0.0/16 with two public and two private subnets in two zones."""
        subnets = stack.resources("aws_subnet")
        zones = {
            kind: [b["availability_zone"] for i, b in subnets.items() if f"_{kind}_" in i]
            for kind in ("public", "private")
        }

        assert "10.0.0.0/16" == stack.resource("aws_vpc")["cidr_block"]
        assert {"public": ["eu-west-2a", "eu-west-2b"], "private": ["eu-west-2a", "eu-west-2b"]} == zones

    @pytest.mark.parametrize(("name", "count"), [("staging", 1), ("production", 2)])
    def test_nat(self, name: str, count: int, request: pytest.FixtureRequest) -> None:
        """Production has a NAT gateway a zone."""
        assert count == len(request.getfixturevalue(name).resources("aws_nat_gateway"))

    def test_tasks_are_private(self, stack: Synthesized) -> None:
        """Both services run in the private subnets, without public addresses."""
        for service in stack.resources("aws_ecs_service").values():
            network = service["network_configuration"]

            assert network["assign_public_ip"] is False
            assert 2 == len(network["subnets"])
            assert all("network_private_" in subnet for subnet in network["subnets"])

    def test_load_balancer_is_public(self, stack: Synthesized) -> None:
        """The load balancer is in the public subnets."""
        assert all("network_public_" in subnet for subnet in stack.resource("aws_lb")["subnets"])

    def test_database_is_private(self, stack: Synthesized) -> None:
        """The database is in the private subnets."""
        assert all("network_private_" in subnet for subnet in stack.resource("aws_db_subnet_group")["subnet_ids"])

    def test_only_the_backend_reaches_the_database(self, stack: Synthesized) -> None:
        """One rule lets into the database's security group: from the backend's, to PostgreSQL's port."""
        rules = stack.resources("aws_vpc_security_group_ingress_rule").values()
        (rule,) = [rule for rule in rules if "aurora_" in rule["security_group_id"]]

        assert "backend_service_network_group_" in rule["referenced_security_group_id"]
        assert (5432, 5432) == (rule["from_port"], rule["to_port"])


class TestRoutes:
    """Which requests go where."""

    @pytest.mark.parametrize(
        ("service", "pattern", "health"), [("backend", "/api/*", "/api/health"), ("frontend", "/*", "/health")]
    )
    def test_paths(self, service: str, pattern: str, health: str, staging: Synthesized) -> None:
        """/api/* goes to the backend, all else to the frontend, each with its health check."""
        rules = [b for i, b in staging.resources("aws_lb_listener_rule").items() if i.startswith(f"{service}_")]
        groups = [b for i, b in staging.resources("aws_lb_target_group").items() if i.startswith(f"{service}_")]

        assert [[pattern]] * 2 == [rule["condition"][0]["path_pattern"]["values"] for rule in rules]
        assert [health] * 2 == [group["health_check"]["path"] for group in groups]

    def test_the_backend_comes_first(self, staging: Synthesized) -> None:
        """The frontend's pattern would match everything."""
        rules = staging.resources("aws_lb_listener_rule")
        priority = {i.split("_")[0]: rule["priority"] for i, rule in rules.items()}

        assert priority["backend"] < priority["frontend"]

    @pytest.mark.parametrize(("service", "port"), [("backend", 4000), ("frontend", 80)])
    def test_ports(self, service: str, port: int, staging: Synthesized) -> None:
        """The backend listens on 4000, the frontend on 80."""
        assert port == containers(staging)[service]["portMappings"][0]["containerPort"]


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


class TestProtection:
    """What production refuses and staging allows."""

    @pytest.mark.parametrize(("name", "kept"), [("staging", False), ("production", True)])
    def test_deletion(self, name: str, kept: bool, request: pytest.FixtureRequest) -> None:
        """Load balancer, database, registries, logs and secret."""
        stack: Synthesized = request.getfixturevalue(name)
        cluster = stack.resource("aws_rds_cluster")

        assert kept == stack.resource("aws_lb")["enable_deletion_protection"]
        assert kept == cluster["deletion_protection"]
        assert kept != cluster["skip_final_snapshot"]
        assert kept == ("final_snapshot_identifier" in cluster)
        assert kept != stack.resource("aws_s3_bucket")["force_destroy"]
        assert {not kept} == {block["force_delete"] for block in stack.resources("aws_ecr_repository").values()}
        assert (30 if kept else 0) == stack.resource("aws_secretsmanager_secret")["recovery_window_in_days"]

    def test_one_setting_lifts_it(self) -> None:
        """`disposable` is all it takes: the stack is then as if it had never been protected."""
        lifted = build("production", disposable=True).document

        assert lifted == build("production", context={"disposable": "true"}).document
        assert lifted["resource"]["aws_rds_cluster"] != build("production").document["resource"]["aws_rds_cluster"]

    def test_two_zones(self, production: Synthesized) -> None:
        """Production's database has a second instance in another zone."""
        zones = {block["availability_zone"] for block in production.resources("aws_rds_cluster_instance").values()}

        assert {"eu-west-2a", "eu-west-2b"} == zones


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

    def test_blue_green_needs_no_variable(self, stack: Synthesized) -> None:
        """A release says which image."""
        assert "variable" not in stack.document


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


class TestRights:
    """What the roles may do."""

    @pytest.mark.parametrize("name", ["staging", "production", "everything"])
    def test_no_wildcard_that_aws_does_not_force(self, name: str, request: pytest.FixtureRequest) -> None:
        """Exact actions on exact resources."""
        assert [] == excesses(request.getfixturevalue(name))

    def test_plan_role_reads_all_types(self, everything: Synthesized) -> None:
        """A plan can refresh every type of resource that the stack has."""
        document = everything.document
        types = {*document["resource"], *document["data"], *document.get("ephemeral", {})}

        assert set() == types - readable_types()

    def test_pipelines(self, everything: Synthesized) -> None:
        """A role for each job of the pipelines."""
        names = {name for name in by_name(everything, "aws_iam_role") if "github" in name}

        assert {f"isms-staging-github-{job}" for job in ("plan", "push", "release", "migrate")} == names


ADDRESSES = {
    "aws_ecr_repository": ["backend_repository_6D93725B", "frontend_repository_F5BD6FC9"],
    "aws_ecs_service": ["backend_service_75E67C85", "frontend_service_5CE25200"],
    "aws_lb": ["load_balancer_5CB6B27E"],
    "aws_lb_listener": ["load_balancer_listeners_production_534401D5", "load_balancer_listeners_test_1F1A2C11"],
    "aws_lb_listener_rule": [
        "backend_service_route_production_CC442372",
        "backend_service_route_test_85A58472",
        "frontend_service_route_production_F1B5682B",
        "frontend_service_route_test_7E07EEF0",
    ],
    "aws_lb_target_group": [
        "backend_service_route_blue_B66095EC",
        "backend_service_route_green_490B4EFC",
        "frontend_service_route_blue_0B2766F0",
        "frontend_service_route_green_081EB9C8",
    ],
    "aws_rds_cluster": ["aurora_cluster_059EF40F"],
    "aws_secretsmanager_secret": ["secret_D2F9FB97"],
    "aws_subnet": [
        "network_private_subnet_a_C798AAFF",
        "network_private_subnet_b_4EBBB5FA",
        "network_public_subnet_a_E3DE67FB",
        "network_public_subnet_b_455FB516",
    ],
    "aws_vpc": ["network_vpc_4E8F0223"],
}
"""What holds data, what DNS points to, and what points back at blue when it is made anew."""


class TestContract:
    """What others rely on."""

    def test_stateful_addresses(self, stack: Synthesized) -> None:
        """A changed address is another resource, and the old one goes."""
        assert ADDRESSES == {type_: sorted(stack.resources(type_)) for type_ in ADDRESSES}

    @pytest.mark.parametrize(
        "name",
        [
            "url",
            "load_balancer_dns_name",
            "certificate_validation_records",
            "aurora_endpoint",
            "aurora_reader_endpoint",
            "aurora_secret_arn",
            "backend_codedeploy_application",
            "backend_codedeploy_deployment_group",
            "frontend_codedeploy_application",
            "frontend_codedeploy_deployment_group",
            "backend_repository_url",
            "frontend_repository_url",
        ],
    )
    def test_outputs(self, name: str, stack: Synthesized) -> None:
        """The outputs that the design asks for are there, and say what they are."""
        assert stack.document["output"][name]["description"]
