"""The security group of a service's tasks: who may reach them, and what they may reach."""

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from cdktf_cdktf_provider_aws.vpc_security_group_egress_rule import VpcSecurityGroupEgressRule
from constructs import Construct

from modules.fargate.service_settings import FargateServiceSettings
from modules.names import physical_name
from modules.network.open_port import open_port

_ANYWHERE = "0.0.0.0/0"


class ServiceGroup(Construct):
    """A security group that lets in one load balancer, or nobody, and lets out to a few ports of the world."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        vpc_id: str,
        load_balancer_security_group_id: str | None,
        settings: FargateServiceSettings,
    ) -> None:
        """Make the group; whoever else the tasks speak to adds rules of its own."""
        super().__init__(scope, id_)
        group = SecurityGroup(
            self,
            "group",
            name=physical_name("security_group", name, "task"),
            description=f"Tasks of {name}",
            vpc_id=vpc_id,
        )
        self.id: str = group.id
        self.ready: list[ITerraformDependable] = [
            self._let_out(f"out_{outbound}", outbound, _ANYWHERE, "The internet and AWS")
            for outbound in settings.outbound_ports
        ]
        """The rules, without which a task can neither start nor serve, for `depends_on`."""
        for place in settings.destinations:
            for cidr in place.cidrs:
                id_of_rule = f"to_{place.port}_{cidr.replace('.', '_').replace('/', '_')}"
                self.ready.append(self._let_out(id_of_rule, place.port, cidr, place.description))
        if load_balancer_security_group_id is not None:
            self.ready += open_port(
                self,
                "load_balancer",
                port=settings.port,
                called_security_group_id=group.id,
                called_description=f"Tasks of {name}",
                caller_security_group_id=load_balancer_security_group_id,
            )

    def _let_out(self, id_: str, port: int, cidr: str, description: str) -> VpcSecurityGroupEgressRule:
        return VpcSecurityGroupEgressRule(
            self,
            id_,
            security_group_id=self.id,
            description=description,
            cidr_ipv4=cidr,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
        )
