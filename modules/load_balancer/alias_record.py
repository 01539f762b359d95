"""The DNS record through which a domain reaches its load balancer."""

from cdktf_cdktf_provider_aws.route53_record import Route53Record, Route53RecordAlias
from constructs import Construct

from modules.load_balancer.certificate import DomainSettings


class AliasRecord(Construct):
    """
    An A record that stands for the load balancer's own name, when the domain has a hosted zone; else nothing.

    There is no AAAA record, because the load balancer has IPv4 addresses only.
    """

    def __init__(self, scope: Construct, id_: str, *, domain: DomainSettings, dns_name: str, zone_id: str) -> None:
        """
        Make the record.

        :param dns_name: the load balancer's name
        :param zone_id: the hosted zone of that name, which is AWS's, not the domain's
        """
        super().__init__(scope, id_)
        if domain.hosted_zone_id is None:
            return
        Route53Record(
            self,
            "record",
            zone_id=domain.hosted_zone_id,
            name=domain.domain_name,
            type="A",
            # Nothing would take over if the target were unhealthy.
            alias=Route53RecordAlias(name=dns_name, zone_id=zone_id, evaluate_target_health=False),
        )
