"""The distribution as Terraform JSON: what a visitor's connection, a cached file and a WebSocket need."""

from typing import Any

import pytest

from tests.modules.cdn.sample_site import SECRET, address, build
from tests.support import Block, Synthesized


@pytest.fixture(scope="module")
def site() -> Synthesized:
    """A site with all defaults: CloudFront's own name."""
    return build()


@pytest.fixture(scope="module")
def plain() -> Synthesized:
    """A site that is thrown away, with a backend without a certificate and with values of its own."""
    return build(
        disposable=True,
        origin={"uses_https": False, "path_patterns": ["/socket"], "read_timeout_s": 20, "keepalive_timeout_s": 30},
        price_class="PriceClass_All",
    )


def distribution(stack: Synthesized) -> Block:
    """The distribution."""
    return stack.resource("aws_cloudfront_distribution")


def origin(stack: Synthesized, id_: str) -> Block:
    """One origin."""
    (found,) = (one for one in distribution(stack)["origin"] if one["origin_id"] == id_)
    return dict(found)


def behaviors(stack: Synthesized) -> list[Block]:
    """The behaviors of the backend's paths."""
    found: list[Block] = distribution(stack)["ordered_cache_behavior"]
    return found


class TestVisitors:
    """How visitors connect."""

    @pytest.mark.parametrize(
        ("argument", "value"),
        [
            ("http_version", "http2and3"),
            ("is_ipv6_enabled", True),
            ("enabled", True),
            ("price_class", "PriceClass_100"),
            ("comment", "edgemind"),
            ("restrictions", {"geo_restriction": {"restriction_type": "none"}}),
        ],
    )
    def test_connections(self, site: Synthesized, argument: str, value: object) -> None:
        """HTTP/2 and 3, both IP versions, everybody."""
        assert value == distribution(site)[argument]

    def test_price_class(self, plain: Synthesized) -> None:
        """From where CloudFront answers is a setting."""
        assert "PriceClass_All" == distribution(plain)["price_class"]

    def test_plain_http(self, site: Synthesized) -> None:
        """A page asked for over plain HTTP is sent to HTTPS."""
        assert "redirect-to-https" == distribution(site)["default_cache_behavior"]["viewer_protocol_policy"]


class TestSite:
    """The site's files."""

    def test_private_origin(self, site: Synthesized) -> None:
        """CloudFront signs each request to the bucket in its region, so nobody else has to be let in."""
        (bucket,) = (id_ for id_ in site.resources("aws_s3_bucket") if "site_bucket" in id_)

        assert {
            "origin_id": "site",
            "domain_name": f"${{aws_s3_bucket.{bucket}.bucket}}.s3.eu-west-1.amazonaws.com",
            "origin_access_control_id": f"${{{address(site, 'aws_cloudfront_origin_access_control')}.id}}",
        } == origin(site, "site")

    def test_signature(self, site: Synthesized) -> None:
        """Origin access control with SigV4, always: CloudFront, "Restrict access to an Amazon S3 origin"."""
        control = site.resource("aws_cloudfront_origin_access_control")

        assert {
            "name": "edgemind",
            "origin_access_control_origin_type": "s3",
            "signing_behavior": "always",
            "signing_protocol": "sigv4",
        } == {key: value for key, value in control.items() if key != "//"}

    def test_behavior(self, site: Synthesized) -> None:
        """Files are read, compressed and cached; addresses of the application get its page."""
        behavior = distribution(site)["default_cache_behavior"]
        function = f"${{{address(site, 'aws_cloudfront_function')}.arn}}"

        assert {
            "target_origin_id": "site",
            "allowed_methods": ["GET", "HEAD"],
            "cached_methods": ["GET", "HEAD"],
            "compress": True,
            "cache_policy_id": f"${{{address(site, 'aws_cloudfront_cache_policy')}.id}}",
            "function_association": [{"event_type": "viewer-request", "function_arn": function}],
        } == {
            key: value
            for key, value in behavior.items()
            if key not in ("response_headers_policy_id", "viewer_protocol_policy")
        }

    def test_root(self, site: Synthesized) -> None:
        """`/` is the page even without the function, and never a list of the bucket."""
        assert "index.html" == distribution(site)["default_root_object"]

    def test_cache_times(self, site: Synthesized) -> None:
        """The files' own headers decide: with a least time above 0 CloudFront would cache `no-cache` all the same."""
        policy = site.resource("aws_cloudfront_cache_policy")

        assert (0, 0, 31_536_000) == (policy["min_ttl"], policy["default_ttl"], policy["max_ttl"])

    def test_cache_key(self, site: Synthesized) -> None:
        """All visitors share a cached file, compressed as their browser likes."""
        key = site.resource("aws_cloudfront_cache_policy")["parameters_in_cache_key_and_forwarded_to_origin"]

        assert {
            "enable_accept_encoding_brotli": True,
            "enable_accept_encoding_gzip": True,
            "cookies_config": {"cookie_behavior": "none"},
            "headers_config": {"header_behavior": "none"},
            "query_strings_config": {"query_string_behavior": "none"},
        } == key

    def test_missing_file(self, site: Synthesized) -> None:
        """No answer is replaced for the whole distribution: the backend's 404 and a missing file's stay what they are.

        CloudFront, "Generate custom error responses": one is for the distribution, not for a behavior.
        """
        assert "custom_error_response" not in distribution(site)


