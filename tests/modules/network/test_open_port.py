"""One port between two security groups, open on both sides."""

import pytest
from cdktf import TerraformOutput
from constructs import Construct

from modules.network.open_port import open_port
from tests.support import Synthesized, synth_scope


def _build(scope: Construct) -> None:
    rules = open_port(
        scope,
        "load_balancer",
        port=8000,
        called_security_group_id="sg-tasks",
        called_description="Tasks of the shop",
        caller_security_group_id="sg-load-balancer",
    )
    TerraformOutput(scope, "rules", value=[rule.fqn for rule in rules])


@pytest.fixture(scope="module")
def ports() -> Synthesized:
    """Open port 8000 of the tasks to the load balancer."""
    return synth_scope(_build)


def test_the_called_lets_the_caller_in(ports: Synthesized) -> None:
    """The rule of the part that is called names the caller's group, and nobody else, on this port alone."""
    assert {
        "description": "The load balancer",
        "from_port": 8000,
        "ip_protocol": "tcp",
        "referenced_security_group_id": "sg-load-balancer",
        "security_group_id": "sg-tasks",
        "to_port": 8000,
    } == ports.resource("aws_vpc_security_group_ingress_rule", "from_load_balancer")


def test_the_caller_is_let_out(ports: Synthesized) -> None:
    """The rule of the caller's group names the group that is called, and no address."""
    assert {
        "description": "Tasks of the shop",
        "from_port": 8000,
        "ip_protocol": "tcp",
        "referenced_security_group_id": "sg-tasks",
        "security_group_id": "sg-load-balancer",
        "to_port": 8000,
    } == ports.resource("aws_vpc_security_group_egress_rule", "load_balancer_out")


def test_both_rules_are_what_a_task_waits_for(ports: Synthesized) -> None:
    """A task that starts between the two rules would be cut off."""
    assert [
        "${aws_vpc_security_group_ingress_rule.from_load_balancer}",
        "${aws_vpc_security_group_egress_rule.load_balancer_out}",
    ] == ports.output("rules")
