"""
Which addresses the subnets of a VPC get: pure functions, so that a plan can be looked at without building anything.

A subnet's place follows from the VPC's CIDR and its zone's letter alone. Zones can be added, removed and listed in
another order, and no other subnet moves.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from itertools import combinations
from typing import Literal, get_args

from modules.settings import Settings, mistake
from modules.types import Cidr

ZoneLetter = Literal["a", "b", "c", "d", "e", "f"]
"""The last letter of an availability zone's name. Regions have up to six zones, us-east-1 from a to f."""

_LARGEST_PREFIX, _SMALLEST_PREFIX = 16, 28
"""docs.aws.amazon.com/vpc, "VPC CIDR blocks" and "Subnet CIDR blocks"."""

_SMALLEST_PUBLIC_PREFIX = 27
"""
For 8 free addresses beside the 5 that AWS keeps and those that load balancer and NAT take:
docs.aws.amazon.com/elasticloadbalancing, "Application Load Balancers", "Subnets for your load balancer".
"""

_PRIVATE_SPACE = tuple(IPv4Network(cidr) for cidr in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"))
"""RFC 1918, which AWS recommends, and RFC 6598; anything else would hide a part of the internet."""

_TAKEN = IPv4Network("172.17.0.0/16")
"""AWS services and Docker use it inside: docs.aws.amazon.com/vpc, "VPC CIDR blocks"."""

_PRIVATE_BITS, _PUBLIC_BITS = 4, 5
_SMALLEST_PLANNED_PREFIX = _SMALLEST_PUBLIC_PREFIX - _PUBLIC_BITS


class SubnetCidrs(Settings):
    """The addresses of one zone."""

    public: Cidr
    private: Cidr


@dataclass(frozen=True, kw_only=True)
class _Subnet:
    name: str
    network: IPv4Network
    smallest: int

    def __str__(self) -> str:
        return f"the {self.name} is {self.network}"


def check_vpc_cidr(cidr: str) -> str:
    """
    Check what AWS says of a VPC's primary CIDR.

    :raises PydanticCustomError: it is too large or too small, not private, or one that AWS itself uses
    """
    vpc = IPv4Network(cidr)
    if not _LARGEST_PREFIX <= vpc.prefixlen <= _SMALLEST_PREFIX:
        raise mistake(f"must be a network between /{_LARGEST_PREFIX} and /{_SMALLEST_PREFIX}")
    if not any(vpc.subnet_of(space) for space in _PRIVATE_SPACE):
        raise mistake(f"must be private, so within one of {', '.join(map(str, _PRIVATE_SPACE))}")
    if vpc.overlaps(_TAKEN):
        raise mistake(f"must not overlap {_TAKEN}, which services of AWS and Docker use themselves")
    return cidr


def plan_subnets(
    cidr: str, zones: Sequence[ZoneLetter], given: Mapping[ZoneLetter, SubnetCidrs]
) -> dict[ZoneLetter, SubnetCidrs]:
    """
    Give each zone its subnets: those that are given, and for the other zones those of the plan.

    The plan divides the VPC by eight zones: its lower half into private subnets, the quarter above into public ones of
    half their size. The last quarter stays free.

    >>> plan_subnets("10.0.0.0/16", ["b"], {})["b"]
    SubnetCidrs(public='10.0.136.0/21', private='10.0.16.0/20')

    :param cidr: the VPC's
    :raises PydanticCustomError: the VPC is too small for the plan, or the result breaks a rule of `check_subnets`
    """
    missing = [zone for zone in zones if zone not in given]
    if missing and IPv4Network(cidr).prefixlen > _SMALLEST_PLANNED_PREFIX:
        raise mistake(
            f"must have the subnets of {_zones(missing)}: cidr, {cidr}, is smaller than the "
            f"/{_SMALLEST_PLANNED_PREFIX} that the plan needs"
        )
    plan = {zone: given[zone] if zone in given else _planned(cidr, zone) for zone in zones}
    check_subnets(cidr, plan)
    return plan


def check_subnets(cidr: str, plan: Mapping[ZoneLetter, SubnetCidrs]) -> None:
    """
    Check the sizes of all subnets, that they lie in the VPC, and that no two share an address.

    :raises PydanticCustomError: at the first subnet that breaks a rule
    """
    vpc = IPv4Network(cidr)
    subnets = list(_subnets(plan))
    for subnet in subnets:
        if not subnet.network.subnet_of(vpc):
            raise mistake(f"must lie in cidr, {cidr}: {subnet}")
        if subnet.network.prefixlen > subnet.smallest:
            raise mistake(f"must be at least a /{subnet.smallest}: {subnet}")
    for one, other in combinations(subnets, 2):
        if one.network.overlaps(other.network):
            raise mistake(f"must not overlap: {one}, {other}")


def check_zones_given(zones: Sequence[ZoneLetter], given: Mapping[ZoneLetter, SubnetCidrs]) -> None:
    """
    Check that no subnets are given for a zone that is not used.

    :raises PydanticCustomError: at the zones that are not
    """
    unused = sorted(set(given) - set(zones))
    if unused:
        raise mistake(f"must be of {_zones(zones)}, not of {_zones(unused)}")


def _planned(cidr: str, zone: ZoneLetter) -> SubnetCidrs:
    lower, upper = IPv4Network(cidr).subnets()
    quarter, _ = upper.subnets()
    place = get_args(ZoneLetter).index(zone)
    # The half and the quarter are one and two bits longer than the VPC already.
    public = list(quarter.subnets(_PUBLIC_BITS - 2))[place]
    private = list(lower.subnets(_PRIVATE_BITS - 1))[place]
    return SubnetCidrs(public=str(public), private=str(private))


def _subnets(plan: Mapping[ZoneLetter, SubnetCidrs]) -> Iterator[_Subnet]:
    for zone, cidrs in plan.items():
        yield _Subnet(
            name=f"public subnet of zone {zone}",
            network=IPv4Network(cidrs.public),
            smallest=_SMALLEST_PUBLIC_PREFIX,
        )
        yield _Subnet(
            name=f"private subnet of zone {zone}", network=IPv4Network(cidrs.private), smallest=_SMALLEST_PREFIX
        )


def _zones(zones: Sequence[str]) -> str:
    return f"zone{'s' if len(zones) > 1 else ''} {', '.join(zones)}"
