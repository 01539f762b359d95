"""A small app with many kinds of binding types: blocks, lists of blocks, data sources, functions, tokens, outputs."""

import lazy_bindings  # noqa: F401 first

from cdktf import App, Fn, TerraformOutput, TerraformResourceLifecycle, TerraformStack, TerraformVariable, Token
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.data_aws_availability_zones import DataAwsAvailabilityZones
from cdktf_cdktf_provider_aws.data_aws_iam_policy_document import (
    DataAwsIamPolicyDocument,
    DataAwsIamPolicyDocumentStatement,
    DataAwsIamPolicyDocumentStatementPrincipals,
)
from cdktf_cdktf_provider_aws.data_aws_vpc import DataAwsVpc
from cdktf_cdktf_provider_aws.ecs_cluster import EcsCluster
from cdktf_cdktf_provider_aws.ecs_service import (
    EcsService,
    EcsServiceDeploymentCircuitBreaker,
    EcsServiceNetworkConfiguration,
)
from cdktf_cdktf_provider_aws.ecs_task_definition import EcsTaskDefinition
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.lb import Lb
from cdktf_cdktf_provider_aws.lb_listener import LbListener, LbListenerDefaultAction
from cdktf_cdktf_provider_aws.lb_target_group import LbTargetGroup, LbTargetGroupHealthCheck
from cdktf_cdktf_provider_aws.provider import AwsProvider, AwsProviderDefaultTags
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from cdktf_cdktf_provider_aws.security_group import SecurityGroup, SecurityGroupIngress
from cdktf_cdktf_provider_aws.subnet import Subnet

app = App()
stack = TerraformStack(app, "sample")
AwsProvider(stack, "aws", region="us-east-1", default_tags=[AwsProviderDefaultTags(tags={"stack": "sample"})])
tag = TerraformVariable(stack, "image_tag", type="string", default="latest")

vpc = DataAwsVpc(stack, "vpc", default=True)
zones = DataAwsAvailabilityZones(stack, "zones", state="available")
subnets = [
    Subnet(
        stack,
        f"subnet-{index}",
        vpc_id=vpc.id,
        cidr_block=Fn.cidrsubnet(vpc.cidr_block, 8, index),
        availability_zone=Fn.element(zones.names, index),
    )
    for index in range(2)
]
group = SecurityGroup(
    stack,
    "group",
    vpc_id=vpc.id,
    ingress=[SecurityGroupIngress(from_port=80, to_port=80, protocol="tcp", cidr_blocks=["0.0.0.0/0"])],
)
balancer = Lb(stack, "balancer", security_groups=[group.id], subnets=[subnet.id for subnet in subnets])
targets = LbTargetGroup(
    stack,
    "targets",
    port=8000,
    protocol="HTTP",
    target_type="ip",
    vpc_id=vpc.id,
    health_check=LbTargetGroupHealthCheck(path="/health", matcher="200"),
    lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
)
listener = LbListener(
    stack,
    "listener",
    load_balancer_arn=balancer.arn,
    port=80,
    default_action=[LbListenerDefaultAction(type="forward", target_group_arn=targets.arn)],
)
assume = DataAwsIamPolicyDocument(
    stack,
    "assume",
    statement=[
        DataAwsIamPolicyDocumentStatement(
            actions=["sts:AssumeRole"],
            principals=[
                DataAwsIamPolicyDocumentStatementPrincipals(type="Service", identifiers=["ecs-tasks.amazonaws.com"])
            ],
        )
    ],
)
role = IamRole(stack, "role", assume_role_policy=assume.json)
logs = CloudwatchLogGroup(stack, "logs", name="/sample", retention_in_days=30)
task = EcsTaskDefinition(
    stack,
    "task",
    family="sample",
    execution_role_arn=role.arn,
    container_definitions=Fn.jsonencode([{"name": "web", "image": f"web:{tag.string_value}", "logs": logs.name}]),
)
EcsService(
    stack,
    "service",
    name="sample",
    cluster=EcsCluster(stack, "cluster", name="sample").arn,
    task_definition=task.arn,
    deployment_circuit_breaker=EcsServiceDeploymentCircuitBreaker(enable=True, rollback=True),
    network_configuration=EcsServiceNetworkConfiguration(
        subnets=Token.as_list(Fn.concat([[subnet.id for subnet in subnets]])), security_groups=[group.id]
    ),
    depends_on=[listener],
)
bucket = S3Bucket(stack, "bucket", bucket_prefix="sample-")
bucket.add_override("force_destroy", True)
TerraformOutput(stack, "url", value=f"http://{balancer.dns_name}")

app.synth()
