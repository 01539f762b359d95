"""Aldeia's stacks: where what runs, and who reaches whom."""

import pytest

from tests.stacks.aldeia.sample_aldeia import needed_by, prefix, rules
from tests.stacks.isms.sample_isms import containers, environment_of, of_service, ref
from tests.support import Synthesized

ANYWHERE = ("0.0.0.0/0", 443, 443)
POSTGRES = ("10.0.0.0/16", 5432, 5432)


def group(stack: Synthesized, part: str) -> str:
    """The security group of a part, a reference."""
    start = {"load_balancer": "load_balancer_", "files": "files_", "chromadb": "chromadb_network_group_"}
    return ref(stack, "aws_security_group", "id", start.get(part, f"{part}_service_network_group_"))


class TestPlaces:
    """Where what runs."""

    def test_address_plan(self, stack: Synthesized) -> None:
        """The VPC is 10.0.0.0/16 with two public and two private subnets in two zones."""
        subnets = stack.resources("aws_subnet")
        zones = {
            kind: [b["availability_zone"] for i, b in subnets.items() if f"_{kind}_" in i]
            for kind in ("public", "private")
        }

        assert "10.0.0.0/16" == stack.resource("aws_vpc")["cidr_block"]
        assert {"public": ["us-east-1a", "us-east-1b"], "private": ["us-east-1a", "us-east-1b"]} == zones

    @pytest.mark.parametrize(("name", "count"), [("staging", 1), ("production", 2)])
    def test_nat(self, name: str, count: int, request: pytest.FixtureRequest) -> None:
        """Production has a NAT gateway a zone."""
        assert count == len(request.getfixturevalue(name).resources("aws_nat_gateway"))

    def test_load_balancer_is_public(self, stack: Synthesized) -> None:
        """The load balancer is in the public subnets, and nothing else is."""
        assert [] == [one for one in stack.resource("aws_lb")["subnets"] if "network_public_" not in one]

    def test_tasks_are_private(self, chromadb_apart: Synthesized) -> None:
        """All services run in the private subnets of both zones, without public addresses."""
        for service in chromadb_apart.resources("aws_ecs_service").values():
            network = service["network_configuration"]

            assert (False, 2) == (network["assign_public_ip"], len(network["subnets"]))
            assert [] == [subnet for subnet in network["subnets"] if "network_private_" not in subnet]

    def test_files_are_private(self, chromadb_apart: Synthesized) -> None:
        """A mount target in each of the private subnets."""
        targets = chromadb_apart.resources("aws_efs_mount_target").values()

        assert {
            f"${{aws_subnet.{id_}.id}}" for id_ in chromadb_apart.resources("aws_subnet") if "_private_" in id_
        } == {target["subnet_id"] for target in targets}

    def test_all_is_in_one_network(self, stack: Synthesized) -> None:
        """Target groups and security groups are in the VPC that the subnets are in."""
        vpc = ref(stack, "aws_vpc", "id")
        types = ("aws_lb_target_group", "aws_security_group", "aws_subnet")

        assert {vpc} == {block["vpc_id"] for type_ in types for block in stack.resources(type_).values()}


class TestChromaDb:
    """Who finds and reaches ChromaDB, where it runs on Fargate."""

    @pytest.mark.parametrize("name", ["production", "otherwise", "staging_on_fargate"])
    def test_only_the_backend_gets_in(self, name: str, request: pytest.FixtureRequest) -> None:
        """One rule: from the backend's tasks, to its port."""
        stack = request.getfixturevalue(name)

        assert [(group(stack, "backend"), 8000, 8000)] == rules(stack, "ingress", group(stack, "chromadb"))

    def test_backend_gets_out(self, on_fargate: Synthesized) -> None:
        """A group lets nothing out that it does not say."""
        assert (group(on_fargate, "chromadb"), 8000, 8000) in rules(on_fargate, "egress", group(on_fargate, "backend"))

    def test_no_load_balancer(self, chromadb_apart: Synthesized) -> None:
        """Nobody from outside gets there."""
        (service,) = of_service(chromadb_apart, "aws_ecs_service", "chromadb").values()

        assert "load_balancer" not in service
        assert {} == of_service(chromadb_apart, "aws_lb_target_group", "chromadb")

    def test_private_name(self, chromadb_apart: Synthesized) -> None:
        """Its name is in a zone that only the VPC sees, and DNS answers with the address of its task."""
        namespace = chromadb_apart.resource("aws_service_discovery_private_dns_namespace")
        name = chromadb_apart.resource("aws_service_discovery_service")

        assert ("aldeia-prod.internal", ref(chromadb_apart, "aws_vpc", "id")) == (namespace["name"], namespace["vpc"])
        assert ("chromadb", [{"ttl": 10, "type": "A"}]) == (name["name"], name["dns_config"]["dns_records"])
        assert (
            ref(chromadb_apart, "aws_service_discovery_private_dns_namespace", "id")
            == (name["dns_config"]["namespace_id"])
        )

    def test_registered(self, chromadb_apart: Synthesized) -> None:
        """ECS keeps the address current; nothing else is registered."""
        found = {
            block["name"]: block.get("service_registries")
            for block in chromadb_apart.resources("aws_ecs_service").values()
        }
        name = {"registry_arn": ref(chromadb_apart, "aws_service_discovery_service", "arn")}

        assert {"aldeia-prod-chromadb": name} == {key: value for key, value in found.items() if value is not None}

    @pytest.mark.parametrize("name", ["production", "otherwise", "staging_on_fargate"])
    def test_backend_asks_for_that_name(self, name: str, request: pytest.FixtureRequest) -> None:
        """Host and port that the backend is told are those that there are."""
        stack = request.getfixturevalue(name)
        found = environment_of(containers(stack)["backend"])
        (mapping,) = containers(stack)["chromadb"]["portMappings"]

        assert f"chromadb.{prefix(stack)}.internal" == found["CHROMA_HOST"]
        assert str(mapping["containerPort"]) == found["CHROMA_PORT"]

    def test_only_chromadb_reaches_its_files(self, chromadb_apart: Synthesized) -> None:
        """One rule lets into EFS."""
        assert [(group(chromadb_apart, "chromadb"), 2049, 2049)] == (
            rules(chromadb_apart, "ingress", group(chromadb_apart, "files"))
        )

    def test_chromadb_gets_out(self, chromadb_apart: Synthesized) -> None:
        """To its files, and to where its image, log and token are; to no database."""
        assert sorted([ANYWHERE, (group(chromadb_apart, "files"), 2049, 2049)]) == (
            rules(chromadb_apart, "egress", group(chromadb_apart, "chromadb"))
        )


