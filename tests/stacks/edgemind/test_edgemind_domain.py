"""EdgeMind's stack: with a domain of its own, with and without a hosted zone, and in another region than CloudFront."""

import pytest

from tests.stacks.edgemind.sample_edgemind import BACKEND_DOMAIN, DOMAIN, ZONE, build, distribution, with_domain
from tests.stacks.isms.sample_isms import by_name, ref
from tests.support import Block, Synthesized

ARN = "arn:aws:acm:us-east-1:956880242582:certificate/11111111-2222-3333-4444-555555555555"


def certificates(stack: Synthesized) -> dict[str, Block]:
    """The certificates by their domain."""
    return {block["domain_name"]: block for block in stack.resources("aws_acm_certificate").values()}


def provider_of(stack: Synthesized, block: Block) -> Block:
    """The provider that a block is made with."""
    own, edge = stack.document["provider"]["aws"]
    return dict(edge if block.get("provider") == "aws.us_east_1" else own)


def records(stack: Synthesized) -> set[tuple[str, str, str]]:
    """Name, type and target of the alias records."""
    return {
        (block["name"], block["type"], block["alias"]["name"])
        for block in stack.resources("aws_route53_record").values()
        if "alias" in block
    }


class TestCertificates:
    """Two, because CloudFront and the load balancer each have a name."""

    @pytest.mark.parametrize(
        ("name", "region"), [("everything", "us-east-1"), ("waiting", "us-east-1"), ("london", "eu-west-2")]
    )
    def test_regions(self, name: str, region: str, request: pytest.FixtureRequest) -> None:
        """The site's is in us-east-1, where CloudFront looks; the subdomain's is in the stack's own region."""
        stack: Synthesized = request.getfixturevalue(name)

        assert {DOMAIN: "us-east-1", BACKEND_DOMAIN: region} == {
            domain: provider_of(stack, block)["region"] for domain, block in certificates(stack).items()
        }

    def test_of_the_site(self, everything: Synthesized) -> None:
        """CloudFront answers to the domain with the certificate that is validated, over TLS 1.2 at least."""
        found = distribution(everything)

        assert [DOMAIN] == found["aliases"]
        assert {
            "acm_certificate_arn": ref(everything, "aws_acm_certificate_validation", "certificate_arn", "site_"),
            "minimum_protocol_version": "TLSv1.2_2021",
            "ssl_support_method": "sni-only",
        } == found["viewer_certificate"]

    def test_of_the_backend(self, everything: Synthesized) -> None:
        """The load balancer has the subdomain's."""
        listener = everything.resource("aws_lb_listener")

        assert (
            ref(everything, "aws_acm_certificate_validation", "certificate_arn", "certificate_")
            == (listener["certificate_arn"])
        )
        assert (443, "HTTPS") == (listener["port"], listener["protocol"])

    def test_none_without_a_domain(self, edgemind: Synthesized) -> None:
        """Then CloudFront's own certificate serves."""
        assert {} == certificates(edgemind)
        assert {"cloudfront_default_certificate": True} == distribution(edgemind)["viewer_certificate"]
        assert {} == edgemind.resources("aws_route53_record")

    def test_of_the_operator(self) -> None:
        """An operator's certificate is the site's; the subdomain still gets one."""
        stack = build(**with_domain(certificate_arn=ARN))

        assert ARN == distribution(stack)["viewer_certificate"]["acm_certificate_arn"]
        assert {BACKEND_DOMAIN} == set(certificates(stack))

    def test_subdomain_is_a_setting(self) -> None:
        """Whoever has another use for `backend` names another one."""
        changed = build(**with_domain(), backend={"image_tag": "edgemind", "subdomain": "api"})

        assert {DOMAIN, f"api.{DOMAIN}"} == set(certificates(changed))


