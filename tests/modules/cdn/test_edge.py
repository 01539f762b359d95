"""The second provider, for CloudFront's region."""

import cdktf
import pytest
from cdktf_cdktf_provider_aws.provider import AwsProvider

from modules.cdn.edge import check_edge, declare_edge
from tests.modules.cdn.sample_site import ACCOUNT
from tests.support import synth_stack


def test_provider() -> None:
    """It has the account guard and the tags of the stack's own, and a name by which resources choose it."""

    def declare(app: cdktf.App) -> cdktf.TerraformStack:
        stack = cdktf.TerraformStack(app, "edgemind")
        AwsProvider(stack, "aws", region="eu-west-1")
        declare_edge(stack, account_id=ACCOUNT, tags={"Stack": "edgemind"})
        return stack

    assert {
        "alias": "us_east_1",
        "region": "us-east-1",
        "allowed_account_ids": [ACCOUNT],
        "default_tags": [{"tags": {"Stack": "edgemind"}}],
    } == synth_stack(declare).document["provider"]["aws"][1]


@pytest.mark.parametrize("region", ["eu-west-1", None])
def test_another_region(region: str | None) -> None:
    """Another provider is refused, also one that takes its region from the machine."""
    provider = AwsProvider(cdktf.TerraformStack(cdktf.Testing.app(), "edgemind"), "aws", region=region)

    with pytest.raises(ValueError, match=f"must be for us-east-1, got {region}"):
        check_edge(provider)
