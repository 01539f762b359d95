"""The whole site as Terraform JSON: its domain, its regions and what it publishes."""

from typing import Any

import cdktf
import pytest
from cdktf_cdktf_provider_aws.provider import AwsProvider

from modules.cdn.settings import SiteDomainSettings, StaticSiteSettings
from modules.cdn.static_site import StaticSite
from modules.cdn.web_acl import WebAclSettings
from tests.modules.cdn.sample_site import ACCOUNT, CERTIFICATE, DOMAIN, ORIGIN, ZONE, address, build
from tests.support import Block, Synthesized

EDGE = "aws.us_east_1"


def domain(**settings: Any) -> SiteDomainSettings:  # noqa: ANN401 settings of any type
    """Settings of the domain."""
    return SiteDomainSettings(domain_name=DOMAIN, **settings)


@pytest.fixture(scope="module")
def nameless() -> Synthesized:
    """A site without a domain."""
    return build(disposable=True)


@pytest.fixture(scope="module")
def ours() -> Synthesized:
    """A site with everything: a domain in a hosted zone and a web ACL with a log."""
    return build(domain=domain(hosted_zone_id=ZONE), web_acl=WebAclSettings(log_retention_days=30))


@pytest.fixture(scope="module")
def pending() -> Synthesized:
    """A site whose operator has yet to make the validation record."""
    return build(disposable=True, domain=domain())


@pytest.fixture(scope="module")
def issued() -> Synthesized:
    """A site whose operator says that the certificate is issued."""
    return build(domain=domain(certificate_issued=True))


@pytest.fixture(scope="module")
def given() -> Synthesized:
    """A site whose operator brings the certificate."""
    return build(disposable=True, domain=domain(certificate_arn=CERTIFICATE))


def distribution(stack: Synthesized) -> Block:
    """The distribution."""
    return stack.resource("aws_cloudfront_distribution")


def test_addresses_are_a_contract(nameless: Synthesized) -> None:
    """What holds something, or has a name that visitors know, must not be replaced."""
    assert {
        "site_bucket_3A183259",
        "site_access_logs_bucket_C58FF811",
    } == set(nameless.resources("aws_s3_bucket"))
    assert "aws_cloudfront_distribution.site_cdn_distribution_166CAF3F" == address(
        nameless, "aws_cloudfront_distribution"
    )


@pytest.mark.parametrize(
    ("fixture", "url"),
    [
        ("nameless", None),
        ("pending", None),
        ("ours", f"https://{DOMAIN}"),
        ("issued", f"https://{DOMAIN}"),
        ("given", f"https://{DOMAIN}"),
    ],
)
def test_url(request: pytest.FixtureRequest, fixture: str, url: str | None) -> None:
    """Visitors go to the domain as soon as it has a certificate, else to CloudFront's own name."""
    stack = request.getfixturevalue(fixture)
    own = f"https://${{{address(stack, 'aws_cloudfront_distribution')}.domain_name}}"

    assert (own if url is None else url) == stack.output("url")


@pytest.mark.parametrize("fixture", ["nameless", "pending"])
def test_without_a_certificate(request: pytest.FixtureRequest, fixture: str) -> None:
    """Without a certificate CloudFront's own serves, for no other name."""
    found = distribution(request.getfixturevalue(fixture))

    assert {"cloudfront_default_certificate": True} == found["viewer_certificate"]
    assert "aliases" not in found


@pytest.mark.parametrize("fixture", ["ours", "issued", "given"])
def test_tls(request: pytest.FixtureRequest, fixture: str) -> None:
    """The domain is answered over TLS 1.2 and 1.3 only, by the name in the handshake."""
    found = distribution(request.getfixturevalue(fixture))

    assert [DOMAIN] == found["aliases"]
    assert ("TLSv1.2_2021", "sni-only") == (
        found["viewer_certificate"]["minimum_protocol_version"],
        found["viewer_certificate"]["ssl_support_method"],
    )


def test_certificate_made_here(ours: Synthesized) -> None:
    """With a hosted zone CloudFront gets the certificate once it is issued."""
    expected = f"${{{address(ours, 'aws_acm_certificate_validation')}.certificate_arn}}"

    assert expected == distribution(ours)["viewer_certificate"]["acm_certificate_arn"]


def test_certificate_given(given: Synthesized) -> None:
    """A certificate that the operator brings is used, and none is made."""
    assert CERTIFICATE == distribution(given)["viewer_certificate"]["acm_certificate_arn"]
    assert {} == given.resources("aws_acm_certificate")


def test_certificate_that_is_said_to_be_issued(issued: Synthesized) -> None:
    """The plan says so when the certificate is not issued after all."""
    (precondition,) = distribution(issued)["lifecycle"]["precondition"]

    assert f'${{{address(issued, "aws_acm_certificate")}.status == "ISSUED"}}' == precondition["condition"]
    assert precondition["error_message"].startswith(f"The certificate for {DOMAIN} is ")
    assert distribution(issued)["lifecycle"]["prevent_destroy"]


def test_certificate_that_terraform_waits_for(ours: Synthesized) -> None:
    """There is nothing to check when Terraform waits for the certificate."""
    assert {"prevent_destroy": True} == distribution(ours)["lifecycle"]


