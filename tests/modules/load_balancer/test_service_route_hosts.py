"""A route for requests to some names only, and one that leads to machines."""

from typing import Any

import pytest
from constructs import Construct
from pydantic_core import PydanticCustomError

from modules.load_balancer.certificate import Certificate, DomainSettings
from modules.load_balancer.load_balancer import LoadBalancer, LoadBalancerSettings
from modules.load_balancer.service_route import ServiceRoute, ServiceRouteSettings, TargetType, check_values
from modules.network.placement import Placement
from tests.support import Synthesized, synth_scope

API = "api.staging.aldeia.com"


def build(target_type: TargetType, **settings: Any) -> Synthesized:  # noqa: ANN401 any setting
    """A route behind a load balancer."""

    def declare(scope: Construct) -> None:
        domain = DomainSettings(domain_name="staging.aldeia.com", certificate_issued=True)
        load_balancer = LoadBalancer(
            scope,
            "load_balancer",
            name="aldeia-staging",
            account_id="956880242582",
            placement=Placement(vpc_id="vpc-1", subnet_ids=["subnet-a", "subnet-b"]),
            certificate=Certificate(scope, "certificate", settings=domain),
            test_listener=False,
            disposable=True,
            settings=LoadBalancerSettings(),
        )
        route = ServiceRouteSettings(path_patterns=["/*"], priority=10, health_check_path="/api/health", **settings)
        ServiceRoute(
            scope,
            "route",
            name="aldeia-staging-backend",
            vpc_id="vpc-1",
            port=3001,
            load_balancer=load_balancer,
            deploy_mode="release",
            target_type=target_type,
            settings=route,
        )

    return synth_scope(declare)


@pytest.fixture(scope="module")
def hosts() -> Synthesized:
    """A route for one name, to machines."""
    return build("instance", host_names=[API])


@pytest.fixture(scope="module")
def tasks() -> Synthesized:
    """A route for any name, to tasks."""
    return build("ip")


def test_name(hosts: Synthesized) -> None:
    """Only requests for the name, whatever the path."""
    found = hosts.resource("aws_lb_listener_rule")["condition"]

    assert [{"path_pattern": {"values": ["/*"]}}, {"host_header": {"values": [API]}}] == found


def test_any_name(tasks: Synthesized) -> None:
    """Without names, none is asked for."""
    assert [{"path_pattern": {"values": ["/*"]}}] == tasks.resource("aws_lb_listener_rule")["condition"]


@pytest.mark.parametrize("target_type", ["ip", "instance"])
def test_target_type(target_type: str, hosts: Synthesized, tasks: Synthesized) -> None:
    """Tasks are registered by address, machines by instance."""
    stack = {"ip": tasks, "instance": hosts}[target_type]

    assert target_type == stack.resource("aws_lb_target_group")["target_type"]


def test_another_type_is_another_name(hosts: Synthesized, tasks: Synthesized) -> None:
    """The type of a target group cannot change, and its successor is made first."""
    assert hosts.resource("aws_lb_target_group")["name"] != tasks.resource("aws_lb_target_group")["name"]


def test_too_many_values() -> None:
    """Patterns and names together are at most five, for ELB."""
    settings = ServiceRouteSettings(
        path_patterns=["/1", "/2", "/3"], host_names=["a.com", "b.com", "c.com"], priority=1, health_check_path="/"
    )

    with pytest.raises(PydanticCustomError, match="must have at most 5 path_patterns and host_names in all"):
        check_values(settings, cloudfront_only=False)
