"""EdgeMind's stack as Terraform JSON: what the tests of it have in common."""

from typing import Any

from envs import edgemind as edgemind_file
from modules.cdn.settings import SiteDomainSettings, StaticSiteSettings
from modules.cdn.web_acl import WebAclSettings
from modules.fargate.cluster import FargateClusterSettings
from modules.fargate.service_scaling import ServiceScalingSettings
from modules.web_service.long_lived_connections import LongLivedConnectionsSettings
from stacks.edgemind import EdgeMindStack
from stacks.edgemind_settings import EdgeMindBackendSettings, EdgeMindSettings, MqttSettings
from tests.support import Block, Synthesized, synth_stack

ZONE = "Z0123456789ABC"
DOMAIN = "trust.demo.paythru.com"
BACKEND_DOMAIN = f"backend.{DOMAIN}"
BROKER = ["203.0.113.0/24", "198.51.100.7/32"]
LOCAL = "http://localhost:5173"

CONNECTIONS = LongLivedConnectionsSettings(
    heartbeat_s=20,
    idle_timeout_s=300,
    read_timeout_s=45,
    keepalive_timeout_s=15,
    deregistration_delay_s=90,
    stop_timeout_s=100,
)
"""None of the defaults, and no two alike."""

EVERYTHING: dict[str, Any] = {
    "site": StaticSiteSettings(
        domain=SiteDomainSettings(domain_name=DOMAIN, hosted_zone_id=ZONE),
        web_acl=WebAclSettings(log_retention_days=30),
    ),
    "backend": EdgeMindBackendSettings(
        image_tag="edgemind",
        stickiness_s=3600,
        scaling=ServiceScalingSettings(min_capacity=2, max_capacity=4),
        additional_origins=[LOCAL, "https://trust.paythru.com"],
    ),
    "connections": CONNECTIONS,
    "mqtt": MqttSettings(port=8884, cidrs=BROKER),
    "cluster": FargateClusterSettings(exec_enabled=True),
    "exec_enabled": True,
}
"""What is off in the environment file."""


def build(context: dict[str, str] | None = None, **changes: Any) -> Synthesized:  # noqa: ANN401
    """The stack with some settings changed."""
    settings = EdgeMindSettings(**dict(edgemind_file.SETTINGS) | changes)
    return synth_stack(lambda app: EdgeMindStack(app, "edgemind", settings=settings), context)


def with_domain(**domain: Any) -> dict[str, Any]:  # noqa: ANN401
    """The setting of a site with a domain."""
    return {"site": StaticSiteSettings(domain=SiteDomainSettings(domain_name=DOMAIN, **domain))}


def distribution(stack: Synthesized) -> Block:
    """The distribution."""
    return stack.resource("aws_cloudfront_distribution")


def backend_origin(stack: Synthesized) -> Block:
    """Where CloudFront finds the backend."""
    (origin,) = [one for one in distribution(stack)["origin"] if one["origin_id"] == "backend"]
    return dict(origin)


def rules(stack: Synthesized, direction: str, group: str) -> list[Block]:
    """The rules of one direction in the security group whose id begins like this."""
    found = stack.resources(f"aws_vpc_security_group_{direction}_rule").values()
    return [rule for rule in found if f".{group}" in rule["security_group_id"]]
