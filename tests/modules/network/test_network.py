"""The network as Terraform JSON, item by item of design 001."""

from dataclasses import asdict
from typing import Any

import pytest
from cdktf import TerraformOutput
from cdktf_cdktf_provider_aws.ecs_cluster import EcsCluster
from constructs import Construct
from pydantic import ValidationError

from modules.mistakes import mistakes_in
from modules.network.network import Network, NetworkSettings
from tests.support import Block, Synthesized, synth_scope

ALL_ENDPOINTS = ["ecr", "logs", "secretsmanager", "ssmmessages"]


class Built(Synthesized):
    """A network's JSON, with outputs for what its consumers get."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 settings of any type
        def build(scope: Construct) -> None:
            network = Network(
                scope,
                "network",
                name="isms-staging",
                region="eu-west-2",
                account_id="956880242582",
                settings=NetworkSettings(**settings),
            )
            results = {
                "vpc_id": network.vpc_id,
                "cidr": network.cidr,
                "public": asdict(network.public),
                "private": asdict(network.private),
                "s3_prefix_list_id": network.s3_prefix_list_id,
                "endpoint_group": network.endpoint_security_group_id or "none",
            }
            TerraformOutput(scope, "network_results", value=results)
            EcsCluster(scope, "consumer", name="consumer", depends_on=network.ready)

        self.document = synth_scope(build).document

    def one(self, type_: str, role: str) -> Block:
        """The resource whose id begins with this role."""
        _, block = self._find(type_, role)
        return block

    def reference(self, type_: str, role: str, attribute: str = "id") -> str:
        """The expression that refers to an attribute of this resource."""
        id_, _ = self._find(type_, role)
        return f"${{{type_}.{id_}.{attribute}}}"

    def address(self, type_: str, role: str) -> str:
        """What depends_on calls this resource."""
        id_, _ = self._find(type_, role)
        return f"{type_}.{id_}"

    def roles(self, type_: str) -> set[str]:
        """What the resources of a type are in this network: their ids, less network and hash."""
        return {id_.removeprefix("network_").rpartition("_")[0] for id_ in self.resources(type_)}

    def _find(self, type_: str, role: str) -> tuple[str, Block]:
        ((id_, block),) = [
            (id_, block)
            for id_, block in self.resources(type_).items()
            if id_.removeprefix("network_").rpartition("_")[0] == role
        ]
        return id_, block


@pytest.fixture(scope="module")
def default() -> Built:
    """Two zones that share a NAT gateway."""
    return Built()


@pytest.fixture(scope="module")
def full() -> Built:
    """Three zones with a NAT gateway each, and all interface endpoints."""
    return Built(
        zones=["b", "c", "a"],
        nat="one_per_zone",
        interface_endpoints=ALL_ENDPOINTS,
        readable_buckets=["packages-of-others"],
        flow_log_retention_days=365,
    )


@pytest.fixture(scope="module")
def closed() -> Built:
    """No NAT and no interface endpoints."""
    return Built(nat="none")


class TestSettings:
    """What an environment file may say."""

    @pytest.mark.parametrize("zones", [[], ["a"], ["a", "b", "c", "d", "e"]])
    def test_number_of_zones(self, zones: list[str]) -> None:
        """A load balancer needs two zones."""
        assert f"must be a list of 2 to 4 letters, got {zones!r}" == self._mistake("zones", zones)

    def test_zone_letter(self) -> None:
        """A zone is a letter, whatever the region."""
        assert "must be one of a, b, c, d, e, f, got 'eu-west-2a'" == self._mistake("zones.0", ["eu-west-2a", "b"])

    @pytest.mark.parametrize(
        ("name", "values", "text"),
        [
            ("zones", ["a", "b", "a"], "must not name a twice, got ['a', 'b', 'a']"),
            ("interface_endpoints", ["ecr", "ecr"], "must not name ecr twice, got ['ecr', 'ecr']"),
        ],
    )
    def test_unique(self, name: str, values: list[str], text: str) -> None:
        """Nothing is made twice."""
        assert text == self._mistake(name, values)

    def test_defaults(self) -> None:
        """The defaults are the design's: one NAT gateway and what is free."""
        settings = NetworkSettings()

        assert ("10.0.0.0/16", ["a", "b"], "one", [], [], 30) == (
            settings.cidr,
            settings.zones,
            settings.nat,
            settings.interface_endpoints,
            settings.readable_buckets,
            settings.flow_log_retention_days,
        )

    @staticmethod
    def _mistake(path: str, value: Any) -> str:  # noqa: ANN401 settings of any type
        with pytest.raises(ValidationError) as caught:
            NetworkSettings(**{path.split(".")[0]: value})
        ((found, text),) = [(each.path, each.text) for each in mistakes_in(caught.value, NetworkSettings)]
        assert path == found
        return text


