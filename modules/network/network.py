"""A VPC with a public and a private subnet in each of its zones, and the ways out of them."""

from typing import Annotated, Literal

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.default_security_group import DefaultSecurityGroup
from cdktf_cdktf_provider_aws.internet_gateway import InternetGateway
from cdktf_cdktf_provider_aws.vpc import Vpc
from constructs import Construct
from pydantic import Field, ValidationInfo, field_validator

from modules.network.cidr_plan import SubnetCidrs, ZoneLetter, check_vpc_cidr, check_zones_given, plan_subnets
from modules.network.flow_logs import FlowLogs
from modules.network.interface_endpoints import EndpointService, InterfaceEndpoints
from modules.network.nat_gateways import Nat, NatGateways
from modules.network.placement import Placement
from modules.network.s3_endpoint import S3Endpoint
from modules.network.subnets import Subnets
from modules.settings import Settings, mistake
from modules.types import BucketName, Cidr, LogRetentionDays

_ZONES: list[ZoneLetter] = ["a", "b"]


class NetworkSettings(Settings):
    """A network: its addresses, its zones and its ways out. The defaults are design 001's."""

    cidr: Cidr = "10.0.0.0/16"
    zones: Annotated[list[ZoneLetter], Field(min_length=2, max_length=4, description="a list of 2 to 4 letters")] = (
        Field(default_factory=_ZONES.copy)
    )
    """
    The last letters of the availability zones. The first one holds the NAT gateway when there is one.

    At least two, as a load balancer and a database need. Which letters there are is up to region and account.
    """

    subnet_cidrs: dict[ZoneLetter, SubnetCidrs] = Field(default_factory=dict, validate_default=True)
    """The subnets of zones that are not to have those of the plan (`modules.network.cidr_plan`)."""

    nat: Nat = "one"
    """How private subnets reach the internet: `one` fails with its zone; with `none` they reach only the endpoints."""

    interface_endpoints: list[EndpointService] = Field(default_factory=list)
    """Services that private subnets reach without NAT. Each endpoint costs by the hour, in each zone."""

    readable_buckets: list[BucketName] = Field(default_factory=list)
    """S3 buckets in this region, of other accounts, that may be read beside this account's own and ECR's."""

    flow_log_retention_days: LogRetentionDays = 30

    @field_validator("cidr")
    @classmethod
    def _is_a_vpc(cls, cidr: str) -> str:
        return check_vpc_cidr(cidr)

    @field_validator("zones", "interface_endpoints")
    @classmethod
    def _unique(cls, values: list[str]) -> list[str]:
        twice = sorted({value for value in values if values.count(value) > 1})
        if twice:
            raise mistake(f"must not name {', '.join(twice)} twice")
        return values

    @field_validator("subnet_cidrs")
    @classmethod
    def _have_room(cls, given: dict[ZoneLetter, SubnetCidrs], info: ValidationInfo) -> dict[ZoneLetter, SubnetCidrs]:
        if "zones" in info.data:
            check_zones_given(info.data["zones"], given)
        if "zones" in info.data and "cidr" in info.data:
            plan_subnets(info.data["cidr"], info.data["zones"], given)
        return given

    @property
    def subnets(self) -> dict[ZoneLetter, SubnetCidrs]:
        """The addresses of every subnet, by zone, in the order of `zones`."""
        return plan_subnets(self.cidr, self.zones, self.subnet_cidrs)


class Network(Construct):
    """A VPC. Its default security group lets nothing in or out, and its flow logs are kept."""

    def __init__(
        self, scope: Construct, id_: str, *, name: str, region: str, account_id: str, settings: NetworkSettings
    ) -> None:
        """
        Make the network.

        :param name: what the parts are called, in their `Name` tags and elsewhere
        """
        super().__init__(scope, id_)
        self._name, self._region, self._account_id, self._settings = name, region, account_id, settings
        self.vpc_id: str = self._declare_vpc()
        self.cidr: str = settings.cidr
        gateway = InternetGateway(self, "internet_gateway", vpc_id=self.vpc_id, tags={"Name": name})
        public = self._declare_subnets("public", gateway)
        private = self._declare_subnets("private", None)
        self.public: Placement = public.placement
        self.private: Placement = private.placement
        nat = NatGateways(
            self,
            "nat",
            name=name,
            nat=settings.nat,
            zones=settings.zones,
            internet_gateway=gateway,
            public_subnet_ids=public.ids,
            private_route_table_ids=private.route_table_ids,
        )
        self.ready: list[ITerraformDependable] = [*public.ready, *private.ready, *nat.ready]
        """Routes, NAT gateways and endpoints: what a task needs before it starts, for `depends_on`."""
        self._declare_s3_endpoint(public.every_route_table_id + private.every_route_table_id)
        self._declare_interface_endpoints()

    def _declare_vpc(self) -> str:
        """The VPC, what watches it, and its default security group, which Terraform adopts and empties."""
        settings = self._settings
        vpc = Vpc(
            self,
            "vpc",
            cidr_block=settings.cidr,
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags={"Name": self._name},
        )
        DefaultSecurityGroup(
            self,
            "default_group",
            vpc_id=vpc.id,
            # Without the lists Terraform would not see what somebody adds (hashicorp/terraform-provider-aws#27177).
            ingress=[],
            egress=[],
            tags={"Name": f"{self._name}-default"},
        )
        FlowLogs(
            self,
            "flow_logs",
            name=self._name,
            account_id=self._account_id,
            region=self._region,
            vpc_id=vpc.id,
            retention_days=settings.flow_log_retention_days,
        )
        return vpc.id

    def _declare_subnets(self, kind: Literal["public", "private"], gateway: InternetGateway | None) -> Subnets:
        return Subnets(
            self,
            kind,
            name=f"{self._name}-{kind}",
            region=self._region,
            vpc_id=self.vpc_id,
            cidrs={zone: getattr(cidrs, kind) for zone, cidrs in self._settings.subnets.items()},
            internet_gateway=gateway,
        )

    def _declare_s3_endpoint(self, route_table_ids: list[str]) -> None:
        """The way to S3 that costs nothing, for all subnets."""
        endpoint = S3Endpoint(
            self,
            "s3",
            name=self._name,
            account_id=self._account_id,
            region=self._region,
            vpc_id=self.vpc_id,
            route_table_ids=route_table_ids,
            readable_buckets=self._settings.readable_buckets,
        )
        self.ready += endpoint.ready
        self.s3_prefix_list_id: str = endpoint.prefix_list_id
        """S3's addresses, for a consumer that may not reach the whole internet."""

    def _declare_interface_endpoints(self) -> None:
        """The ways to other AWS services that need no NAT, in the private subnets."""
        self.endpoint_security_group_id: str | None = None
        """The group of the interface endpoints, if there are any, for a consumer that may reach only them."""
        if not self._settings.interface_endpoints:
            return
        endpoints = InterfaceEndpoints(
            self,
            "endpoints",
            name=self._name,
            region=self._region,
            vpc_id=self.vpc_id,
            cidr=self.cidr,
            subnet_ids=self.private.subnet_ids,
            services=self._settings.interface_endpoints,
        )
        self.ready += endpoints.ready
        self.endpoint_security_group_id = endpoints.security_group_id
