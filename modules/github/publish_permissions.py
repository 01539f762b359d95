"""
What the job of a pipeline may do that publishes a static site: `infra publish`, and nothing else.

Exact actions on exact resources; which action has which resource type is docs.aws.amazon.com/service-authorization.
"""

from dataclasses import dataclass

from modules.arns import Arns
from modules.iam import Statement, allow


@dataclass(frozen=True, kw_only=True)
class Publishable:
    """What is published to."""

    bucket_arn: str
    distribution_arn: str
    manifest_parameter_arn: str


def publish_permissions(arns: Arns, stack: str, site: Publishable) -> list[Statement]:
    """Read the manifest, hold the lock, send, copy and remove the files, and let CloudFront drop the old ones."""
    return [
        allow(["ssm:GetParameter"], [site.manifest_parameter_arn]),
        allow(
            ["ssm:DeleteParameter", "ssm:GetParameter", "ssm:PutParameter"],
            [arns.of("ssm", f"parameter/{stack}/publish-lock/site")],
        ),
        allow(["s3:ListBucket"], [site.bucket_arn]),
        # A copy within the bucket is GetObject and PutObject; HeadObject is GetObject (S3 API, CopyObject, HeadObject).
        allow(["s3:DeleteObject", "s3:GetObject", "s3:PutObject"], [f"{site.bucket_arn}/*"]),
        allow(["cloudfront:CreateInvalidation", "cloudfront:GetInvalidation"], [site.distribution_arn]),
    ]