class TestVpc:
    """The VPC and what belongs to it alone."""

    def test_cidr(self, default: Built) -> None:
        """The VPC has the addresses of the settings."""
        assert "10.0.0.0/16" == default.resource("aws_vpc")["cidr_block"]

    def test_dns(self, default: Built) -> None:
        """Private names of endpoints and namespaces need both."""
        vpc = default.resource("aws_vpc")

        assert (True, True) == (vpc["enable_dns_support"], vpc["enable_dns_hostnames"])

    def test_default_group_is_empty(self, default: Built) -> None:
        """The lists are there and empty: without them Terraform would not remove what somebody adds."""
        group = default.resource("aws_default_security_group")

        assert ([], []) == (group["ingress"], group["egress"])
        assert default.reference("aws_vpc", "vpc") == group["vpc_id"]

    def test_internet_gateway(self, default: Built) -> None:
        """The VPC has an internet gateway."""
        assert default.reference("aws_vpc", "vpc") == default.resource("aws_internet_gateway")["vpc_id"]

    @pytest.mark.parametrize(
        "type_", ["aws_vpc", "aws_subnet", "aws_route_table", "aws_nat_gateway", "aws_eip", "aws_vpc_endpoint"]
    )
    def test_names(self, full: Built, type_: str) -> None:
        """Everything of a type can be told apart in the console."""
        names = [block["tags"]["Name"] for block in full.resources(type_).values()]

        assert len(names) == len(set(names))
        assert all(name.startswith("isms-staging") for name in names)


class TestSubnets:
    """The subnets and their zones."""

    @pytest.mark.parametrize(
        ("role", "zone", "cidr"),
        [
            ("public_subnet_a", "eu-west-2a", "10.0.128.0/21"),
            ("public_subnet_b", "eu-west-2b", "10.0.136.0/21"),
            ("private_subnet_a", "eu-west-2a", "10.0.0.0/20"),
            ("private_subnet_b", "eu-west-2b", "10.0.16.0/20"),
        ],
    )
    def test_place(self, default: Built, role: str, zone: str, cidr: str) -> None:
        """Each subnet has its zone, by name, and its addresses."""
        subnet = default.one("aws_subnet", role)

        assert (zone, cidr) == (subnet["availability_zone"], subnet["cidr_block"])

    def test_number(self, default: Built) -> None:
        """There are two of each kind."""
        assert 4 == len(default.resources("aws_subnet"))

    def test_no_public_addresses(self, full: Built) -> None:
        """Nothing gets a public address that does not ask for one."""
        assert {False} == {subnet["map_public_ip_on_launch"] for subnet in full.resources("aws_subnet").values()}

    def test_public_subnets_follow_the_gateway(self, full: Built) -> None:
        """What lives in a public subnet is made after the internet gateway, and is gone before it."""
        gateway = full.address("aws_internet_gateway", "internet_gateway")

        assert {"public": [[gateway]] * 3, "private": [None] * 3} == {
            kind: [full.one("aws_subnet", f"{kind}_subnet_{zone}").get("depends_on") for zone in "abc"]
            for kind in ("public", "private")
        }

    def test_third_zone_changes_no_other(self, default: Built) -> None:
        """A zone that is added leaves subnets, tables, associations and the NAT gateway as they are."""
        more = Built(zones=["a", "b", "c"])

        for type_ in ("aws_subnet", "aws_route_table", "aws_route_table_association", "aws_route", "aws_nat_gateway"):
            kept = {id_: more.resources(type_).get(id_) for id_ in default.resources(type_)}
            assert default.resources(type_) == kept


