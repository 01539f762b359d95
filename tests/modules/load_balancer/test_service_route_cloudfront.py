"""The route to a service that only CloudFront may ask."""

import pytest
from constructs import Construct
from pydantic_core import PydanticCustomError

from modules.deployment.deploy_mode import DeployMode
from modules.load_balancer.certificate import Certificate, DomainSettings
from modules.load_balancer.load_balancer import LoadBalancer, LoadBalancerSettings
from modules.load_balancer.service_route import ServiceRoute, ServiceRouteSettings, check_values
from modules.network.placement import Placement
from modules.origin_secret import OriginSecret, OriginSecretSettings
from tests.support import Block, Synthesized, synth_scope

PATHS = ["/api/*", "/ws/*"]


def route_settings(patterns: list[str], stickiness_s: int | None = None) -> ServiceRouteSettings:
    """A route with these patterns."""
    return ServiceRouteSettings(
        path_patterns=patterns, priority=10, health_check_path="/api/health", stickiness_s=stickiness_s
    )


def build(mode: DeployMode = "release", patterns: list[str] = PATHS) -> Synthesized:
    """The route of a backend."""

    def declare(scope: Construct) -> None:
        domain = DomainSettings(domain_name="backend.trust.demo.paythru.com", certificate_issued=True)
        load_balancer = LoadBalancer(
            scope,
            "load_balancer",
            name="edgemind",
            account_id="956880242582",
            placement=Placement(vpc_id="vpc-1", subnet_ids=["subnet-a", "subnet-b"]),
            certificate=Certificate(scope, "certificate", settings=domain),
            origin_secret=OriginSecret(scope, "secret", stack="edgemind", settings=OriginSecretSettings()),
            test_listener=mode == "blue_green",
            disposable=True,
            settings=LoadBalancerSettings(),
        )
        ServiceRoute(
            scope,
            "route",
            name="edgemind-backend",
            vpc_id="vpc-1",
            port=3000,
            load_balancer=load_balancer,
            deploy_mode=mode,
            settings=route_settings(patterns, stickiness_s=3600),
        )

    return synth_scope(declare)


@pytest.fixture(scope="module")
def released() -> Synthesized:
    """The route of a service that the release command rolls out."""
    return build()


def conditions(rule: Block) -> dict[str, Block]:
    """A rule's conditions by their kind: a request must fulfil all."""
    return {kind: details for condition in rule["condition"] for kind, details in condition.items()}


def test_demands_the_secret(released: Synthesized) -> None:
    """A request needs one of both secrets as well as the path."""
    found = conditions(released.resource("aws_lb_listener_rule"))
    secrets = [f"${{aws_ssm_parameter.{id_}.value}}" for id_ in sorted(released.resources("aws_ssm_parameter"))]

    assert {"path_pattern", "http_header"} == set(found)
    assert "X-Origin-Verify" == found["http_header"]["http_header_name"]
    assert secrets == sorted(found["http_header"]["values"])
    assert PATHS == found["path_pattern"]["values"]


def test_testers_need_no_secret() -> None:
    """Who reaches the test listener says its port's rule, and nobody knows the secret."""
    rules = build("blue_green").resources("aws_lb_listener_rule")
    kinds = {id_.split("_")[1]: set(conditions(rule)) for id_, rule in rules.items()}

    assert {"production": {"path_pattern", "http_header"}, "test": {"path_pattern"}} == kinds


def test_too_many_values() -> None:
    """ELB compares a request with five values at most, and two are the secrets."""
    with pytest.raises(PydanticCustomError, match="must have at most 3 path_patterns"):
        build(patterns=["/1", "/2", "/3", "/4"])


@pytest.mark.parametrize(("patterns", "cloudfront_only"), [(3, True), (5, False)])
def test_as_many_values_as_allowed(patterns: int, cloudfront_only: bool) -> None:
    """The limit itself is allowed."""
    settings = route_settings([f"/{number}" for number in range(patterns)])

    assert settings == check_values(settings, cloudfront_only=cloudfront_only)


def test_stickiness(released: Synthesized) -> None:
    """A client comes back to its task for as long as the setting says."""
    assert {"enabled": True, "type": "lb_cookie", "cookie_duration": 3600} == released.resource("aws_lb_target_group")[
        "stickiness"
    ]
