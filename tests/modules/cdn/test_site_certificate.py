"""The site's certificate by itself."""

import cdktf
import pytest
from cdktf_cdktf_provider_aws.provider import AwsProvider

from modules.cdn.certificate import SiteCertificate
from modules.cdn.settings import SiteDomainSettings
from tests.modules.cdn.sample_site import CERTIFICATE, DOMAIN


@pytest.mark.parametrize("arn", [None, CERTIFICATE])
def test_provider_of_another_region(arn: str | None) -> None:
    """A certificate that is made elsewhere would be refused by CloudFront after minutes, so it is refused at synth.

    Source: CloudFront Developer Guide, "Requirements for using SSL/TLS certificates with CloudFront".
    """
    stack = cdktf.TerraformStack(cdktf.Testing.app(), "edgemind")

    with pytest.raises(ValueError, match="must be for us-east-1, got eu-west-1"):
        SiteCertificate(
            stack,
            "certificate",
            edge_provider=AwsProvider(stack, "aws", region="eu-west-1"),
            domain=SiteDomainSettings(domain_name=DOMAIN, certificate_arn=arn),
        )
