"""The alias record as Terraform JSON."""

from modules.load_balancer.alias_record import AliasRecord
from modules.load_balancer.certificate import DomainSettings
from tests.support import Synthesized, synth_scope

DOMAIN = "trust.demo.paythru.com"


def build(domain: DomainSettings) -> Synthesized:
    """A record that stands for a load balancer."""
    return synth_scope(
        lambda scope: AliasRecord(
            scope, "alias", domain=domain, dns_name="lb.eu-west-2.elb.amazonaws.com", zone_id="ZLB"
        )
    )


def test_record() -> None:
    """The domain is another name of the load balancer, which has IPv4 addresses only."""
    record = build(DomainSettings(domain_name=DOMAIN, hosted_zone_id="Z0123456789ABC")).resource("aws_route53_record")

    assert {
        "zone_id": "Z0123456789ABC",
        "name": DOMAIN,
        "type": "A",
        "alias": {"name": "lb.eu-west-2.elb.amazonaws.com", "zone_id": "ZLB", "evaluate_target_health": False},
    } == {key: value for key, value in record.items() if key != "//"}


def test_nothing_without_a_zone() -> None:
    """The operator makes the record of a domain whose zone is elsewhere."""
    assert {} == build(DomainSettings(domain_name=DOMAIN)).resources("aws_route53_record")
