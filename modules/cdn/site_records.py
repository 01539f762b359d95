"""The DNS records through which a domain reaches its distribution."""

from cdktf_cdktf_provider_aws.route53_record import Route53Record, Route53RecordAlias
from constructs import Construct

from modules.cdn.distribution import Distribution
from modules.cdn.settings import SiteDomainSettings


class SiteRecords(Construct):
    """Alias records for IPv4 and IPv6, when the domain has a hosted zone; else nothing."""

    def __init__(self, scope: Construct, id_: str, *, domain: SiteDomainSettings, distribution: Distribution) -> None:
        super().__init__(scope, id_)
        self.ready: list[Route53Record] = []
        if domain.hosted_zone_id is None:
            return
        for role, type_ in (("ipv4", "A"), ("ipv6", "AAAA")):
            record = Route53Record(
                self,
                role,
                zone_id=domain.hosted_zone_id,
                name=domain.domain_name,
                type=type_,
                # CloudFront has no health of its own that Route 53 could evaluate (ChangeResourceRecordSets).
                alias=Route53RecordAlias(
                    name=distribution.domain_name, zone_id=distribution.zone_id, evaluate_target_health=False
                ),
            )
            self.ready.append(record)