class TestRoutes:
    """Where the subnets' traffic goes."""

    def test_tables_of_subnets(self, full: Built) -> None:
        """Public subnets share a table, and each private subnet has its own."""
        tables = {
            **{f"public_subnet_{zone}": "public_routes" for zone in "abc"},
            **{f"private_subnet_{zone}": f"private_routes_{zone}" for zone in "abc"},
        }

        assert {
            (full.reference("aws_subnet", subnet), full.reference("aws_route_table", table))
            for subnet, table in tables.items()
        } == {
            (association["subnet_id"], association["route_table_id"])
            for association in full.resources("aws_route_table_association").values()
        }

    def test_public(self, default: Built) -> None:
        """Public subnets reach the internet through the internet gateway."""
        assert {
            "route_table_id": default.reference("aws_route_table", "public_routes"),
            "destination_cidr_block": "0.0.0.0/0",
            "gateway_id": default.reference("aws_internet_gateway", "internet_gateway"),
        } == default.one("aws_route", "public_default")

    @pytest.mark.parametrize("zone", ["a", "b"])
    def test_one_nat(self, default: Built, zone: str) -> None:
        """Private subnets share the NAT gateway of the first zone."""
        assert {
            "route_table_id": default.reference("aws_route_table", f"private_routes_{zone}"),
            "destination_cidr_block": "0.0.0.0/0",
            "nat_gateway_id": default.reference("aws_nat_gateway", "nat_gateway_a"),
        } == default.one("aws_route", f"nat_default_{zone}")

    @pytest.mark.parametrize("zone", ["a", "b", "c"])
    def test_one_nat_per_zone(self, full: Built, zone: str) -> None:
        """Each private subnet has the NAT gateway of its own zone."""
        assert {
            "route_table_id": full.reference("aws_route_table", f"private_routes_{zone}"),
            "destination_cidr_block": "0.0.0.0/0",
            "nat_gateway_id": full.reference("aws_nat_gateway", f"nat_gateway_{zone}"),
        } == full.one("aws_route", f"nat_default_{zone}")

    def test_no_nat(self, closed: Built) -> None:
        """Without NAT the only way out is the public one."""
        assert {"public_default"} == closed.roles("aws_route")
        assert {} == closed.resources("aws_nat_gateway") | closed.resources("aws_eip")

    def test_nat_of_the_first_zone(self) -> None:
        """The one NAT gateway is where the first zone of the list is."""
        assert {"nat_gateway_b"} == Built(zones=["b", "a"]).roles("aws_nat_gateway")

    @pytest.mark.parametrize("zone", ["a", "b", "c"])
    def test_nat_gateway(self, full: Built, zone: str) -> None:
        """A NAT gateway lives in the public subnet, has a fixed address, and waits for the internet gateway."""
        gateway = full.one("aws_nat_gateway", f"nat_gateway_{zone}")

        assert (
            full.reference("aws_subnet", f"public_subnet_{zone}"),
            full.reference("aws_eip", f"nat_address_{zone}"),
        ) == (gateway["subnet_id"], gateway["allocation_id"])
        assert [f"aws_internet_gateway.{id_}" for id_ in full.resources("aws_internet_gateway")] == gateway[
            "depends_on"
        ]

    def test_nat_address(self, default: Built) -> None:
        """The address is one of the VPC, and waits for the internet gateway."""
        address = default.one("aws_eip", "nat_address_a")

        assert "vpc" == address["domain"]
        assert [default.address("aws_internet_gateway", "internet_gateway")] == address["depends_on"]


