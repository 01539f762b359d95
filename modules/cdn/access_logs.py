"""Where CloudFront writes down every request."""

from cdktf_cdktf_provider_aws.cloudwatch_log_delivery import CloudwatchLogDelivery
from cdktf_cdktf_provider_aws.cloudwatch_log_delivery_destination import (
    CloudwatchLogDeliveryDestination,
    CloudwatchLogDeliveryDestinationDeliveryDestinationConfiguration,
)
from cdktf_cdktf_provider_aws.cloudwatch_log_delivery_source import CloudwatchLogDeliverySource
from cdktf_cdktf_provider_aws.data_aws_iam_policy_document import (
    DataAwsIamPolicyDocumentStatementCondition,
    DataAwsIamPolicyDocumentStatementPrincipals,
)
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

from modules.cdn.edge import EDGE_REGION, check_edge
from modules.iam import Statement
from modules.names import physical_name
from modules.private_bucket import PrivateBucket


class DistributionLogs(Construct):
    """
    A bucket for the access logs of one distribution, in the format of the W3C, below `AWSLogs/<account>/CloudFront/`.

    This is CloudFront's standard logging v2: the older kind writes to buckets with ACLs only. No path is set, because
    AWS puts that prefix before one when it is made and not when it is changed (hashicorp/terraform-provider-aws#46328).
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        account_id: str,
        edge_provider: AwsProvider,
        distribution_arn: str,
        disposable: bool,
        retention_days: int,
    ) -> None:
        """
        Make the bucket, and let the logs be delivered to it.

        :param name: what is logged; unique in the account
        :param edge_provider: the provider for us-east-1, where alone CloudFront's logs can be sent on from
        :raises ValueError: the provider is for another region
        """
        super().__init__(scope, id_)
        check_edge(edge_provider)
        bucket = PrivateBucket(
            self,
            "bucket",
            name=f"{name}-cdn-logs-{account_id}",
            disposable=disposable,
            # A log file is written once.
            versioned=False,
            expire_after_days=retention_days,
        )
        self.bucket_name: str = bucket.name
        self.bucket_arn: str = bucket.arn
        delivery_name = physical_name("log_delivery", name, "cdn")
        bucket.allow(_delivery(bucket.arn, account_id, delivery_name))
        source = CloudwatchLogDeliverySource(
            self,
            "source",
            provider=edge_provider,
            name=delivery_name,
            log_type="ACCESS_LOGS",
            resource_arn=distribution_arn,
        )
        configuration = CloudwatchLogDeliveryDestinationDeliveryDestinationConfiguration(
            destination_resource_arn=bucket.arn
        )
        destination = CloudwatchLogDeliveryDestination(
            self,
            "destination",
            provider=edge_provider,
            name=delivery_name,
            output_format="w3c",
            delivery_destination_configuration=[configuration],
        )
        CloudwatchLogDelivery(
            self,
            "delivery",
            provider=edge_provider,
            delivery_source_name=source.name,
            delivery_destination_arn=destination.arn,
            # AWS would write the policy itself, which Terraform would then take away (CreateDelivery).
            depends_on=bucket.ready,
        )


def _delivery(bucket_arn: str, account_id: str, delivery_name: str) -> Statement:
    """CloudWatch Logs, "Logs sent to Amazon S3" with V2 permissions, for this one source."""
    return Statement(
        sid="AWSLogDeliveryWrite",
        effect="Allow",
        actions=["s3:PutObject"],
        resources=[f"{bucket_arn}/AWSLogs/{account_id}/CloudFront/*"],
        principals=[
            DataAwsIamPolicyDocumentStatementPrincipals(type="Service", identifiers=["delivery.logs.amazonaws.com"])
        ],
        condition=[
            DataAwsIamPolicyDocumentStatementCondition(
                test="StringEquals", variable="s3:x-amz-acl", values=["bucket-owner-full-control"]
            ),
            DataAwsIamPolicyDocumentStatementCondition(
                test="StringEquals", variable="aws:SourceAccount", values=[account_id]
            ),
            DataAwsIamPolicyDocumentStatementCondition(
                test="ArnLike",
                variable="aws:SourceArn",
                values=[f"arn:aws:logs:{EDGE_REGION}:{account_id}:delivery-source:{delivery_name}"],
            ),
        ],
    )
