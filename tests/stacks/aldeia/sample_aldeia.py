"""Aldeia's stacks as Terraform JSON: what the tests of them have in common."""

import json
from typing import Any

from envs import aldeia_production, aldeia_staging
from modules.compose_host.settings import ComposeHostSettings, HostScalingSettings
from modules.deployment.blue_green import BlueGreenSettings
from modules.fargate.capacity import CapacitySettings
from modules.fargate.cluster import FargateClusterSettings
from modules.fargate.service_scaling import ServiceScalingSettings
from modules.load_balancer.certificate import DomainSettings
from modules.network.network import NetworkSettings
from stacks.aldeia import AldeiaStack
from stacks.aldeia_service_settings import AldeiaBackendSettings, AldeiaFrontendSettings
from stacks.aldeia_settings import AldeiaSettings
from tests.stacks.isms.sample_isms import statements
from tests.support import Block, Synthesized, synth_stack

FILES = {"aldeia-staging": aldeia_staging.SETTINGS, "aldeia-production": aldeia_production.SETTINGS}
PRODUCTION = "aldeia-production"
STAGING = "aldeia-staging"

ZONE = "Z0123456789ABC"
CANARY = BlueGreenSettings(type="canary", traffic_percent=10, interval_min=5)
BY_LOAD = ServiceScalingSettings(min_capacity=1, max_capacity=3)

OTHERWISE: dict[str, Any] = {
    "domain": DomainSettings(domain_name="aldeia.com", hosted_zone_id=ZONE),
    "network": NetworkSettings(nat="one"),
    "deploy_mode": "blue_green",
    "deployment": CANARY,
    "capacity": CapacitySettings(spot_percent=40),
    "backend": AldeiaBackendSettings(image_tag="a", scaling=BY_LOAD, migration_command=["npm", "run", "migrate"]),
    "frontend": AldeiaFrontendSettings(image_tag="b"),
    "cluster": FargateClusterSettings(exec_enabled=True),
    "exec_enabled": True,
    "email": None,
}
"""What the production file says otherwise: released by CodeDeploy, with a hosted zone and sessions."""

SEVERAL: dict[str, Any] = {
    "hosts": ComposeHostSettings(
        instance_type="t3.large",
        root_volume_gib=100,
        min_size=2,
        desired_capacity=2,
        max_size=4,
        scaling=HostScalingSettings(),
    ),
    "backend": AldeiaBackendSettings(image_tag="aldeia-production", cpu=1024, memory_mib=2048),
    "frontend": AldeiaFrontendSettings(image_tag="aldeia-production", cpu=512, memory_mib=1024),
}
"""The design's other production: two to four machines, and ChromaDB on Fargate."""


def build(name: str = PRODUCTION, context: dict[str, str] | None = None, **changes: Any) -> Synthesized:  # noqa: ANN401
    """A stack with some settings changed."""
    return synth(name, AldeiaSettings(**dict(FILES[name]) | changes), context)


def synth(name: str, settings: AldeiaSettings, context: dict[str, str] | None = None) -> Synthesized:
    """A stack with these settings."""
    return synth_stack(lambda app: AldeiaStack(app, name, settings=settings), context)


def prefix(stack: Synthesized) -> str:
    """What the names of a stack's resources begin with."""
    name: str = stack.resource("aws_vpc")["tags"]["Name"]
    return name


def rights(stack: Synthesized, start: str) -> dict[str, list[str]]:
    """What the policy document whose id begins like this allows: action → resources, in order."""
    found: dict[str, list[str]] = {}
    for statement in statements(stack, start):
        for action in statement["actions"]:
            found[action] = sorted([*found.get(action, []), *statement["resources"]])
    return found


def rules(stack: Synthesized, direction: str, group: str) -> list[tuple[str, int, int]]:
    """Who is let in or out by a security group, a reference: the other group or the network, and the ports."""
    blocks = stack.resources(f"aws_vpc_security_group_{direction}_rule").values()
    return sorted(
        (block.get("referenced_security_group_id") or block["cidr_ipv4"], block["from_port"], block["to_port"])
        for block in blocks
        if block["security_group_id"] == group
    )


def needed_by(stack: Synthesized, service: str) -> list[str]:
    """What an ECS service waits for."""
    (block,) = [one for one in stack.resources("aws_ecs_service").values() if one["name"].endswith(f"-{service}")]
    return list(block["depends_on"])


def parameter(stack: Synthesized, path: str) -> Block:
    """The parameter of Systems Manager at a path below the stack's."""
    found = stack.resources("aws_ssm_parameter").values()
    (block,) = [one for one in found if one["name"].split("/", 2)[2] == path]
    return block


def compose_file(stack: Synthesized) -> Block:
    """What Docker Compose is told, in which references stand for values."""
    return dict(json.loads(parameter(stack, "compose/file")["insecure_value"]))


def root(stack: Synthesized) -> Block:
    """The disk that a machine starts from."""
    (mapping,) = stack.resource("aws_launch_template")["block_device_mappings"]
    disk: Block = mapping["ebs"]
    return disk


def agent(stack: Synthesized) -> Block:
    """What the CloudWatch agent is told."""
    return dict(json.loads(parameter(stack, "compose/agent")["insecure_value"]))


def stack_id(stack: Synthesized) -> str:
    """What the operator types."""
    key: str = stack.document["terraform"]["backend"]["s3"]["key"]
    return key.split("/")[0]
