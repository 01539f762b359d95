"""A static site as the tests of its parts build it."""

from dataclasses import replace
from typing import Any

from cdktf import App, TerraformOutput, TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.sns_topic import SnsTopic

from modules.cdn.backend_origin import BackendOrigin, BackendSettings
from modules.cdn.edge import declare_edge
from modules.cdn.settings import StaticSiteSettings
from modules.cdn.static_site import StaticSite
from tests.support import Synthesized, synth_stack

ACCOUNT = "956880242582"
DOMAIN = "trust.demo.paythru.com"
ZONE = "Z0123456789ABC"
CERTIFICATE = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/11111111-2222-3333-4444-555555555555"
SECRET = "${random_password.secret.result}"
NAME = "edgemind"

ORIGIN = BackendOrigin(
    domain_name="backend.trust.demo.paythru.com",
    uses_https=True,
    secret_header_name="X-Origin-Verify",
    secret_header_value=SECRET,
    **dict(BackendSettings()),
)


def site_in(stack: TerraformStack, settings: StaticSiteSettings, *, disposable: bool, **origin: Any) -> StaticSite:  # noqa: ANN401 any field
    """Put a site in eu-west-1 into a stack, with a backend that differs from `ORIGIN` as said."""
    # A stack needs the provider that everything without one of its own uses.
    AwsProvider(stack, "aws", region="eu-west-1")
    return StaticSite(
        stack,
        "site",
        name=NAME,
        account_id=ACCOUNT,
        region="eu-west-1",
        edge_provider=declare_edge(stack, account_id=ACCOUNT, tags={"Stack": "edgemind"}),
        origin=replace(ORIGIN, **origin),
        disposable=disposable,
        settings=settings,
    )


def build(*, disposable: bool = False, origin: dict[str, Any] | None = None, **settings: Any) -> Synthesized:  # noqa: ANN401
    """Synthesize a site, whose backend waits for one resource, with what it publishes as outputs."""

    def declare(app: App) -> TerraformStack:
        stack = TerraformStack(app, "edgemind")
        rule = SnsTopic(stack, "rule")
        site = site_in(
            stack, StaticSiteSettings(**settings), disposable=disposable, **({"ready": [rule]} | (origin or {}))
        )
        for name in ("bucket_name", "bucket_arn", "distribution_id", "distribution_arn", "domain_name", "url"):
            TerraformOutput(stack, name, value=getattr(site, name))
        TerraformOutput(stack, "validation_records", value=site.validation_records)
        # Whoever waits for the site shows what that is.
        SnsTopic(stack, "visitor", depends_on=site.ready)
        return stack

    return synth_stack(declare)


def address(stack: Synthesized, type_: str) -> str:
    """Find the address of the only resource of a type."""
    (id_,) = stack.resources(type_)
    return f"{type_}.{id_}"
