"""The S3 gateway endpoint: a free way to S3 that needs no NAT, for this account's buckets and images."""

from collections.abc import Sequence

from cdktf_cdktf_provider_aws.data_aws_iam_policy_document import (
    DataAwsIamPolicyDocument,
    DataAwsIamPolicyDocumentStatementCondition,
    DataAwsIamPolicyDocumentStatementPrincipals,
)
from cdktf_cdktf_provider_aws.vpc_endpoint import VpcEndpoint
from constructs import Construct

from modules.iam import Statement

_OF_BUCKETS = ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"]
_OF_OBJECTS = [
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:GetObject",
    "s3:GetObjectTagging",
    "s3:GetObjectVersion",
    "s3:ListMultipartUploadParts",
    "s3:PutObject",
    "s3:PutObjectTagging",
]
"""What an application does. Nothing in the VPC has to administer a bucket."""


class S3Endpoint(Construct):
    """
    An endpoint that takes all of the subnets' traffic to S3 in this region, and lets through what its policy allows.

    What it refuses cannot be had through NAT either, as its route is the more specific one.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        account_id: str,
        region: str,
        vpc_id: str,
        route_table_ids: Sequence[str],
        readable_buckets: Sequence[str],
    ) -> None:
        """
        Make the endpoint.

        :param name: the network's
        :param readable_buckets: names of buckets of others that may be read, with whatever credentials or none
        """
        super().__init__(scope, id_)
        policy = DataAwsIamPolicyDocument(
            self,
            "policy",
            statement=[
                _within_account("OwnBuckets", _OF_BUCKETS, "arn:aws:s3:::*", account_id),
                _within_account("OwnObjects", _OF_OBJECTS, "arn:aws:s3:::*/*", account_id),
                _readable([_layer_bucket(region), *readable_buckets]),
            ],
        )
        endpoint = VpcEndpoint(
            self,
            "endpoint",
            vpc_id=vpc_id,
            vpc_endpoint_type="Gateway",
            service_name=f"com.amazonaws.{region}.s3",
            route_table_ids=list(route_table_ids),
            policy=policy.json,
            tags={"Name": f"{name}-s3"},
        )
        self.prefix_list_id: str = endpoint.prefix_list_id
        """S3's addresses in this region, for the rules of a security group that may not reach the internet."""
        self.ready: list[VpcEndpoint] = [endpoint]
        """What must exist before S3 is reached, for `depends_on`."""


def _layer_bucket(region: str) -> str:
    """
    Name AWS's bucket with the layers of all images in this region's ECR.

    docs.aws.amazon.com/AmazonECR, "Minimum Amazon S3 Bucket Permissions for Amazon ECR".
    """
    return f"prod-{region}-starport-layer-bucket"


def _within_account(sid: str, actions: Sequence[str], resource: str, account_id: str) -> Statement:
    """
    Allow this account's principals to use this account's buckets, so that none of them carries data elsewhere.

    The values are exact: docs.aws.amazon.com/vpc, "Control access to VPC endpoints using endpoint policies" allows no
    wildcards in these keys, and no principal but * for a gateway endpoint.
    """
    return Statement(
        sid=sid,
        effect="Allow",
        actions=list(actions),
        resources=[resource],
        principals=[_ANYBODY],
        condition=[
            DataAwsIamPolicyDocumentStatementCondition(test="StringEquals", variable=variable, values=[account_id])
            for variable in ("aws:PrincipalAccount", "aws:ResourceAccount")
        ],
    )


def _readable(buckets: Sequence[str]) -> Statement:
    """Allow anybody to read: a layer's address is signed by ECR's own account, not by this one."""
    return Statement(
        sid="BucketsOfOthers",
        effect="Allow",
        actions=["s3:GetObject"],
        resources=[f"arn:aws:s3:::{bucket}/*" for bucket in buckets],
        principals=[_ANYBODY],
    )


_ANYBODY = DataAwsIamPolicyDocumentStatementPrincipals(type="*", identifiers=["*"])
