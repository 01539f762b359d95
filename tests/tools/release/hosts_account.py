"""An emulated account with all that a release of a service on hosts touches, but the hosts."""

import json

from tests.tools.release.balancer import make_routes
from tests.tools.release.tasks import ACCOUNT, REGION
from tools.release.aws import Aws
from tools.release.manifest import NO_IMAGE, Manifest, parse

STACK = "aldeia-staging"
GROUP = "aldeia-staging-hosts"
DOCUMENT = "aldeia-staging-compose-host"
PARAMETER = "/aldeia-staging/compose/image/backend"
ALARM = "aldeia-staging-backend-5xx"


def build_hosts(aws: Aws) -> Manifest:
    """Make everything that a release of `backend` on `aldeia-staging` touches, and publish its manifest."""
    subnet = aws.session.client("ec2").describe_subnets()["Subnets"][0]
    registry = aws.ecr.create_repository(repositoryName="aldeia/backend")["repository"]
    secret = aws.secrets.create_secret(Name="aldeia-staging/application", SecretString='{"OPENAI_API_KEY":"a"}')
    aws.ssm.put_parameter(Name=PARAMETER, Value=NO_IMAGE, Type="String")
    aws.cloudwatch.put_metric_alarm(
        AlarmName=ALARM,
        Namespace="AWS/ApplicationELB",
        MetricName="HTTPCode_Target_5XX_Count",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=2,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
    )
    aws.cloudwatch.set_alarm_state(AlarmName=ALARM, StateValue="OK", StateReason="quiet")
    document = {
        "schema": 1,
        "stack": STACK,
        "service": "backend",
        "account_id": ACCOUNT,
        "region": REGION,
        "deploy_mode": "release",
        "ecs": None,
        "compose": {
            "auto_scaling_group": GROUP,
            "document": DOCUMENT,
            "service": "backend",
            "image_parameter": PARAMETER,
            "cpu_architecture": "X86_64",
            "port": 3001,
        },
        "capacity": [],
        "image": {
            "repository": "aldeia/backend",
            "uri": registry["repositoryUri"],
            "registry_id": registry["registryId"],
        },
        "logs": {"group": "/compose/aldeia-staging", "stream_prefix": "backend"},
        "alarms": {"service": [ALARM], "target_groups": {"blue": []}},
        "secrets": [{"arn": secret["ARN"], "keys": ["OPENAI_API_KEY"]}],
        "routes": make_routes(aws, "release", subnet["VpcId"]),
        "code_deploy": None,
        "image_variable": None,
        "migration_command": ["npm", "run", "migrate"],
        "migration_timeout_s": 900,
        "healthy_timeout_s": 900,
    }
    text = json.dumps(document)
    aws.ssm.put_parameter(Name=f"/{STACK}/release/backend", Value=text, Type="String")
    return parse(text, f"/{STACK}/release/backend")
