"""`cdktf deploy production`: ISMS's production environment."""

from modules.aurora.cluster import AuroraSettings
from modules.deployment.blue_green import BlueGreenSettings
from modules.fargate.capacity import CapacitySettings
from modules.fargate.service_scaling import ServiceScalingSettings
from modules.load_balancer.certificate import DomainSettings
from modules.network.network import NetworkSettings
from modules.watching.budget import BudgetSettings
from stacks.isms_settings import IsmsServiceSettings, IsmsSettings

SETTINGS = IsmsSettings(
    account_id="641918319442",
    region="eu-west-2",
    aws_provider_version="6.33.0",
    disposable=False,
    domain=DomainSettings(domain_name="trust.paythru.com"),
    network=NetworkSettings(nat="one_per_zone"),
    cpu_architecture="ARM64",
    capacity=CapacitySettings(spot_percent=50),
    scaling=ServiceScalingSettings(min_capacity=2, max_capacity=10),
    deployment=BlueGreenSettings(type="linear", traffic_percent=25, interval_min=5),
    backend=IsmsServiceSettings(image_tag="production"),
    frontend=IsmsServiceSettings(image_tag="production", cpu=256, memory_mib=512),
    aurora=AuroraSettings(min_capacity_acu=2, max_capacity_acu=128, reader_count=1),
    budget=BudgetSettings(monthly_limit_usd=625),
)
