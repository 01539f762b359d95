"""What an environment says about its static site."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from modules.cdn.edge import EDGE_REGION
from modules.cdn.security_headers import SecurityHeadersSettings
from modules.cdn.web_acl import WebAclSettings
from modules.load_balancer.certificate import DomainSettings
from modules.settings import Settings, mistake
from modules.types import CertificateArn


class SiteDomainSettings(DomainSettings):
    """The site's domain, who keeps its DNS records, and where its certificate comes from."""

    certificate_arn: CertificateArn | None = None
    """An issued certificate for the domain, in us-east-1. None: one is made there, and is validated like the others."""

    @field_validator("certificate_arn")
    @classmethod
    def _is_where_cloudfront_looks(cls, arn: str | None) -> str | None:
        if arn is not None and arn.split(":")[3] != EDGE_REGION:
            raise mistake(f"must be in {EDGE_REGION}, the only region whose certificates CloudFront takes")
        return arn

    @field_validator("certificate_arn")
    @classmethod
    def _has_one_source(cls, arn: str | None, info: ValidationInfo) -> str | None:
        if arn is not None and info.data.get("certificate_issued") is True:
            raise mistake("must be None when certificate_issued is True, which speaks of a certificate made here")
        return arn

    @property
    def serves_https(self) -> bool:
        """Whether there is, or Terraform waits for, a certificate with which CloudFront can answer to the domain."""
        return self.certificate_arn is not None or super().serves_https


class StaticSiteSettings(Settings):
    """A single-page application's files on CloudFront."""

    domain: SiteDomainSettings | None = None
    """None: the site is at CloudFront's own name, `https://<id>.cloudfront.net`."""

    price_class: Literal["PriceClass_100", "PriceClass_200", "PriceClass_All"] = "PriceClass_100"
    """From where CloudFront answers: North America, Europe and Israel; all but South America, Australia and New
    Zealand; everywhere (CloudFront, "Choose the price class for a CloudFront distribution"). Whoever is elsewhere is
    served from farther away."""

    access_log_retention_days: Annotated[int, Field(ge=1)] = 90

    security_headers: SecurityHeadersSettings = Field(default_factory=SecurityHeadersSettings)

    web_acl: WebAclSettings | None = None
    """None: no web ACL, which costs 5 USD a month and 1 for each rule, so 9 by default, before the first request (AWS
    WAF's prices as third parties quoted them in 2026)."""
