"""`cdktf deploy aldeia-staging`: Aldeia on one machine with Docker Compose."""

from modules.compose_host.settings import ComposeHostSettings
from modules.email_identity import EmailIdentitySettings
from modules.fargate.destination import DestinationSettings
from modules.load_balancer.certificate import DomainSettings
from modules.network.network import NetworkSettings
from modules.watching.budget import BudgetSettings
from stacks.aldeia_service_settings import AldeiaBackendSettings, AldeiaFrontendSettings
from stacks.aldeia_settings import AldeiaSettings

SETTINGS = AldeiaSettings(
    account_id="956880242582",
    region="us-east-1",
    aws_provider_version="6.33.0",
    disposable=True,
    name="aldeia-staging",
    node_env="staging",
    domain=DomainSettings(domain_name="staging.aldeia.com"),
    network=NetworkSettings(nat="one"),
    hosts=ComposeHostSettings(instance_type="t3.medium", root_volume_gib=50, metrics_namespace="Aldeia/EC2"),
    backend=AldeiaBackendSettings(image_tag="aldeia-staging"),
    frontend=AldeiaFrontendSettings(image_tag="aldeia-staging"),
    database=DestinationSettings(description="PostgreSQL", port=5432, cidrs=["10.0.0.0/16"]),
    email=EmailIdentitySettings(domain_name="staging.aldeia.com"),
    budget=BudgetSettings(monthly_limit_usd=140),
)
