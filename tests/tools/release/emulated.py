"""An emulated account with all that a release of one service touches."""

import json
from typing import Any

from tests.tools.release.balancer import client, colors, make_routes
from tests.tools.release.tasks import ACCOUNT, NAME, REGION, add_task_set, service
from tools.release.aws import Aws
from tools.release.manifest import Color, DeployMode, Manifest, parse


def build(aws: Aws, mode: DeployMode) -> Manifest:
    """Make everything that a release of `isms-backend-staging` touches, and publish its manifest."""
    subnet = client(aws, "ec2").describe_subnets()["Subnets"][0]
    group = client(aws, "ec2").create_security_group(GroupName=NAME, Description=NAME, VpcId=subnet["VpcId"])
    registry = aws.ecr.create_repository(repositoryName="isms-backend")["repository"]
    aws.logs.create_log_group(logGroupName=f"/ecs/{NAME}")
    secret = aws.secrets.create_secret(Name="isms/staging/application", SecretString='{"JWT_SECRET":"a","API_KEY":"b"}')
    document = {
        "schema": 1,
        "stack": "staging",
        "service": "backend",
        "account_id": ACCOUNT,
        "region": REGION,
        "deploy_mode": mode,
        "ecs": _ecs_part(aws, registry["repositoryUri"], subnet["SubnetId"], group["GroupId"], secret["ARN"]),
        "capacity": [
            {"capacity_provider": "FARGATE", "weight": 30, "base": 1},
            {"capacity_provider": "FARGATE_SPOT", "weight": 70, "base": 0},
        ],
        "image": {
            "repository": "isms-backend",
            "uri": registry["repositoryUri"],
            "registry_id": registry["registryId"],
        },
        "logs": {"group": f"/ecs/{NAME}", "stream_prefix": "backend"},
        "alarms": {"service": [], "target_groups": _alarms(aws, mode)},
        "secrets": [{"arn": secret["ARN"], "keys": ["JWT_SECRET", "API_KEY"]}],
        "routes": make_routes(aws, mode, subnet["VpcId"]),
        "code_deploy": _code_deploy(aws) if mode == "blue_green" else None,
        "image_variable": "backend_image_tag" if mode == "terraform" else None,
        "migration_command": ["npm", "run", "db:migrate:deploy"],
        "migration_timeout_s": 900,
        "healthy_timeout_s": 900,
    }
    text = json.dumps(document)
    aws.ssm.put_parameter(Name="/staging/release/backend", Value=text, Type="String")
    manifest = parse(text, "/staging/release/backend")
    _service(aws, manifest)
    return manifest


def _ecs_part(aws: Aws, uri: str, subnet: str, group: str, secret: str) -> dict[str, Any]:
    """Cluster and task definition, as Terraform makes them."""
    aws.ecs.create_cluster(clusterName="isms-staging")
    answer = aws.ecs.register_task_definition(
        family=NAME,
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="512",
        memory="1024",
        taskRoleArn=f"arn:aws:iam::{ACCOUNT}:role/{NAME}-task",
        executionRoleArn=f"arn:aws:iam::{ACCOUNT}:role/{NAME}-task-execution",
        runtimePlatform={"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
        volumes=[{"name": "writable-0"}],
        containerDefinitions=[
            {
                "name": "backend",
                "image": f"{uri}:staging",
                "essential": True,
                "readonlyRootFilesystem": True,
                "portMappings": [{"containerPort": 4000, "hostPort": 4000, "protocol": "tcp"}],
                "environment": [{"name": "DB_NAME", "value": "app"}],
                "secrets": [{"name": "API_KEY", "valueFrom": f"{secret}:API_KEY::"}],
                "mountPoints": [{"sourceVolume": "writable-0", "containerPath": "/tmp", "readOnly": False}],
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {
                        "awslogs-group": f"/ecs/{NAME}",
                        "awslogs-region": REGION,
                        "awslogs-stream-prefix": "backend",
                    },
                },
            }
        ],
        tags=[{"key": "ManagedBy", "value": "terraform"}, {"key": "Application", "value": "isms"}],
    )
    return {
        "cluster": "isms-staging",
        "service": NAME,
        "task_definition": answer["taskDefinition"]["taskDefinitionArn"],
        "family": NAME,
        "container": "backend",
        "port": 4000,
        "cpu_architecture": "ARM64",
        "subnets": [subnet],
        "security_groups": [group],
        "assign_public_ip": False,
        "platform_version": "LATEST",
    }


def _alarms(aws: Aws, mode: DeployMode) -> dict[Color, list[str]]:
    names: dict[Color, list[str]] = {
        color: [f"{NAME}-{color}-5xx", f"{NAME}-{color}-unhealthy"] for color in colors(mode)
    }
    for name in (name for side in names.values() for name in side):
        aws.cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace="AWS/ApplicationELB",
            MetricName="UnHealthyHostCount",
            Statistic="Minimum",
            Period=60,
            EvaluationPeriods=2,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
        )
        aws.cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="quiet")
    return names


def _code_deploy(aws: Aws) -> dict[str, Any]:
    aws.code_deploy.create_application(applicationName=f"{NAME}-app", computePlatform="ECS")
    aws.code_deploy.create_deployment_group(
        applicationName=f"{NAME}-app",
        deploymentGroupName=f"{NAME}-dg",
        deploymentConfigName=f"{NAME}-canary-10-5",
        serviceRoleArn=f"arn:aws:iam::{ACCOUNT}:role/{NAME}-codedeploy",
    )
    return {
        "application": f"{NAME}-app",
        "deployment_group": f"{NAME}-dg",
        "deployment_config": f"{NAME}-canary-10-5",
        "shift_min": 5,
        "approval_wait_min": None,
        "termination_wait_min": 5,
    }


def _service(aws: Aws, manifest: Manifest) -> None:
    """The service, and what serves it from the start."""
    routes, code_deploy = manifest.expect_routes(), manifest.deploy_mode == "blue_green"
    aws.ecs.create_service(
        cluster=manifest.ecs.cluster,
        serviceName=manifest.ecs.service,
        taskDefinition=manifest.ecs.task_definition,
        desiredCount=1,
        launchType="FARGATE",
        deploymentController={"type": "CODE_DEPLOY" if code_deploy else "ECS"},
        loadBalancers=[
            {
                "targetGroupArn": routes.target_groups["blue"].arn,
                "containerName": manifest.ecs.container,
                "containerPort": manifest.ecs.port,
            }
        ],
        networkConfiguration={
            "awsvpcConfiguration": {"subnets": manifest.ecs.subnets, "securityGroups": manifest.ecs.security_groups}
        },
    )
    made = service(manifest)
    made.running_count, made.pending_count = 1, 0
    if code_deploy:
        add_task_set(aws, manifest, manifest.ecs.task_definition, "blue")
    else:
        made.deployments[0].update(runningCount=1, pendingCount=0, rolloutState="COMPLETED")
