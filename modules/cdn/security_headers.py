"""The headers by which a browser protects whoever visits the site."""

import re
from typing import Annotated, Literal

from cdktf_cdktf_provider_aws.cloudfront_response_headers_policy import (
    CloudfrontResponseHeadersPolicy,
    CloudfrontResponseHeadersPolicyCustomHeadersConfig,
    CloudfrontResponseHeadersPolicyCustomHeadersConfigItems,
    CloudfrontResponseHeadersPolicySecurityHeadersConfig,
    CloudfrontResponseHeadersPolicySecurityHeadersConfigContentSecurityPolicy,
    CloudfrontResponseHeadersPolicySecurityHeadersConfigContentTypeOptions,
    CloudfrontResponseHeadersPolicySecurityHeadersConfigFrameOptions,
    CloudfrontResponseHeadersPolicySecurityHeadersConfigReferrerPolicy,
    CloudfrontResponseHeadersPolicySecurityHeadersConfigStrictTransportSecurity,
)
from constructs import Construct
from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from modules.names import physical_name
from modules.settings import Settings, mistake

_SELF = "'self'"
_NONE = "'none'"
_CONNECT = "connect-src"
_STRICT = {
    "default-src": [_SELF],
    "base-uri": [_SELF],
    "connect-src": [_SELF],
    "form-action": [_SELF],
    "frame-ancestors": [_NONE],
    "img-src": [_SELF, "data:"],
    "object-src": [_NONE],
}
_LONGEST_CSP = 1783 - len(" wss://") - 64
"""Service Quotas, CloudFront, "Length of the content security policy value in a response headers policy": 1783
characters, unless AWS raises it; some of them are kept for the domain's."""

_PRELOAD_AGE_S = 31_536_000

Directive = Annotated[
    str, StringConstraints(pattern=r"^[a-z-]+$"), Field(description="the name of a directive, such as connect-src")
]
Source = Annotated[
    str,
    StringConstraints(pattern=r"^[^\s;,]+$"),
    Field(description="a source without spaces, commas and semicolons, such as 'self' (with the quotes)"),
]
"""Content Security Policy Level 3, "Framework": these characters separate sources, policies and directives."""


class SecurityHeadersSettings(Settings):
    """What a browser may do on the site's pages."""

    content_security_policy: dict[Directive, list[Source]] = Field(default_factory=lambda: dict(_STRICT))
    """Directives and their sources. The default lets a page use what comes from the site itself, and connect to the
    backend. Where `connect-src` has `'self'`, the domain's `wss:` is added for browsers that do not count WebSockets to
    `'self'`; today's do (Content Security Policy Level 3, "Does url match expression in origin with redirect
    count?")."""

    hsts_max_age_s: Annotated[int, Field(ge=0, le=63_072_000)] = 31_536_000
    """How long browsers refuse plain HTTP (RFC 6797). 0 makes them forget it."""

    hsts_include_subdomains: bool = False
    """Whether that holds for all names below the site's as well, whoever they belong to: below a company's own domain,
    whatever still speaks plain HTTP is out of reach until a browser forgets (RFC 6797, 11.4.2). AWS's managed policy
    SecurityHeadersPolicy leaves it out too."""

    hsts_preload: bool = False
    """Whether browsers may ship with the rule, which is hard to take back and asks for a year and all subdomains
    (hstspreload.org, "Submission Requirements")."""

    frame: Literal["DENY", "SAMEORIGIN"] = "DENY"
    """Who may show the site in a frame, for browsers that do not know `frame-ancestors`."""

    referrer: Literal["no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"] = (
        "strict-origin-when-cross-origin"
    )
    """What other sites learn about the page that a visitor comes from."""

    permissions_policy: Annotated[str, Field(min_length=1, max_length=1024)] = (
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), "
        "microphone=(), midi=(), payment=(), usb=()"
    )
    """Which of the browser's devices the pages may use: by default none (W3C, "Permissions Policy")."""

    @field_validator("content_security_policy")
    @classmethod
    def _fits(cls, policy: dict[str, list[str]]) -> dict[str, list[str]]:
        if len(_write(policy)) > _LONGEST_CSP:
            raise mistake(f"must have at most {_LONGEST_CSP} characters when written out")
        return policy

    @field_validator("hsts_preload")
    @classmethod
    def _is_accepted(cls, preload: bool, info: ValidationInfo) -> bool:
        age_s, subdomains = info.data.get("hsts_max_age_s"), info.data.get("hsts_include_subdomains")
        if preload and (subdomains is False or (age_s is not None and age_s < _PRELOAD_AGE_S)):
            raise mistake(
                f"must be False, or hsts_include_subdomains True and hsts_max_age_s at least {_PRELOAD_AGE_S}: "
                "browsers preload nothing less"
            )
        return preload

    @field_validator("permissions_policy")
    @classmethod
    def _is_one_line(cls, policy: str) -> str:
        if re.fullmatch(r"[\x20-\x7e]+", policy) is None:
            raise mistake("must be one line of ASCII characters")
        return policy


