"""The security group of a service's tasks: who may reach them, and what they may reach."""

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from cdktf_cdktf_provider_aws.vpc_security_group_egress_rule import VpcSecurityGroupEgressRule
from cdktf_cdktf_provider_aws.vpc_security_group_ingress_rule import VpcSecurityGroupIngressRule
from constructs import Construct

from modules.names import physical_name


class ServiceGroup(Construct):
    """A security group that lets in one load balancer, or nobody, and lets out to a few ports of the world."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        vpc_id: str,
        port: int,
        load_balancer_security_group_id: str | None,
        outbound_ports: list[int],
    ) -> None:
        """
        Make the group; whoever else the tasks speak to adds rules of its own.

        :param port: what the tasks listen on
        """
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
            VpcSecurityGroupEgressRule(
                self,
                f"out_{outbound}",
                security_group_id=group.id,
                description="The internet and AWS",
                cidr_ipv4="0.0.0.0/0",
                ip_protocol="tcp",
                from_port=outbound,
                to_port=outbound,
            )
            for outbound in outbound_ports
        ]
        """The rules, without which a task can neither start nor serve, for `depends_on`."""
        if load_balancer_security_group_id is not None:
            self._let_in(load_balancer_security_group_id, name, port)

    def _let_in(self, load_balancer_security_group_id: str, name: str, port: int) -> None:
        """Open the port between the load balancer and the tasks, on both sides."""
        into = VpcSecurityGroupIngressRule(
            self,
            "from_load_balancer",
            security_group_id=self.id,
            description="The load balancer",
            referenced_security_group_id=load_balancer_security_group_id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
        )
        out_of = VpcSecurityGroupEgressRule(
            self,
            "load_balancer_out",
            security_group_id=load_balancer_security_group_id,
            description=f"Tasks of {name}",
            referenced_security_group_id=self.id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
        )
        self.ready += [into, out_of]
