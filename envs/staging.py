"""`cdktf deploy staging`: ISMS's staging environment."""

from modules.aurora.cluster import AuroraSettings
from modules.deployment.blue_green import BlueGreenSettings
from modules.fargate.capacity import CapacitySettings
from modules.fargate.service_scaling import ServiceScalingSettings
from modules.load_balancer.certificate import DomainSettings
from modules.network.network import NetworkSettings
from modules.watching.budget import BudgetSettings
from stacks.isms_settings import IsmsServiceSettings, IsmsSettings

SETTINGS = IsmsSettings(
    account_id="956880242582",
    region="eu-west-2",
    aws_provider_version="6.33.0",
    disposable=True,
    domain=DomainSettings(domain_name="trust.demo.paythru.com"),
    network=NetworkSettings(nat="one"),
    cpu_architecture="ARM64",
    capacity=CapacitySettings(spot_percent=70),
    scaling=ServiceScalingSettings(min_capacity=1, max_capacity=4),
    deployment=BlueGreenSettings(type="canary", traffic_percent=10, interval_min=5),
    backend=IsmsServiceSettings(image_tag="staging"),
    frontend=IsmsServiceSettings(image_tag="staging", cpu=256, memory_mib=512),
    aurora=AuroraSettings(min_capacity_acu=0.5, max_capacity_acu=16),
    budget=BudgetSettings(monthly_limit_usd=175),
)
