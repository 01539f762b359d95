"""A private name for the tasks of a service, in the namespace of its cluster."""

from cdktf_cdktf_provider_aws.service_discovery_service import (
    ServiceDiscoveryService,
    ServiceDiscoveryServiceDnsConfig,
    ServiceDiscoveryServiceDnsConfigDnsRecords,
)
from constructs import Construct

_TTL_S = 10


class ServiceDiscovery(Construct):
    """A name in Cloud Map that resolves to the addresses of all tasks, which ECS keeps up to date."""

    def __init__(self, scope: Construct, id_: str, *, name: str, namespace_id: str) -> None:
        """
        Make the name.

        :param name: one label, before the namespace's domain
        """
        super().__init__(scope, id_)
        service = ServiceDiscoveryService(
            self,
            "service",
            name=name,
            dns_config=ServiceDiscoveryServiceDnsConfig(
                namespace_id=namespace_id,
                # Tasks have addresses of their own, which A records hold (ECS, "Service discovery").
                dns_records=[ServiceDiscoveryServiceDnsConfigDnsRecords(type="A", ttl=_TTL_S)],
                routing_policy="MULTIVALUE",
            ),
            # What is registered are tasks of a service that goes with the name.
            force_destroy=True,
        )
        self.arn: str = service.arn
