"""The addresses of a network's subnets, and what is said about those that cannot be."""

from ipaddress import IPv4Network
from itertools import chain, combinations, permutations
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from modules.mistakes import mistakes_in
from modules.network.cidr_plan import SubnetCidrs, ZoneLetter, plan_subnets
from modules.network.network import NetworkSettings

ZONES: tuple[ZoneLetter, ...] = get_args(ZoneLetter)
PLANNED = [f"10.0.0.0/{prefix}" for prefix in range(16, 23)]


def mistakes(**settings: Any) -> list[tuple[str, str]]:  # noqa: ANN401 settings of any type
    """What is said about these settings: path and text of each mistake."""
    with pytest.raises(ValidationError) as caught:
        NetworkSettings(**settings)
    return [(mistake.path, mistake.text) for mistake in mistakes_in(caught.value, NetworkSettings)]


def networks(cidr: str, zones: tuple[ZoneLetter, ...] = ZONES) -> list[IPv4Network]:
    """All subnets of a plan."""
    subnets = plan_subnets(cidr, zones, {}).values()
    return [IPv4Network(one) for one in chain.from_iterable((each.public, each.private) for each in subnets)]


class TestPlan:
    """What follows from the VPC's CIDR and the zones."""

    def test_default(self) -> None:
        """Two zones of a /16 have 4096 private addresses each, and 2048 public ones."""
        assert {
            "a": SubnetCidrs(public="10.0.128.0/21", private="10.0.0.0/20"),
            "b": SubnetCidrs(public="10.0.136.0/21", private="10.0.16.0/20"),
        } == NetworkSettings().subnets

    @pytest.mark.parametrize("cidr", PLANNED)
    def test_no_overlap(self, cidr: str) -> None:
        """No two subnets share an address, even with all zones there are."""
        assert not [(one, other) for one, other in combinations(networks(cidr), 2) if one.overlaps(other)]

    @pytest.mark.parametrize("cidr", PLANNED)
    def test_inside(self, cidr: str) -> None:
        """All subnets lie in the VPC, and leave its last quarter free."""
        *_, last_quarter = IPv4Network(cidr).subnets(2)

        assert all(subnet.subnet_of(IPv4Network(cidr)) for subnet in networks(cidr))
        assert not any(subnet.overlaps(last_quarter) for subnet in networks(cidr))

    @pytest.mark.parametrize("cidr", PLANNED)
    def test_private_subnets_are_larger(self, cidr: str) -> None:
        """Tasks need more addresses than load balancers: a private subnet is twice as large as a public one."""
        sizes = {
            (IPv4Network(each.private).num_addresses, 2 * IPv4Network(each.public).num_addresses)
            for each in plan_subnets(cidr, ZONES, {}).values()
        }

        ((private, twice_public),) = sizes
        assert private == twice_public

    def test_smallest(self) -> None:
        """The smallest VPC of the plan has public subnets that a load balancer just takes."""
        assert SubnetCidrs(public="10.0.2.0/27", private="10.0.0.0/26") == plan_subnets("10.0.0.0/22", ["a"], {})["a"]

    def test_zones_do_not_move_each_other(self) -> None:
        """Whatever zones are added or removed, and in whatever order they are listed, a zone keeps its subnets."""
        everything = plan_subnets("10.0.0.0/16", ZONES, {})

        for zones in chain.from_iterable(permutations(ZONES, count) for count in (2, 3, 4)):
            assert {zone: everything[zone] for zone in zones} == plan_subnets("10.0.0.0/16", zones, {})

    def test_order(self) -> None:
        """Subnets come in the order in which the zones are listed."""
        assert ["c", "a"] == list(NetworkSettings(zones=["c", "a"]).subnets)

    def test_given_subnets(self) -> None:
        """A zone has the subnets that it is given, and the others keep those of the plan."""
        given = SubnetCidrs(public="10.0.200.0/24", private="10.0.208.0/20")

        assert {"a": plan_subnets("10.0.0.0/16", ["a"], {})["a"], "b": given} == NetworkSettings(
            subnet_cidrs={"b": given}
        ).subnets

    def test_given_subnets_of_a_small_vpc(self) -> None:
        """A VPC that is too small for the plan can be divided by hand."""
        given: dict[ZoneLetter, SubnetCidrs] = {
            "a": SubnetCidrs(public="10.0.0.0/27", private="10.0.0.64/26"),
            "b": SubnetCidrs(public="10.0.0.32/27", private="10.0.0.128/25"),
        }

        assert given == NetworkSettings(cidr="10.0.0.0/24", subnet_cidrs=given).subnets


