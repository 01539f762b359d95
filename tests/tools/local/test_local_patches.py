"""Each closed gap of the emulators, seen through an SDK: one test a patch."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tools.local import patches

pytestmark = pytest.mark.slow

Client = Callable[..., Any]

CLUSTER = "patches"
TAGS = [{"Key": "Environment", "Value": "dev"}]


@pytest.fixture(scope="module")
def service(client: Client) -> str:
    """Create an ECS service without tasks; answer its resource id for autoscaling."""
    ecs = client("ecs")
    ecs.create_cluster(clusterName=CLUSTER)
    container = {"name": "c", "image": "i", "memory": 128}
    ecs.register_task_definition(family="patches", containerDefinitions=[container])
    ecs.create_service(
        cluster=CLUSTER,
        serviceName="web",
        taskDefinition="patches",
        desiredCount=0,
        availabilityZoneRebalancing="DISABLED",
    )
    return f"service/{CLUSTER}/web"


@pytest.fixture
def vpc_id(client: Client) -> str:
    """Find the default VPC."""
    return str(client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"])


def refusal(call: Callable[[], object]) -> str:
    """Answer the error code of a call that fails."""
    with pytest.raises(ClientError) as caught:
        call()
    return str(caught.value.response["Error"]["Code"])


def test_every_patch_module_is_applied() -> None:
    """A module that `apply` forgets would close no gap."""
    source = Path(patches.__file__)
    modules = {path.stem for path in source.parent.glob("*.py")} - {"__init__"}

    assert not [name for name in modules if f"        {name},\n" not in source.read_text()]


def test_elb_describe_capacity_reservation(client: Client, vpc_id: str) -> None:
    """A load balancer has no reserved capacity."""
    subnets = client("ec2").describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])["Subnets"]
    elb = client("elbv2")
    made = elb.create_load_balancer(Name="patches", Subnets=[subnet["SubnetId"] for subnet in subnets])
    arn = made["LoadBalancers"][0]["LoadBalancerArn"]

    assert "MinimumLoadBalancerCapacity" not in elb.describe_capacity_reservation(LoadBalancerArn=arn)


def test_ec2_revoke_security_group_egress(client: Client, vpc_id: str) -> None:
    """The default egress rule goes when it is revoked with ports."""
    ec2 = client("ec2")
    group = ec2.create_security_group(GroupName="revoke", Description="d", VpcId=vpc_id)["GroupId"]
    rule = {"IpProtocol": "-1", "FromPort": 0, "ToPort": 0, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[rule])

    assert [] == ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissionsEgress"]


def test_ec2_vpc_endpoint(client: Client, vpc_id: str) -> None:
    """An interface endpoint keeps its security groups and its private DNS, also when they change."""
    ec2 = client("ec2")
    made = ec2.create_vpc_endpoint(
        VpcId=vpc_id,
        ServiceName="com.amazonaws.us-east-1.ecr.api",
        VpcEndpointType="Interface",
        SecurityGroupIds=["sg-1", "sg-2"],
        PrivateDnsEnabled=False,
    )["VpcEndpoint"]
    ec2.modify_vpc_endpoint(
        VpcEndpointId=made["VpcEndpointId"],
        AddSecurityGroupIds=["sg-3"],
        RemoveSecurityGroupIds=["sg-1"],
        PrivateDnsEnabled=True,
    )
    changed = ec2.describe_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])["VpcEndpoints"][0]

    assert [(["sg-1", "sg-2"], False), (["sg-2", "sg-3"], True)] == [
        ([group["GroupId"] for group in each["Groups"]], each["PrivateDnsEnabled"]) for each in (made, changed)
    ]


def test_ec2_flow_log(client: Client, vpc_id: str) -> None:
    """A flow log keeps its role and tags, and has AWS's default interval."""
    ec2 = client("ec2")
    made = ec2.create_flow_logs(
        ResourceIds=[vpc_id],
        ResourceType="VPC",
        TrafficType="ALL",
        LogDestination="arn:aws:logs:us-east-1:956880242582:log-group:l",
        DeliverLogsPermissionArn="arn:aws:iam::956880242582:role/r",
        TagSpecifications=[{"ResourceType": "vpc-flow-log", "Tags": TAGS}],
    )
    (log,) = ec2.describe_flow_logs(FlowLogIds=made["FlowLogIds"])["FlowLogs"]

    assert ("arn:aws:iam::956880242582:role/r", 600, TAGS) == (
        log["DeliverLogsPermissionArn"],
        log["MaxAggregationInterval"],
        log["Tags"],
    )