class SecurityHeaders(Construct):
    """
    The headers that CloudFront adds to answers: all of them to the site's, and to the backend's those that cannot harm.

    The site's replace whatever the bucket sends. The backend's stand back for those that the backend sends itself, and
    have neither a content security policy nor a permissions policy: what the backend shows is its own matter.
    """

    def __init__(
        self, scope: Construct, id_: str, *, name: str, domain_name: str | None, settings: SecurityHeadersSettings
    ) -> None:
        """
        Make both policies.

        :param name: unique in the account
        :param domain_name: the site's own name; None for CloudFront's, which the policy cannot know before it exists
        """
        super().__init__(scope, id_)
        site = CloudfrontResponseHeadersPolicy(
            self,
            "site",
            name=physical_name("response_headers_policy", name, "site"),
            security_headers_config=_security_headers(
                settings, policy=_write(_with_web_socket(settings.content_security_policy, domain_name))
            ),
            custom_headers_config=CloudfrontResponseHeadersPolicyCustomHeadersConfig(
                items=[
                    CloudfrontResponseHeadersPolicyCustomHeadersConfigItems(
                        header="Permissions-Policy", value=settings.permissions_policy, override=True
                    )
                ]
            ),
        )
        backend = CloudfrontResponseHeadersPolicy(
            self,
            "backend",
            name=physical_name("response_headers_policy", name, "backend"),
            security_headers_config=_security_headers(settings, policy=None),
        )
        self.site_policy_id: str = site.id
        self.backend_policy_id: str = backend.id


def _with_web_socket(policy: dict[str, list[str]], domain_name: str | None) -> dict[str, list[str]]:
    sources = policy.get(_CONNECT, [])
    if domain_name is None or _SELF not in sources:
        return policy
    return policy | {_CONNECT: [*sources, f"wss://{domain_name}"]}


def _write(policy: dict[str, list[str]]) -> str:
    return "; ".join(" ".join([directive, *sources]) for directive, sources in policy.items())


def _security_headers(
    settings: SecurityHeadersSettings, *, policy: str | None
) -> CloudfrontResponseHeadersPolicySecurityHeadersConfig:
    """Write the headers; without a policy they are for the backend, which may replace them."""
    override = policy is not None
    return CloudfrontResponseHeadersPolicySecurityHeadersConfig(
        content_security_policy=None
        if policy is None
        else CloudfrontResponseHeadersPolicySecurityHeadersConfigContentSecurityPolicy(
            content_security_policy=policy, override=True
        ),
        # It has no other value that a backend could prefer.
        content_type_options=CloudfrontResponseHeadersPolicySecurityHeadersConfigContentTypeOptions(override=True),
        frame_options=CloudfrontResponseHeadersPolicySecurityHeadersConfigFrameOptions(
            frame_option=settings.frame, override=override
        ),
        referrer_policy=CloudfrontResponseHeadersPolicySecurityHeadersConfigReferrerPolicy(
            referrer_policy=settings.referrer, override=override
        ),
        # The browser keeps one for the name, whoever of the two answered last.
        strict_transport_security=CloudfrontResponseHeadersPolicySecurityHeadersConfigStrictTransportSecurity(
            access_control_max_age_sec=settings.hsts_max_age_s,
            include_subdomains=settings.hsts_include_subdomains,
            preload=settings.hsts_preload,
            override=True,
        ),
    )
