"""What users upload: a private bucket that browsers use with addresses which the application signs."""

from collections.abc import Sequence
from typing import Annotated

from cdktf_cdktf_provider_aws.data_aws_iam_policy_document import (
    DataAwsIamPolicyDocumentStatementCondition,
    DataAwsIamPolicyDocumentStatementPrincipals,
)
from cdktf_cdktf_provider_aws.s3_bucket_cors_configuration import (
    S3BucketCorsConfiguration,
    S3BucketCorsConfigurationCorsRule,
)
from cdktf_cdktf_provider_aws.s3_bucket_policy import S3BucketPolicy
from constructs import Construct
from pydantic import Field, StringConstraints

from modules.iam import Statement, allow
from modules.private_bucket import PrivateBucket
from modules.settings import Settings

_UPLOADING = ["PUT", "POST"]
_READING = ["GET", "HEAD"]
_UPLOAD_HEADERS = ["content-md5", "content-type", "x-amz-*"]
"""What a browser may send beside what it always may: the type, the checksum and S3's own headers."""


class MediaSettings(Settings):
    """How uploads come in, and how long an address is good for."""

    upload_prefix: Annotated[
        str,
        StringConstraints(pattern=r"^([a-z0-9][a-z0-9_-]*/)+$", max_length=100),
        Field(description="one folder or more, such as uploads/"),
    ] = "uploads/"
    """Where addresses for uploads lead to. What the application accepts it moves elsewhere in the bucket."""

    pending_upload_days: Annotated[int, Field(ge=1, le=365)] = 2
    """When an upload is deleted that the application has not moved. What somebody began in parts and did not finish
    goes after seven days, wherever it is."""

    presigned_max_min: Annotated[int, Field(ge=2, le=7 * 24 * 60)] = 60
    """
    How old a signature may be, whatever the application signed: the bucket refuses older ones.

    At least 2 minutes, for clocks that differ (AWS Prescriptive Guidance, "Presigned URL best practices", appendix B);
    at most 7 days, which is all that signature version 4 knows. An address also ends with the credentials that signed
    it (S3 User Guide, "Download and upload objects with presigned URLs"), and those of a task last for hours.
    """

    cors_max_age_s: Annotated[int, Field(ge=0, le=86400)] = 3600
    """How long a browser remembers what it may do; no browser remembers longer than a day."""


class MediaBucket(Construct):
    """The bucket, with its rules for browsers, and what the application may do in it."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        region: str,
        origins: Sequence[str],
        disposable: bool,
        settings: MediaSettings,
    ) -> None:
        """
        Make the bucket.

        :param name: unique in all of AWS, so with the account id in it; cut when it is too long
        :param origins: the sites whose pages may upload and read, such as `https://trust.demo.paythru.com`
        :param disposable: whether destroying the stack deletes the objects too
        """
        super().__init__(scope, id_)
        self._settings, self._region = settings, region
        bucket = PrivateBucket(
            self,
            "bucket",
            name=name,
            disposable=disposable,
            expire_prefixes={settings.upload_prefix: settings.pending_upload_days},
        )
        bucket.allow(_deny_signatures_without_age(bucket.arn))
        bucket.allow(_deny_old_signatures(bucket.arn, settings.presigned_max_min))
        self.name: str = bucket.name
        self.arn: str = bucket.arn
        self.ready: list[S3BucketPolicy] = bucket.ready
        """What must exist before the bucket is used, for `depends_on`."""
        S3BucketCorsConfiguration(
            self,
            "cors",
            bucket=bucket.name,
            cors_rule=[
                S3BucketCorsConfigurationCorsRule(
                    allowed_origins=list(origins),
                    allowed_methods=[*_READING, *_UPLOADING],
                    allowed_headers=_UPLOAD_HEADERS,
                    expose_headers=["ETag"],
                    max_age_seconds=settings.cors_max_age_s,
                )
            ],
        )

    @property
    def environment(self) -> dict[str, str]:
        """What a task needs to find the bucket and to sign addresses that the bucket takes."""
        return {
            "MEDIA_BUCKET": self.name,
            "MEDIA_REGION": self._region,
            "MEDIA_UPLOAD_PREFIX": self._settings.upload_prefix,
            "MEDIA_URL_MAX_AGE_S": str(self._settings.presigned_max_min * 60),
        }

    def permissions(self) -> list[Statement]:
        """
        Say what the role of a task needs: what it signs, a browser may do with its rights and no others.

        Without ListBucket an object that is not there would be one that may not be read (S3 API, HeadObject).
        """
        objects = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
        return [allow(objects, [f"{self.arn}/*"]), allow(["s3:ListBucket"], [self.arn])]


def _deny_signatures_without_age(bucket_arn: str) -> Statement:
    """
    Refuse signature version 2, which `s3:signatureAge` is always 0 for: an address would be good for years.

    (S3 API Reference, "Amazon S3 Signature Version 4 Authentication Specific Policy Keys".) AWS's SDK for Python signs
    addresses with it in us-east-1 unless it is told otherwise (boto/botocore#3791).
    """
    return _deny("DenySignatureVersion2", bucket_arn, ("StringEquals", "s3:signatureversion", "AWS"))


def _deny_old_signatures(bucket_arn: str, max_min: int) -> Statement:
    """S3 API Reference, "Amazon S3 Signature Version 4 Authentication Specific Policy Keys": in milliseconds."""
    return _deny("DenyOldSignatures", bucket_arn, ("NumericGreaterThan", "s3:signatureAge", str(max_min * 60_000)))


def _deny(sid: str, bucket_arn: str, condition: tuple[str, str, str]) -> Statement:
    """Refuse whatever anybody does with an object when the condition holds: a test, a key and a value."""
    test, variable, value = condition
    return Statement(
        sid=sid,
        effect="Deny",
        actions=["s3:*"],
        resources=[f"{bucket_arn}/*"],
        principals=[DataAwsIamPolicyDocumentStatementPrincipals(type="*", identifiers=["*"])],
        condition=[DataAwsIamPolicyDocumentStatementCondition(test=test, variable=variable, values=[value])],
    )
