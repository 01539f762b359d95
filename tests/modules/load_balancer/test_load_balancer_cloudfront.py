"""A load balancer that only CloudFront may ask: without a domain, with one, and while it waits for a certificate."""

from typing import Any

import pytest
from cdktf import TerraformOutput
from constructs import Construct

from modules.load_balancer.certificate import Certificate, DomainSettings
from modules.load_balancer.load_balancer import LoadBalancer, LoadBalancerSettings
from modules.network.placement import Placement
from modules.origin_secret import OriginSecret, OriginSecretSettings
from tests.support import Block, Synthesized, synth_scope

DOMAIN = "backend.trust.demo.paythru.com"
OFFICE = "203.0.113.0/24"


def build(
    domain: DomainSettings | None,
    *,
    with_secret: bool = True,
    test_listener: bool = False,
    **settings: Any,  # noqa: ANN401 settings of any type
) -> Synthesized:
    """The load balancer and its secret."""

    def declare(scope: Construct) -> None:
        secret = OriginSecret(scope, "secret", stack="edgemind", settings=OriginSecretSettings())
        load_balancer = LoadBalancer(
            scope,
            "load_balancer",
            name="edgemind",
            account_id="956880242582",
            placement=Placement(vpc_id="vpc-1", subnet_ids=["subnet-a", "subnet-b"]),
            certificate=None if domain is None else Certificate(scope, "certificate", settings=domain),
            origin_secret=secret if with_secret else None,
            test_listener=test_listener,
            disposable=True,
            settings=LoadBalancerSettings(**settings),
        )
        TerraformOutput(scope, "listener_arn", value=load_balancer.listener_arn)

    return synth_scope(declare)


@pytest.fixture(scope="module")
def plain() -> Synthesized:
    """Without a domain."""
    return build(None)


@pytest.fixture(scope="module")
def waiting() -> Synthesized:
    """With a domain whose certificate is not issued yet."""
    return build(DomainSettings(domain_name=DOMAIN))


@pytest.fixture(scope="module")
def issued() -> Synthesized:
    """With a domain and its certificate."""
    return build(DomainSettings(domain_name=DOMAIN, certificate_issued=True))


def listener(stack: Synthesized) -> Block:
    """The one listener."""
    return stack.resource("aws_lb_listener")


def rule(stack: Synthesized) -> Block:
    """The one rule that lets anybody in."""
    return stack.resource("aws_vpc_security_group_ingress_rule")


def test_plain_http(plain: Synthesized) -> None:
    """Without a domain there is no certificate, and CloudFront speaks HTTP to port 80."""
    assert (80, "HTTP") == (listener(plain)["port"], listener(plain)["protocol"])
    assert not {"certificate_arn", "ssl_policy"} & set(listener(plain))
    assert {} == plain.resources("aws_acm_certificate")


def test_https(issued: Synthesized) -> None:
    """With a certificate it speaks HTTPS to port 443, and nothing is on port 80."""
    assert (443, "HTTPS") == (listener(issued)["port"], listener(issued)["protocol"])
    assert listener(issued)["certificate_arn"].startswith("${aws_acm_certificate.")


def test_hosted_zone() -> None:
    """With a hosted zone the listener waits for the certificate."""
    stack = build(DomainSettings(domain_name=DOMAIN, hosted_zone_id="Z0123456789ABC"))

    assert listener(stack)["certificate_arn"].startswith("${aws_acm_certificate_validation.")
    assert 443 == rule(stack)["from_port"]


@pytest.mark.parametrize("name", ["plain", "waiting", "issued"])
def test_everybody_else_is_refused(name: str, request: pytest.FixtureRequest) -> None:
    """What no rule lets through, a request without the secret above all, gets 403."""
    (action,) = listener(request.getfixturevalue(name))["default_action"]

    assert ("fixed-response", "403", "Forbidden") == (
        action["type"],
        action["fixed_response"]["status_code"],
        action["fixed_response"]["message_body"],
    )


@pytest.mark.parametrize(("name", "port"), [("plain", 80), ("issued", 443)])
def test_only_cloudfront_gets_in(name: str, port: int, request: pytest.FixtureRequest) -> None:
    """One rule for one port: AWS's list of CloudFront's addresses counts as 55 of the 60 rules of a group."""
    stack = request.getfixturevalue(name)
    (list_id,) = stack.document["data"]["aws_ec2_managed_prefix_list"]

    assert ("tcp", port, port, f"${{data.aws_ec2_managed_prefix_list.{list_id}.id}}") == (
        rule(stack)["ip_protocol"],
        rule(stack)["from_port"],
        rule(stack)["to_port"],
        rule(stack)["prefix_list_id"],
    )
    assert not {"cidr_ipv4", "cidr_ipv6"} & set(rule(stack))


def test_prefix_list(plain: Synthesized) -> None:
    """The list is that of the servers that ask origins, under its one name for all regions."""
    assert "com.amazonaws.global.cloudfront.origin-facing" == plain.data("aws_ec2_managed_prefix_list")["name"]


def test_rule_is_of_the_group(plain: Synthesized) -> None:
    """The rule is one of the load balancer's group."""
    (group,) = plain.resources("aws_security_group")

    assert f"${{aws_security_group.{group}.id}}" == rule(plain)["security_group_id"]


def test_opens_last(issued: Synthesized) -> None:
    """Nobody is let in before the listener speaks HTTPS."""
    assert [f"aws_lb_listener.{id_}" for id_ in issued.resources("aws_lb_listener")] == rule(issued)["depends_on"]


def test_closed_while_waiting(waiting: Synthesized) -> None:
    """With a domain nothing is served in plain text, not even to CloudFront."""
    assert (443, "HTTP") == (listener(waiting)["port"], listener(waiting)["protocol"])
    assert {} == waiting.resources("aws_vpc_security_group_ingress_rule")


def test_a_domain_changes_in_place(plain: Synthesized, issued: Synthesized) -> None:
    """A domain that comes later changes listener and rule: two rules for CloudFront would be too many."""
    for type_ in ("aws_lb_listener", "aws_vpc_security_group_ingress_rule"):
        assert set(plain.resources(type_)) == set(issued.resources(type_))


def test_ingress_cidrs_are_not_asked() -> None:
    """Networks that are named let nobody in beside CloudFront."""
    assert "cidr_ipv4" not in rule(build(None, ingress_cidrs=[OFFICE]))


def test_testers() -> None:
    """Who may try a release still says the setting."""
    stack = build(
        DomainSettings(domain_name=DOMAIN, certificate_issued=True), test_listener=True, test_listener_cidrs=[OFFICE]
    )
    rules = stack.resources("aws_vpc_security_group_ingress_rule").values()

    assert {(443, None), (8443, OFFICE)} == {(each["from_port"], each.get("cidr_ipv4")) for each in rules}


def test_plain_http_for_all_is_refused() -> None:
    """Without a secret a load balancer needs a certificate."""
    with pytest.raises(ValueError, match="plain HTTP is not for all"):
        build(None, with_secret=False)
