"""Flow logs: who spoke to whom in a VPC, and who was turned away."""

from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.flow_log import FlowLog
from constructs import Construct

from modules.iam import ANY_RESOURCE, Role, Statement, allow, trust_service
from modules.types import LogRetentionDays


class FlowLogs(Construct):
    """All traffic of a VPC, accepted and rejected, in a log group of its own at `/vpc/<name>/flow-logs`."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        account_id: str,
        region: str,
        vpc_id: str,
        retention_days: LogRetentionDays,
    ) -> None:
        """
        Make log group, role and flow log.

        :param name: the network's, from which the log group and the role have theirs
        """
        super().__init__(scope, id_)
        logs = CloudwatchLogGroup(self, "group", name=f"/vpc/{name}/flow-logs", retention_in_days=retention_days)
        self.log_group_name: str = logs.name
        role = Role(
            self,
            "delivery",
            name=f"{name}-flow-logs",
            trust=trust_service(
                "vpc-flow-logs.amazonaws.com",
                account_id=account_id,
                # Which flow log it is cannot be known before there is one, and it needs the role.
                source_arn=f"arn:aws:ec2:{region}:{account_id}:vpc-flow-log/*",
            ),
            permissions=_delivery(logs.arn),
        )
        FlowLog(
            self,
            "log",
            vpc_id=vpc_id,
            traffic_type="ALL",
            log_destination=logs.arn,
            iam_role_arn=role.arn,
            tags={"Name": name},
            depends_on=role.ready,
        )


def _delivery(log_group_arn: str) -> list[Statement]:
    """
    Allow what docs.aws.amazon.com/vpc, "IAM role for publishing flow logs to CloudWatch Logs" lists, for one log group.

    Less logs:CreateLogGroup: the group is there, and what is still on its way when the group is destroyed would make it
    anew (terraform-aws-modules/terraform-aws-vpc#435).
    """
    return [
        allow(
            ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            # AWS checks the streams as parts of the group (terraform-aws-modules/terraform-aws-vpc#1262).
            [f"{log_group_arn}:*"],
        ),
        allow(["logs:DescribeLogGroups"], ANY_RESOURCE),
    ]
