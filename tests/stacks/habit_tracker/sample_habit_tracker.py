"""Habit Tracker's stack as Terraform JSON: what the tests of it have in common."""

from typing import Any

from envs import habit_tracker as habit_tracker_file
from modules.deployment.blue_green import BlueGreenSettings
from modules.fargate.cluster import FargateClusterSettings
from modules.fargate.service_scaling import ServiceScalingSettings
from modules.load_balancer.certificate import DomainSettings
from modules.network.network import NetworkSettings
from modules.office_hours.settings import OfficeHoursSettings
from modules.postgres.postgres import PostgresSettings
from modules.redis.redis import RedisSettings
from stacks.habit_tracker import HabitTrackerStack
from stacks.habit_tracker_settings import HabitTrackerSettings
from tests.support import Synthesized, synth_stack

SETTINGS = habit_tracker_file.SETTINGS
DOMAIN = "habit-tracker.trust.demo.paythru.com"
ZONE = "Z0123456789ABC"
ENDPOINTS = NetworkSettings(nat="none", interface_endpoints=["ecr", "logs", "secretsmanager", "ssmmessages"])

OTHERWISE: dict[str, Any] = {
    "domain": DomainSettings(domain_name=DOMAIN, hosted_zone_id=ZONE),
    "network": ENDPOINTS,
    "deploy_mode": "blue_green",
    "deployment": BlueGreenSettings(type="canary", traffic_percent=10, interval_min=5),
    "scaling": ServiceScalingSettings(
        min_capacity=1,
        max_capacity=2,
        office_hours=OfficeHoursSettings(opens="07:00", closes="20:00", time_zone="America/New_York"),
    ),
    "files": None,
    "cluster": FargateClusterSettings(exec_enabled=True),
    "exec_enabled": True,
    "postgres": PostgresSettings(instance_class="db.t4g.micro", multi_az=True, backup_window_utc="16:00-17:00"),
    "redis": RedisSettings(node_type="cache.t4g.micro", replica_count=1, multi_az=True),
}
"""What the environment file says otherwise: an environment that nobody needs at night, without a NAT gateway."""


def build(context: dict[str, str] | None = None, **changes: Any) -> Synthesized:  # noqa: ANN401
    """The stack with some settings changed."""
    settings = HabitTrackerSettings(**dict(SETTINGS) | changes)
    return synth_stack(lambda app: HabitTrackerStack(app, "habit-tracker", settings=settings), context)
