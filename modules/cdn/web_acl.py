"""A web application firewall before a distribution, where somebody pays for one."""

from typing import Annotated, Literal

from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.wafv2_web_acl import (
    Wafv2WebAcl,
    Wafv2WebAclDefaultAction,
    Wafv2WebAclDefaultActionAllow,
    Wafv2WebAclRule,
    Wafv2WebAclRuleAction,
    Wafv2WebAclRuleActionBlock,
    Wafv2WebAclRuleOverrideAction,
    Wafv2WebAclRuleOverrideActionCount,
    Wafv2WebAclRuleOverrideActionNone,
    Wafv2WebAclRuleVisibilityConfig,
    Wafv2WebAclVisibilityConfig,
)
from cdktf_cdktf_provider_aws.wafv2_web_acl_logging_configuration import (
    Wafv2WebAclLoggingConfiguration,
    Wafv2WebAclLoggingConfigurationRedactedFields,
    Wafv2WebAclLoggingConfigurationRedactedFieldsSingleHeader,
)
from constructs import Construct
from pydantic import Field, field_validator

from modules.cdn.edge import check_edge
from modules.names import physical_name
from modules.settings import Settings, mistake
from modules.types import LogRetentionDays

RuleGroup = Literal["IpReputation", "Common", "KnownBadInputs"]

_AWS_NAMES: dict[RuleGroup, str] = {
    "IpReputation": "AWSManagedRulesAmazonIpReputationList",
    "Common": "AWSManagedRulesCommonRuleSet",
    "KnownBadInputs": "AWSManagedRulesKnownBadInputsRuleSet",
}
"""WAF Developer Guide, "AWS Managed Rules rule groups list"."""

_SECRET_HEADERS = ["authorization", "cookie"]


class WebAclSettings(Settings):
    """Which requests are stopped before they reach anything."""

    rule_groups: list[RuleGroup] = Field(default_factory=lambda: list(_AWS_NAMES))
    """AWS's own rules, in this order. `Common` refuses bodies of more than 8 KiB, among much else."""

    rate_limit: Annotated[int, Field(ge=10, le=2_000_000_000)] | None = 2_000
    """How many requests one address may send in 5 minutes (WAFV2 API, RateBasedStatement). None: any number."""

    count_only: bool = False
    """Whether AWS's rules only count what they would refuse, to see first whom they would hit."""

    log_retention_days: LogRetentionDays | None = None
    """How long the requests that a rule looked at are kept, without cookies and authorization. None: no log."""

    @field_validator("rule_groups")
    @classmethod
    def _names_each_once(cls, groups: list[RuleGroup]) -> list[RuleGroup]:
        if len(set(groups)) != len(groups):
            raise mistake("must name each rule group once")
        return groups


class WebAcl(Construct):
    """A web ACL with the scope CLOUDFRONT, which lets through whatever no rule refuses."""

    def __init__(
        self, scope: Construct, id_: str, *, name: str, edge_provider: AwsProvider, settings: WebAclSettings
    ) -> None:
        """
        Make the web ACL.

        :param name: the web ACL's name and the first part of its metrics' names; cut when it is too long
        :param edge_provider: the provider for us-east-1
        :raises ValueError: the provider is for another region
        """
        super().__init__(scope, id_)
        check_edge(edge_provider)
        web_acl_name = physical_name("web_acl", name)
        acl = Wafv2WebAcl(
            self,
            "web_acl",
            provider=edge_provider,
            name=web_acl_name,
            scope="CLOUDFRONT",
            default_action=Wafv2WebAclDefaultAction(allow=Wafv2WebAclDefaultActionAllow()),
            rule=_rules(web_acl_name, settings),
            visibility_config=Wafv2WebAclVisibilityConfig(
                cloudwatch_metrics_enabled=True, metric_name=web_acl_name, sampled_requests_enabled=True
            ),
        )
        self.arn: str = acl.arn
        if settings.log_retention_days is not None:
            self._log(web_acl_name, edge_provider, settings.log_retention_days)

    def _log(self, name: str, edge_provider: AwsProvider, retention_days: int) -> None:
        group = CloudwatchLogGroup(
            self,
            "log_group",
            provider=edge_provider,
            # WAF writes to groups with this prefix only (WAFV2 API, LoggingConfiguration).
            name=f"aws-waf-logs-{name}",
            retention_in_days=retention_days,
        )
        Wafv2WebAclLoggingConfiguration(
            self,
            "logging",
            provider=edge_provider,
            resource_arn=self.arn,
            log_destination_configs=[group.arn],
            redacted_fields=[
                Wafv2WebAclLoggingConfigurationRedactedFields(
                    single_header=Wafv2WebAclLoggingConfigurationRedactedFieldsSingleHeader(name=header)
                )
                for header in _SECRET_HEADERS
            ],
        )


def _rules(name: str, settings: WebAclSettings) -> list[Wafv2WebAclRule]:
    # Cheapest first: an address that sends too much needs no further look.
    rate = [] if settings.rate_limit is None else [_rate(settings.rate_limit, name)]
    groups = [_managed(group, name, priority, settings) for priority, group in enumerate(settings.rule_groups, start=1)]
    return [*rate, *groups]


def _rate(limit: int, name: str) -> Wafv2WebAclRule:
    return Wafv2WebAclRule(
        name="RateLimit",
        priority=0,
        # The bindings have no type for statements, which may be nested without end: these are Terraform's own names.
        statement={"rate_based_statement": {"limit": limit, "aggregate_key_type": "IP", "evaluation_window_sec": 300}},
        action=Wafv2WebAclRuleAction(block=Wafv2WebAclRuleActionBlock()),
        visibility_config=_visibility(f"{name}-RateLimit"),
    )


def _managed(group: RuleGroup, name: str, priority: int, settings: WebAclSettings) -> Wafv2WebAclRule:
    refused = Wafv2WebAclRuleOverrideAction(none=Wafv2WebAclRuleOverrideActionNone())
    counted = Wafv2WebAclRuleOverrideAction(count=Wafv2WebAclRuleOverrideActionCount())
    return Wafv2WebAclRule(
        name=group,
        priority=priority,
        statement={"managed_rule_group_statement": {"vendor_name": "AWS", "name": _AWS_NAMES[group]}},
        override_action=counted if settings.count_only else refused,
        visibility_config=_visibility(f"{name}-{group}"),
    )


def _visibility(metric_name: str) -> Wafv2WebAclRuleVisibilityConfig:
    return Wafv2WebAclRuleVisibilityConfig(
        cloudwatch_metrics_enabled=True, metric_name=metric_name, sampled_requests_enabled=True
    )
