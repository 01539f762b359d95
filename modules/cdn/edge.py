"""The one region in which everything that belongs to CloudFront lives."""

from collections.abc import Mapping

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider, AwsProviderDefaultTags

EDGE_REGION = "us-east-1"
"""
Of the certificate (CloudFront Developer Guide, "Requirements for using SSL/TLS certificates with CloudFront"), of a web
ACL with the scope CLOUDFRONT (WAFV2 API, CreateWebACL), of the delivery of access logs ("Configure standard logging
(v2)") and of the metrics ("Monitor CloudFront metrics with Amazon CloudWatch").
"""


def declare_edge(stack: TerraformStack, *, account_id: str, tags: Mapping[str, str]) -> AwsProvider:
    """
    Give a stack a second provider, for CloudFront's region, with the account guard of the first.

    :param tags: all default tags of the stack's own provider
    """
    return AwsProvider(
        stack,
        "edge",
        alias="us_east_1",
        region=EDGE_REGION,
        allowed_account_ids=[account_id],
        default_tags=[AwsProviderDefaultTags(tags=dict(tags))],
    )


def check_edge(provider: AwsProvider) -> None:
    """
    Refuse a provider of another region, with which CloudFront would find nothing.

    :raises ValueError: the provider is for another region
    """
    if provider.region != EDGE_REGION:
        raise ValueError(f"the edge provider must be for {EDGE_REGION}, got {provider.region}")
