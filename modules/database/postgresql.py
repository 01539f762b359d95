"""What every PostgreSQL on RDS has here, Aurora or not: its log, its parameters, its credentials, its port."""

from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from constructs import Construct

from modules.iam import Statement, allow
from modules.types import LogRetentionDays

PORT = 5432

LOG = "postgresql"
"""The name of the log that RDS exports (RDS User Guide, "Publishing PostgreSQL logs to Amazon CloudWatch Logs")."""

FORCE_SSL = "rds.force_ssl"
"""TLS or nothing (RDS User Guide, "Requiring an SSL connection to a PostgreSQL DB instance")."""


def declare_log(scope: Construct, prefix: str, *, retention_days: LogRetentionDays) -> CloudwatchLogGroup:
    """
    Make the log group before RDS does, which would make it without an end to its retention and keep it.

    :param prefix: `/aws/rds/instance/<name>` or `/aws/rds/cluster/<name>`
    """
    return CloudwatchLogGroup(scope, "log", name=f"{prefix}/{LOG}", retention_in_days=retention_days)


def log_parameters(slower_than_ms: int) -> dict[str, str]:
    """Say what makes PostgreSQL log slow statements and long waits, without the values of a statement's parameters."""
    return {
        "log_lock_waits": "1",
        "log_min_duration_statement": str(slower_than_ms),
        "log_parameter_max_length": "0",
    }


def user_arn(resource_id: str, user: str, *, account_id: str, region: str) -> str:
    """Write the ARN of a user by IAM authentication (RDS User Guide, "Creating and using an IAM policy for IAM …")."""
    return f"arn:aws:rds-db:{region}:{account_id}:dbuser:{resource_id}/{user}"


def connect_permissions(*, secret_arn: str, iam_user_arn: str) -> list[Statement]:
    """
    Say what the role of a task needs to connect, as the master by its secret or as the IAM user by a token.

    The secret is encrypted with the account's key aws/secretsmanager, whose own policy lets in who may read the secret,
    so there is no `kms:Decrypt` (docs.aws.amazon.com/secretsmanager, "Secret encryption and decryption").
    """
    return [
        allow(["secretsmanager:GetSecretValue"], [secret_arn]),
        allow(["rds-db:connect"], [iam_user_arn]),
    ]
