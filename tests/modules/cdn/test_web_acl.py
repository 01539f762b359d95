"""The web ACL as Terraform JSON, and its settings."""

from typing import Any

import pytest
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct
from pydantic import ValidationError

from modules.cdn.web_acl import WebAcl, WebAclSettings
from tests.support import Block, Synthesized, synth_scope


def build(region: str = "us-east-1", **settings: Any) -> Synthesized:  # noqa: ANN401 settings of any type
    """A web ACL."""

    def declare(scope: Construct) -> None:
        provider = AwsProvider(scope, "aws", region=region)
        WebAcl(scope, "web_acl", name="edgemind", edge_provider=provider, settings=WebAclSettings(**settings))

    return synth_scope(declare)


@pytest.fixture(scope="module")
def default() -> Synthesized:
    """A web ACL with all defaults."""
    return build()


@pytest.fixture(scope="module")
def watching() -> Synthesized:
    """A web ACL that only counts, with a log."""
    return build(rule_groups=["Common"], rate_limit=None, count_only=True, log_retention_days=30)


def rules(stack: Synthesized) -> list[Block]:
    """The rules, in the order in which they are looked at."""
    return sorted(stack.resource("aws_wafv2_web_acl")["rule"], key=lambda rule: int(rule["priority"]))


def test_scope(default: Synthesized) -> None:
    """The web ACL is for CloudFront, and lets through what no rule refuses."""
    acl = default.resource("aws_wafv2_web_acl")

    assert ("edgemind", "CLOUDFRONT", {"allow": {}}) == (acl["name"], acl["scope"], acl["default_action"])
    assert {
        "cloudwatch_metrics_enabled": True,
        "metric_name": "edgemind",
        "sampled_requests_enabled": True,
    } == acl["visibility_config"]


def test_rate(default: Synthesized) -> None:
    """An address that sends more than 2,000 requests in 5 minutes is stopped first."""
    rule = rules(default)[0]

    assert {"block": {}} == rule["action"]
    assert {"rate_based_statement": {"limit": 2000, "aggregate_key_type": "IP", "evaluation_window_sec": 300}} == rule[
        "statement"
    ]


def test_rule_groups(default: Synthesized) -> None:
    """AWS's own rules follow, and refuse what they find."""
    names = [
        "AWSManagedRulesAmazonIpReputationList",
        "AWSManagedRulesCommonRuleSet",
        "AWSManagedRulesKnownBadInputsRuleSet",
    ]

    assert [
        ({"managed_rule_group_statement": {"vendor_name": "AWS", "name": name}}, {"none": {}}) for name in names
    ] == [(rule["statement"], rule["override_action"]) for rule in rules(default)[1:]]


def test_priorities(default: Synthesized) -> None:
    """WAF wants each rule to have a priority of its own."""
    assert [0, 1, 2, 3] == [rule["priority"] for rule in rules(default)]


def test_metrics(default: Synthesized) -> None:
    """Each rule is counted by itself."""
    assert [
        ("RateLimit", "edgemind-RateLimit"),
        ("IpReputation", "edgemind-IpReputation"),
        ("Common", "edgemind-Common"),
        ("KnownBadInputs", "edgemind-KnownBadInputs"),
    ] == [(rule["name"], rule["visibility_config"]["metric_name"]) for rule in rules(default)]


def test_count_only(watching: Synthesized) -> None:
    """One can see first whom AWS's rules would hit, and do without a limit."""
    assert [("Common", {"count": {}})] == [(rule["name"], rule["override_action"]) for rule in rules(watching)]


def test_no_log(default: Synthesized) -> None:
    """There is no log unless somebody asks for one."""
    assert {} == default.resources("aws_wafv2_web_acl_logging_configuration")
    assert {} == default.resources("aws_cloudwatch_log_group")


def test_log_group(watching: Synthesized) -> None:
    """WAF writes to log groups with this prefix only (WAFV2 API, LoggingConfiguration)."""
    group = watching.resource("aws_cloudwatch_log_group")

    assert ("aws-waf-logs-edgemind", 30) == (group["name"], group["retention_in_days"])


def test_log(watching: Synthesized) -> None:
    """The log has no cookies and no authorization."""
    logging = watching.resource("aws_wafv2_web_acl_logging_configuration")
    (acl,) = watching.resources("aws_wafv2_web_acl")
    (group,) = watching.resources("aws_cloudwatch_log_group")

    assert f"${{aws_wafv2_web_acl.{acl}.arn}}" == logging["resource_arn"]
    assert [f"${{aws_cloudwatch_log_group.{group}.arn}}"] == logging["log_destination_configs"]
    assert [{"single_header": {"name": name}} for name in ("authorization", "cookie")] == logging["redacted_fields"]


def test_provider_of_another_region() -> None:
    """A web ACL for CloudFront exists in us-east-1 only."""
    with pytest.raises(ValueError, match="must be for us-east-1, got eu-west-1"):
        build(region="eu-west-1")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rate_limit": 9}, "greater than or equal to 10"),
        ({"rule_groups": ["Common", "Common"]}, "must name each rule group once"),
        ({"rule_groups": ["AdminProtection"]}, "'IpReputation', 'Common' or 'KnownBadInputs'"),
        ({"log_retention_days": 2}, "log_retention_days"),
    ],
)
def test_refused(settings: dict[str, Any], message: str) -> None:
    """What WAF or CloudWatch Logs would refuse is refused at synth."""
    with pytest.raises(ValidationError, match=message):
        WebAclSettings(**settings)