class TestS3Endpoint:
    """The free way to S3."""

    def test_gateway(self, default: Built) -> None:
        """It is a gateway endpoint for S3 in the region."""
        endpoint = default.one("aws_vpc_endpoint", "s3_endpoint")

        assert ("Gateway", "com.amazonaws.eu-west-2.s3") == (endpoint["vpc_endpoint_type"], endpoint["service_name"])

    def test_route_tables(self, full: Built) -> None:
        """All subnets use it, each table once."""
        assert [
            full.reference("aws_route_table", f"{table}")
            for table in ("public_routes", "private_routes_b", "private_routes_c", "private_routes_a")
        ] == full.one("aws_vpc_endpoint", "s3_endpoint")["route_table_ids"]

    def test_own_buckets_only(self, default: Built) -> None:
        """Whatever is more than reading is for this account's principals in this account's buckets."""
        conditions = {
            statement["sid"]: [(each["test"], each["variable"], each["values"]) for each in statement["condition"]]
            for statement in self._policy(default)
            if statement["sid"] != "BucketsOfOthers"
        }

        both = [
            ("StringEquals", "aws:PrincipalAccount", ["956880242582"]),
            ("StringEquals", "aws:ResourceAccount", ["956880242582"]),
        ]
        assert {"OwnBuckets": both, "OwnObjects": both} == conditions

    def test_actions(self, default: Built) -> None:
        """Objects can be used, and no bucket can be administered or deleted."""
        actions = {action for statement in self._policy(default) for action in statement["actions"]}

        assert {"s3:GetObject", "s3:PutObject", "s3:ListBucket"} <= actions
        assert not [action for action in actions if "*" in action or "Policy" in action or "DeleteBucket" in action]

    def test_resources(self, default: Built) -> None:
        """Bucket actions are for buckets, and object actions for objects."""
        assert {"OwnBuckets": ["arn:aws:s3:::*"], "OwnObjects": ["arn:aws:s3:::*/*"]} == {
            statement["sid"]: statement["resources"] for statement in self._policy(default)[:2]
        }

    def test_image_layers(self, default: Built) -> None:
        """ECR's layers lie in a bucket of AWS, behind addresses that AWS signs: they can be read unconditionally."""
        *_, statement = self._policy(default)

        assert ("BucketsOfOthers", ["s3:GetObject"], ["arn:aws:s3:::prod-eu-west-2-starport-layer-bucket/*"]) == (
            statement["sid"],
            statement["actions"],
            statement["resources"],
        )
        assert "condition" not in statement

    def test_readable_buckets(self, full: Built) -> None:
        """The settings can name more buckets to read."""
        *_, statement = self._policy(full)

        assert [
            "arn:aws:s3:::prod-eu-west-2-starport-layer-bucket/*",
            "arn:aws:s3:::packages-of-others/*",
        ] == statement["resources"]

    def test_principals(self, default: Built) -> None:
        """A gateway endpoint takes no other principal than everybody."""
        assert [[{"type": "*", "identifiers": ["*"]}]] * 3 == [
            statement["principals"] for statement in self._policy(default)
        ]

    def test_policy_is_the_endpoint_s(self, default: Built) -> None:
        """The endpoint has this policy."""
        (document,) = [id_ for id_ in default.document["data"]["aws_iam_policy_document"] if "_s3_policy_" in id_]

        assert (
            f"${{data.aws_iam_policy_document.{document}.json}}"
            == default.one("aws_vpc_endpoint", "s3_endpoint")["policy"]
        )

    @staticmethod
    def _policy(built: Built) -> list[Block]:
        documents = built.document["data"]["aws_iam_policy_document"]
        (statements,) = [document["statement"] for id_, document in documents.items() if "_s3_policy_" in id_]
        return list(statements)


