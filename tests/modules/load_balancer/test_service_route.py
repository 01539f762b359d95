"""The route to a service as Terraform JSON, in every deploy mode."""

from typing import Any

import pytest
from cdktf import TerraformOutput
from constructs import Construct

from modules.deployment.deploy_mode import DeployMode
from modules.load_balancer.certificate import Certificate, DomainSettings
from modules.load_balancer.load_balancer import LoadBalancer, LoadBalancerSettings
from modules.load_balancer.service_route import ServiceRoute, ServiceRouteSettings
from modules.network.placement import Placement
from tests.support import Block, Synthesized, synth_scope

ROUTE: dict[str, Any] = {"path_patterns": ["/api/*"], "priority": 10, "health_check_path": "/api/health"}


def build(
    mode: DeployMode,
    *,
    test_listener: bool = True,
    port: int = 4000,
    **settings: Any,  # noqa: ANN401 any setting
) -> Synthesized:
    """The route to the backend, with what it publishes as outputs."""

    def declare(scope: Construct) -> None:
        domain = DomainSettings(domain_name="trust.demo.paythru.com", certificate_issued=True)
        load_balancer = LoadBalancer(
            scope,
            "load_balancer",
            name="isms-staging",
            account_id="956880242582",
            placement=Placement(vpc_id="vpc-1", subnet_ids=["subnet-a", "subnet-b"]),
            certificate=Certificate(scope, "certificate", settings=domain),
            test_listener=test_listener,
            disposable=True,
            settings=LoadBalancerSettings(),
        )
        route = ServiceRoute(
            scope,
            "route",
            name="isms-backend-staging",
            vpc_id="vpc-1",
            port=port,
            load_balancer=load_balancer,
            deploy_mode=mode,
            settings=ServiceRouteSettings(**(ROUTE | settings)),
        )
        groups = {color: [group.name, group.arn, group.arn_suffix] for color, group in route.target_groups.items()}
        TerraformOutput(scope, "target_groups", value=groups)
        TerraformOutput(scope, "blue", value=route.blue.arn)
        TerraformOutput(scope, "green", value="none" if route.green is None else route.green.arn)
        TerraformOutput(scope, "ready", value=[rule.fqn for rule in route.ready])

    return synth_scope(declare)


@pytest.fixture(scope="module")
def blue_green() -> Synthesized:
    """A route whose rules CodeDeploy changes."""
    return build("blue_green")


@pytest.fixture(scope="module")
def tuned() -> Synthesized:
    """A route with no default left."""
    return build(
        "terraform",
        test_listener=False,
        path_patterns=["/a/*", "/b"],
        health_check_interval_s=20,
        health_check_timeout_s=10,
        healthy_threshold=4,
        unhealthy_threshold=5,
        health_check_matcher="200-299,302",
        deregistration_delay_s=120,
    )


def group(stack: Synthesized, color: str) -> Block:
    """The target group of a color."""
    (found,) = (block for id_, block in stack.resources("aws_lb_target_group").items() if f"_{color}_" in id_)
    return found


def group_address(stack: Synthesized, color: str) -> str:
    """The address of the target group of a color."""
    (found,) = (id_ for id_ in stack.resources("aws_lb_target_group") if f"_{color}_" in id_)
    return f"aws_lb_target_group.{found}"


def rules(stack: Synthesized) -> dict[int, Block]:
    """The rules by the port of their listener."""
    ports = {
        f"${{aws_lb_listener.{id_}.arn}}": block["port"] for id_, block in stack.resources("aws_lb_listener").items()
    }
    return {ports[rule["listener_arn"]]: rule for rule in stack.resources("aws_lb_listener_rule").values()}


@pytest.mark.parametrize(
    ("mode", "colors", "ports", "ignored"),
    [
        ("terraform", {"blue"}, {443}, None),
        ("release", {"blue"}, {443}, None),
        ("blue_green", {"blue", "green"}, {443, 8443}, {"ignore_changes": ["action"]}),
    ],
)
def test_deploy_mode(mode: DeployMode, colors: set[str], ports: set[int], ignored: Block | None) -> None:
    """The deploy mode decides over target groups, rules, and whose the rules are."""
    stack = build(mode)

    assert colors == set(stack.output("target_groups"))
    assert len(colors) == len(stack.resources("aws_lb_target_group"))
    assert dict.fromkeys(ports, ignored) == {port: rule.get("lifecycle") for port, rule in rules(stack).items()}


