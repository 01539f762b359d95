"""How requests reach a service: its target groups, and the rules of the load balancer that lead to them."""

from typing import Annotated, Literal

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.lb_listener_rule import (
    LbListenerRule,
    LbListenerRuleAction,
    LbListenerRuleCondition,
    LbListenerRuleConditionHostHeader,
    LbListenerRuleConditionHttpHeader,
    LbListenerRuleConditionPathPattern,
)
from cdktf_cdktf_provider_aws.lb_target_group import (
    LbTargetGroup,
    LbTargetGroupHealthCheck,
    LbTargetGroupStickiness,
)
from constructs import Construct
from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from modules.deployment.deploy_mode import Color, DeployMode, ownership
from modules.load_balancer.load_balancer import LoadBalancer
from modules.load_balancer.target_group import TargetGroup
from modules.names import generation_name
from modules.origin_secret import OriginSecret
from modules.settings import Settings, mistake
from modules.types import DomainName, UrlPath

TargetType = Literal["ip", "instance"]

_MOST_WILDCARDS = 5
_MOST_VALUES = 5
"""ELB: "A rule can only have '5' condition values" (aws/aws-cdk#10065)."""

PathPattern = Annotated[
    str,
    StringConstraints(pattern=r"^/[A-Za-z0-9_.$/~\"'@:+&*?-]*$", max_length=128),
    Field(description="a path pattern that begins with /, of at most 128 characters, such as /api/*"),
]
"""docs.aws.amazon.com/elasticloadbalancing, "Condition types for listener rules", path conditions."""


class ServiceRouteSettings(Settings):
    """Which requests a service gets, and how the load balancer knows that it is well."""

    path_patterns: Annotated[list[PathPattern], Field(min_length=1, max_length=_MOST_VALUES)]
    """At most three behind a load balancer that only CloudFront may ask: the two secrets count too."""

    host_names: Annotated[list[DomainName], Field(max_length=_MOST_VALUES - 1)] = Field(default_factory=list)
    """Only requests for these names; path patterns, names and secrets together are at most five. Empty: any name that
    leads to the load balancer."""

    priority: Annotated[int, Field(ge=1, le=50000)]
    """The rule with the lowest number that matches wins; no two routes of a load balancer share one (ELBv2
    CreateRule)."""

    health_check_path: UrlPath
    health_check_interval_s: Annotated[int, Field(ge=5, le=300)] = 15
    health_check_timeout_s: Annotated[int, Field(ge=2, le=120, validate_default=True)] = 5
    healthy_threshold: Annotated[int, Field(ge=2, le=10)] = 2
    unhealthy_threshold: Annotated[int, Field(ge=2, le=10)] = 3
    """ELBv2 CreateTargetGroup, for the range of each."""

    health_check_matcher: Annotated[
        str,
        StringConstraints(pattern=r"^[2-4][0-9]{2}([,-][2-4][0-9]{2})*$"),
        Field(description="status codes between 200 and 499, such as 200,204 or 200-299"),
    ] = "200"
    deregistration_delay_s: Annotated[int, Field(ge=0, le=3600)] = 30
    """Seconds that requests under way get to finish on a task that stops."""

    stickiness_s: Annotated[int, Field(ge=1, le=604_800)] | None = None
    """How long the load balancer sends a client to the same task, by a cookie of its own. None: any task answers any
    request. A WebSocket stays with its task anyway (docs.aws.amazon.com/elasticloadbalancing, "Sticky sessions for
    your Application Load Balancer")."""

    @field_validator("path_patterns")
    @classmethod
    def _has_few_wildcards(cls, patterns: list[str]) -> list[str]:
        if sum(pattern.count("*") + pattern.count("?") for pattern in patterns) > _MOST_WILDCARDS:
            # "Condition types for listener rules", condition basics.
            raise mistake(f"must contain at most {_MOST_WILDCARDS} wildcards (* and ?) in all")
        return patterns

    @field_validator("health_check_timeout_s")
    @classmethod
    def _is_below_interval(cls, timeout_s: int, info: ValidationInfo) -> int:
        interval_s = info.data.get("health_check_interval_s")
        if interval_s is not None and timeout_s >= interval_s:
            # ELB: "Health check interval must be greater than the timeout" (aws/aws-cdk#29075).
            raise mistake(f"must be below health_check_interval_s, {interval_s}")
        return timeout_s


