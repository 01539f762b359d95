"""A web service on hosts: its route, its alarms, and its release manifest."""

import json
from typing import Any

import pytest
from cdktf import TerraformOutput
from constructs import Construct

from modules.compose_host.web_service import ComposeWebService, route_to_hosts
from modules.deployment.blue_green import BlueGreenSettings
from modules.deployment.release_manifest import ReleaseSettings
from modules.fargate.capacity import CapacitySettings
from modules.images.repository import ImageRepository, ImageRepositorySettings
from modules.load_balancer.certificate import Certificate, DomainSettings
from modules.load_balancer.load_balancer import LoadBalancer, LoadBalancerSettings
from modules.network.placement import Placement
from modules.watching.target_group_alarms import TargetGroupAlarmsSettings
from modules.web_service.settings import WebServiceSettings
from tests.modules.compose_host.sample_compose_host import (
    ROUTE,
    SECRET,
    TOPIC,
    backend,
    chromadb,
    declare_host,
    only,
    ref,
)
from tests.support import Block, Synthesized, synth_scope

NAME = "aldeia-test-backend"


def service_settings(**changes: Any) -> WebServiceSettings:  # noqa: ANN401 settings of any type
    """What the environment says of the service, wherever it runs."""
    arguments: dict[str, Any] = {
        "deploy_mode": "release",
        "image_tag": "first",
        "service": backend().settings,
        "route": ROUTE,
        "capacity": CapacitySettings(spot_percent=0),
        "scaling": None,
        "release": ReleaseSettings(migration_command=["migrate"], healthy_timeout_s=600),
        "target_group_alarms": TargetGroupAlarmsSettings(latency_p95_s=2),
    }
    return WebServiceSettings(**(arguments | changes))


def build(settings: WebServiceSettings | None = None, **changes: Any) -> Synthesized:  # noqa: ANN401 arguments of any type
    """Synthesize the service and its hosts, with what others see of it as outputs."""

    def declare(scope: Construct) -> None:
        service = _declare(scope, service_settings() if settings is None else settings, changes)
        results = {
            "outputs": {name: value for name, (value, _) in service.outputs.items()},
            "alarm_arns": service.alarm_arns,
            "title": service.on_dashboard.title,
            "target_groups": list(service.on_dashboard.target_groups),
            "repository_url": service.repository_url,
            "group_of_hosts": service.security_group_id,
        }
        for name, value in results.items():
            TerraformOutput(scope, name, value=value)

    return synth_scope(declare)


def _declare(scope: Construct, settings: WebServiceSettings, changes: dict[str, Any]) -> ComposeWebService:
    domain = DomainSettings(domain_name="api.staging.aldeia.com", certificate_issued=True)
    load_balancer = LoadBalancer(
        scope,
        "load_balancer",
        name="aldeia-test",
        account_id="956880242582",
        placement=Placement(vpc_id="vpc-1", subnet_ids=["subnet-a", "subnet-b"]),
        certificate=Certificate(scope, "certificate", settings=domain),
        test_listener=False,
        disposable=True,
        settings=LoadBalancerSettings(),
    )
    route = route_to_hosts(
        scope, "route", name=NAME, vpc_id="vpc-1", load_balancer=load_balancer, settings=service_settings()
    )
    repository = ImageRepository(
        scope,
        "repository",
        name="aldeia/backend",
        disposable=True,
        provider_version="6.33.0",
        settings=ImageRepositorySettings(),
    )
    arguments: dict[str, Any] = {
        "name": NAME,
        "short_name": "api",
        "host": declare_host(scope, target_group_arns=[route.blue.arn]),
        "service": backend(),
        "route": route,
        "load_balancer": load_balancer,
        "url": "https://api.staging.aldeia.com",
        "topic_arn": TOPIC,
        "repository": repository,
        "settings": settings,
    }
    return ComposeWebService(scope, "service", **(arguments | changes))


@pytest.fixture(scope="module")
def service() -> Synthesized:
    """A service on hosts."""
    return build()


@pytest.fixture(scope="module")
def manifest(service: Synthesized) -> Block:
    """Its release manifest, in which references stand for values."""
    _, parameter = only(service, "aws_ssm_parameter", "manifest")
    assert "/aldeia-staging/release/api" == parameter["name"]
    found: Block = json.loads(parameter["insecure_value"])
    return found


def test_route(service: Synthesized) -> None:
    """The load balancer sends requests to the port of the hosts."""
    group = service.resource("aws_lb_target_group")

    assert ("instance", 3001) == (group["target_type"], group["port"])