def test_ecs_create_service(client: Client, service: str) -> None:
    """A service keeps its zone rebalancing."""
    (found,) = client("ecs").describe_services(cluster=CLUSTER, services=[service.split("/")[-1]])["services"]

    assert "DISABLED" == found["availabilityZoneRebalancing"]


def test_ecs_update_service(client: Client, service: str) -> None:
    """A change of how tags propagate is kept."""
    ecs, name = client("ecs"), service.split("/")[-1]
    ecs.update_service(cluster=CLUSTER, service=name, propagateTags="SERVICE")

    assert "SERVICE" == ecs.describe_services(cluster=CLUSTER, services=[name])["services"][0]["propagateTags"]


def register(client: Client, resource_id: str, **more: object) -> str:
    """Register a service for autoscaling; answer the ARN of the target."""
    made = client("application-autoscaling").register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId=resource_id,
        ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=0,
        MaxCapacity=2,
        **more,
    )
    return str(made["ScalableTargetARN"])


def test_autoscaling_register_scalable_target(client: Client, service: str) -> None:
    """A target is found in the other emulator, and has AWS's role and a state of its own."""
    register(client, service)
    (target,) = client("application-autoscaling").describe_scalable_targets(
        ServiceNamespace="ecs", ResourceIds=[service]
    )["ScalableTargets"]

    assert (True, False) == (
        target["RoleARN"].endswith("AWSServiceRoleForApplicationAutoScaling_ECSService"),
        target["SuspendedState"]["DynamicScalingInSuspended"],
    )


def test_autoscaling_refuses_a_service_that_is_not_there(client: Client) -> None:
    """A target without its service is a mistake, here as in AWS."""
    assert "ValidationException" == refusal(lambda: register(client, f"service/{CLUSTER}/nobody"))


def test_autoscaling_tags(client: Client, service: str) -> None:
    """Tags of a target can be given, added, removed and listed."""
    scaling = client("application-autoscaling")
    arn = register(client, service, Tags={"a": "1", "b": "2"})
    scaling.tag_resource(ResourceARN=arn, Tags={"c": "3"})
    scaling.untag_resource(ResourceARN=arn, TagKeys=["a"])

    assert {"b": "2", "c": "3"} == scaling.list_tags_for_resource(ResourceARN=arn)["Tags"]


CANARY = {"type": "TimeBasedCanary", "timeBasedCanary": {"canaryPercentage": 10, "canaryInterval": 5}}


def test_codedeploy_deployment_config(client: Client) -> None:
    """A deployment configuration is kept as given, listed, and gone when deleted."""
    deploy = client("codedeploy")
    deploy.create_deployment_config(deploymentConfigName="canary", computePlatform="ECS", trafficRoutingConfig=CANARY)
    found = deploy.get_deployment_config(deploymentConfigName="canary")["deploymentConfigInfo"]
    listed = deploy.list_deployment_configs()["deploymentConfigsList"]
    deploy.delete_deployment_config(deploymentConfigName="canary")

    assert (CANARY, True, "DeploymentConfigDoesNotExistException") == (
        found["trafficRoutingConfig"],
        "canary" in listed,
        refusal(lambda: deploy.get_deployment_config(deploymentConfigName="canary")),
    )


def test_codedeploy_refuses_a_second_config_of_one_name(client: Client) -> None:
    """A name is taken once."""
    deploy = client("codedeploy")
    deploy.create_deployment_config(deploymentConfigName="twice", computePlatform="ECS", trafficRoutingConfig=CANARY)

    assert "DeploymentConfigAlreadyExistsException" == refusal(
        lambda: deploy.create_deployment_config(deploymentConfigName="twice", computePlatform="ECS")
    )


def make_group(client: Client, application: str) -> Any:  # noqa: ANN401
    """Create an application with one deployment group; answer the client."""
    deploy = client("codedeploy")
    deploy.create_application(applicationName=application, computePlatform="ECS")
    deploy.create_deployment_group(
        applicationName=application,
        deploymentGroupName="group",
        serviceRoleArn="arn:aws:iam::956880242582:role/r",
        alarmConfiguration={"enabled": True, "alarms": [{"name": "5xx"}]},
    )
    return deploy


def test_codedeploy_get_deployment_group(client: Client) -> None:
    """A deployment group tells the alarms that stop it."""
    deploy = make_group(client, "with-alarms")
    found = deploy.get_deployment_group(applicationName="with-alarms", deploymentGroupName="group")

    assert [{"name": "5xx"}] == found["deploymentGroupInfo"]["alarmConfiguration"]["alarms"]