def test_records(ours: Synthesized) -> None:
    """The domain leads to CloudFront over IPv4 and IPv6."""
    cloudfront = address(ours, "aws_cloudfront_distribution")
    records = [one for one in ours.resources("aws_route53_record").values() if "alias" in one]
    alias = {
        "name": f"${{{cloudfront}.domain_name}}",
        "zone_id": f"${{{cloudfront}.hosted_zone_id}}",
        "evaluate_target_health": False,
    }

    assert [(DOMAIN, "A", ZONE, alias), (DOMAIN, "AAAA", ZONE, alias)] == sorted(
        ((one["name"], one["type"], one["zone_id"], one["alias"]) for one in records), key=lambda one: str(one[1])
    )


@pytest.mark.parametrize("fixture", ["nameless", "pending", "issued", "given"])
def test_no_records(request: pytest.FixtureRequest, fixture: str) -> None:
    """Without a hosted zone the operator makes the records."""
    assert {} == request.getfixturevalue(fixture).resources("aws_route53_record")


@pytest.mark.parametrize(("fixture", "count"), [("nameless", 0), ("given", 0), ("pending", 1), ("ours", 1)])
def test_validation_records(request: pytest.FixtureRequest, fixture: str, count: int) -> None:
    """The operator learns which record validates the certificate that is made here."""
    records = request.getfixturevalue(fixture).output("validation_records")

    assert [{"name", "type", "value"}] * count == [set(record) for record in records]


def test_region_of_what_is_at_the_edge(ours: Synthesized) -> None:
    """Certificate, web ACL, its log and the delivery of logs are in us-east-1, and nothing else is."""
    found = {
        type_
        for type_, blocks in ours.document["resource"].items()
        for block in blocks.values()
        if block.get("provider") == EDGE
    }

    assert {
        "aws_acm_certificate",
        "aws_acm_certificate_validation",
        "aws_cloudwatch_log_delivery",
        "aws_cloudwatch_log_delivery_destination",
        "aws_cloudwatch_log_delivery_source",
        "aws_cloudwatch_log_group",
        "aws_wafv2_web_acl",
        "aws_wafv2_web_acl_logging_configuration",
    } == found
    assert {} == {
        f"{type_}.{id_}": block
        for type_ in found
        for id_, block in ours.resources(type_).items()
        if block.get("provider") != EDGE
    }


def test_web_acl(ours: Synthesized) -> None:
    """The web ACL stands before the distribution."""
    assert f"${{{address(ours, 'aws_wafv2_web_acl')}.arn}}" == distribution(ours)["web_acl_id"]


def test_only_reader(nameless: Synthesized) -> None:
    """The site's distribution, and no other, reads the files."""
    documents = nameless.document["data"]["aws_iam_policy_document"]
    (id_,) = (one for one in documents if "site_bucket" in one)
    arn = f"${{{address(nameless, 'aws_cloudfront_distribution')}.arn}}"

    assert [[arn], [arn]] == [
        one["condition"][0]["values"] for one in nameless.statements(id_) if one["effect"] == "Allow"
    ]


def test_ready(ours: Synthesized) -> None:
    """Whoever waits for the site waits for the files' policy, the distribution and the domain."""
    (policy,) = (id_ for id_ in ours.resources("aws_s3_bucket_policy") if "site_bucket" in id_)
    records = [id_ for id_, one in ours.resources("aws_route53_record").items() if "alias" in one]

    assert {
        f"aws_s3_bucket_policy.{policy}",
        address(ours, "aws_cloudfront_distribution"),
        *(f"aws_route53_record.{id_}" for id_ in records),
    } == set(ours.resource("aws_sns_topic", "visitor")["depends_on"])


@pytest.mark.parametrize(
    ("output", "attribute"),
    [
        ("distribution_id", "id"),
        ("distribution_arn", "arn"),
        ("domain_name", "domain_name"),
    ],
)
def test_published(nameless: Synthesized, output: str, attribute: str) -> None:
    """Others learn what they need of the distribution."""
    assert f"${{{address(nameless, 'aws_cloudfront_distribution')}.{attribute}}}" == nameless.output(output)


@pytest.mark.parametrize(("output", "attribute"), [("bucket_name", "bucket"), ("bucket_arn", "arn")])
def test_published_bucket(nameless: Synthesized, output: str, attribute: str) -> None:
    """Others learn where the files go."""
    assert f"${{aws_s3_bucket.site_bucket_3A183259.{attribute}}}" == nameless.output(output)


def test_provider_of_another_region() -> None:
    """A provider with which CloudFront would find nothing is refused at synth."""
    stack = cdktf.TerraformStack(cdktf.Testing.app(), "edgemind")
    elsewhere = AwsProvider(stack, "aws", region="eu-west-1")

    with pytest.raises(ValueError, match="the edge provider must be for us-east-1, got eu-west-1"):
        StaticSite(
            stack,
            "site",
            name="edgemind",
            account_id=ACCOUNT,
            region="eu-west-1",
            edge_provider=elsewhere,
            origin=ORIGIN,
            disposable=True,
            settings=StaticSiteSettings(),
        )