class TestInterfaceEndpoints:
    """The ways to AWS services that cost by the hour."""

    def test_off(self, default: Built) -> None:
        """They are off, and so is their security group."""
        assert {"s3_endpoint"} == default.roles("aws_vpc_endpoint")
        assert {} == default.resources("aws_security_group")

    def test_services(self, full: Built) -> None:
        """ECR has two endpoints, the others one each."""
        assert {
            "com.amazonaws.eu-west-2.ecr.api",
            "com.amazonaws.eu-west-2.ecr.dkr",
            "com.amazonaws.eu-west-2.logs",
            "com.amazonaws.eu-west-2.secretsmanager",
            "com.amazonaws.eu-west-2.ssmmessages",
        } == {endpoint["service_name"] for endpoint in self._endpoints(full)}

    def test_some_services(self) -> None:
        """Only what is asked for is made."""
        assert {"s3_endpoint", "endpoints_logs"} == Built(interface_endpoints=["logs"]).roles("aws_vpc_endpoint")

    def test_private_dns(self, full: Built) -> None:
        """The services' usual names lead to them."""
        assert {("Interface", True)} == {
            (endpoint["vpc_endpoint_type"], endpoint["private_dns_enabled"]) for endpoint in self._endpoints(full)
        }

    def test_subnets(self, full: Built) -> None:
        """They have an address in each zone, in the private subnets."""
        subnets = [full.reference("aws_subnet", f"private_subnet_{zone}") for zone in "bca"]

        assert [subnets] * 5 == [endpoint["subnet_ids"] for endpoint in self._endpoints(full)]

    def test_group(self, full: Built) -> None:
        """They have a security group of their own, in the VPC."""
        group = full.reference("aws_security_group", "endpoints_group")

        assert [[group]] * 5 == [endpoint["security_group_ids"] for endpoint in self._endpoints(full)]
        assert full.reference("aws_vpc", "vpc") == full.resource("aws_security_group")["vpc_id"]

    def test_only_https_from_the_vpc(self, full: Built) -> None:
        """The group lets in HTTPS from the VPC, and nothing out."""
        assert {
            "security_group_id": full.reference("aws_security_group", "endpoints_group"),
            "description": "The VPC",
            "cidr_ipv4": "10.0.0.0/16",
            "ip_protocol": "tcp",
            "from_port": 443,
            "to_port": 443,
        } == full.resource("aws_vpc_security_group_ingress_rule")
        assert {} == full.resources("aws_vpc_security_group_egress_rule")

    @staticmethod
    def _endpoints(built: Built) -> list[Block]:
        endpoints = built.resources("aws_vpc_endpoint").values()
        return [endpoint for endpoint in endpoints if endpoint["service_name"] != "com.amazonaws.eu-west-2.s3"]


class TestFlowLogs:
    """Who spoke to whom."""

    def test_everything(self, default: Built) -> None:
        """All traffic of the VPC is logged, to the network's own group, as soon as the role may write there."""
        log = default.resource("aws_flow_log")

        assert ("ALL", default.reference("aws_vpc", "vpc")) == (log["traffic_type"], log["vpc_id"])
        assert default.reference("aws_cloudwatch_log_group", "flow_logs_group", "arn") == log["log_destination"]
        assert default.reference("aws_iam_role", "flow_logs_delivery_role", "arn") == log["iam_role_arn"]
        assert [default.address("aws_iam_role_policy", "flow_logs_delivery_policy")] == log["depends_on"]

    @pytest.mark.parametrize(("built", "days"), [("default", 30), ("full", 365)])
    def test_retention(self, request: pytest.FixtureRequest, built: str, days: int) -> None:
        """The log group forgets after a while."""
        group = request.getfixturevalue(built).resource("aws_cloudwatch_log_group")

        assert ("/vpc/isms-staging/flow-logs", days) == (group["name"], group["retention_in_days"])

    def test_trust(self, default: Built) -> None:
        """Only the flow logs of this account and region may use the role."""
        (statement,) = self._document(default, "trust")

        assert [{"type": "Service", "identifiers": ["vpc-flow-logs.amazonaws.com"]}] == statement["principals"]
        assert {
            "aws:SourceAccount": ["956880242582"],
            "aws:SourceArn": ["arn:aws:ec2:eu-west-2:956880242582:vpc-flow-log/*"],
        } == {condition["variable"]: condition["values"] for condition in statement["condition"]}

    def test_permissions(self, default: Built) -> None:
        """AWS's list for this one group, less making groups: it would make this one again after its destruction."""
        group = default.reference("aws_cloudwatch_log_group", "flow_logs_group", "arn")

        assert {
            ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"): [f"{group}:*"],
            ("logs:DescribeLogGroups",): ["*"],
        } == {tuple(each["actions"]): each["resources"] for each in self._document(default, "permissions")}

    @staticmethod
    def _document(built: Built, kind: str) -> list[Block]:
        documents = built.document["data"]["aws_iam_policy_document"]
        (statements,) = [each["statement"] for id_, each in documents.items() if f"flow_logs_delivery_{kind}_" in id_]
        return list(statements)