class TestTargetGroups:
    """What the load balancer knows of the tasks."""

    @pytest.mark.parametrize("color", ["blue", "green"])
    def test_targets(self, blue_green: Synthesized, color: str) -> None:
        """Tasks of awsvpc networks are addresses, and speak HTTP behind the load balancer."""
        target_group = group(blue_green, color)

        assert (4000, "HTTP", "ip", "vpc-1") == tuple(
            target_group[key] for key in ("port", "protocol", "target_type", "vpc_id")
        )

    def test_both_are_alike(self, blue_green: Synthesized) -> None:
        """The colors differ in nothing but their names, because they change places with every release."""
        blue, green = ({**group(blue_green, color), "//": 0, "name": 0} for color in ("blue", "green"))

        assert blue == green

    @pytest.mark.parametrize("color", ["blue", "green"])
    def test_name(self, blue_green: Synthesized, color: str) -> None:
        """A name says which service and color, within 32 characters."""
        name = group(blue_green, color)["name"]

        assert name.startswith(f"isms-backend-staging-{color}"[:25])
        assert len(name) <= 32

    def test_names_differ(self, blue_green: Synthesized) -> None:
        """Names are unique in an account."""
        assert group(blue_green, "blue")["name"] != group(blue_green, "green")["name"]

    def test_replaced_without_a_gap(self, blue_green: Synthesized) -> None:
        """What a port change replaces exists beside its successor, so that needs another name."""
        target_group = group(blue_green, "blue")

        assert {"create_before_destroy": True} == target_group["lifecycle"]
        assert group(build("release", port=8080), "blue")["name"] != target_group["name"]

    def test_addresses_are_a_contract(self, blue_green: Synthesized) -> None:
        """A recreated target group has no targets."""
        assert {"route_blue_F54690BE", "route_green_3270280E"} == set(blue_green.resources("aws_lb_target_group"))

    def test_health_check(self, tuned: Synthesized) -> None:
        """Everything about health is a setting."""
        assert {
            "path": "/api/health",
            "interval": 20,
            "timeout": 10,
            "healthy_threshold": 4,
            "unhealthy_threshold": 5,
            "matcher": "200-299,302",
        } == group(tuned, "blue")["health_check"]

    def test_default_health_check(self, blue_green: Synthesized) -> None:
        """Half a minute of good answers, or three quarters of bad ones, decide."""
        assert {
            "path": "/api/health",
            "interval": 15,
            "timeout": 5,
            "healthy_threshold": 2,
            "unhealthy_threshold": 3,
            "matcher": "200",
        } == group(blue_green, "blue")["health_check"]

    def test_deregistration_delay(self, blue_green: Synthesized, tuned: Synthesized) -> None:
        """How long a stopping task may finish its requests is a setting."""
        assert ["30", "120"] == [group(stack, "blue")["deregistration_delay"] for stack in (blue_green, tuned)]

    def test_no_stickiness(self, blue_green: Synthesized) -> None:
        """Any task answers any request, so that a shift of traffic is a shift for everybody."""
        assert {"enabled": False, "type": "lb_cookie"} == group(blue_green, "blue")["stickiness"]


class TestRules:
    """Which requests go where."""

    @pytest.mark.parametrize(("port", "color"), [(443, "blue"), (8443, "green")])
    def test_forward(self, blue_green: Synthesized, port: int, color: str) -> None:
        """Traffic goes to blue at first, tests go to green."""
        arn = f"${{{group_address(blue_green, color)}.arn}}"

        assert [{"type": "forward", "target_group_arn": arn}] == rules(blue_green)[port]["action"]

    @pytest.mark.parametrize("port", [443, 8443])
    def test_condition(self, blue_green: Synthesized, port: int) -> None:
        """Both listeners divide requests alike."""
        rule = rules(blue_green)[port]

        assert (10, [{"path_pattern": {"values": ["/api/*"]}}]) == (rule["priority"], rule["condition"])

    def test_several_patterns(self, tuned: Synthesized) -> None:
        """All patterns are in one rule."""
        assert [{"path_pattern": {"values": ["/a/*", "/b"]}}] == rules(tuned)[443]["condition"]

    def test_addresses_are_a_contract(self, blue_green: Synthesized) -> None:
        """A recreated rule leads to blue while green serves."""
        assert {"route_production_A6D03A9F", "route_test_D273C280"} == set(blue_green.resources("aws_lb_listener_rule"))

    def test_no_test_listener(self) -> None:
        """Without a test listener green waits for its first release without a rule."""
        stack = build("blue_green", test_listener=False)

        assert {443} == set(rules(stack))
        assert {"blue", "green"} == set(stack.output("target_groups"))


class TestResults:
    """What others need."""

    @pytest.mark.parametrize("color", ["blue", "green"])
    def test_target_groups(self, blue_green: Synthesized, color: str) -> None:
        """Services, releases and alarms refer to the target groups."""
        address = group_address(blue_green, color)

        assert [f"${{{address}.{key}}}" for key in ("name", "arn", "arn_suffix")] == blue_green.output("target_groups")[
            color
        ]
        assert f"${{{address}.arn}}" == blue_green.output(color)

    def test_ready(self, blue_green: Synthesized) -> None:
        """ECS takes a target group only when a rule leads to it."""
        assert {f"${{aws_lb_listener_rule.{id_}}}" for id_ in blue_green.resources("aws_lb_listener_rule")} == set(
            blue_green.output("ready")
        )
