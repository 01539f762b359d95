"""Subnets of one kind: one in each zone, and the route tables that say where their traffic goes."""

from collections.abc import Mapping

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.internet_gateway import InternetGateway
from cdktf_cdktf_provider_aws.route import Route
from cdktf_cdktf_provider_aws.route_table import RouteTable
from cdktf_cdktf_provider_aws.route_table_association import RouteTableAssociation
from cdktf_cdktf_provider_aws.subnet import Subnet
from constructs import Construct

from modules.network.cidr_plan import ZoneLetter
from modules.network.placement import Placement


class Subnets(Construct):
    """
    Public or private subnets, none of which gives a public address to what does not ask for one.

    Public subnets share a route table with a way to the internet. Private ones have a table each, which knows the VPC
    alone, so that another kind of NAT only changes routes.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        region: str,
        vpc_id: str,
        cidrs: Mapping[ZoneLetter, str],
        internet_gateway: InternetGateway | None,
    ) -> None:
        """
        Make the subnets and their route tables.

        :param name: of the `Name` tags, to which a subnet adds its zone's letter
        :param cidrs: the addresses of each zone's subnet
        :param internet_gateway: makes the subnets public
        """
        super().__init__(scope, id_)
        self._name, self._region, self._vpc_id = name, region, vpc_id
        self.ready: list[ITerraformDependable] = []
        """What must exist before the subnets' traffic goes where it should, for `depends_on`."""
        # A load balancer needs the gateway before it, and AWS detaches none while there are public addresses (EC2 API,
        # DetachInternetGateway).
        needs: list[ITerraformDependable] | None = None if internet_gateway is None else [internet_gateway]
        self.every_route_table_id: list[str] = []
        """Each route table once."""
        self.ids: dict[ZoneLetter, str] = {
            zone: self._declare_subnet(zone, cidr, needs).id for zone, cidr in cidrs.items()
        }
        self.route_table_ids: dict[ZoneLetter, str] = (
            {zone: self._declare_table(f"routes_{zone}", f"{name}-{zone}") for zone in cidrs}
            if internet_gateway is None
            else dict.fromkeys(cidrs, self._declare_public_table(internet_gateway))
        )
        for zone, subnet_id in self.ids.items():
            association = RouteTableAssociation(
                self, f"association_{zone}", subnet_id=subnet_id, route_table_id=self.route_table_ids[zone]
            )
            self.ready.append(association)
        self.placement = Placement(
            vpc_id=vpc_id, subnet_ids=list(self.ids.values()), assign_public_ip=internet_gateway is not None
        )

    def _declare_subnet(self, zone: ZoneLetter, cidr: str, needs: list[ITerraformDependable] | None) -> Subnet:
        return Subnet(
            self,
            f"subnet_{zone}",
            vpc_id=self._vpc_id,
            # Literally, as a data source would follow what AWS adds to the region.
            availability_zone=f"{self._region}{zone}",
            cidr_block=cidr,
            map_public_ip_on_launch=False,
            tags={"Name": f"{self._name}-{zone}"},
            depends_on=needs,
        )

    def _declare_table(self, id_: str, name: str) -> str:
        table = RouteTable(self, id_, vpc_id=self._vpc_id, tags={"Name": name})
        self.every_route_table_id.append(table.id)
        return table.id

    def _declare_public_table(self, internet_gateway: InternetGateway) -> str:
        table_id = self._declare_table("routes", self._name)
        route = Route(
            self,
            "default",
            route_table_id=table_id,
            destination_cidr_block="0.0.0.0/0",
            gateway_id=internet_gateway.id,
        )
        self.ready.append(route)
        return table_id