class ServiceRoute(Construct):
    """
    The target groups of a service, and the rules that lead to them.

    Blue serves from the start. Under blue/green there is a green one as well, which the test listener leads to: it may
    lead to either at first (docs.aws.amazon.com/codedeploy, "Create a test listener"), and a target group without a
    rule gets no health checks. From then on the rules are CodeDeploy's. In that mode the port cannot be changed: the
    old target groups are in use, so that ELB refuses to delete them and the apply ends without a change of traffic.

    Where only CloudFront may ask, the rule that serves demands the secret. The one for tests does not: who may reach
    its port says the load balancer.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        vpc_id: str,
        port: int,
        load_balancer: LoadBalancer,
        deploy_mode: DeployMode,
        target_type: TargetType = "ip",
        settings: ServiceRouteSettings,
    ) -> None:
        """
        Make the target groups and the rules.

        :param name: the service's name
        :param port: the port that the tasks, or the hosts, listen on
        :param target_type: `ip` for tasks on Fargate, `instance` for hosts in an Auto Scaling group
        :raises PydanticCustomError: the rule would compare a request with more values than ELB takes
        """
        super().__init__(scope, id_)
        check_values(settings, cloudfront_only=load_balancer.origin_secret is not None)
        self._settings = settings
        self._mode = ownership(deploy_mode)
        self._target_type = target_type
        self.target_groups: dict[Color, TargetGroup] = {
            color: self._target_group(color, name, vpc_id, port) for color in self._mode.colors
        }
        self.blue: TargetGroup = self.target_groups["blue"]
        self.green: TargetGroup | None = self.target_groups.get("green")
        secret = load_balancer.origin_secret
        self.ready: list[LbListenerRule] = [self._rule("production", load_balancer.listener_arn, self.blue, secret)]
        """What makes the target groups those of a load balancer, as ECS wants them, for `depends_on`."""
        if self.green is not None and load_balancer.test_listener_arn is not None:
            self.ready.append(self._rule("test", load_balancer.test_listener_arn, self.green, None))

    def _target_group(self, color: Color, name: str, vpc_id: str, port: int) -> TargetGroup:
        settings = self._settings
        group = LbTargetGroup(
            self,
            color,
            name=generation_name("target_group", name, color, replaced_by=(port, "HTTP", self._target_type)),
            port=port,
            protocol="HTTP",
            target_type=self._target_type,
            vpc_id=vpc_id,
            deregistration_delay=str(settings.deregistration_delay_s),
            stickiness=LbTargetGroupStickiness(
                enabled=settings.stickiness_s is not None, type="lb_cookie", cookie_duration=settings.stickiness_s
            ),
            health_check=LbTargetGroupHealthCheck(
                path=settings.health_check_path,
                matcher=settings.health_check_matcher,
                interval=settings.health_check_interval_s,
                timeout=settings.health_check_timeout_s,
                healthy_threshold=settings.healthy_threshold,
                unhealthy_threshold=settings.unhealthy_threshold,
            ),
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
        return TargetGroup(name=group.name, arn=group.arn, arn_suffix=group.arn_suffix)

    def _rule(
        self, id_: str, listener_arn: str, target_group: TargetGroup, secret: OriginSecret | None
    ) -> LbListenerRule:
        patterns = LbListenerRuleConditionPathPattern(values=self._settings.path_patterns)
        ignored = list(self._mode.ignored_by_routes)
        return LbListenerRule(
            self,
            id_,
            listener_arn=listener_arn,
            priority=self._settings.priority,
            condition=[
                LbListenerRuleCondition(path_pattern=patterns),
                *_for_hosts(self._settings.host_names),
                *_demand(secret),
            ],
            action=[LbListenerRuleAction(type="forward", target_group_arn=target_group.arn)],
            lifecycle=TerraformResourceLifecycle(ignore_changes=ignored) if ignored else None,
        )


def check_values(settings: ServiceRouteSettings, *, cloudfront_only: bool) -> ServiceRouteSettings:
    """
    Return the settings when ELB can compare a request with all that the rule would have.

    :param cloudfront_only: whether the load balancer has an origin secret, of which a rule accepts two
    :raises PydanticCustomError: there are too many path patterns beside the secrets
    """
    most = _MOST_VALUES - 2 if cloudfront_only else _MOST_VALUES
    if len(settings.path_patterns) + len(settings.host_names) > most:
        why = ": a rule that only CloudFront passes has two secrets too" if cloudfront_only else ""
        raise mistake(f"must have at most {most} path_patterns and host_names in all{why}")
    return settings


def _for_hosts(names: list[str]) -> list[LbListenerRuleCondition]:
    if not names:
        return []
    return [LbListenerRuleCondition(host_header=LbListenerRuleConditionHostHeader(values=names))]


def _demand(secret: OriginSecret | None) -> list[LbListenerRuleCondition]:
    if secret is None:
        return []
    header = LbListenerRuleConditionHttpHeader(http_header_name=secret.header_name, values=secret.accepted)
    return [LbListenerRuleCondition(http_header=header)]
