"""Where a load balancer writes down every request."""

from cdktf_cdktf_provider_aws.data_aws_iam_policy_document import DataAwsIamPolicyDocumentStatementPrincipals
from cdktf_cdktf_provider_aws.s3_bucket_policy import S3BucketPolicy
from constructs import Construct

from modules.iam import Statement
from modules.private_bucket import PrivateBucket

_LOG_DELIVERY = "logdelivery.elasticloadbalancing.amazonaws.com"
"""Docs.aws.amazon.com/elasticloadbalancing, "Enable access logs for your Application Load Balancer": this principal for
every region, instead of the account of the region that the older policies named."""


class AccessLogs(Construct):
    """A bucket for the access logs of this account's load balancers."""

    def __init__(
        self, scope: Construct, id_: str, *, name: str, account_id: str, disposable: bool, retention_days: int
    ) -> None:
        super().__init__(scope, id_)
        # ELB writes to buckets with SSE-S3 only (the page above).
        bucket = PrivateBucket(
            self, "bucket", name=f"{name}-{account_id}", disposable=disposable, expire_after_days=retention_days
        )
        bucket.allow(
            Statement(
                sid="AllowLogDelivery",
                effect="Allow",
                actions=["s3:PutObject"],
                # The account in the path is the load balancer's, so no other account's load balancer gets in. The page
                # asks for no condition, and a request without the key that a condition names would be refused.
                resources=[f"{bucket.arn}/AWSLogs/{account_id}/*"],
                principals=[DataAwsIamPolicyDocumentStatementPrincipals(type="Service", identifiers=[_LOG_DELIVERY])],
            )
        )
        self.bucket_name: str = bucket.name
        self.bucket_arn: str = bucket.arn
        self.ready: list[S3BucketPolicy] = bucket.ready
        """What must exist before a load balancer may be told to log here: it writes a test file at once."""
