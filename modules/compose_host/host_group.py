"""The security group of the hosts: who may reach them, and what they may reach."""

from collections.abc import Iterator, Sequence

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from cdktf_cdktf_provider_aws.vpc_security_group_egress_rule import VpcSecurityGroupEgressRule
from constructs import Construct

from modules.compose_host.service import ComposeService
from modules.fargate.service_settings import FargateServiceSettings
from modules.names import physical_name
from modules.network.open_port import open_port

_ANYWHERE = "0.0.0.0/0"
_HTTP, _HTTPS = 80, 443
_INTERNET = "The internet and AWS"


class HostGroup(Construct):
    """
    A security group that lets in the load balancer, on the ports of published services and no other.

    There is no port 22: sessions come by Systems Manager, which the host calls. Out goes what the host and its services
    need; the containers share the host's group.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        vpc_id: str,
        load_balancer_security_group_id: str,
        services: Sequence[ComposeService],
    ) -> None:
        """Make the group; whoever else the services speak to adds rules of its own."""
        super().__init__(scope, id_)
        group = SecurityGroup(
            self,
            "group",
            name=physical_name("security_group", name, "hosts"),
            description=f"Hosts of {name}",
            vpc_id=vpc_id,
        )
        self.id: str = group.id
        self.ready: list[ITerraformDependable] = [self._let_out(*place) for place in _places(services)]
        """The rules, without which a host neither starts nor serves, for `depends_on`."""
        for service in services:
            if service.published:
                self.ready += open_port(
                    Construct(self, service.application.container_name),
                    "load_balancer",
                    port=service.settings.port,
                    called_security_group_id=group.id,
                    called_description=f"{service.application.container_name} on the hosts of {name}",
                    caller_security_group_id=load_balancer_security_group_id,
                )

    def _let_out(self, port: int, cidr: str, description: str) -> VpcSecurityGroupEgressRule:
        where = "" if cidr == _ANYWHERE else f"_{cidr.replace('.', '_').replace('/', '_')}"
        return VpcSecurityGroupEgressRule(
            self,
            f"to_{port}{where}",
            security_group_id=self.id,
            description=description,
            cidr_ipv4=cidr,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
        )


def _places(services: Sequence[ComposeService]) -> list[tuple[int, str, str]]:
    """List port, network and description of what is reached, each once: what is open anywhere needs no more."""
    # Ubuntu's archive speaks plain HTTP, and signs its packages instead.
    anywhere = {_HTTPS: _INTERNET, _HTTP: "Ubuntu's archive"}
    for settings in _with_destinations(services):
        anywhere |= {port: _INTERNET for port in settings.outbound_ports if port not in anywhere}
    narrow = {
        (place.port, cidr): place.description
        for settings in _with_destinations(services)
        for place in settings.destinations
        for cidr in place.cidrs
        if place.port not in anywhere
    }
    return [
        *((port, _ANYWHERE, description) for port, description in anywhere.items()),
        *((port, cidr, description) for (port, cidr), description in narrow.items()),
    ]


def _with_destinations(services: Sequence[ComposeService]) -> Iterator[FargateServiceSettings]:
    """Find the settings that say what a service reaches: those of a service, not those of a mere task."""
    yield from (one.settings for one in services if isinstance(one.settings, FargateServiceSettings))
