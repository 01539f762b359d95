"""Where a site's files are, and who may read them."""

from cdktf_cdktf_provider_aws.data_aws_iam_policy_document import (
    DataAwsIamPolicyDocumentStatementCondition,
    DataAwsIamPolicyDocumentStatementPrincipals,
)
from cdktf_cdktf_provider_aws.s3_bucket_policy import S3BucketPolicy
from constructs import Construct

from modules.iam import Statement
from modules.private_bucket import PrivateBucket


class SiteBucket(Construct):
    """A private bucket for a site's files. It keeps what a publish overwrites or removes for 30 days, to undo it."""

    def __init__(
        self, scope: Construct, id_: str, *, name: str, account_id: str, region: str, disposable: bool
    ) -> None:
        """
        Make the bucket.

        :param name: the bucket's name begins with it
        :param region: the bucket's own
        :param disposable: whether destroying the stack deletes the files too
        """
        super().__init__(scope, id_)
        self._bucket = PrivateBucket(self, "bucket", name=f"{name}-site-{account_id}", disposable=disposable)
        self.name: str = self._bucket.name
        self.arn: str = self._bucket.arn
        self.domain_name: str = f"{self._bucket.name}.s3.{region}.amazonaws.com"
        """With the region in it: the name without leads to redirects for hours after the bucket is made."""
        self.ready: list[S3BucketPolicy] = self._bucket.ready

    def let_read(self, distribution_arn: str) -> None:
        """
        Let one distribution read the files (CloudFront, "Restrict access to an Amazon S3 origin").

        With ListBucket S3 answers 404 for a file that is not there, instead of 403 (S3 API, GetObject, "Permissions").
        It lists nothing to visitors: CloudFront asks for keys only, because the function of `SpaFallback` rewrites each
        path that may stand for `/`, and no query string passes.
        """
        for sid, action, resource in (
            ("AllowCloudFrontRead", "s3:GetObject", f"{self.arn}/*"),
            ("AllowCloudFrontNotFound", "s3:ListBucket", self.arn),
        ):
            self._bucket.allow(
                Statement(
                    sid=sid,
                    effect="Allow",
                    actions=[action],
                    resources=[resource],
                    principals=[
                        DataAwsIamPolicyDocumentStatementPrincipals(
                            type="Service", identifiers=["cloudfront.amazonaws.com"]
                        )
                    ],
                    condition=[
                        DataAwsIamPolicyDocumentStatementCondition(
                            test="StringEquals", variable="aws:SourceArn", values=[distribution_arn]
                        )
                    ],
                )
            )
