"""The load balancer of the emulated account, and what leads to the service."""

from typing import Any

from tests.tools.release.tasks import NAME
from tools.release.aws import Aws
from tools.release.manifest import Color, DeployMode


def client(aws: Aws, name: str) -> Any:  # noqa: ANN401 any client
    """Make a client of a service that a release does not speak to."""
    return aws.session.client(name)  # type: ignore[call-overload]


def colors(mode: DeployMode) -> tuple[Color, ...]:
    """The sides that a service of this deploy mode has."""
    return ("blue", "green") if mode == "blue_green" else ("blue",)


def make_routes(aws: Aws, mode: DeployMode, vpc: str) -> dict[str, Any]:
    """Load balancer, listeners, target groups and rules that lead to blue."""
    subnets = [one["SubnetId"] for one in client(aws, "ec2").describe_subnets()["Subnets"]][:2]
    balancer = aws.elb.create_load_balancer(Name="isms-staging", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    groups: dict[Color, dict[str, str]] = {}
    for color in colors(mode):
        made = aws.elb.create_target_group(
            Name=f"{NAME}-{color}",
            Protocol="HTTP",
            Port=4000,
            VpcId=vpc,
            TargetType="ip",
            HealthCheckPath="/api/health",
        )["TargetGroups"][0]
        arn = made["TargetGroupArn"]
        groups[color] = {"name": made["TargetGroupName"], "arn": arn, "arn_suffix": arn.rpartition(":")[2]}
    listeners, rules = [], []
    for port in (80, 8443) if mode == "blue_green" else (80,):
        listener = aws.elb.create_listener(
            LoadBalancerArn=balancer,
            Protocol="HTTP",
            Port=port,
            DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
        )["Listeners"][0]["ListenerArn"]
        listeners.append(listener)
        rule = aws.elb.create_rule(
            ListenerArn=listener,
            Priority=100,
            Conditions=[{"Field": "path-pattern", "Values": ["/api/*"]}],
            Actions=[{"Type": "forward", "TargetGroupArn": groups["blue"]["arn"]}],
        )
        rules.append(rule["Rules"][0]["RuleArn"])
    return {
        "url": "https://trust.demo.paythru.com/api/health",
        "listener": listeners[0],
        "test_listener": listeners[1] if mode == "blue_green" else None,
        "rules": rules,
        "target_groups": groups,
    }
