"""EdgeMind's stack: where the tasks run without a NAT gateway, who reaches them, and what they reach."""

import pytest

from modules.network.network import NetworkSettings
from stacks.edgemind_settings import MqttSettings
from tests.stacks.edgemind.sample_edgemind import BROKER, build, rules
from tests.stacks.isms.sample_isms import manifest, ref
from tests.support import Synthesized

TASKS = "backend_service_network_group_"


def reached(stack: Synthesized) -> set[tuple[int, int, str]]:
    """The ports that the tasks reach, and where."""
    return {(rule["from_port"], rule["to_port"], rule["cidr_ipv4"]) for rule in rules(stack, "egress", TASKS)}


class TestWithoutNat:
    """What the design's budget asks for."""

    def test_no_gateway(self, stack: Synthesized) -> None:
        """Nothing is paid by the hour but load balancer, addresses and tasks."""
        assert {} == stack.resources("aws_nat_gateway") | stack.resources("aws_eip")
        assert {"Gateway"} == {
            block.get("vpc_endpoint_type", "Gateway") for block in stack.resources("aws_vpc_endpoint").values()
        }

    def test_tasks_are_public(self, stack: Synthesized) -> None:
        """Each task has an address of its own, in the public subnets of two zones."""
        network = stack.resource("aws_ecs_service")["network_configuration"]

        assert network["assign_public_ip"] is True
        assert [ref(stack, "aws_subnet", "id", f"network_public_subnet_{zone}") for zone in ("a", "b")] == (
            network["subnets"]
        )

    def test_one_way_in(self, stack: Synthesized) -> None:
        """One rule lets into the tasks' group: from the load balancer's, to their port."""
        (rule,) = rules(stack, "ingress", TASKS)

        assert ref(stack, "aws_security_group", "id", "load_balancer_") == rule["referenced_security_group_id"]
        assert (3000, 3000, "tcp") == (rule["from_port"], rule["to_port"], rule["ip_protocol"])

    def test_only_group(self, stack: Synthesized) -> None:
        """The tasks are in that group and in no other."""
        assert [ref(stack, "aws_security_group", "id", TASKS)] == (
            stack.resource("aws_ecs_service")["network_configuration"]["security_groups"]
        )

    def test_release_keeps_them_there(self, stack: Synthesized) -> None:
        """One-off tasks of a release run like the service's."""
        ecs = manifest(stack, "backend")["ecs"]
        network = stack.resource("aws_ecs_service")["network_configuration"]

        assert (network["subnets"], network["security_groups"], True) == (
            ecs["subnets"],
            ecs["security_groups"],
            ecs["assign_public_ip"],
        )

    def test_load_balancer_reaches_the_tasks_only(self, stack: Synthesized) -> None:
        """One rule leads out of the load balancer's group."""
        (rule,) = rules(stack, "egress", "load_balancer_")

        assert ref(stack, "aws_security_group", "id", TASKS) == rule["referenced_security_group_id"]
        assert (3000, 3000) == (rule["from_port"], rule["to_port"])

    @pytest.mark.parametrize("needed", ["aws_route.network_public_default", "aws_lb_listener_rule.backend_route_"])
    def test_tasks_wait(self, needed: str, stack: Synthesized) -> None:
        """Without its routes a task finds no image, and without a rule ECS refuses the target group."""
        assert any(one.startswith(needed) for one in stack.resource("aws_ecs_service")["depends_on"])

    def test_all_is_in_one_network(self, stack: Synthesized) -> None:
        """Target group, security groups and subnets are in the stack's one VPC."""
        types = ("aws_lb_target_group", "aws_security_group", "aws_subnet")

        assert {ref(stack, "aws_vpc", "id")} == {
            block["vpc_id"] for type_ in types for block in stack.resources(type_).values()
        }

    def test_flow_logs(self, stack: Synthesized) -> None:
        """Who tried to reach the tasks' addresses is kept."""
        assert ref(stack, "aws_vpc", "id") == stack.resource("aws_flow_log")["vpc_id"]


class TestBroker:
    """HTTPS for AWS, and the broker's port."""

    def test_anywhere(self, edgemind: Synthesized) -> None:
        """A broker that has a name alone may be anywhere: MQTT over TLS is port 8883 (IANA)."""
        assert {(443, 443, "0.0.0.0/0"), (8883, 8883, "0.0.0.0/0")} == reached(edgemind)

    def test_networks(self, everything: Synthesized) -> None:
        """A broker whose networks are known is reached there and nowhere else."""
        assert {(443, 443, "0.0.0.0/0"), *((8884, 8884, cidr) for cidr in BROKER)} == reached(everything)
        assert {"MQTT broker"} == {
            rule["description"] for rule in rules(everything, "egress", TASKS) if rule["from_port"] == 8884
        }

    def test_port_of_https(self) -> None:
        """MQTT over WebSockets on port 443 takes no rule of its own."""
        assert {(443, 443, "0.0.0.0/0")} == reached(build(mqtt=MqttSettings(port=443)))


@pytest.fixture(scope="module")
def private() -> Synthesized:
    """Tasks behind a NAT gateway."""
    return build(network=NetworkSettings(nat="one"), tasks="private")


class TestWithNat:
    """What the setting `tasks` changes."""

    def test_tasks_are_private(self, private: Synthesized) -> None:
        """They have no addresses, in the private subnets."""
        network = private.resource("aws_ecs_service")["network_configuration"]

        assert network["assign_public_ip"] is False
        assert all("network_private_" in subnet for subnet in network["subnets"])
        assert manifest(private, "backend")["ecs"]["assign_public_ip"] is False

    def test_load_balancer_stays(self, private: Synthesized) -> None:
        """CloudFront's way in is the same."""
        assert all("network_public_" in subnet for subnet in private.resource("aws_lb")["subnets"])

    def test_gateway(self, private: Synthesized) -> None:
        """The network's setting is what makes the gateway."""
        assert 1 == len(private.resources("aws_nat_gateway"))