class TestVpc:
    """The VPC's own CIDR."""

    @pytest.mark.parametrize("cidr", ["10.0.0.0/16", "172.16.0.0/16", "192.168.4.0/22", "100.64.0.0/20"])
    def test_allowed(self, cidr: str) -> None:
        """Private networks of AWS's sizes pass."""
        assert cidr == NetworkSettings(cidr=cidr).cidr

    @pytest.mark.parametrize("cidr", ["10.0.0.0/15", "10.0.0.0/29"])
    def test_size(self, cidr: str) -> None:
        """AWS makes VPCs from /16 to /28."""
        assert [("cidr", f"must be a network between /16 and /28, got '{cidr}'")] == mistakes(cidr=cidr)

    @pytest.mark.parametrize("cidr", ["8.8.0.0/16", "172.32.0.0/16", "169.254.0.0/16"])
    def test_private(self, cidr: str) -> None:
        """Addresses of others would be hidden by the VPC."""
        spaces = "10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10"

        assert [("cidr", f"must be private, so within one of {spaces}, got '{cidr}'")] == mistakes(cidr=cidr)

    def test_docker(self) -> None:
        """AWS advises against the network that Docker and its own services use."""
        assert [
            (
                "cidr",
                "must not overlap 172.17.0.0/16, which services of AWS and Docker use themselves, got '172.17.0.0/20'",
            )
        ] == mistakes(cidr="172.17.0.0/20")

    def test_host_bits(self) -> None:
        """An address inside a network is not a network."""
        assert [
            ("cidr", "must be an IPv4 network whose host bits are 0, such as 10.0.0.0/16, got '10.0.0.1/16'")
        ] == mistakes(cidr="10.0.0.1/16")

    def test_too_small_for_the_plan(self) -> None:
        """A VPC without room for the plan's public subnets needs subnets by hand."""
        assert [
            (
                "subnet_cidrs",
                "must have the subnets of zones a, b: cidr, 10.0.0.0/23, is smaller than the /22 that the plan needs, "
                "got {}",
            )
        ] == mistakes(cidr="10.0.0.0/23")


class TestGiven:
    """Subnets that are given by hand, checked against the VPC and all other subnets."""

    @pytest.mark.parametrize(
        ("public", "private", "text"),
        [
            pytest.param(
                "10.1.0.0/24",
                "10.0.208.0/20",
                "must lie in cidr, 10.0.0.0/16: the public subnet of zone b is 10.1.0.0/24",
                id="public outside",
            ),
            pytest.param(
                "10.0.200.0/24",
                "10.1.0.0/20",
                "must lie in cidr, 10.0.0.0/16: the private subnet of zone b is 10.1.0.0/20",
                id="private outside",
            ),
            pytest.param(
                "10.0.200.0/24",
                "10.0.0.0/15",
                "must lie in cidr, 10.0.0.0/16: the private subnet of zone b is 10.0.0.0/15",
                id="larger than the VPC",
            ),
            pytest.param(
                "10.0.208.0/24",
                "10.0.208.0/20",
                "must not overlap: the public subnet of zone b is 10.0.208.0/24, "
                "the private subnet of zone b is 10.0.208.0/20",
                id="each other",
            ),
            pytest.param(
                "10.0.200.0/24",
                "10.0.8.0/21",
                "must not overlap: the private subnet of zone a is 10.0.0.0/20, "
                "the private subnet of zone b is 10.0.8.0/21",
                id="the plan of another zone",
            ),
            pytest.param(
                "10.0.200.0/28",
                "10.0.208.0/20",
                "must be at least a /27: the public subnet of zone b is 10.0.200.0/28",
                id="too small for a load balancer",
            ),
            pytest.param(
                "10.0.200.0/24",
                "10.0.208.0/29",
                "must be at least a /28: the private subnet of zone b is 10.0.208.0/29",
                id="too small for AWS",
            ),
        ],
    )
    def test_refused(self, public: str, private: str, text: str) -> None:
        """The message names the subnets and what they would be."""
        ((path, said),) = mistakes(subnet_cidrs={"b": SubnetCidrs(public=public, private=private)})

        assert ("subnet_cidrs", text) == (path, said.partition(", got ")[0])

    @pytest.mark.parametrize(
        ("public", "private"), [("10.0.200.0/27", "10.0.200.32/28"), ("10.0.192.0/19", "10.0.224.0/19")]
    )
    def test_sizes(self, public: str, private: str) -> None:
        """The smallest and large subnets pass, whichever is the larger one."""
        given = SubnetCidrs(public=public, private=private)

        assert given == NetworkSettings(subnet_cidrs={"b": given}).subnets["b"]

    def test_zone_that_is_not_used(self) -> None:
        """Subnets of a zone that is not in zones would never be made."""
        given = SubnetCidrs(public="10.0.200.0/24", private="10.0.208.0/20")
        ((path, said),) = mistakes(subnet_cidrs={"c": given})

        assert ("subnet_cidrs", "must be of zones a, b, not of zone c") == (path, said.partition(", got ")[0])

    def test_one_mistake_at_a_time(self) -> None:
        """Subnets are not measured against a CIDR that is wrong itself."""
        assert ["cidr"] == [path for path, _ in mistakes(cidr="10.0.0.0/8")]

    def test_no_zones_to_compare_with(self) -> None:
        """Subnets are not measured against zones that are wrong themselves."""
        given = SubnetCidrs(public="10.0.200.0/24", private="10.0.208.0/20")

        assert ["zones"] == [path for path, _ in mistakes(zones=["a"], subnet_cidrs={"c": given})]