class TestBackend:
    """The backend's paths, which carry HTTP and WebSocket."""

    def test_paths(self, site: Synthesized) -> None:
        """Both paths are the backend's, each with one behavior."""
        assert [("/api/*", "backend"), ("/ws/*", "backend")] == [
            (one["path_pattern"], one["target_origin_id"]) for one in behaviors(site)
        ]

    def test_paths_are_a_setting(self, plain: Synthesized) -> None:
        """A backend may have other paths."""
        assert ["/socket"] == [one["path_pattern"] for one in behaviors(plain)]

    def test_web_socket_headers(self, site: Synthesized) -> None:
        """The origin gets `Sec-WebSocket-Key` and all other headers of a WebSocket's request, but the viewer's Host.

        Source: CloudFront Developer Guide, "Use WebSockets with CloudFront distributions" (Sec-WebSocket-Key and
        -Version must be forwarded, -Protocol, -Accept and -Extensions may be needed) and "Use managed origin request
        policies" (AllViewerExceptHostHeader forwards every header but Host, all cookies and all query strings).
        """
        assert {"b689b0a8-53d0-40ab-baf2-68738e2966ac"} == {one["origin_request_policy_id"] for one in behaviors(site)}

    def test_web_socket_is_not_cached(self, site: Synthesized) -> None:
        """Nothing of the backend is cached.

        Source: CloudFront Developer Guide, "Use managed cache policies" (CachingDisabled), which is for what cannot be
        cached, as a WebSocket's handshake.
        """
        assert {"4135ea2d-6df8-44a3-9df3-4b5a84be39ad"} == {one["cache_policy_id"] for one in behaviors(site)}

    def test_web_socket_over_tls(self, site: Synthesized) -> None:
        """A plain `ws:` is refused, not redirected, because a browser does not follow a redirect of a handshake.

        Source: CloudFront Developer Guide, "Use WebSockets with CloudFront distributions": the viewer protocol policy
        applies to WebSocket connections too.
        """
        assert {"https-only"} == {one["viewer_protocol_policy"] for one in behaviors(site)}

    def test_web_socket_to_the_origin(self, site: Synthesized) -> None:
        """`wss:` goes on to the origin over TLS 1.2 when it has a certificate.

        Source: CloudFront Developer Guide, "Use WebSockets with CloudFront distributions": the origin's protocol policy
        applies to WebSocket connections too; CustomOriginConfig.
        """
        assert ("https-only", ["TLSv1.2"], 443) == tuple(
            origin(site, "backend")["custom_origin_config"][key]
            for key in ("origin_protocol_policy", "origin_ssl_protocols", "https_port")
        )

    def test_web_socket_to_an_origin_without_a_certificate(self, plain: Synthesized) -> None:
        """Else it goes on to port 80.

        Source: as above.
        """
        config = origin(plain, "backend")["custom_origin_config"]

        assert ("http-only", 80) == (config["origin_protocol_policy"], config["http_port"])

    def test_web_socket_handshake(self, site: Synthesized) -> None:
        """The handshake is a GET, which is allowed, as is every method that an API has.

        Source: RFC 6455, section 4.1, to which CloudFront Developer Guide, "Use WebSockets with CloudFront
        distributions", holds the requests; CloudFront API, AllowedMethods.
        """
        allowed = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]

        assert [allowed, allowed] == [one["allowed_methods"] for one in behaviors(site)]

    def test_no_function(self, site: Synthesized) -> None:
        """The function that answers with the page does not see the backend's requests, so its 404s stay.

        Source: CloudFront Developer Guide, "Restrictions on edge functions": a function is for one behavior's events.
        """
        assert [] == [one for one in behaviors(site) if "function_association" in one]

    def test_not_compressed(self, site: Synthesized) -> None:
        """CloudFront does not say that it compresses what its cache policy forbids it to."""
        assert [False, False] == [one["compress"] for one in behaviors(site)]

    @pytest.mark.parametrize(("fixture", "patience"), [("site", (60, 5)), ("plain", (20, 30))])
    def test_patience(self, request: pytest.FixtureRequest, fixture: str, patience: tuple[int, int]) -> None:
        """How long CloudFront waits for the backend, and keeps a connection to it, are settings.

        Source: CloudFront API, CustomOriginConfig, OriginReadTimeout and OriginKeepaliveTimeout.
        """
        config = origin(request.getfixturevalue(fixture), "backend")["custom_origin_config"]

        assert patience == (config["origin_read_timeout"], config["origin_keepalive_timeout"])

    def test_secret_header(self, site: Synthesized) -> None:
        """Each request carries the secret that the load balancer asks for; a viewer's header of that name is replaced.

        Source: CloudFront Developer Guide, "Add custom headers to origin requests".
        """
        backend = origin(site, "backend")

        assert [{"name": "X-Origin-Verify", "value": SECRET}] == backend["custom_header"]

    def test_host(self, site: Synthesized) -> None:
        """CloudFront connects to the backend's own name, for which its certificate is."""
        assert "backend.trust.demo.paythru.com" == origin(site, "backend")["domain_name"]

    def test_waits_for_the_backend(self, site: Synthesized) -> None:
        """Nobody is sent to the backend before it accepts the secret header."""
        assert ["aws_sns_topic.rule"] == distribution(site)["depends_on"]


@pytest.mark.parametrize(("role", "index"), [("site", None), ("backend", 0), ("backend", 1)])
def test_security_headers(site: Synthesized, role: str, index: int | None) -> None:
    """The site's answers have all security headers, the backend's those that cannot harm."""
    behavior = distribution(site)["default_cache_behavior"] if index is None else behaviors(site)[index]
    (policy,) = (id_ for id_ in site.resources("aws_cloudfront_response_headers_policy") if f"headers_{role}" in id_)

    assert f"${{aws_cloudfront_response_headers_policy.{policy}.id}}" == behavior["response_headers_policy_id"]


@pytest.mark.parametrize(("fixture", "lifecycle"), [("site", {"prevent_destroy": True}), ("plain", None)])
def test_protection(request: pytest.FixtureRequest, fixture: str, lifecycle: dict[str, Any] | None) -> None:
    """A distribution takes the name that CloudFront gave it with it, so only a disposable one is destroyed."""
    assert lifecycle == distribution(request.getfixturevalue(fixture)).get("lifecycle")


def test_no_web_acl(site: Synthesized) -> None:
    """There is no web ACL unless somebody asks for one."""
    assert "web_acl_id" not in distribution(site)
    assert {} == site.resources("aws_wafv2_web_acl")
