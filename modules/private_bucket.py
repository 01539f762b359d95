"""A bucket that nobody reaches but those whom its consumer names."""

from collections.abc import Mapping

from cdktf_cdktf_provider_aws.data_aws_iam_policy_document import (
    DataAwsIamPolicyDocument,
    DataAwsIamPolicyDocumentStatementCondition,
    DataAwsIamPolicyDocumentStatementPrincipals,
)
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from cdktf_cdktf_provider_aws.s3_bucket_lifecycle_configuration import (
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleExpiration,
    S3BucketLifecycleConfigurationRuleFilter,
    S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration,
)
from cdktf_cdktf_provider_aws.s3_bucket_ownership_controls import (
    S3BucketOwnershipControls,
    S3BucketOwnershipControlsRule,
)
from cdktf_cdktf_provider_aws.s3_bucket_policy import S3BucketPolicy
from cdktf_cdktf_provider_aws.s3_bucket_public_access_block import S3BucketPublicAccessBlock
from cdktf_cdktf_provider_aws.s3_bucket_server_side_encryption_configuration import (
    S3BucketServerSideEncryptionConfigurationA,
    S3BucketServerSideEncryptionConfigurationRuleA,
    S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA,
)
from cdktf_cdktf_provider_aws.s3_bucket_versioning import S3BucketVersioningA, S3BucketVersioningVersioningConfiguration
from constructs import Construct

from modules.iam import Statement
from modules.names import physical_name

_KEEP_NONCURRENT_DAYS = 30
_KEEP_INCOMPLETE_UPLOAD_DAYS = 7


class PrivateBucket(Construct):
    """A bucket without public access and ACLs, encrypted with S3's own keys (SSE-S3), reached over TLS only."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        disposable: bool,
        versioned: bool = True,
        expire_after_days: int | None = None,
        expire_prefixes: Mapping[str, int] | None = None,
    ) -> None:
        """
        Make the bucket.

        :param name: unique in all of AWS, so with the account id in it; cut when it is too long
        :param disposable: whether destroying the stack deletes the objects too
        :param versioned: whether what is overwritten or deleted is kept for 30 days more
        :param expire_after_days: the age at which an object is deleted; None for never
        :param expire_prefixes: prefix → the age at which an object with it is deleted, whatever holds for the others
        """
        super().__init__(scope, id_)
        bucket = S3Bucket(self, "bucket", bucket=physical_name("bucket", name), force_destroy=disposable)
        self.name: str = bucket.bucket
        self.arn: str = bucket.arn
        self._id: str = bucket.id
        public_access = self._declare_access()
        rules = [
            _removal(versioned=versioned, expire_after_days=expire_after_days),
            *(_expiry(prefix, days) for prefix, days in ({} if expire_prefixes is None else expire_prefixes).items()),
        ]
        self._declare_storage(rules, versioned=versioned)
        self._statements = [_deny_insecure_transport(bucket.arn)]
        self._policy = DataAwsIamPolicyDocument(self, "policy_document", statement=self._statements)
        # S3 refuses two changes of a bucket's access at the same time (OperationAborted).
        policy = S3BucketPolicy(self, "policy", bucket=bucket.id, policy=self._policy.json, depends_on=[public_access])
        self.ready: list[S3BucketPolicy] = [policy]
        """What must exist before those whom the policy names can use the bucket, for `depends_on`."""

    def allow(self, statement: Statement) -> None:
        """Add a statement to the bucket's policy, which must name its principals."""
        self._statements.append(statement)
        self._policy.put_statement(self._statements)

    def _declare_access(self) -> S3BucketPublicAccessBlock:
        S3BucketOwnershipControls(
            self,
            "ownership",
            bucket=self._id,
            rule=S3BucketOwnershipControlsRule(object_ownership="BucketOwnerEnforced"),
        )
        return S3BucketPublicAccessBlock(
            self,
            "public_access",
            bucket=self._id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
        )

    def _declare_storage(self, rules: list[S3BucketLifecycleConfigurationRule], *, versioned: bool) -> None:
        S3BucketServerSideEncryptionConfigurationA(
            self,
            "encryption",
            bucket=self._id,
            rule=[
                S3BucketServerSideEncryptionConfigurationRuleA(
                    apply_server_side_encryption_by_default=S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA(
                        sse_algorithm="AES256"
                    )
                )
            ],
        )
        versions = []
        if versioned:
            enabled = S3BucketVersioningVersioningConfiguration(status="Enabled")
            versions = [S3BucketVersioningA(self, "versioning", bucket=self._id, versioning_configuration=enabled)]
        S3BucketLifecycleConfiguration(
            self,
            "lifecycle",
            bucket=self._id,
            rule=rules,
            # Rules for noncurrent versions need a versioned bucket.
            depends_on=versions,
        )


def _removal(*, versioned: bool, expire_after_days: int | None) -> S3BucketLifecycleConfigurationRule:
    expiration = S3BucketLifecycleConfigurationRuleExpiration(days=expire_after_days)
    noncurrent = S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(noncurrent_days=_KEEP_NONCURRENT_DAYS)
    return S3BucketLifecycleConfigurationRule(
        id="remove-what-is-left-over",
        status="Enabled",
        filter=[S3BucketLifecycleConfigurationRuleFilter(prefix="")],
        abort_incomplete_multipart_upload=[
            S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(
                days_after_initiation=_KEEP_INCOMPLETE_UPLOAD_DAYS
            )
        ],
        expiration=None if expire_after_days is None else [expiration],
        noncurrent_version_expiration=[noncurrent] if versioned else None,
    )


def _expiry(prefix: str, days: int) -> S3BucketLifecycleConfigurationRule:
    return S3BucketLifecycleConfigurationRule(
        id=f"expire-{prefix.strip('/').replace('/', '-')}",
        status="Enabled",
        filter=[S3BucketLifecycleConfigurationRuleFilter(prefix=prefix)],
        expiration=[S3BucketLifecycleConfigurationRuleExpiration(days=days)],
    )


def _deny_insecure_transport(bucket_arn: str) -> Statement:
    return Statement(
        sid="DenyInsecureTransport",
        effect="Deny",
        actions=["s3:*"],
        resources=[bucket_arn, f"{bucket_arn}/*"],
        principals=[DataAwsIamPolicyDocumentStatementPrincipals(type="*", identifiers=["*"])],
        condition=[
            DataAwsIamPolicyDocumentStatementCondition(test="Bool", variable="aws:SecureTransport", values=["false"])
        ],
    )
