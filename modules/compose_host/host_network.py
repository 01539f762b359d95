"""
The network of a host's containers: who has which address, and so who may ask for the host's credentials.

A change of it reaches only hosts that are replaced: Docker removes no network in which containers are (docs.docker.com,
"docker network rm").
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv4Network

DOCKER_CIDR = IPv4Network("172.30.0.0/23")
"""All that Docker has on a host, and no VPC's: what lies in it cannot be reached from a host."""

NETWORK_CIDR, _BRIDGE_CIDR = DOCKER_CIDR.subnets()
"""Of all containers on a host, and of the bridge that Docker makes for itself."""

BRIDGE = IPv4Interface((next(_BRIDGE_CIDR.hosts()), _BRIDGE_CIDR.prefixlen))
"""The address of `docker0` (docs.docker.com, "dockerd", `bip`), which else is in 172.17.0.0/16."""

METADATA_CIDR = IPv4Network("172.30.0.0/26")
"""
The addresses that may reach the instance metadata, which hands out the host's credentials.

`compose-host` lets no other container through. Docker hands out addresses of the upper half only, so these are had by
asking for one alone.
"""

_UPPER_HALF = IPv4Network("172.30.0.128/25")
_GATEWAY, *_FIXED = (str(address) for address in METADATA_CIDR.hosts())

NETWORK: dict[str, object] = {
    "ipam": {
        "config": [{"subnet": str(NETWORK_CIDR), "ip_range": str(_UPPER_HALF), "gateway": _GATEWAY}],
    }
}
"""Without IPv6, over which the instance metadata could be reached, too."""

MOST_PERMITTED = len(_FIXED) // 2


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """The two of one service; two containers cannot share one (docker/compose#3497)."""

    service: str
    one_off: str
    """For a command that runs beside the service, such as a migration."""


def addresses(permitted: Sequence[str]) -> dict[str, Addresses]:
    """Give each of the services a pair: name → addresses. At most `MOST_PERMITTED`."""
    pairs = zip(_FIXED[::2], _FIXED[1::2], strict=False)
    return {
        name: Addresses(service=own, one_off=one_off) for name, (own, one_off) in zip(permitted, pairs, strict=False)
    }
