"""Who may reach the hosts, and what they may reach."""

from typing import Any

import pytest

from modules.compose_host.service import ComposeService
from modules.container.application import Application
from tests.modules.compose_host.sample_compose_host import backend, build, chromadb, ref
from tests.support import Block, Synthesized

LOAD_BALANCER = "sg-lb"


@pytest.fixture(scope="module")
def host() -> Synthesized:
    """A host with one published service and one that is not."""
    return build()[0]


def other(**settings: Any) -> ComposeService:  # noqa: ANN401 settings of any type
    """A second published service."""
    return backend(
        application=Application(container_name="frontend"), settings=backend().settings.model_copy(update=settings)
    )


def rules(stack: Synthesized, way: str) -> list[Block]:
    """All rules of one direction."""
    return list(stack.resources(f"aws_vpc_security_group_{way}_rule").values())


def outward(stack: Synthesized) -> set[tuple[int, str]]:
    """The ports and networks that a host may reach."""
    return {(rule["from_port"], rule["cidr_ipv4"]) for rule in rules(stack, "egress") if "cidr_ipv4" in rule}


def test_only_the_load_balancer_comes_in(host: Synthesized) -> None:
    """On the published port, and so neither on 22 nor on that of ChromaDB."""
    (rule,) = rules(host, "ingress")

    assert (3001, 3001, LOAD_BALANCER, ref(host, "aws_security_group", "network_group", "id")) == (
        rule["from_port"],
        rule["to_port"],
        rule["referenced_security_group_id"],
        rule["security_group_id"],
    )


def test_load_balancer_goes_out(host: Synthesized) -> None:
    """The load balancer's group, too, needs a rule."""
    (rule,) = [rule for rule in rules(host, "egress") if "cidr_ipv4" not in rule]

    assert (3001, LOAD_BALANCER) == (rule["from_port"], rule["security_group_id"])


def test_several_services() -> None:
    """Each published service has its port."""
    stack, _ = build([backend(), other(port=3002)])

    assert [3001, 3002] == sorted(rule["from_port"] for rule in rules(stack, "ingress"))


def test_out(host: Synthesized) -> None:
    """AWS, Ubuntu's archive, and what the services say that they reach."""
    assert {(443, "0.0.0.0/0"), (80, "0.0.0.0/0"), (5432, "10.9.0.0/16")} == outward(host)


def test_tasks_without_destinations() -> None:
    """Settings of a mere task say nothing about what it reaches."""
    stack, _ = build([chromadb()])

    assert {(443, "0.0.0.0/0"), (80, "0.0.0.0/0")} == outward(stack)


def test_each_place_once() -> None:
    """Two services reach one database by one rule."""
    stack, _ = build([backend(), other(port=3002)])

    assert {(443, "0.0.0.0/0"), (80, "0.0.0.0/0"), (5432, "10.9.0.0/16")} == outward(stack)


def test_open_anyway() -> None:
    """What a service may reach anywhere needs no rule for some networks."""
    stack, _ = build([backend(), other(port=3002, outbound_ports=[443, 5432], destinations=[])])

    assert {(443, "0.0.0.0/0"), (80, "0.0.0.0/0"), (5432, "0.0.0.0/0")} == outward(stack)


def test_hosts_wait_for_the_rules(host: Synthesized) -> None:
    """A host that reaches nothing installs nothing."""
    needed = {
        f"aws_vpc_security_group_{way}_rule.{id_}"
        for way in ("ingress", "egress")
        for id_ in host.resources(f"aws_vpc_security_group_{way}_rule")
    }

    assert needed <= set(host.resource("aws_autoscaling_group")["depends_on"])
