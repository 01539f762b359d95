"""The certificate as Terraform JSON, and the domain's settings."""

from typing import Any

import pytest
from cdktf import TerraformOutput
from constructs import Construct
from pydantic import ValidationError

from modules.load_balancer.certificate import Certificate, DomainSettings
from tests.support import Synthesized, synth_scope

DOMAIN = "trust.demo.paythru.com"
ZONE = "Z0123456789ABC"


def build(*other_names: str, **settings: Any) -> Synthesized:  # noqa: ANN401 settings of any type
    """A certificate, with what it publishes as outputs."""

    def declare(scope: Construct) -> None:
        domain = DomainSettings(domain_name=DOMAIN, **settings)
        certificate = Certificate(scope, "certificate", settings=domain, other_names=other_names)
        TerraformOutput(scope, "arn", value=certificate.arn)
        TerraformOutput(scope, "records", value=certificate.validation_records)
        TerraformOutput(scope, "is_issued", value=certificate.is_issued)
        TerraformOutput(scope, "status", value=certificate.status)

    return synth_scope(declare)


@pytest.fixture(scope="module")
def ours() -> Synthesized:
    """A certificate for a domain in a hosted zone."""
    return build(hosted_zone_id=ZONE)


@pytest.fixture(scope="module")
def theirs() -> Synthesized:
    """A certificate for a domain whose records the operator keeps."""
    return build()


def certificate_address(stack: Synthesized) -> str:
    """The address of the certificate."""
    (id_,) = stack.resources("aws_acm_certificate")
    return f"aws_acm_certificate.{id_}"


def option(stack: Synthesized, key: str) -> str:
    """The expression of an attribute of the certificate's one validation option."""
    return f"${{tolist({certificate_address(stack)}.domain_validation_options)[0].resource_record_{key}}}"


class TestDomainSettings:
    """Who keeps the DNS records."""

    @pytest.mark.parametrize(
        ("settings", "serves"),
        [
            ({}, False),
            ({"certificate_issued": True}, True),
            ({"hosted_zone_id": ZONE}, True),
            ({"hosted_zone_id": ZONE, "certificate_issued": True}, True),
        ],
    )
    def test_serves_https(self, settings: dict[str, Any], serves: bool) -> None:
        """HTTPS is served when Terraform waits for the certificate, or the operator says that there is one."""
        assert serves is DomainSettings(domain_name=DOMAIN, **settings).serves_https

    def test_longest_name(self) -> None:
        """The common name of a certificate has at most 64 characters."""
        assert DomainSettings(domain_name="a" * 60 + ".com")

    def test_too_long_name(self) -> None:
        """ACM refuses a longer one."""
        with pytest.raises(ValidationError, match="at most 64 characters"):
            DomainSettings(domain_name="a" * 61 + ".com")


def test_one_name(theirs: Synthesized) -> None:
    """The certificate is for the domain and nothing else."""
    certificate = theirs.resource("aws_acm_certificate")

    assert DOMAIN == certificate["domain_name"]
    assert "subject_alternative_names" not in certificate


def test_validated_by_dns(theirs: Synthesized) -> None:
    """ACM renews a certificate by itself as long as the DNS record is there."""
    assert "DNS" == theirs.resource("aws_acm_certificate")["validation_method"]


def test_replaced_without_a_gap(theirs: Synthesized) -> None:
    """A certificate in use cannot be deleted, so its successor comes first."""
    assert {"create_before_destroy": True} == theirs.resource("aws_acm_certificate")["lifecycle"]


def test_nothing_waits_without_a_zone(theirs: Synthesized) -> None:
    """The first apply does not hang on a record that the operator has yet to make."""
    assert {} == theirs.resources("aws_acm_certificate_validation") | theirs.resources("aws_route53_record")
    assert f"${{{certificate_address(theirs)}.arn}}" == theirs.output("arn")


def test_validation_records(theirs: Synthesized) -> None:
    """The operator learns which record to make."""
    keys = ("name", "type", "value")

    assert [{key: option(theirs, key) for key in keys}] == theirs.output("records")


def test_is_issued(theirs: Synthesized) -> None:
    """Others can ask whether the certificate is issued, and what it is instead."""
    address = certificate_address(theirs)

    assert f'${{{address}.status == "ISSUED"}}' == theirs.output("is_issued")
    assert f"${{{address}.status}}" == theirs.output("status")


def test_validation_record(ours: Synthesized) -> None:
    """Terraform makes the record in the domain's zone, or takes over the one that is there."""
    record = {key: value for key, value in ours.resource("aws_route53_record").items() if key != "//"}

    assert {
        "zone_id": ZONE,
        "name": option(ours, "name"),
        "type": option(ours, "type"),
        "records": [option(ours, "value")],
        "ttl": 60,
        "allow_overwrite": True,
    } == record


def test_arn_is_of_the_issued_certificate(ours: Synthesized) -> None:
    """Whoever uses the certificate waits until it is issued."""
    (validation,) = ours.resources("aws_acm_certificate_validation")

    assert f"${{aws_acm_certificate_validation.{validation}.certificate_arn}}" == ours.output("arn")


def test_waits_for_its_record(ours: Synthesized) -> None:
    """The certificate can only be issued when the record is there."""
    validation = ours.resource("aws_acm_certificate_validation")
    (record,) = ours.resources("aws_route53_record")

    assert f"${{{certificate_address(ours)}.arn}}" == validation["certificate_arn"]
    assert [f"${{aws_route53_record.{record}.fqdn}}"] == validation["validation_record_fqdns"]


@pytest.fixture(scope="module")
def two() -> Synthesized:
    """A certificate for the domain and one more name, in a hosted zone."""
    return build(f"api.{DOMAIN}", hosted_zone_id=ZONE)


def test_names(two: Synthesized) -> None:
    """The certificate has both."""
    certificate = two.resource("aws_acm_certificate")

    assert (DOMAIN, [f"api.{DOMAIN}"]) == (certificate["domain_name"], certificate["subject_alternative_names"])


def test_records(two: Synthesized) -> None:
    """Each name has the record that ACM asks for it, whatever the order of ACM's answer."""
    options = f"{certificate_address(two)}.domain_validation_options"

    assert [
        f'${{one([for option in {options} : option if option.domain_name == "{name}"]).resource_record_name}}'
        for name in (DOMAIN, f"api.{DOMAIN}")
    ] == [record["name"] for record in two.output("records")]


def test_records_are_made(two: Synthesized) -> None:
    """Terraform makes one record a name."""
    made = {record["name"] for record in two.resources("aws_route53_record").values()}

    assert {record["name"] for record in two.output("records")} == made


def test_waits_for_all(two: Synthesized) -> None:
    """The certificate is issued when all records are there."""
    waits_for = two.resource("aws_acm_certificate_validation")["validation_record_fqdns"]

    assert {f"${{aws_route53_record.{id_}.fqdn}}" for id_ in two.resources("aws_route53_record")} == set(waits_for)


def test_another_name_moves_nothing(two: Synthesized, ours: Synthesized) -> None:
    """The domain's own record is the same resource with and without a second name."""
    assert set(ours.resources("aws_route53_record")) < set(two.resources("aws_route53_record"))
