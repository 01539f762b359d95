"""The clients that a release speaks through, made once for one account and region."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from tools.errors import InfraError

if TYPE_CHECKING:
    from mypy_boto3_autoscaling import AutoScalingClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_codedeploy import CodeDeployClient
    from mypy_boto3_ecr import ECRClient
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_ssm import SSMClient

PATIENT = Config(connect_timeout=5, read_timeout=30, retries={"mode": "adaptive", "total_max_attempts": 6})
"""A release polls for many minutes: throttling is waited out, and a dead endpoint fails in a minute."""

ONCE = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 1})
"""For what must not be done twice: a call whose answer got lost is looked for before it is made again."""


@dataclass(frozen=True)
class Aws:
    """Clients, made when they are first used."""

    session: boto3.Session

    @cached_property
    def ssm(self) -> "SSMClient":
        """Systems Manager: manifests, locks, and what hosts were told and answered."""
        return self.session.client("ssm", config=PATIENT)

    @cached_property
    def ssm_once(self) -> "SSMClient":
        """Systems Manager, to tell hosts something: SendCommand has no token that would tell a retry from a second."""
        return self.session.client("ssm", config=ONCE)

    @cached_property
    def autoscaling(self) -> "AutoScalingClient":
        """Which hosts there are."""
        return self.session.client("autoscaling", config=PATIENT)

    @cached_property
    def ecs(self) -> "ECSClient":
        """Services, tasks and task definitions."""
        return self.session.client("ecs", config=PATIENT)

    @cached_property
    def ecr(self) -> "ECRClient":
        """Images."""
        return self.session.client("ecr", config=PATIENT)

    @cached_property
    def code_deploy(self) -> "CodeDeployClient":
        """Blue/green deployments."""
        return self.session.client("codedeploy", config=PATIENT)

    @cached_property
    def elb(self) -> "ElasticLoadBalancingv2Client":
        """Rules and the health of targets."""
        return self.session.client("elbv2", config=PATIENT)

    @cached_property
    def cloudwatch(self) -> "CloudWatchClient":
        """Alarms."""
        return self.session.client("cloudwatch", config=PATIENT)

    @cached_property
    def logs(self) -> "CloudWatchLogsClient":
        """What tasks wrote."""
        return self.session.client("logs", config=PATIENT)

    @cached_property
    def secrets(self) -> "SecretsManagerClient":
        """Whether secrets have values."""
        return self.session.client("secretsmanager", config=PATIENT)


def connect(account_id: str | None, region: str | None) -> Aws:
    """
    Make clients for the credentials of the shell.

    :param account_id: the only account that they may be of; None: any
    :param region: None: the shell's own
    :raises InfraError: the credentials are those of another account, or there is no region
    """
    session = boto3.Session(region_name=region)
    if session.region_name is None:
        raise InfraError("no AWS region: set AWS_REGION, or use a profile that has one")
    if account_id is not None:
        identity = session.client("sts", config=PATIENT).get_caller_identity()
        if identity["Account"] != account_id:
            raise InfraError(
                f"these are the credentials of account {identity['Account']} ({identity['Arn']}): must be {account_id}"
            )
    return Aws(session)