class TestWebServices:
    """Backend and pages on Fargate."""

    @pytest.mark.parametrize(("service", "port"), [("backend", 3001), ("frontend", 3002)])
    def test_only_the_load_balancer_gets_in(self, service: str, port: int, on_fargate: Synthesized) -> None:
        """One rule each."""
        assert [(group(on_fargate, "load_balancer"), port, port)] == (
            rules(on_fargate, "ingress", group(on_fargate, service))
        )

    def test_backend_gets_out(self, on_fargate: Synthesized) -> None:
        """To AWS, the database and ChromaDB."""
        assert sorted([ANYWHERE, POSTGRES, (group(on_fargate, "chromadb"), 8000, 8000)]) == (
            rules(on_fargate, "egress", group(on_fargate, "backend"))
        )

    def test_frontend_gets_out(self, on_fargate: Synthesized) -> None:
        """To AWS and the backend's public name: neither to the database nor to ChromaDB."""
        assert [ANYWHERE] == rules(on_fargate, "egress", group(on_fargate, "frontend"))

    def test_load_balancer_gets_out(self, on_fargate: Synthesized) -> None:
        """To both, and nowhere else."""
        expected = [(group(on_fargate, "backend"), 3001, 3001), (group(on_fargate, "frontend"), 3002, 3002)]

        assert sorted(expected) == rules(on_fargate, "egress", group(on_fargate, "load_balancer"))


class TestOrder:
    """What tasks wait for: one that starts before could do nothing."""

    @pytest.mark.parametrize("type_", ["aws_efs_mount_target", "aws_efs_file_system_policy"])
    def test_chromadb_waits_for_its_files(self, type_: str, chromadb_apart: Synthesized) -> None:
        """A task mounts before its container starts."""
        expected = {f"{type_}.{id_}" for id_ in chromadb_apart.resources(type_)}

        assert expected <= set(needed_by(chromadb_apart, "chromadb"))

    @pytest.mark.parametrize("rule", ["ingress_rule.files_from_chromadb_", "egress_rule.files_chromadb_out_"])
    def test_chromadb_waits_for_the_way_to_them(self, rule: str, chromadb_apart: Synthesized) -> None:
        """On both sides."""
        assert 1 == len([one for one in needed_by(chromadb_apart, "chromadb") if rule in one])

    @pytest.mark.parametrize("rule", ["ingress_rule.chromadb_from_backend_", "egress_rule.chromadb_backend_out_"])
    def test_backend_waits_for_the_way_to_chromadb(self, rule: str, on_fargate: Synthesized) -> None:
        """On both sides."""
        assert 1 == len([one for one in needed_by(on_fargate, "backend") if rule in one])

    def test_backend_waits_for_the_way_to_the_database(self, on_fargate: Synthesized) -> None:
        """Its own rule."""
        assert [] != [
            one for one in needed_by(on_fargate, "backend") if "egress_rule.backend_service_network_to_5432_" in one
        ]

    @pytest.mark.parametrize("needed", ["aws_route.network_nat_default_a", "aws_vpc_endpoint.network_s3_endpoint"])
    @pytest.mark.parametrize("service", ["backend", "frontend", "chromadb"])
    def test_all_wait_for_the_way_out(self, service: str, needed: str, on_fargate: Synthesized) -> None:
        """A task that starts before its routes finds no image."""
        assert [] != [one for one in needed_by(on_fargate, service) if one.startswith(needed)]


AGENT = ["amazoncloudwatch-agent", "amazoncloudwatch-agent-us-east-1"]


@pytest.mark.parametrize(("shape", "hosts"), [("production", []), ("staging", AGENT), ("several_hosts", AGENT)])
def test_buckets_of_others(shape: str, hosts: list[str], request: pytest.FixtureRequest) -> None:
    """The endpoint of S3 lets through the layers of ECR and of Docker Hub, and on machines AWS's agent."""
    stack: Synthesized = request.getfixturevalue(shape)
    (found,) = [
        one["resources"]
        for document in stack.document["data"]["aws_iam_policy_document"].values()
        for one in document["statement"]
        if one.get("sid") == "BucketsOfOthers"
    ]
    buckets = ["prod-us-east-1-starport-layer-bucket", "docker-images-prod", *hosts]

    assert [f"arn:aws:s3:::{bucket}/*" for bucket in buckets] == found