def test_codedeploy_update_deployment_group(client: Client) -> None:
    """A deployment group changes in what is given, its name too, and in nothing else."""
    deploy = make_group(client, "changed")
    deploy.update_deployment_group(
        applicationName="changed",
        currentDeploymentGroupName="group",
        newDeploymentGroupName="renamed",
        deploymentConfigName="CodeDeployDefault.ECSAllAtOnce",
    )
    found = deploy.get_deployment_group(applicationName="changed", deploymentGroupName="renamed")["deploymentGroupInfo"]

    assert ("CodeDeployDefault.ECSAllAtOnce", "arn:aws:iam::956880242582:role/r") == (
        found["deploymentConfigName"],
        found["serviceRoleArn"],
    )


def test_codedeploy_delete_deployment_group(client: Client) -> None:
    """A deleted deployment group is gone."""
    deploy = make_group(client, "groupless")
    deploy.delete_deployment_group(applicationName="groupless", deploymentGroupName="group")

    assert [] == deploy.list_deployment_groups(applicationName="groupless")["deploymentGroups"]


def test_codedeploy_delete_application(client: Client) -> None:
    """A deleted application is gone."""
    deploy = make_group(client, "short-lived")
    deploy.delete_application(applicationName="short-lived")

    assert "short-lived" not in deploy.list_applications()["applications"]


def test_cloudwatch_put_composite_alarm(client: Client) -> None:
    """A composite alarm reads back with its rule and actions."""
    watch = client("cloudwatch")
    watch.put_composite_alarm(AlarmName="any", AlarmRule="ALARM(a)", AlarmActions=["arn:aws:sns:us-east-1:1:t"])
    (found,) = watch.describe_alarms(AlarmNames=["any"], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]

    assert ("ALARM(a)", ["arn:aws:sns:us-east-1:1:t"], True) == (
        found["AlarmRule"],
        found["AlarmActions"],
        found["ActionsEnabled"],
    )


def test_cloud_map_create_service(client: Client, vpc_id: str) -> None:
    """A service finds its namespace in its DNS configuration."""
    discovery = client("servicediscovery")
    discovery.create_private_dns_namespace(Name="patches.local", Vpc=vpc_id)
    (namespace,) = (each["Id"] for each in discovery.list_namespaces()["Namespaces"])
    dns = {"NamespaceId": namespace, "DnsRecords": [{"Type": "A", "TTL": 10}]}

    assert namespace == discovery.create_service(Name="api", DnsConfig=dns)["Service"]["NamespaceId"]


def test_elasticache_describe_cache_parameters(client: Client) -> None:
    """The parameters that a user changed are those and no others."""
    cache = client("elasticache")
    cache.create_cache_parameter_group(
        CacheParameterGroupName="patches", CacheParameterGroupFamily="redis7", Description="d"
    )
    cache.modify_cache_parameter_group(
        CacheParameterGroupName="patches",
        ParameterNameValues=[{"ParameterName": "maxmemory-policy", "ParameterValue": "allkeys-lru"}],
    )
    found = cache.describe_cache_parameters(CacheParameterGroupName="patches", Source="user")["Parameters"]

    assert ["maxmemory-policy"] == [each["ParameterName"] for each in found]


def test_cloudfront_get_response_headers_policy(client: Client) -> None:
    """A policy without custom headers reads back without them."""
    cdn = client("cloudfront")
    security = {"ContentTypeOptions": {"Override": True}}
    made = cdn.create_response_headers_policy(
        ResponseHeadersPolicyConfig={"Name": "patches", "SecurityHeadersConfig": security}
    )["ResponseHeadersPolicy"]
    config = cdn.get_response_headers_policy(Id=made["Id"])["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"]

    assert {"Name", "SecurityHeadersConfig"} == config.keys() - {"Comment"}


def test_efs_create_access_point(client: Client) -> None:
    """An access point without a POSIX user reads back without one."""
    efs = client("efs")
    system = efs.create_file_system(CreationToken="patches")["FileSystemId"]
    efs.create_access_point(ClientToken="plain", FileSystemId=system)

    assert "PosixUser" not in efs.describe_access_points(FileSystemId=system)["AccessPoints"][0]


def test_rds_exported_logs(client: Client) -> None:
    """The logs that a cluster exports are kept, and change."""
    rds = client("rds")
    made = rds.create_db_cluster(
        DBClusterIdentifier="patches",
        Engine="aurora-mysql",
        MasterUsername="root",
        MasterUserPassword="not-a-secret",
        EnableCloudwatchLogsExports=["audit", "error"],
    )["DBCluster"]["DBClusterIdentifier"]
    rds.modify_db_cluster(
        DBClusterIdentifier=made,
        CloudwatchLogsExportConfiguration={"EnableLogTypes": ["slowquery"], "DisableLogTypes": ["audit"]},
    )

    assert ["error", "slowquery"] == rds.describe_db_clusters()["DBClusters"][0]["EnabledCloudwatchLogsExports"]
