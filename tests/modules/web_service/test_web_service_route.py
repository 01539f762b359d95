"""A web service behind CloudFront, which must know the route to it before the service knows CloudFront."""

from dataclasses import replace

import pytest
from cdktf import TerraformOutput
from constructs import Construct

from modules.load_balancer.service_route import ServiceRoute
from modules.web_service.settings import WebServiceSettings
from modules.web_service.web_service import WebService
from tests.modules.web_service.sample_web_service import APPLICATION, manifest, platform, repository, settings_values
from tests.support import Synthesized, synth_scope


@pytest.fixture(scope="module")
def service() -> Synthesized:
    """A service whose route was made before it."""

    def declare(scope: Construct) -> None:
        shared = platform(scope, test_listener=False, counts_tasks=True)
        settings = WebServiceSettings(**settings_values("release"))
        route = ServiceRoute(
            scope,
            "route",
            name="edgemind-backend",
            vpc_id="vpc-1",
            port=settings.service.port,
            load_balancer=shared.load_balancer,
            deploy_mode="release",
            settings=settings.route,
        )
        WebService(
            scope,
            "api",
            name="edgemind-backend",
            short_name="backend",
            platform=replace(shared, url="https://cdn.trust.demo.paythru.com"),
            repository=repository(scope),
            application=APPLICATION,
            route=route,
            settings=settings,
        )
        TerraformOutput(scope, "group", value=route.blue.arn)

    return synth_scope(declare)


def test_one_route(service: Synthesized) -> None:
    """The service makes none of its own."""
    assert {"route_blue_F54690BE"} == set(service.resources("aws_lb_target_group"))
    assert 1 == len(service.resources("aws_lb_listener_rule"))


def test_tasks_are_behind_it(service: Synthesized) -> None:
    """The tasks register with the route that was given, when its rule leads there."""
    (rule,) = service.resources("aws_lb_listener_rule")
    block = service.resource("aws_ecs_service")

    assert service.output("group") == block["load_balancer"][0]["target_group_arn"]
    assert f"aws_lb_listener_rule.{rule}" in block["depends_on"]


def test_release_asks_where_everybody_asks(service: Synthesized) -> None:
    """A load balancer that answers only CloudFront does not answer who releases, so a release asks CloudFront."""
    assert "https://cdn.trust.demo.paythru.com/api/health" == manifest(service)["routes"]["url"]
