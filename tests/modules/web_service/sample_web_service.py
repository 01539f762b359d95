"""A web service with all around it: what the tests of its parts have in common."""

import json
from dataclasses import asdict
from typing import Any

from cdktf import TerraformOutput
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from constructs import Construct

from modules.container.application import Application
from modules.deployment.blue_green import BlueGreenSettings
from modules.deployment.deploy_mode import DeployMode
from modules.deployment.release import Secret
from modules.fargate.capacity import CapacitySettings
from modules.fargate.cluster import FargateCluster, FargateClusterSettings
from modules.fargate.service_scaling import ServiceScalingSettings
from modules.fargate.service_settings import FargateServiceSettings
from modules.iam import allow
from modules.images.repository import ImageRepository, ImageRepositorySettings
from modules.load_balancer.certificate import Certificate, DomainSettings
from modules.load_balancer.load_balancer import LoadBalancer, LoadBalancerSettings
from modules.load_balancer.service_route import ServiceRouteSettings
from modules.network.placement import Placement
from modules.web_service.platform import Platform
from modules.web_service.settings import WebServiceSettings
from modules.web_service.web_service import WebService
from tests.support import Block, Synthesized, synth_scope

SECRET = "arn:aws:secretsmanager:eu-west-2:956880242582:secret:isms"

APPLICATION = Application(
    container_name="server",
    environment={"MODE": "strict"},
    secrets={"JWT_SECRET": f"{SECRET}:JWT_SECRET::"},
    secret_keys=[Secret(arn=SECRET, keys=["JWT_SECRET"])],
    permissions=[allow(["rds-db:connect"], ["arn:user"])],
)


def mode_settings(deploy_mode: str) -> dict[str, Any]:
    """The settings that this deploy mode needs."""
    canary = BlueGreenSettings(type="canary", traffic_percent=10, interval_min=5)
    return {"deploy_mode": deploy_mode, "deployment": canary if deploy_mode == "blue_green" else None}


def settings_values(deploy_mode: str = "blue_green") -> dict[str, Any]:
    """What a small service says of itself."""
    return {
        **mode_settings(deploy_mode),
        "image_tag": "first",
        "service": FargateServiceSettings(
            cpu=256, memory_mib=512, cpu_architecture="ARM64", port=4000, user="1000:1000", desired_count=3
        ),
        "route": ServiceRouteSettings(path_patterns=["/api/*"], priority=10, health_check_path="/api/health"),
        "capacity": CapacitySettings(spot_percent=60, on_demand_base=2),
        "scaling": ServiceScalingSettings(min_capacity=3, max_capacity=8),
    }


def build(
    deploy_mode: DeployMode = "blue_green",
    *,
    application: Application = APPLICATION,
    counts_tasks: bool = True,
    **settings: Any,  # noqa: ANN401 settings of any type
) -> Synthesized:
    """Synthesize the service, with what others see of it as outputs."""

    def declare(scope: Construct) -> None:
        service = WebService(
            scope,
            "api",
            name="isms-backend-staging",
            short_name="backend",
            platform=platform(scope, test_listener=deploy_mode == "blue_green", counts_tasks=counts_tasks),
            repository=repository(scope),
            application=application,
            settings=WebServiceSettings(**(settings_values(deploy_mode) | settings)),
        )
        for name, value in _results(service).items():
            TerraformOutput(scope, name, value=value)

    return synth_scope(declare)


def repository(scope: Construct) -> ImageRepository:
    """The registry of the service's images."""
    return ImageRepository(
        scope,
        "repository",
        name="isms-backend",
        disposable=True,
        provider_version="6.33.0",
        settings=ImageRepositorySettings(),
    )


def platform(scope: Construct, *, test_listener: bool, counts_tasks: bool) -> Platform:
    """What the service shares with others."""
    domain = DomainSettings(domain_name="trust.demo.paythru.com", certificate_issued=True)
    placement = Placement(vpc_id="vpc-1", subnet_ids=["subnet-a", "subnet-b"])
    load_balancer = LoadBalancer(
        scope,
        "load_balancer",
        name="isms-staging",
        account_id="956880242582",
        placement=placement,
        certificate=Certificate(scope, "certificate", settings=domain),
        test_listener=test_listener,
        disposable=True,
        settings=LoadBalancerSettings(),
    )
    cluster = FargateCluster(
        scope, "cluster", name="isms-staging", vpc_id="vpc-1", settings=FargateClusterSettings(exec_enabled=True)
    )
    return Platform(
        stack="staging",
        account_id="956880242582",
        region="eu-west-2",
        placement=placement,
        cluster=cluster,
        counts_tasks=counts_tasks,
        load_balancer=load_balancer,
        url="https://trust.demo.paythru.com",
        topic_arn="arn:topic",
        ready=[CloudwatchLogGroup(scope, "needed")],
    )


def _results(service: WebService) -> dict[str, Any]:
    return {
        "deployable": asdict(service.deployable),
        "on_dashboard": asdict(service.on_dashboard),
        "alarm_arns": service.alarm_arns,
        "security_group_id": service.security_group_id,
        "repository_url": service.repository_url,
        "manifest": service.manifest.json,
    }


def ref(stack: Synthesized, type_: str, attribute: str, part: str | None = None) -> str:
    """The reference to an attribute of the one resource of a type, or of the one with this part in its id."""
    (id_,) = [id_ for id_ in stack.resources(type_) if part is None or f"_{part}_" in f"_{id_}_"]
    return f"${{{type_}.{id_}.{attribute}}}"


def container(stack: Synthesized) -> Block:
    """The service's container."""
    (found,) = json.loads(stack.resource("aws_ecs_task_definition")["container_definitions"])
    return dict(found)


def manifest(stack: Synthesized) -> Block:
    """The release manifest, in which references stand for values."""
    (text,) = [b["insecure_value"] for b in stack.resources("aws_ssm_parameter").values() if "/release/" in b["name"]]
    return dict(json.loads(text))


def statements(stack: Synthesized, part: str) -> list[Block]:
    """The statements of the policy document with this in its id."""
    (id_,) = [id_ for id_ in stack.document["data"]["aws_iam_policy_document"] if f"_{part}_" in id_]
    return stack.statements(id_)
