"""NAT gateways: the private subnets' way to the internet, which nobody comes back by."""

from collections.abc import Mapping, Sequence
from typing import Literal

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.eip import Eip
from cdktf_cdktf_provider_aws.internet_gateway import InternetGateway
from cdktf_cdktf_provider_aws.nat_gateway import NatGateway
from cdktf_cdktf_provider_aws.route import Route
from constructs import Construct

from modules.network.cidr_plan import ZoneLetter

Nat = Literal["none", "one", "one_per_zone"]


class NatGateways(Construct):
    """No NAT gateway, one in the first zone or one in each zone, and the default routes of the private subnets."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        nat: Nat,
        zones: Sequence[ZoneLetter],
        internet_gateway: InternetGateway,
        public_subnet_ids: Mapping[ZoneLetter, str],
        private_route_table_ids: Mapping[ZoneLetter, str],
    ) -> None:
        """
        Make gateways and routes.

        :param name: the network's
        :param zones: of which the first one holds the gateway, when there is but one
        """
        super().__init__(scope, id_)
        homes = {"none": [], "one": zones[:1], "one_per_zone": zones}[nat]
        gateways = {
            zone: self._declare_gateway(f"{name}-nat-{zone}", zone, public_subnet_ids[zone], internet_gateway)
            for zone in homes
        }
        self.ready: list[ITerraformDependable] = [
            Route(
                self,
                f"default_{zone}",
                route_table_id=private_route_table_ids[zone],
                destination_cidr_block="0.0.0.0/0",
                nat_gateway_id=gateways[zone if zone in gateways else zones[0]].id,
            )
            for zone in (zones if gateways else [])
        ]
        """The routes, and by them the gateways, for `depends_on`."""

    def _declare_gateway(
        self, name: str, zone: ZoneLetter, subnet_id: str, internet_gateway: InternetGateway
    ) -> NatGateway:
        # Both need the internet gateway, and refer to it in nothing (hashicorp/aws, aws_eip and aws_nat_gateway).
        address = Eip(self, f"address_{zone}", domain="vpc", tags={"Name": name}, depends_on=[internet_gateway])
        return NatGateway(
            self,
            f"gateway_{zone}",
            allocation_id=address.id,
            subnet_id=subnet_id,
            tags={"Name": name},
            depends_on=[internet_gateway],
        )
