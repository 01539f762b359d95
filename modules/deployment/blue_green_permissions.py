"""
What CodeDeploy may do to one ECS service: of the AWS policy AWSCodeDeployRoleForECS what is used, where it is used.

Left out are Lambda (hooks), SNS (triggers) and S3 (an AppSpec in a bucket), which nothing here uses. The types of
resources are those of docs.aws.amazon.com/service-authorization.
"""

from collections.abc import Sequence

from modules.iam import ANY_RESOURCE, Statement, allow, trust_service


def trust(account_id: str, region: str, application: str, group: str) -> Statement:
    """Let CodeDeploy act for one deployment group (its User Guide, "Cross-service confused deputy prevention")."""
    source_arn = f"arn:aws:codedeploy:{region}:{account_id}:deploymentgroup:{application}/{group}"
    return trust_service("codedeploy.amazonaws.com", account_id=account_id, source_arn=source_arn)


def permissions(
    home: str,
    service: str,
    listener_arns: Sequence[str],
    rule_arns: Sequence[str],
    passed_role_arns: Sequence[str],
) -> list[Statement]:
    """
    Allow what a deployment takes.

    :param home: `<region>:<account id>`
    :param service: `<cluster name>/<service name>`
    :param rule_arns: the rules that forward to the service, at least one
    :param passed_role_arns: the roles that the service's tasks run with
    """
    return [
        allow(["ecs:DescribeServices", "ecs:UpdateServicePrimaryTaskSet"], [f"arn:aws:ecs:{home}:service/{service}"]),
        # ECS makes up the ids of task sets.
        allow(["ecs:CreateTaskSet", "ecs:DeleteTaskSet"], [f"arn:aws:ecs:{home}:task-set/{service}/*"]),
        allow(
            ["iam:PassRole"], passed_role_arns, {("StringEquals", "iam:PassedToService"): ["ecs-tasks.amazonaws.com"]}
        ),
        # Elastic Load Balancing has no resource for looking.
        allow(
            [f"elasticloadbalancing:Describe{what}" for what in ("Listeners", "Rules", "TargetGroups")], ANY_RESOURCE
        ),
        allow(["elasticloadbalancing:ModifyListener"], listener_arns),
        allow(["elasticloadbalancing:ModifyRule"], rule_arns),
        # Not only the group's alarms: IAM judges this action on alarm:* (aws-samples/amazon-cloudwatch-auto-alarms#1),
        # and where the state of an alarm cannot be read every deployment stops.
        allow(["cloudwatch:DescribeAlarms"], [f"arn:aws:cloudwatch:{home}:alarm:*"]),
    ]
