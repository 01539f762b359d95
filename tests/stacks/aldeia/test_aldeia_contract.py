"""Aldeia's stacks: what others rely on."""

from typing import Any

import pytest

from tests.stacks.aldeia.sample_aldeia import FILES, build
from tests.stacks.isms.sample_isms import ref
from tests.support import Synthesized

SHARED = {
    "aws_ecr_repository": ["backend_repository_6D93725B", "frontend_repository_F5BD6FC9"],
    "aws_lb": ["load_balancer_5CB6B27E"],
    "aws_lb_listener": ["load_balancer_listeners_production_534401D5"],
    "aws_lb_listener_rule": ["backend_route_production_C8056D4B", "frontend_route_production_848B3B24"],
    "aws_lb_target_group": ["backend_route_blue_4E3F5432", "frontend_route_blue_312EFDB8"],
    "aws_s3_bucket": ["backups_bucket_5DB31D01", "load_balancer_access_logs_bucket_09B4F87F"],
    "aws_secretsmanager_secret": ["secret_D2F9FB97"],
    "aws_subnet": [
        "network_private_subnet_a_C798AAFF",
        "network_private_subnet_b_4EBBB5FA",
        "network_public_subnet_a_E3DE67FB",
        "network_public_subnet_b_455FB516",
    ],
    "aws_vpc": ["network_vpc_4E8F0223"],
}
"""What holds data, and what DNS points to, wherever the services run."""

CHROMADB = {
    "aws_ecs_service": ["chromadb_service_307D59F1"],
    "aws_efs_access_point": ["files_chromadb_data_point_2EE4711A"],
    "aws_efs_file_system": ["files_file_system_6D9E0F64"],
    "aws_service_discovery_private_dns_namespace": ["cluster_namespace_920330D0"],
    "aws_service_discovery_service": ["chromadb_discovery_service_56AF31B1"],
}
"""ChromaDB's data and its name, where it runs on Fargate."""

WEB = {
    "aws_ecs_service": ["backend_service_75E67C85", "frontend_service_5CE25200"],
}
"""What serves, where backend and pages run on Fargate."""

PRODUCTION_ADDRESSES = (
    SHARED | CHROMADB | WEB | {"aws_ecs_service": [*WEB["aws_ecs_service"], *CHROMADB["aws_ecs_service"]]}
)

OUTPUTS = {
    "load_balancer_dns_name": ("aws_lb", "dns_name", ""),
    "backups_bucket": ("aws_s3_bucket", "bucket", "backups_"),
    "alerts_topic_arn": ("aws_sns_topic_policy", "arn", ""),
    "backend_repository_url": ("aws_ecr_repository", "repository_url", "backend_"),
    "frontend_repository_url": ("aws_ecr_repository", "repository_url", "frontend_"),
}
"""Type, attribute and the beginning of the id of what an output refers to, wherever the services run."""

OUTPUTS_OF_CHROMADB = {
    "cluster_name": ("aws_ecs_cluster", "name", ""),
    "chromadb_service_name": ("aws_ecs_service", "name", "chromadb_"),
}

OUTPUTS_OF_SERVICES = {
    f"{service}_{name}": (type_, attribute, f"{service}_")
    for service in ("backend", "frontend")
    for name, type_, attribute in (
        ("service_name", "aws_ecs_service", "name"),
        ("release_manifest", "aws_ssm_parameter", "insecure_value"),
    )
}

LITERAL = {"url", "api_url", "secrets", "certificate_validation_records"}


class TestAddresses:
    """A changed address is another resource, and the old one goes, with what it holds."""

    def test_production(self, production: Synthesized) -> None:
        """On Fargate."""
        found = {type_: sorted(production.resources(type_)) for type_ in PRODUCTION_ADDRESSES}

        assert {type_: sorted(ids) for type_, ids in PRODUCTION_ADDRESSES.items()} == found

    @pytest.mark.parametrize("type_", SHARED)
    def test_shared(self, type_: str, stack: Synthesized) -> None:
        """Whatever is set, and wherever the services run, what holds data is the same resource."""
        assert set(SHARED[type_]) <= set(stack.resources(type_))

    @pytest.mark.parametrize("type_", CHROMADB)
    def test_chromadb(self, type_: str, chromadb_apart: Synthesized) -> None:
        """ChromaDB on Fargate stays where it is when backend and pages move between Fargate and machines."""
        assert set(CHROMADB[type_]) <= set(chromadb_apart.resources(type_))

    @pytest.mark.parametrize("type_", WEB)
    def test_web(self, type_: str, on_fargate: Synthesized) -> None:
        """Backend and pages are the same services in each mode of release."""
        assert set(WEB[type_]) <= set(on_fargate.resources(type_))

    @pytest.mark.parametrize(
        "changes", [{"disposable": True}, {"region": "eu-west-2"}], ids=lambda one: next(iter(one))
    )
    def test_file_system(self, changes: dict[str, Any]) -> None:
        """ChromaDB's files are one resource in all environments."""
        assert CHROMADB["aws_efs_file_system"] == sorted(build(**changes).resources("aws_efs_file_system"))


