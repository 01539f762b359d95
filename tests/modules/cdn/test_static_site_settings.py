"""The settings of a site, its domain and its backend."""

from typing import Any

import pytest
from pydantic import ValidationError

from modules.cdn.backend_origin import BackendSettings
from modules.cdn.settings import SiteDomainSettings, StaticSiteSettings
from modules.mistakes import mistakes_in
from tests.modules.cdn.sample_site import ACCOUNT, CERTIFICATE, DOMAIN, ZONE

IRELAND = CERTIFICATE.replace("us-east-1", "eu-west-1")


@pytest.mark.parametrize(
    ("settings", "serves"),
    [
        ({}, False),
        ({"certificate_issued": True}, True),
        ({"hosted_zone_id": ZONE}, True),
        ({"certificate_arn": CERTIFICATE}, True),
    ],
)
def test_serves_https(settings: dict[str, Any], serves: bool) -> None:
    """The domain is served when there is a certificate, or Terraform waits for one."""
    assert serves is SiteDomainSettings(domain_name=DOMAIN, **settings).serves_https


def test_certificate_of_another_region() -> None:
    """A certificate that CloudFront cannot take is one mistake in one line, before anything is built."""
    with pytest.raises(ValidationError) as caught:
        SiteDomainSettings(domain_name=DOMAIN, certificate_arn=IRELAND)

    (mistake,) = mistakes_in(caught.value, SiteDomainSettings)
    assert "certificate_arn" == mistake.path
    assert (
        "must be in us-east-1, the only region whose certificates CloudFront takes, "
        f"got 'arn:aws:acm:eu-west-1:{ACCOUNT}:certificate/11111111-"
    ) in mistake.text


def test_two_certificates() -> None:
    """A certificate is brought or made, not both."""
    with pytest.raises(ValidationError, match="must be None when certificate_issued is True"):
        SiteDomainSettings(domain_name=DOMAIN, certificate_arn=CERTIFICATE, certificate_issued=True)


@pytest.mark.parametrize(
    "settings", [{"price_class": "PriceClass_50"}, {"access_log_retention_days": 0}, {"domain": DOMAIN}]
)
def test_refused(settings: dict[str, Any]) -> None:
    """What CloudFront or S3 would refuse is refused at synth."""
    with pytest.raises(ValidationError):
        StaticSiteSettings(**settings)


def test_default_backend() -> None:
    """The API and its WebSockets are the backend's."""
    assert {"path_patterns": ["/api/*", "/ws/*"], "read_timeout_s": 60, "keepalive_timeout_s": 5} == dict(
        BackendSettings()
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"path_patterns": []}, "at least 1 item"),
        ({"path_patterns": [f"/{n}" for n in range(75)]}, "at most 74 items"),
        ({"path_patterns": ["/ws", "/ws"]}, "must name each pattern once"),
        ({"path_patterns": ["api/*"]}, "path_patterns"),
        ({"path_patterns": ["/a b"]}, "path_patterns"),
        ({"path_patterns": ["/" + "a" * 255]}, "at most 255 characters"),
        ({"read_timeout_s": 121}, "less than or equal to 120"),
        ({"read_timeout_s": 0}, "greater than or equal to 1"),
        ({"keepalive_timeout_s": 121}, "less than or equal to 120"),
        ({"keepalive_timeout_s": 0}, "greater than or equal to 1"),
    ],
)
def test_refused_backend(settings: dict[str, Any], message: str) -> None:
    """What CloudFront would refuse of a behavior or an origin is refused at synth."""
    with pytest.raises(ValidationError, match=message):
        BackendSettings(**settings)


@pytest.mark.parametrize("pattern", ["/ws", "/ws/*", "/api/v?/*", "/" + "a" * 254])
def test_patterns(pattern: str) -> None:
    """A pattern may have wildcards and be as long as CloudFront allows."""
    assert BackendSettings(path_patterns=[pattern])
