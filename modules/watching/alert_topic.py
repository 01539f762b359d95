"""The SNS topic that alarms and budgets report to."""

from collections.abc import Sequence
from typing import Annotated

from cdktf_cdktf_provider_aws.data_aws_iam_policy_document import (
    DataAwsIamPolicyDocument,
    DataAwsIamPolicyDocumentStatementCondition,
    DataAwsIamPolicyDocumentStatementPrincipals,
)
from cdktf_cdktf_provider_aws.sns_topic import SnsTopic
from cdktf_cdktf_provider_aws.sns_topic_policy import SnsTopicPolicy
from cdktf_cdktf_provider_aws.sns_topic_subscription import SnsTopicSubscription
from constructs import Construct
from pydantic import AfterValidator, Field, StringConstraints

from modules.iam import Statement
from modules.names import physical_name
from modules.settings import Settings, mistake

_PUBLISH = ["sns:Publish"]

Email = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9._+-]{1,64}@([a-z0-9-]{1,63}\.)+[a-z]{2,63}$"),
    Field(description="an e-mail address whose domain is in lower case"),
]


def _check_different(emails: list[str]) -> list[str]:
    if len({email.lower() for email in emails}) < len(emails):
        raise mistake("must name every address once")
    return emails


class AlertTopicSettings(Settings):
    """Who is told."""

    emails: Annotated[list[Email], AfterValidator(_check_different)] = Field(default_factory=list)
    """
    Addresses that get every message once they have followed the link in the first one. SNS drops those that have not
    after 48 hours (aws.amazon.com/about-aws/whats-new, 2023-05-10), and the next apply asks them again.
    """


class AlertTopic(Construct):
    """
    A topic to which only CloudWatch's alarms and Budgets of this account may publish, over TLS.

    Whoever has `sns:Publish` by an IAM policy of the account may as well; no role here has it.

    It has no KMS key. CloudWatch cannot publish to a topic under the AWS-managed `alias/aws/sns`, whose policy nobody
    can change (repost.aws/knowledge-center/cloudwatch-configure-alarm-sns), and does so silently: the alarm fires and
    nothing is sent. A key of one's own costs a dollar a month for messages that hold a name, a number and a threshold
    and leave as plain e-mail.
    """

    def __init__(
        self, scope: Construct, id_: str, *, name: str, account_id: str, region: str, settings: AlertTopicSettings
    ) -> None:
        super().__init__(scope, id_)
        self.name: str = physical_name("topic", name, "alerts")
        topic = SnsTopic(self, "topic", name=self.name)
        document = DataAwsIamPolicyDocument(
            self, "publishers", statement=_publishers(topic.arn, account_id=account_id, region=region)
        )
        policy = SnsTopicPolicy(self, "policy", arn=topic.arn, policy=document.json)
        for email in settings.emails:
            SnsTopicSubscription(self, f"email_{email}", topic_arn=topic.arn, protocol="email", endpoint=email)
        # The policy's, so that whoever refers to it comes after the policy: Budgets checks that it may publish.
        self.arn: str = policy.arn


def _publishers(topic_arn: str, *, account_id: str, region: str) -> Sequence[Statement]:
    """
    List who may publish, and how.

    The conditions are those of SNS, "Example cases for Amazon SNS access control" (CloudWatch alarms), and of Cost
    Management, "Creating an Amazon SNS topic for budget notifications"; TLS is that of SNS, "Security best practices".
    """
    insecure = DataAwsIamPolicyDocumentStatementCondition(test="Bool", variable="aws:SecureTransport", values=["false"])
    return [
        _allow_service("cloudwatch", topic_arn, account_id, f"arn:aws:cloudwatch:{region}:{account_id}:alarm:*"),
        _allow_service("budgets", topic_arn, account_id, f"arn:aws:budgets::{account_id}:*"),
        Statement(
            sid="TlsOnly",
            effect="Deny",
            actions=_PUBLISH,
            resources=[topic_arn],
            principals=[DataAwsIamPolicyDocumentStatementPrincipals(type="*", identifiers=["*"])],
            condition=[insecure],
        ),
    ]


def _allow_service(service: str, topic_arn: str, account_id: str, source_arn: str) -> Statement:
    conditions = {("StringEquals", "aws:SourceAccount"): account_id, ("ArnLike", "aws:SourceArn"): source_arn}
    return Statement(
        sid=service.capitalize(),
        effect="Allow",
        actions=_PUBLISH,
        resources=[topic_arn],
        principals=[
            DataAwsIamPolicyDocumentStatementPrincipals(type="Service", identifiers=[f"{service}.amazonaws.com"])
        ],
        condition=[
            DataAwsIamPolicyDocumentStatementCondition(test=test, variable=variable, values=[value])
            for (test, variable), value in conditions.items()
        ],
    )
