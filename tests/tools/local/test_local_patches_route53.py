"""The gaps of Route 53 that are closed."""

from collections.abc import Callable
from typing import Any

import pytest

Client = Callable[[str], Any]

pytestmark = pytest.mark.slow


def test_get_dnssec(client: Client) -> None:
    """A hosted zone is not signed."""
    route53 = client("route53")
    zone = route53.create_hosted_zone(Name="demo.paythru.com", CallerReference="test")["HostedZone"]["Id"]

    assert "NOT_SIGNING" == route53.get_dnssec(HostedZoneId=zone)["Status"]["ServeSignature"]
