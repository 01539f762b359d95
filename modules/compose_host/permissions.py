"""
What the hosts' role may do: design 004's EC2-AldeiaRole, without the two managed policies and the patterns in it.

The design's bucket `aldeia-app-artifacts` is not there: images come from ECR and all else from Systems Manager.
"""

from collections.abc import Sequence

from cdktf_cdktf_provider_aws.data_aws_iam_policy_document import DataAwsIamPolicyDocumentStatementPrincipals

from modules.compose_host.service import ComposeService
from modules.iam import ANY_RESOURCE, Statement, allow
from modules.images.repository import PULL


def trust_of(service: str) -> Statement:
    """
    Let EC2 or AWS Backup take on a role.

    Neither sends `aws:SourceAccount` when it does (prowler-cloud/prowler#2810), and neither can be led astray: whoever
    tells it which role to take needs `iam:PassRole`, which there is for roles of one's own account only (IAM User
    Guide, "Grant a user permissions to pass a role to an AWS service").

    :param service: `ec2.amazonaws.com` or `backup.amazonaws.com`
    """
    return Statement(
        effect="Allow",
        actions=["sts:AssumeRole"],
        principals=[DataAwsIamPolicyDocumentStatementPrincipals(type="Service", identifiers=[service])],
    )


def management_statements(*, account_id: str, region: str) -> list[Statement]:
    """
    Say what the agent of Systems Manager needs for commands and sessions.

    Of AmazonSSMManagedInstanceCore these are the actions for the two; associations, inventory and patches are none of
    theirs (Systems Manager User Guide, "Reference: ec2messages, ssmmessages, and other API operations" and "Verify or
    add instance permissions for Session Manager"). By which of the two message services a command comes is up to the
    agent's version.
    """
    messages = [f"ec2messages:{what}Message" for what in ("Acknowledge", "Delete", "Fail")]
    channels = [f"ssmmessages:{verb}{kind}Channel" for verb in ("Create", "Open") for kind in ("Control", "Data")]
    return [
        allow(["ssm:UpdateInstanceInformation"], [f"arn:aws:ec2:{region}:{account_id}:instance/*"]),
        # None of these has a resource type: docs.aws.amazon.com/service-authorization, Amazon Message Delivery Service
        # and Amazon Session Manager Message Gateway Service.
        allow(
            [*messages, "ec2messages:GetEndpoint", "ec2messages:GetMessages", "ec2messages:SendReply", *channels],
            ANY_RESOURCE,
        ),
    ]


def watching_statements(*, log_group_arn: str, metrics_namespace: str) -> list[Statement]:
    """
    Say what Docker's log driver and the CloudWatch agent need: of CloudWatchAgentServerPolicy what they use here.

    Neither makes the log group, which there is. The agent learns its group's name from the tags of its instance.
    """
    return [
        allow(["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"], [f"{log_group_arn}:*"]),
        # Neither has a resource type: docs.aws.amazon.com/service-authorization, Amazon EC2 and Amazon CloudWatch.
        allow(["ec2:DescribeTags"], ANY_RESOURCE),
        allow(
            ["cloudwatch:PutMetricData"],
            ANY_RESOURCE,
            {("StringEquals", "cloudwatch:namespace"): [metrics_namespace]},
        ),
    ]


def service_statements(services: Sequence[ComposeService], *, parameter_arns: Sequence[str]) -> list[Statement]:
    """Say what it takes to start the services, and what they may do themselves, which all of them may then."""
    statements = [allow(["ssm:GetParameter"], parameter_arns)]
    repositories = [service.repository_arn for service in services if service.repository_arn is not None]
    if repositories:
        # GetAuthorizationToken has no resource type: docs.aws.amazon.com/service-authorization, Amazon ECR.
        statements += [allow(["ecr:GetAuthorizationToken"], ANY_RESOURCE), allow(PULL, repositories)]
    # Several services read different keys of one secret.
    secrets = dict.fromkeys(secret.arn for service in services for secret in service.application.secret_keys)
    if secrets:
        statements.append(allow(["secretsmanager:GetSecretValue"], list(secrets)))
    return [*statements, *(one for service in services for one in service.application.permissions)]


def volume_statements(
    volume_arn: str, *, account_id: str, region: str, auto_scaling_group_name: str
) -> list[Statement]:
    """
    Let a host attach the data volume, to a member of its own group.

    `aws:` tags are set by AWS alone, so that nobody makes another machine a member.
    """
    ours = {("StringEquals", "aws:ResourceTag/aws:autoscaling:groupName"): [auto_scaling_group_name]}
    return [
        allow(["ec2:AttachVolume"], [volume_arn]),
        allow(["ec2:AttachVolume"], [f"arn:aws:ec2:{region}:{account_id}:instance/*"], ours),
    ]
