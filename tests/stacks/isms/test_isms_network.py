"""ISMS's stacks: where what runs, and which requests go where."""

import pytest

from tests.stacks.isms.sample_isms import containers, ref
from tests.support import Synthesized


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

    @pytest.mark.parametrize("rule", ["ingress_rule.aurora_from_backend_", "egress_rule.aurora_backend_out_"])
    def test_rules_of_the_database_keep_their_addresses(self, rule: str, stack: Synthesized) -> None:
        """A rule with another address is made anew, and AWS refuses the second of two equal ones."""
        kind, _, start = rule.partition(".")

        assert [] != [id_ for id_ in stack.resources(f"aws_vpc_security_group_{kind}") if id_.startswith(start)]


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

    @pytest.mark.parametrize("service", ["backend", "frontend"])
    def test_only_the_load_balancer_reaches_the_service(self, service: str, staging: Synthesized) -> None:
        """One rule lets into the tasks' group: from the load balancer's."""
        group = ref(staging, "aws_security_group", "id", f"{service}_service_network_group_")
        rules = staging.resources("aws_vpc_security_group_ingress_rule").values()

        assert [ref(staging, "aws_security_group", "id", "load_balancer_")] == [
            rule["referenced_security_group_id"] for rule in rules if rule["security_group_id"] == group
        ]

    def test_all_is_in_one_network(self, staging: Synthesized) -> None:
        """Target groups and security groups are in the VPC that the subnets are in."""
        vpc = ref(staging, "aws_vpc", "id")
        types = ("aws_lb_target_group", "aws_security_group", "aws_subnet")

        assert {vpc} == {block["vpc_id"] for type_ in types for block in staging.resources(type_).values()}

    @pytest.mark.parametrize("needed", ["aws_route.network_nat_default_a", "aws_vpc_endpoint.network_s3_endpoint"])
    def test_tasks_wait_for_the_way_out(self, needed: str, stack: Synthesized) -> None:
        """A task that starts before its routes finds no image."""
        for service in stack.resources("aws_ecs_service").values():
            assert any(one.startswith(needed) for one in service["depends_on"])


class TestEntrance:
    """How requests come in."""

    def test_waits_for_the_certificate(self, stack: Synthesized) -> None:
        """Without a hosted zone the first apply has plain listeners that nobody reaches, and no wait for DNS."""
        rules = stack.resources("aws_vpc_security_group_ingress_rule").values()
        group = ref(stack, "aws_security_group", "id", "load_balancer_")

        assert [] == [rule for rule in rules if rule["security_group_id"] == group]
        assert {} == stack.resources("aws_acm_certificate_validation") | stack.resources("aws_route53_record")

    def test_https_with_a_zone(self, everything: Synthesized) -> None:
        """With a hosted zone the listeners speak TLS 1.3 with the stack's certificate from the first apply on."""
        listeners = everything.resources("aws_lb_listener")
        (production,) = [block for id_, block in listeners.items() if "_production_" in id_]

        assert (443, "HTTPS") == (production["port"], production["protocol"])
        assert production["ssl_policy"].startswith("ELBSecurityPolicy-TLS13")
        assert ref(everything, "aws_acm_certificate_validation", "certificate_arn") == production["certificate_arn"]

    def test_alias(self, everything: Synthesized) -> None:
        """The domain leads to the load balancer."""
        (record,) = [b for i, b in everything.resources("aws_route53_record").items() if i.startswith("alias_")]

        assert ("trust.demo.paythru.com", "Z0123456789ABC") == (record["name"], record["zone_id"])
        assert ref(everything, "aws_lb", "dns_name") == record["alias"]["name"]
        assert ref(everything, "aws_lb", "zone_id") == record["alias"]["zone_id"]

    def test_all_else_is_refused(self, stack: Synthesized) -> None:
        """What no rule matches is answered with 503."""
        for listener in stack.resources("aws_lb_listener").values():
            assert "503" == listener["default_action"][0]["fixed_response"]["status_code"]

    def test_access_logs(self, stack: Synthesized) -> None:
        """The load balancer logs to the stack's bucket, which bears the account's id."""
        assert ref(stack, "aws_s3_bucket", "bucket") == stack.resource("aws_lb")["access_logs"]["bucket"]
        (account,) = stack.document["provider"]["aws"][0]["allowed_account_ids"]

        assert account in stack.resource("aws_s3_bucket")["bucket"]

    def test_hides_malformed_requests(self, stack: Synthesized) -> None:
        """Invalid headers are dropped."""
        assert stack.resource("aws_lb")["drop_invalid_header_fields"] is True

    def test_test_listener(self, stack: Synthesized) -> None:
        """Green can be tried on a listener of its own."""
        assert 2 == len(stack.resources("aws_lb_listener"))