class TestConsumers:
    """What others get from the network."""

    def test_vpc(self, default: Built) -> None:
        """The VPC, and its addresses, which are known before anything is built."""
        results = default.output("network_results")

        assert (default.reference("aws_vpc", "vpc"), "10.0.0.0/16") == (results["vpc_id"], results["cidr"])

    @pytest.mark.parametrize(("kind", "assign_public_ip"), [("public", True), ("private", False)])
    def test_placement(self, default: Built, kind: str, assign_public_ip: bool) -> None:
        """A placement has its kind's subnets; a task needs a public address in the public ones only."""
        assert {
            "vpc_id": default.reference("aws_vpc", "vpc"),
            "subnet_ids": [default.reference("aws_subnet", f"{kind}_subnet_{zone}") for zone in "ab"],
            "assign_public_ip": assign_public_ip,
        } == default.output("network_results")[kind]

    @pytest.mark.parametrize("built", ["default", "full", "closed"])
    def test_ready(self, request: pytest.FixtureRequest, built: str) -> None:
        """A task waits for every route, by them for NAT, for their associations, and for all endpoints."""
        network: Built = request.getfixturevalue(built)
        types = (
            "aws_route",
            "aws_route_table_association",
            "aws_vpc_endpoint",
            "aws_vpc_security_group_ingress_rule",
        )

        assert {f"{type_}.{id_}" for type_ in types for id_ in network.resources(type_)} == set(
            network.resource("aws_ecs_cluster")["depends_on"]
        )

    def test_s3_prefix_list(self, default: Built) -> None:
        """A consumer that may not reach the internet can be let out to S3."""
        expected = default.reference("aws_vpc_endpoint", "s3_endpoint", "prefix_list_id")

        assert expected == default.output("network_results")["s3_prefix_list_id"]

    def test_endpoint_group(self, full: Built) -> None:
        """And to the interface endpoints."""
        expected = full.reference("aws_security_group", "endpoints_group")

        assert expected == full.output("network_results")["endpoint_group"]

    def test_no_endpoint_group(self, default: Built) -> None:
        """Without interface endpoints there is no group to reach."""
        assert "none" == default.output("network_results")["endpoint_group"]


def test_addresses(full: Built) -> None:
    """A changed address replaces the resource, and with a subnet or a NAT address whatever depends on it."""
    addresses = {
        f"{type_}.{role}"
        for type_ in ("aws_vpc", "aws_subnet", "aws_eip", "aws_cloudwatch_log_group", "aws_security_group")
        for role in full.roles(type_)
    }

    assert {
        "aws_vpc.vpc",
        "aws_subnet.public_subnet_a",
        "aws_subnet.public_subnet_b",
        "aws_subnet.public_subnet_c",
        "aws_subnet.private_subnet_a",
        "aws_subnet.private_subnet_b",
        "aws_subnet.private_subnet_c",
        "aws_eip.nat_address_a",
        "aws_eip.nat_address_b",
        "aws_eip.nat_address_c",
        "aws_cloudwatch_log_group.flow_logs_group",
        "aws_security_group.endpoints_group",
    } == addresses
