"""Interface endpoints: AWS services with addresses inside the VPC, for tasks without a way to the internet."""

from collections.abc import Sequence
from itertools import chain
from typing import Literal

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from cdktf_cdktf_provider_aws.vpc_endpoint import VpcEndpoint
from cdktf_cdktf_provider_aws.vpc_security_group_ingress_rule import VpcSecurityGroupIngressRule
from constructs import Construct

EndpointService = Literal["ecr", "logs", "secretsmanager", "ssmmessages"]
"""`ecr` pulls images, `logs` takes the awslogs driver, `secretsmanager` injects secrets, `ssmmessages` is ECS Exec."""

_ENDPOINTS: dict[EndpointService, tuple[str, ...]] = {
    # Fargate from platform version 1.4.0 on needs both, and S3: docs.aws.amazon.com/AmazonECR, "Amazon ECR interface
    # VPC endpoints".
    "ecr": ("ecr.api", "ecr.dkr"),
    "logs": ("logs",),
    "secretsmanager": ("secretsmanager",),
    "ssmmessages": ("ssmmessages",),
}


class InterfaceEndpoints(Construct):
    """Endpoints in every given subnet, which answer to the services' usual names, for this VPC only."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        region: str,
        vpc_id: str,
        cidr: str,
        subnet_ids: Sequence[str],
        services: Sequence[EndpointService],
    ) -> None:
        """
        Make the endpoints.

        :param name: the network's
        :param cidr: the VPC's addresses, which may all use the endpoints
        """
        super().__init__(scope, id_)
        group = SecurityGroup(
            self, "group", name=f"{name}-endpoints", description=f"Interface endpoints of {name}", vpc_id=vpc_id
        )
        self.security_group_id: str = group.id
        rule = VpcSecurityGroupIngressRule(
            self,
            "https_in",
            security_group_id=group.id,
            description="The VPC",
            cidr_ipv4=cidr,
            ip_protocol="tcp",
            from_port=443,
            to_port=443,
        )
        self.ready: list[ITerraformDependable] = [rule]
        """The endpoints and their rule: what tasks need before they use them, for `depends_on`."""
        for service in chain.from_iterable(_ENDPOINTS[service] for service in services):
            endpoint = VpcEndpoint(
                self,
                service.replace(".", "_"),
                vpc_id=vpc_id,
                vpc_endpoint_type="Interface",
                service_name=f"com.amazonaws.{region}.{service}",
                subnet_ids=list(subnet_ids),
                security_group_ids=[group.id],
                private_dns_enabled=True,
                tags={"Name": f"{name}-{service.replace('.', '-')}"},
            )
            self.ready.append(endpoint)
