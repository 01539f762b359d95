"""What CloudFront does with a request: once for the site's files, once for the paths of the backend."""

from cdktf_cdktf_provider_aws.cloudfront_cache_policy import (
    CloudfrontCachePolicy,
    CloudfrontCachePolicyParametersInCacheKeyAndForwardedToOrigin,
    CloudfrontCachePolicyParametersInCacheKeyAndForwardedToOriginCookiesConfig,
    CloudfrontCachePolicyParametersInCacheKeyAndForwardedToOriginHeadersConfig,
    CloudfrontCachePolicyParametersInCacheKeyAndForwardedToOriginQueryStringsConfig,
)
from cdktf_cdktf_provider_aws.cloudfront_distribution import (
    CloudfrontDistributionDefaultCacheBehavior,
    CloudfrontDistributionDefaultCacheBehaviorFunctionAssociation,
    CloudfrontDistributionOrderedCacheBehavior,
)
from constructs import Construct

from modules.names import physical_name

CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
"""The managed cache policy CachingDisabled (CloudFront, "Use managed cache policies"), the same in all accounts."""

ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
"""
The managed origin request policy AllViewerExceptHostHeader ("Use managed origin request policies"): all headers,
cookies and query strings, with the origin's name as `Host`, which is what its certificate is for.

A WebSocket needs `Sec-WebSocket-Key` and `Sec-WebSocket-Version` to reach the origin, and may need
`Sec-WebSocket-Protocol`, `-Accept` and `-Extensions` ("Use WebSockets with CloudFront distributions").
"""

_LONGEST_TTL_S = 31_536_000
_READS = ["GET", "HEAD"]
_ALL = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]


class SiteCachePolicy(Construct):
    """
    Caching as the files' own `Cache-Control` says: for up to a year, and not at all without that header.

    The least time is 0: CloudFront obeys `no-cache` only then ("Manage how long content stays in the cache").
    """

    def __init__(self, scope: Construct, id_: str, *, name: str) -> None:
        """
        Make the policy.

        :param name: the policy's name, unique in the account; cut when it is too long
        """
        super().__init__(scope, id_)
        policy = CloudfrontCachePolicy(
            self,
            "policy",
            name=physical_name("cache_policy", name),
            min_ttl=0,
            default_ttl=0,
            max_ttl=_LONGEST_TTL_S,
            # Nothing of a request changes a file, so all visitors share what is cached.
            parameters_in_cache_key_and_forwarded_to_origin=CloudfrontCachePolicyParametersInCacheKeyAndForwardedToOrigin(
                enable_accept_encoding_brotli=True,
                enable_accept_encoding_gzip=True,
                cookies_config=CloudfrontCachePolicyParametersInCacheKeyAndForwardedToOriginCookiesConfig(
                    cookie_behavior="none"
                ),
                headers_config=CloudfrontCachePolicyParametersInCacheKeyAndForwardedToOriginHeadersConfig(
                    header_behavior="none"
                ),
                query_strings_config=CloudfrontCachePolicyParametersInCacheKeyAndForwardedToOriginQueryStringsConfig(
                    query_string_behavior="none"
                ),
            ),
        )
        self.id: str = policy.id


def site_behavior(
    origin_id: str, *, cache_policy_id: str, headers_policy_id: str, fallback_arn: str
) -> CloudfrontDistributionDefaultCacheBehavior:
    """Write the behavior for all paths that no other takes: the site's files, and its page for its addresses."""
    return CloudfrontDistributionDefaultCacheBehavior(
        target_origin_id=origin_id,
        viewer_protocol_policy="redirect-to-https",
        allowed_methods=_READS,
        cached_methods=_READS,
        compress=True,
        cache_policy_id=cache_policy_id,
        response_headers_policy_id=headers_policy_id,
        function_association=[
            CloudfrontDistributionDefaultCacheBehaviorFunctionAssociation(
                event_type="viewer-request", function_arn=fallback_arn
            )
        ],
    )


def backend_behavior(
    origin_id: str, *, path_pattern: str, headers_policy_id: str
) -> CloudfrontDistributionOrderedCacheBehavior:
    """
    Write the behavior for paths of the backend, HTTP and WebSocket: nothing cached, all that the viewer sent passed on.

    Plain HTTP is refused, not redirected: a redirect would lose the body of a POST, and no browser follows one for a
    WebSocket (WHATWG WebSockets, "Establish a WebSocket connection").
    """
    return CloudfrontDistributionOrderedCacheBehavior(
        path_pattern=path_pattern,
        target_origin_id=origin_id,
        viewer_protocol_policy="https-only",
        allowed_methods=_ALL,
        cached_methods=_READS,
        # CloudFront compresses only what a cache policy lets it, which this one does not.
        compress=False,
        cache_policy_id=CACHING_DISABLED,
        origin_request_policy_id=ALL_VIEWER_EXCEPT_HOST,
        response_headers_policy_id=headers_policy_id,
    )
