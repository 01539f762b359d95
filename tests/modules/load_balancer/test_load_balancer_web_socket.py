"""What a WebSocket needs of load balancer, listener and target group, where only CloudFront may ask."""

import pytest
from constructs import Construct

from modules.load_balancer.certificate import Certificate, DomainSettings
from modules.load_balancer.load_balancer import LoadBalancer, LoadBalancerSettings
from modules.load_balancer.service_route import ServiceRoute, ServiceRouteSettings
from modules.network.placement import Placement
from modules.origin_secret import OriginSecret, OriginSecretSettings
from tests.support import Synthesized, synth_scope

ISSUED = DomainSettings(domain_name="backend.trust.demo.paythru.com", certificate_issued=True)


def build(domain: DomainSettings | None) -> Synthesized:
    """The way from CloudFront to a backend."""

    def declare(scope: Construct) -> None:
        load_balancer = LoadBalancer(
            scope,
            "load_balancer",
            name="edgemind",
            account_id="956880242582",
            placement=Placement(vpc_id="vpc-1", subnet_ids=["subnet-a", "subnet-b"]),
            certificate=None if domain is None else Certificate(scope, "certificate", settings=domain),
            origin_secret=OriginSecret(scope, "secret", stack="edgemind", settings=OriginSecretSettings()),
            test_listener=False,
            disposable=True,
            settings=LoadBalancerSettings(idle_timeout_s=240),
        )
        ServiceRoute(
            scope,
            "route",
            name="edgemind-backend",
            vpc_id="vpc-1",
            port=3000,
            load_balancer=load_balancer,
            deploy_mode="release",
            settings=ServiceRouteSettings(
                path_patterns=["/api/*", "/ws/*"],
                priority=10,
                health_check_path="/api/health",
                deregistration_delay_s=90,
            ),
        )

    return synth_scope(declare)


@pytest.fixture(scope="module")
def way() -> Synthesized:
    """With a domain."""
    return build(ISSUED)


@pytest.mark.parametrize(("domain", "protocol"), [(None, "HTTP"), (ISSUED, "HTTPS")])
def test_listener(domain: DomainSettings | None, protocol: str) -> None:
    """`ws:` comes through an HTTP listener and `wss:` through an HTTPS one, without a listener of its own.

    Source: docs.aws.amazon.com/elasticloadbalancing, "Listeners for your Application Load Balancers": native support
    for WebSockets.
    """
    assert protocol == build(domain).resource("aws_lb_listener")["protocol"]


def test_one_port(way: Synthesized) -> None:
    """HTTP and WebSocket reach the same target group by one rule.

    Source: docs.aws.amazon.com/elasticloadbalancing, "How Elastic Load Balancing works": the rules hold for the request
    that asks for the upgrade, and no more for what follows.
    """
    rule = way.resource("aws_lb_listener_rule")
    (patterns,) = (one["path_pattern"]["values"] for one in rule["condition"] if "path_pattern" in one)

    assert ["/api/*", "/ws/*"] == patterns
    assert 3000 == way.resource("aws_lb_target_group")["port"]


def test_http_1_1_to_the_task(way: Synthesized) -> None:
    """The task is asked over HTTP/1.1, the only version in which ELB upgrades a connection.

    Source: docs.aws.amazon.com/elasticloadbalancing, "Target groups for your Application Load Balancers", "Protocol
    version": HTTP1 is the default; RFC 6455, section 4.1: the handshake is HTTP/1.1.
    """
    group = way.resource("aws_lb_target_group")

    assert ("HTTP", "HTTP1") == (group["protocol"], group.get("protocol_version", "HTTP1"))


def test_health_is_asked_over_http(way: Synthesized) -> None:
    """The health check is a plain request, to a path that is no WebSocket.

    Source: docs.aws.amazon.com/elasticloadbalancing, "Health checks for Application Load Balancer target groups":
    health checks do not support WebSockets.
    """
    assert "/api/health" == way.resource("aws_lb_target_group")["health_check"]["path"]


def test_silence(way: Synthesized) -> None:
    """How long a connection may be silent is a setting, and holds for a WebSocket too.

    Source: docs.aws.amazon.com/elasticloadbalancing, "Edit attributes for your Application Load Balancer", "Connection
    idle timeout".
    """
    assert 240 == way.resource("aws_lb")["idle_timeout"]


def test_a_leaving_task(way: Synthesized) -> None:
    """How long a task that is to stop keeps its WebSockets is a setting.

    Source: docs.aws.amazon.com/elasticloadbalancing, "Edit target group attributes for your Application Load Balancer",
    "Deregistration delay".
    """
    assert "90" == way.resource("aws_lb_target_group")["deregistration_delay"]


def test_headers_pass(way: Synthesized) -> None:
    """Only headers that are no headers are dropped, of which a handshake has none, and with them look-alikes of the
    secret's, such as `X_Origin_Verify`.

    Source: docs.aws.amazon.com/elasticloadbalancing, "Application Load Balancers", "Load balancer attributes": valid
    names are those of [-A-Za-z0-9]+.
    """
    assert way.resource("aws_lb")["drop_invalid_header_fields"]
