"""Aldeia's stacks: names, accounts and tags."""

import pytest

from tests.stacks.aldeia.sample_aldeia import FILES
from tests.stacks.isms.sample_isms import by_name, containers, of_service, ref
from tests.support import Synthesized


class TestNames:
    """The names that the design fixes."""

    def test_cluster(self, chromadb_apart: Synthesized) -> None:
        """Of production."""
        assert "aldeia-prod-cluster" == chromadb_apart.resource("aws_ecs_cluster")["name"]

    def test_staging_cluster(self, staging_on_fargate: Synthesized) -> None:
        """Of staging, were it on Fargate."""
        assert "aldeia-staging-cluster" == staging_on_fargate.resource("aws_ecs_cluster")["name"]

    def test_services(self, on_fargate: Synthesized) -> None:
        """The services are called after the environment."""
        expected = {f"aldeia-prod-{service}" for service in ("backend", "frontend", "chromadb")}

        assert expected == set(by_name(on_fargate, "aws_ecs_service"))

    def test_families(self, on_fargate: Synthesized) -> None:
        """The families are called like the services."""
        families = {block["family"] for block in on_fargate.resources("aws_ecs_task_definition").values()}

        assert set(by_name(on_fargate, "aws_ecs_service")) == families

    def test_containers(self, on_fargate: Synthesized) -> None:
        """The containers are called like the services in the Compose file."""
        assert {"backend", "frontend", "chromadb"} == set(containers(on_fargate))

    @pytest.mark.parametrize("service", ["backend", "frontend", "chromadb"])
    def test_log_groups(self, service: str, production: Synthesized) -> None:
        """Each service logs to a group of its own, below /ecs/."""
        (group,) = of_service(production, "aws_cloudwatch_log_group", service).values()
        options = containers(production)[service]["logConfiguration"]["options"]

        assert f"/ecs/aldeia-prod-{service}" == group["name"]
        assert ref(production, "aws_cloudwatch_log_group", "name", f"{service}_") == options["awslogs-group"]

    def test_repositories(self, stack: Synthesized) -> None:
        """Alike in both environments, because each has an account of its own; ChromaDB's is optional, and left out."""
        assert {"aldeia/backend", "aldeia/frontend"} == set(by_name(stack, "aws_ecr_repository"))

    @pytest.mark.parametrize(
        ("name", "bucket"),
        [("production", "aldeia-prod-backups-641918319442"), ("staging", "aldeia-staging-backups-956880242582")],
    )
    def test_backups(self, name: str, bucket: str, request: pytest.FixtureRequest) -> None:
        """The design's name with the account's id, which makes it unique in all of AWS."""
        blocks = request.getfixturevalue(name).resources("aws_s3_bucket")

        assert bucket == blocks["backups_bucket_5DB31D01"]["bucket"]

    def test_network(self, production: Synthesized) -> None:
        """Whoever looks at the network in the console sees whose it is."""
        types = ("aws_vpc", "aws_subnet", "aws_nat_gateway", "aws_efs_file_system")
        names = [block["tags"]["Name"] for type_ in types for block in production.resources(type_).values()]

        assert [] == [name for name in names if not name.startswith("aldeia-prod")]


class TestEnvironment:
    """Where a stack may be applied, and with what."""

    @pytest.mark.parametrize(("name", "account"), [("production", "641918319442"), ("staging", "956880242582")])
    def test_account(self, name: str, account: str, request: pytest.FixtureRequest) -> None:
        """Provider and state refuse every account but the environment's."""
        document = request.getfixturevalue(name).document

        assert [account] == document["provider"]["aws"][0]["allowed_account_ids"]
        assert [account] == document["terraform"]["backend"]["s3"]["allowed_account_ids"]

    def test_region(self, stack: Synthesized) -> None:
        """All are in Virginia."""
        assert "us-east-1" == stack.document["provider"]["aws"][0]["region"]

    def test_provider(self, stack: Synthesized) -> None:
        """The exact version."""
        assert "6.33.0" == stack.document["terraform"]["required_providers"]["aws"]["version"]

    @pytest.mark.parametrize(("name", "id_"), [("production", "aldeia-production"), ("staging", "aldeia-staging")])
    def test_tags(self, name: str, id_: str, request: pytest.FixtureRequest) -> None:
        """Every resource says of which stack it is."""
        provider = request.getfixturevalue(name).document["provider"]["aws"][0]

        assert {"Stack": id_, "ManagedBy": "terraform"} == provider["default_tags"][0]["tags"]


class TestRegistries:
    """What the registries keep."""

    @pytest.mark.parametrize("service", ["backend", "frontend"])
    def test_release_tag_is_kept(self, service: str, stack: Synthesized) -> None:
        """A release tags images with the stack's id, which the registry keeps and lets move."""
        (repository,) = of_service(stack, "aws_ecr_repository", service).values()
        (policy,) = of_service(stack, "aws_ecr_lifecycle_policy", service).values()
        moving = {one["filter"] for one in repository["image_tag_mutability_exclusion_filter"]}

        assert {*FILES, "latest"} == moving
        assert [] == [name for name in FILES if f'"{name}-*"' not in policy["policy"]]