class TestOutputs:
    """What an operator and `infra` read."""

    def test_production(self, production: Synthesized) -> None:
        """These, and no others."""
        assert {*OUTPUTS, *OUTPUTS_OF_CHROMADB, *OUTPUTS_OF_SERVICES, *LITERAL} == set(production.document["output"])

    def test_otherwise(self, otherwise: Synthesized) -> None:
        """Under blue/green two more a service."""
        more = {
            f"{service}_codedeploy_{what}"
            for service in ("backend", "frontend")
            for what in ("application", "deployment_group")
        }

        assert more == set(otherwise.document["output"]) - {
            *OUTPUTS,
            *OUTPUTS_OF_CHROMADB,
            *OUTPUTS_OF_SERVICES,
            *LITERAL,
        }

    @pytest.mark.parametrize("name", OUTPUTS)
    def test_shared(self, name: str, stack: Synthesized) -> None:
        """Each is what its name says, of this stack."""
        type_, attribute, start = OUTPUTS[name]

        assert ref(stack, type_, attribute, start) == stack.output(name)

    @pytest.mark.parametrize("name", OUTPUTS_OF_CHROMADB)
    def test_chromadb(self, name: str, chromadb_apart: Synthesized) -> None:
        """Where ChromaDB runs."""
        type_, attribute, start = OUTPUTS_OF_CHROMADB[name]

        assert ref(chromadb_apart, type_, attribute, start) == chromadb_apart.output(name)

    @pytest.mark.parametrize("name", OUTPUTS_OF_SERVICES)
    def test_services(self, name: str, on_fargate: Synthesized) -> None:
        """What is released."""
        type_, attribute, start = OUTPUTS_OF_SERVICES[name]

        assert ref(on_fargate, type_, attribute, start) == on_fargate.output(name)

    def test_say_what_they_are(self, stack: Synthesized) -> None:
        """All of them, and none is secret."""
        assert [] == [
            name
            for name, output in stack.document["output"].items()
            if not output["description"] or output.get("sensitive")
        ]

    @pytest.mark.parametrize(("name", "domain"), [("production", "aldeia.com"), ("staging", "staging.aldeia.com")])
    def test_urls(self, name: str, domain: str, request: pytest.FixtureRequest) -> None:
        """Where pages and backend answer."""
        stack = request.getfixturevalue(name)

        assert (f"https://{domain}", f"https://api.{domain}") == (stack.output("url"), stack.output("api_url"))

    def test_validation_records(self, stack: Synthesized) -> None:
        """By which ACM validates both names."""
        records = stack.output("certificate_validation_records")

        assert [{"name", "type", "value"}] * 2 == [set(record) for record in records]

    @pytest.mark.parametrize("name", FILES)
    def test_secrets(self, name: str) -> None:
        """Two are generated; where the database is, the operator says."""
        secret = f"{name}/application"

        assert {
            "JWT_SECRET": {"secret": secret, "key": "JWT_SECRET", "generated": True},
            "CHROMA_AUTH_TOKEN": {"secret": secret, "key": "CHROMA_AUTH_TOKEN", "generated": True},
            "DATABASE_URL": {"secret": secret, "key": "DATABASE_URL", "generated": False},
        } == build(name).output("secrets")


def test_parameters_can_be_made(stack: Synthesized) -> None:
    """Systems Manager refuses a value with double brackets, as if it named another parameter (API, PutParameter)."""
    parameters = stack.resources("aws_ssm_parameter").values()

    assert [] == [block["name"] for block in parameters if "{{" in block["insecure_value"]]
