"""`cdktf deploy aldeia-production`: Aldeia on Fargate, two to four tasks of backend and pages, one ChromaDB."""

from modules.email_identity import EmailIdentitySettings
from modules.fargate.destination import DestinationSettings
from modules.fargate.service_scaling import ServiceScalingSettings
from modules.load_balancer.certificate import DomainSettings
from modules.network.network import NetworkSettings
from modules.watching.budget import BudgetSettings
from stacks.aldeia_service_settings import AldeiaBackendSettings, AldeiaChromaDbSettings, AldeiaFrontendSettings
from stacks.aldeia_settings import AldeiaSettings

_SCALING = ServiceScalingSettings(min_capacity=2, max_capacity=4, requests_per_target=1000)

SETTINGS = AldeiaSettings(
    account_id="641918319442",
    region="us-east-1",
    aws_provider_version="6.33.0",
    name="aldeia-prod",
    node_env="production",
    domain=DomainSettings(domain_name="aldeia.com"),
    network=NetworkSettings(nat="one_per_zone"),
    backend=AldeiaBackendSettings(image_tag="aldeia-production", cpu=1024, memory_mib=2048, scaling=_SCALING),
    frontend=AldeiaFrontendSettings(image_tag="aldeia-production", cpu=512, memory_mib=1024, scaling=_SCALING),
    chromadb=AldeiaChromaDbSettings(cpu=2048, memory_mib=4096),
    database=DestinationSettings(description="PostgreSQL", port=5432, cidrs=["10.0.0.0/16"]),
    email=EmailIdentitySettings(domain_name="aldeia.com"),
    budget=BudgetSettings(monthly_limit_usd=450),
)