class TestRecords:
    """Who keeps the DNS records."""

    def test_terraform(self, everything: Synthesized) -> None:
        """In a hosted zone Terraform does: the domain leads to CloudFront, the subdomain to the load balancer."""
        cloudfront = ref(everything, "aws_cloudfront_distribution", "domain_name")
        balancer = ref(everything, "aws_lb", "dns_name")

        assert {(DOMAIN, "A", cloudfront), (DOMAIN, "AAAA", cloudfront), (BACKEND_DOMAIN, "A", balancer)} == records(
            everything
        )
        assert {ZONE} == {block["zone_id"] for block in everything.resources("aws_route53_record").values()}

    def test_alias_zone_of_the_load_balancer(self, everything: Synthesized) -> None:
        """The subdomain's record names the zone of the load balancer's own name."""
        (record,) = [b for b in everything.resources("aws_route53_record").values() if b["name"] == BACKEND_DOMAIN]

        assert ref(everything, "aws_lb", "zone_id") == record["alias"]["zone_id"]

    def test_operator(self, waiting: Synthesized) -> None:
        """Else the operator does, who finds in the outputs what both certificates want."""
        assert {} == waiting.resources("aws_route53_record")
        assert ["site_certificate_", "certificate_"] == [
            record["name"].partition("aws_acm_certificate.")[2].partition("certificate_")[0] + "certificate_"
            for record in waiting.output("certificate_validation_records")
        ]

    def test_operator_says_when_both_are_issued(self) -> None:
        """Both certificates serve once the operator says that ACM has issued them."""
        stack = build(
            **with_domain(certificate_issued=True), backend={"image_tag": "edgemind", "certificate_issued": True}
        )

        assert "acm_certificate_arn" in distribution(stack)["viewer_certificate"]
        assert "HTTPS" == stack.resource("aws_lb_listener")["protocol"]
        assert f"https://{DOMAIN}" == stack.output("url")

    def test_each_certificate_is_said_of_its_own(self) -> None:
        """One may be issued before the other."""
        site = build(**with_domain(certificate_issued=True))
        backend = build(**with_domain(), backend={"image_tag": "edgemind", "certificate_issued": True})

        assert "HTTP" == site.resource("aws_lb_listener")["protocol"]
        assert {"cloudfront_default_certificate": True} == distribution(backend)["viewer_certificate"]


EDGE = {
    "aws_cloudwatch_log_delivery",
    "aws_cloudwatch_log_delivery_destination",
    "aws_cloudwatch_log_delivery_source",
    "aws_wafv2_web_acl",
    "aws_wafv2_web_acl_logging_configuration",
}
"""What CloudFront wants in its own region, beside the certificate and the log of the web ACL."""


class TestOtherRegion:
    """CloudFront's things stay in us-east-1, all else goes with the stack."""

    def test_guard(self, london: Synthesized) -> None:
        """Both providers refuse another account, and tag alike."""
        own, edge = london.document["provider"]["aws"]

        assert ("eu-west-2", "us-east-1") == (own["region"], edge["region"])
        assert (["956880242582"], own["default_tags"]) == (edge["allowed_account_ids"], edge["default_tags"])

    @pytest.mark.parametrize("type_", sorted(EDGE))
    def test_edge(self, type_: str, london: Synthesized) -> None:
        """They are made in CloudFront's region."""
        assert "us-east-1" == provider_of(london, london.resource(type_))["region"]

    def test_nothing_else_is_at_the_edge(self, london: Synthesized) -> None:
        """No other part of the stack is made there."""
        found = {
            (type_, id_.split("_")[0])
            for type_, blocks in london.document["resource"].items()
            for id_, block in blocks.items()
            if block.get("provider") == "aws.us_east_1"
        }

        assert {(type_, "site") for type_ in EDGE} | {
            ("aws_acm_certificate", "site"),
            ("aws_acm_certificate_validation", "site"),
            ("aws_cloudwatch_log_group", "site"),
        } == found

    def test_zones(self, london: Synthesized) -> None:
        """The subnets are in the stack's own region."""
        assert {"eu-west-2a", "eu-west-2b"} == {
            block["availability_zone"] for block in london.resources("aws_subnet").values()
        }

    def test_web_acl(self, everything: Synthesized) -> None:
        """The web ACL is before CloudFront."""
        assert ref(everything, "aws_wafv2_web_acl", "arn") == distribution(everything)["web_acl_id"]

    def test_no_alarm_of_cloudfront(self, london: Synthesized) -> None:
        """CloudFront's metrics are in us-east-1 only, and an alarm tells a topic of its own region only."""
        names = {block["alarm_name"] for block in london.resources("aws_cloudwatch_metric_alarm").values()}

        assert [] == [name for name in names if "cdn" in name]
        assert {"edgemind-elb-5xx", "edgemind-backend-blue-5xx"} <= names

    def test_names_of_the_subdomain(self, london: Synthesized) -> None:
        """The service has the same name in every region."""
        assert {"edgemind-backend"} == set(by_name(london, "aws_ecs_service"))
