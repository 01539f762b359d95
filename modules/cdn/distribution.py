"""CloudFront before the site's files and before the backend."""

from collections.abc import Sequence
from typing import Any

from cdktf import ITerraformDependable, Precondition, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.cloudfront_distribution import (
    CloudfrontDistribution,
    CloudfrontDistributionDefaultCacheBehavior,
    CloudfrontDistributionOrderedCacheBehavior,
    CloudfrontDistributionOrigin,
    CloudfrontDistributionOriginCustomHeader,
    CloudfrontDistributionOriginCustomOriginConfig,
    CloudfrontDistributionRestrictions,
    CloudfrontDistributionRestrictionsGeoRestriction,
    CloudfrontDistributionViewerCertificate,
)
from cdktf_cdktf_provider_aws.cloudfront_origin_access_control import CloudfrontOriginAccessControl
from constructs import Construct

from modules.cdn.backend_origin import BackendOrigin
from modules.cdn.behaviors import SiteCachePolicy, backend_behavior, site_behavior
from modules.cdn.certificate import SiteCertificate
from modules.cdn.security_headers import SecurityHeaders
from modules.cdn.settings import StaticSiteSettings
from modules.cdn.site_bucket import SiteBucket
from modules.cdn.spa_fallback import SpaFallback
from modules.names import physical_name

_SITE = "site"
_BACKEND = "backend"

_TLS_POLICY = "TLSv1.2_2021"
"""TLS 1.2 and 1.3 with forward secrecy and authenticated encryption only (CloudFront, "Supported protocols and ciphers
between viewers and CloudFront"). The newest that provider 5.100.0 knows: TLSv1.2_2025, which does without ChaCha20 in
TLS 1.2, needs a later one (hashicorp/terraform-provider-aws#43840). CloudFront's own certificate comes with TLSv1,
which nobody can change (CloudFront API, ViewerCertificate, MinimumProtocolVersion)."""


class Distribution(Construct):
    """
    A distribution over HTTP/1.1, 2 and 3, IPv4 and IPv6, which reads the site's bucket with its own signature.

    HTTP/3 needs TLS 1.3, which each of CloudFront's TLS policies has (CloudFront API, DistributionConfig, HttpVersion).
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        bucket: SiteBucket,
        backend: BackendOrigin,
        certificate: SiteCertificate | None,
        web_acl_arn: str | None,
        disposable: bool,
        settings: StaticSiteSettings,
    ) -> None:
        """
        Make the distribution, with its policies.

        :param name: unique in the account
        :param certificate: None: the distribution has CloudFront's name only
        :param disposable: whether destroying the stack may delete it, and with it the name that CloudFront gave it
        """
        super().__init__(scope, id_)
        self._name = name
        self._settings = settings
        preconditions = [] if certificate is None else certificate.preconditions
        default, ordered = self._behaviors(backend)
        distribution = CloudfrontDistribution(
            self,
            "distribution",
            comment=name,
            enabled=True,
            http_version="http2and3",
            is_ipv6_enabled=True,
            price_class=settings.price_class,
            default_root_object="index.html",
            **self._identity(None if certificate is None else certificate.arn),
            web_acl_id=web_acl_arn,
            origin=[self._site_origin(bucket), _backend_origin(backend)],
            default_cache_behavior=default,
            ordered_cache_behavior=ordered,
            restrictions=CloudfrontDistributionRestrictions(
                geo_restriction=CloudfrontDistributionRestrictionsGeoRestriction(restriction_type="none")
            ),
            lifecycle=_lifecycle(preconditions, disposable=disposable),
            depends_on=list(backend.ready),
        )
        self.id: str = distribution.id
        self.arn: str = distribution.arn
        self.domain_name: str = distribution.domain_name
        """CloudFront's own name for it."""
        self.zone_id: str = distribution.hosted_zone_id
        """The hosted zone of `domain_name`, for alias records."""
        self.ready: list[ITerraformDependable] = [distribution]

    def _behaviors(
        self, backend: BackendOrigin
    ) -> tuple[CloudfrontDistributionDefaultCacheBehavior, list[CloudfrontDistributionOrderedCacheBehavior]]:
        domain = self._settings.domain
        headers = SecurityHeaders(
            self,
            "headers",
            name=self._name,
            domain_name=None if domain is None else domain.domain_name,
            settings=self._settings.security_headers,
        )
        default = site_behavior(
            _SITE,
            cache_policy_id=SiteCachePolicy(self, "cache", name=self._name).id,
            headers_policy_id=headers.site_policy_id,
            fallback_arn=SpaFallback(self, "spa_fallback", name=self._name).arn,
        )
        return default, [
            backend_behavior(_BACKEND, path_pattern=pattern, headers_policy_id=headers.backend_policy_id)
            for pattern in backend.path_patterns
        ]

    def _identity(self, certificate_arn: str | None) -> dict[str, Any]:
        domain = self._settings.domain
        if domain is None or certificate_arn is None:
            default = CloudfrontDistributionViewerCertificate(cloudfront_default_certificate=True)
            return {"viewer_certificate": default}
        own = CloudfrontDistributionViewerCertificate(
            acm_certificate_arn=certificate_arn, minimum_protocol_version=_TLS_POLICY, ssl_support_method="sni-only"
        )
        return {"aliases": [domain.domain_name], "viewer_certificate": own}

    def _site_origin(self, bucket: SiteBucket) -> CloudfrontDistributionOrigin:
        control = CloudfrontOriginAccessControl(
            self,
            "access_control",
            name=physical_name("origin_access_control", self._name),
            origin_access_control_origin_type="s3",
            signing_behavior="always",
            signing_protocol="sigv4",
        )
        return CloudfrontDistributionOrigin(
            origin_id=_SITE, domain_name=bucket.domain_name, origin_access_control_id=control.id
        )


def _backend_origin(backend: BackendOrigin) -> CloudfrontDistributionOrigin:
    return CloudfrontDistributionOrigin(
        origin_id=_BACKEND,
        domain_name=backend.domain_name,
        custom_origin_config=CloudfrontDistributionOriginCustomOriginConfig(
            http_port=80,
            https_port=443,
            origin_protocol_policy="https-only" if backend.uses_https else "http-only",
            origin_ssl_protocols=["TLSv1.2"],
            origin_read_timeout=backend.read_timeout_s,
            origin_keepalive_timeout=backend.keepalive_timeout_s,
        ),
        custom_header=[
            CloudfrontDistributionOriginCustomHeader(name=backend.secret_header_name, value=backend.secret_header_value)
        ],
    )


def _lifecycle(preconditions: Sequence[Precondition], *, disposable: bool) -> TerraformResourceLifecycle | None:
    if disposable and not preconditions:
        return None
    return TerraformResourceLifecycle(
        prevent_destroy=None if disposable else True, precondition=list(preconditions) if preconditions else None
    )
