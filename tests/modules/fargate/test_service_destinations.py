"""What the tasks of a service reach in some networks only."""

from typing import Any

import pytest
from pydantic import ValidationError

from modules.fargate.destination import DestinationSettings
from tests.modules.fargate.sample_service import build, service_settings
from tests.support import Synthesized

BROKER: dict[str, Any] = {"description": "MQTT broker", "port": 8883, "cidrs": ["203.0.113.0/24", "198.51.100.7/32"]}


@pytest.fixture(scope="module")
def service() -> Synthesized:
    """A service that nobody asks, which speaks to a broker."""
    return build(exposed=False, destinations=[DestinationSettings(**BROKER)])[0]


def test_rules(service: Synthesized) -> None:
    """Each network gets a rule of its own, beside HTTPS to everywhere."""
    rules = service.resources("aws_vpc_security_group_egress_rule").values()

    assert {
        (443, 443, "tcp", "0.0.0.0/0", "The internet and AWS"),
        (8883, 8883, "tcp", "203.0.113.0/24", "MQTT broker"),
        (8883, 8883, "tcp", "198.51.100.7/32", "MQTT broker"),
    } == {
        (rule["from_port"], rule["to_port"], rule["ip_protocol"], rule["cidr_ipv4"], rule["description"])
        for rule in rules
    }


def test_rules_are_of_the_tasks(service: Synthesized) -> None:
    """The rules are those of the tasks' group."""
    (group,) = service.resources("aws_security_group")
    rules = service.resources("aws_vpc_security_group_egress_rule").values()

    assert {f"${{aws_security_group.{group}.id}}"} == {rule["security_group_id"] for rule in rules}


def test_tasks_wait_for_them(service: Synthesized) -> None:
    """No task starts before it may connect."""
    rules = {
        f"aws_vpc_security_group_egress_rule.{id_}" for id_ in service.resources("aws_vpc_security_group_egress_rule")
    }

    assert rules <= set(service.resource("aws_ecs_service")["depends_on"])


def test_none_by_default() -> None:
    """A service reaches nothing that nobody asked for."""
    assert [] == service_settings().destinations


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cidrs": []}, "at least 1 item"),
        ({"cidrs": ["203.0.113.0/24", "203.0.113.0/24"]}, "must name each network once"),
        ({"cidrs": ["203.0.113.1/24"]}, "whose host bits are 0"),
        ({"port": 0}, "greater than or equal to 1"),
        ({"description": ""}, "should match pattern"),
        ({"description": "the plant's broker"}, "should match pattern"),
    ],
)
def test_refused(change: dict[str, Any], message: str) -> None:
    """What EC2 would refuse is found before anything is built."""
    with pytest.raises(ValidationError, match=message):
        DestinationSettings(**(BROKER | change))


@pytest.mark.parametrize(
    ("outbound_ports", "ports", "message"),
    [
        ([443, 8883], [8883], "must not have port 8883, which outbound_ports opens to everywhere"),
        ([443], [8883, 1883, 8883], "must have port 8883 once, with all of its networks"),
    ],
)
def test_ports_are_told_once(outbound_ports: list[int], ports: list[int], message: str) -> None:
    """A port that is open to everywhere anyway is not restricted by naming networks."""
    places = [DestinationSettings(**(BROKER | {"port": port})) for port in ports]

    with pytest.raises(ValidationError, match=message):
        service_settings(outbound_ports=outbound_ports, destinations=places)