def test_hosts_register(service: Synthesized) -> None:
    """The route is first, so that the group can name its target group."""
    arn = ref(service, "aws_lb_target_group", "blue", "arn")

    assert [arn] == service.resource("aws_autoscaling_group")["target_group_arns"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("schema", 1),
        ("stack", "aldeia-staging"),
        ("service", "api"),
        ("account_id", "956880242582"),
        ("region", "us-east-1"),
        ("deploy_mode", "release"),
        ("ecs", None),
        ("capacity", []),
        ("code_deploy", None),
        ("image_variable", None),
        ("secrets", [{"arn": SECRET, "keys": ["JWT_SECRET"]}]),
        ("migration_command", ["migrate"]),
        ("healthy_timeout_s", 600),
    ],
)
def test_value(manifest: Block, key: str, value: object) -> None:
    """What is known before an apply stands there as it is."""
    assert value == manifest[key]


def test_compose(service: Synthesized, manifest: Block) -> None:
    """A release finds the hosts, what to tell them, and where to write the image."""
    assert {
        "auto_scaling_group": ref(service, "aws_autoscaling_group", "group", "name"),
        "document": ref(service, "aws_ssm_document", "document", "name"),
        "service": "backend",
        "image_parameter": "/aldeia-staging/compose/image/backend",
        "cpu_architecture": "X86_64",
        "port": 3001,
    } == manifest["compose"]


def test_logs(service: Synthesized, manifest: Block) -> None:
    """The streams of a service begin with its name."""
    assert {
        "group": ref(service, "aws_cloudwatch_log_group", "host_logs", "name"),
        "stream_prefix": "backend",
    } == manifest["logs"]


def test_image(service: Synthesized, manifest: Block) -> None:
    """A release finds the repository of its images."""
    repository = {key: ref(service, "aws_ecr_repository", "repository", key) for key in ("name", "registry_id")}

    assert {
        "repository": repository["name"],
        "uri": ref(service, "aws_ecr_repository", "repository", "repository_url"),
        "registry_id": repository["registry_id"],
    } == manifest["image"]


def test_routes(service: Synthesized, manifest: Block) -> None:
    """A release asks the health check's URL."""
    routes = manifest["routes"]

    assert ("https://api.staging.aldeia.com/api/health", None) == (routes["url"], routes["test_listener"])
    assert ref(service, "aws_lb_target_group", "blue", "arn") == routes["target_groups"]["blue"]["arn"]
    assert [ref(service, "aws_lb_listener_rule", "production", "arn")] == routes["rules"]


def test_alarms_stop_a_release(manifest: Block) -> None:
    """Errors and unhealthy hosts, and none of mere load."""
    assert {"service": [], "target_groups": {"blue": [f"{NAME}-blue-5xx", f"{NAME}-blue-unhealthy"]}} == manifest[
        "alarms"
    ]


def test_alarms(service: Synthesized) -> None:
    """The alarms of the target group, by the settings that the service would have on Fargate."""
    id_, latency = only(service, "aws_cloudwatch_metric_alarm", "latency")

    assert 2 == latency["threshold"]
    assert f"${{aws_cloudwatch_metric_alarm.{id_}.arn}}" == service.output("alarm_arns")[2]


def test_outputs(service: Synthesized) -> None:
    """What an operator reads after a deployment, under the names that a service on Fargate has."""
    assert {
        "api_repository_url": ref(service, "aws_ecr_repository", "repository", "repository_url"),
        "api_release_manifest": ref(service, "aws_ssm_parameter", "manifest", "insecure_value"),
    } == service.output("outputs")


def test_on_dashboard(service: Synthesized) -> None:
    """The dashboard knows its target group."""
    assert (NAME, ["blue"]) == (service.output("title"), service.output("target_groups"))


@pytest.mark.parametrize(
    ("output", "type_", "part", "attribute"),
    [
        ("repository_url", "aws_ecr_repository", "repository", "repository_url"),
        ("group_of_hosts", "aws_security_group", "network_group", "id"),
    ],
)
def test_result(service: Synthesized, output: str, type_: str, part: str, attribute: str) -> None:
    """What others refer to."""
    assert ref(service, type_, part, attribute) == service.output(output)


def test_fixed_image() -> None:
    """What no release chooses has no manifest."""
    with pytest.raises(ValueError, match="must have an image that releases choose, got chromadb"):
        build(service=chromadb())


def test_other_migration_command() -> None:
    """What a release asks for is what the hosts know."""
    with pytest.raises(ValueError, match="must have the same migration_command on the hosts as in its manifest"):
        build(service=backend(migration_command=None))


def test_other_route() -> None:
    """A host waits for the answer that the load balancer waits for."""
    with pytest.raises(ValueError, match="must have the same route on the hosts as in its settings"):
        build(service=backend(route=ROUTE.model_copy(update={"health_check_path": "/"})))


def test_other_deploy_mode() -> None:
    """CodeDeploy moves the traffic of tasks on Fargate."""
    canary = BlueGreenSettings(type="canary", traffic_percent=10, interval_min=5)

    with pytest.raises(ValueError, match="must have deploy_mode release on hosts, got blue_green"):
        build(service_settings(deploy_mode="blue_green", deployment=canary))
