"""The security headers as Terraform JSON, and their settings."""

from typing import Any

import pytest
from pydantic import ValidationError

from modules.cdn.security_headers import SecurityHeaders, SecurityHeadersSettings
from tests.support import Block, Synthesized, synth_scope

DOMAIN = "trust.demo.paythru.com"


def build(domain_name: str | None, **settings: Any) -> Synthesized:  # noqa: ANN401 settings of any type
    """Both policies."""
    return synth_scope(
        lambda scope: SecurityHeaders(
            scope,
            "headers",
            name="edgemind",
            domain_name=domain_name,
            settings=SecurityHeadersSettings(**settings),
        )
    )


@pytest.fixture(scope="module")
def default() -> Synthesized:
    """The default headers, for CloudFront's own name."""
    return build(None)


@pytest.fixture(scope="module")
def chosen() -> Synthesized:
    """Headers for a domain with other values."""
    return build(
        DOMAIN,
        content_security_policy={"default-src": ["'self'"], "connect-src": ["'self'", "https://api.paythru.com"]},
        hsts_max_age_s=63_072_000,
        hsts_include_subdomains=True,
        hsts_preload=True,
        frame="SAMEORIGIN",
        referrer="no-referrer",
        permissions_policy="camera=(self)",
    )


def policy(stack: Synthesized, role: str) -> Block:
    """The policy for the site or the backend."""
    (found,) = (
        one
        for one in stack.resources("aws_cloudfront_response_headers_policy").values()
        if one["name"] == f"edgemind-{role}"
    )
    return found


def headers(stack: Synthesized, role: str) -> Block:
    """The security headers of the site or the backend."""
    found: Block = policy(stack, role)["security_headers_config"]
    return found


def csp(stack: Synthesized) -> str:
    """The site's content security policy."""
    return str(headers(stack, "site")["content_security_policy"]["content_security_policy"])


def test_default_csp(default: Synthesized) -> None:
    """By default a page uses the site's own files and backend, and nobody frames it."""
    assert (
        "default-src 'self'; base-uri 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
        "img-src 'self' data:; object-src 'none'"
    ) == csp(default)


def test_csp_lets_web_sockets_through(chosen: Synthesized) -> None:
    """`wss:` of the own domain is let through, for browsers that do not count it to 'self'."""
    assert f"default-src 'self'; connect-src 'self' https://api.paythru.com wss://{DOMAIN}" == csp(chosen)


@pytest.mark.parametrize("sources", [{"default-src": ["'self'"]}, {"connect-src": ["https://api.paythru.com"]}])
def test_csp_is_not_widened(sources: dict[str, list[str]]) -> None:
    """A policy that does not let the page connect to the site is not widened."""
    assert "wss:" not in csp(build(DOMAIN, content_security_policy=sources))


def test_site(default: Synthesized) -> None:
    """The site's headers are what these settings say, whatever the bucket sends."""
    found = {key: value for key, value in headers(default, "site").items() if key != "content_security_policy"}

    assert {
        "content_type_options": {"override": True},
        "frame_options": {"frame_option": "DENY", "override": True},
        "referrer_policy": {"referrer_policy": "strict-origin-when-cross-origin", "override": True},
        "strict_transport_security": {
            "access_control_max_age_sec": 31_536_000,
            "include_subdomains": False,
            "preload": False,
            "override": True,
        },
    } == found
    assert headers(default, "site")["content_security_policy"]["override"]


def test_backend(default: Synthesized) -> None:
    """The backend's own frame and referrer headers win; nosniff and HTTPS hold for it as well; a CSP is its own."""
    assert {
        "content_type_options": {"override": True},
        "frame_options": {"frame_option": "DENY", "override": False},
        "referrer_policy": {"referrer_policy": "strict-origin-when-cross-origin", "override": False},
        "strict_transport_security": {
            "access_control_max_age_sec": 31_536_000,
            "include_subdomains": False,
            "preload": False,
            "override": True,
        },
    } == headers(default, "backend")


def test_chosen(chosen: Synthesized) -> None:
    """All of it is a setting."""
    found = headers(chosen, "site")

    assert {
        "access_control_max_age_sec": 63_072_000,
        "include_subdomains": True,
        "preload": True,
        "override": True,
    } == found["strict_transport_security"]
    assert ("SAMEORIGIN", "no-referrer") == (
        found["frame_options"]["frame_option"],
        found["referrer_policy"]["referrer_policy"],
    )


@pytest.mark.parametrize(
    ("fixture", "value"),
    [
        (
            "default",
            "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), "
            "microphone=(), midi=(), payment=(), usb=()",
        ),
        ("chosen", "camera=(self)"),
    ],
)
def test_permissions_policy(request: pytest.FixtureRequest, fixture: str, value: str) -> None:
    """The site's pages use no devices unless somebody says so."""
    items = policy(request.getfixturevalue(fixture), "site")["custom_headers_config"]["items"]

    assert [{"header": "Permissions-Policy", "value": value, "override": True}] == items


def test_backend_has_no_permissions_policy(default: Synthesized) -> None:
    """What the backend shows is its own matter."""
    assert "custom_headers_config" not in policy(default, "backend")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"content_security_policy": {"default-src": ["'self'; script-src *"]}}, "default-src"),
        ({"content_security_policy": {"default-src": ["a,b"]}}, "default-src"),
        ({"content_security_policy": {"Default Src": ["'self'"]}}, "Default Src"),
        ({"content_security_policy": {"img-src": ["x" * 1705]}}, "must have at most 1712 characters"),
        ({"hsts_max_age_s": -1}, "greater than or equal to 0"),
        ({"hsts_preload": True}, "must be False, or hsts_include_subdomains True"),
        (
            {"hsts_preload": True, "hsts_include_subdomains": True, "hsts_max_age_s": 31_535_999},
            "hsts_max_age_s at least 31536000",
        ),
        ({"frame": "ALLOWALL"}, "'DENY' or 'SAMEORIGIN'"),
        ({"referrer": "unsafe-url"}, "referrer"),
        ({"permissions_policy": "camera=()\nX-Other: 1"}, "must be one line of ASCII characters"),
        ({"permissions_policy": ""}, "at least 1 character"),
    ],
)
def test_refused(settings: dict[str, Any], message: str) -> None:
    """What would write another header, or is too long for CloudFront, is refused."""
    with pytest.raises(ValidationError, match=message):
        SecurityHeadersSettings(**settings)


def test_preload() -> None:
    """A year and all subdomains are enough for browsers to ship with the rule: hstspreload.org."""
    assert SecurityHeadersSettings(hsts_preload=True, hsts_include_subdomains=True).hsts_preload


def test_longest_csp() -> None:
    """CloudFront takes 1783 characters, of which some are kept for the longest domain."""
    assert SecurityHeadersSettings(content_security_policy={"img-src": ["x" * 1704]})
