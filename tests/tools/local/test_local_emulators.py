"""What the running server does with calls: whose they are, and what it cannot serve."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.tools.local import compose_hosts
from tools.local.instance import LocalAws
from tools.local.refusal import CODE

pytestmark = pytest.mark.slow

Client = Callable[..., Any]


def test_access_key_is_the_account(client: Client) -> None:
    """Who calls with an account id as access key is that account."""
    assert "999988887777" == client("sts", "999988887777").get_caller_identity()["Account"]


def test_accounts_are_apart_in_ministack(client: Client) -> None:
    """What one account creates another does not see."""
    client("sqs", "100000000001").create_queue(QueueName="apart")

    assert not client("sqs", "100000000002").list_queues().get("QueueUrls")


def test_accounts_are_apart_in_moto(client: Client) -> None:
    """The second emulator keeps the same accounts."""
    client("codedeploy", "100000000001").create_application(applicationName="apart", computePlatform="ECS")

    assert [] == client("codedeploy", "100000000002").list_applications()["applications"]


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "name"),
    [
        ("codedeploy", "list_on_premises_instances", {}, "codedeploy:ListOnPremisesInstances"),
        ("ecs", "list_daemons", {}, "ecs:ListDaemons"),
        ("glacier", "list_vaults", {}, "glacier:ListVaults"),
        ("redshift", "describe_clusters", {}, "redshift:DescribeClusters"),
        ("ec2", "describe_ipam_pools", {}, "ec2:DescribeIpamPools"),
        ("route53", "get_geo_location", {}, "route53:GetGeoLocation"),
        ("cloudwatch", "list_managed_insight_rules", {"ResourceARN": "x"}, "monitoring:ListManagedInsightRules"),
        ("elbv2", "describe_account_limits", {}, "elasticloadbalancing:DescribeAccountLimits"),
        ("autoscaling", "describe_account_limits", {}, "autoscaling:DescribeAccountLimits"),
        ("ssm", "list_associations", {}, "ssm:ListAssociations"),
    ],
)
def test_unknown_call_fails_at_once_and_is_named(
    client: Client, service: str, operation: str, arguments: dict[str, str], name: str
) -> None:
    """With an SDK's default retries it is one error that the SDK can read, in every protocol."""
    asked = getattr(client(service), operation)
    begin = time.monotonic()
    with pytest.raises(ClientError) as caught:
        asked(**arguments)
    error = caught.value.response

    assert (CODE, True, 0, True) == (
        error["Error"]["Code"],
        f"local AWS cannot serve {name}: " in error["Error"]["Message"],
        error["ResponseMetadata"]["RetryAttempts"],
        time.monotonic() - begin < 2,
    )


def test_refused_call_is_in_the_log(client: Client, local_aws: LocalAws) -> None:
    """Who looks for gaps finds them in one place."""
    with pytest.raises(ClientError):
        client("glacier").list_jobs(vaultName="v", accountId="-")

    assert "refused glacier:ListJobs" in local_aws.log.read_text()


def test_inventory_tells_what_was_created_and_removed(client: Client, local_aws: LocalAws) -> None:
    """What exists is listed by account, and what was deleted is not."""
    account = "200000000001"
    queue = client("sqs", account).create_queue(QueueName="q")["QueueUrl"]
    client("codedeploy", account).create_application(applicationName="a", computePlatform="ECS")
    before = local_aws.inventory(account, "us-east-1")
    client("sqs", account).delete_queue(QueueUrl=queue)
    after = local_aws.inventory(account, "us-east-1")

    assert ({"codedeploy/applications/a"}, True) == (after, any("sqs" in name for name in before - after))


def test_inventory_leaves_out_defaults_and_what_aws_keeps(client: Client, local_aws: LocalAws) -> None:
    """The default VPC and a deregistered task definition are nobody's leftovers."""
    account = "200000000002"
    client("ec2", account).describe_vpcs()
    ecs = client("ecs", account)
    container = {"name": "c", "image": "i", "memory": 128}
    made = ecs.register_task_definition(family="f", containerDefinitions=[container])
    ecs.deregister_task_definition(taskDefinition=made["taskDefinition"]["taskDefinitionArn"])

    assert set() == local_aws.inventory(account, "us-east-1")


def test_inventory_tells_hosts(client: Client, local_aws: LocalAws) -> None:
    """A group is listed with its instances, what hangs on them and what they are made from."""
    account = "200000000005"
    compose_hosts.make(lambda service: client(service, account), "inventory")
    found = local_aws.inventory(account, "us-east-1")

    assert {
        "autoscaling/asgs",
        "ec2/iam_instance_profile_associations",
        "ec2/instances",
        "ec2/launch_templates",
        "ec2/volumes",
        "ssm/documents",
        "ssm/parameter_history",
        "ssm/parameters",
    } == {"/".join(name.split("/")[:2]) for name in found}


def test_inventory_tells_a_stopped_instance(client: Client, local_aws: LocalAws) -> None:
    """An instance that is stopped is still there."""
    account = "200000000006"
    made = client("ec2", account).run_instances(ImageId="ami-1", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    client("ec2", account).stop_instances(InstanceIds=[made])

    assert f"ec2/instances/{made}" in local_aws.inventory(account, "us-east-1")


def test_inventory_leaves_out_instances_that_are_gone(client: Client, local_aws: LocalAws) -> None:
    """An instance that was terminated leaves neither disk nor role behind; AWS shows it for a while."""
    account = "200000000007"
    compose_hosts.group(lambda service: client(service, account), "inventory")
    client("autoscaling", account).delete_auto_scaling_group(AutoScalingGroupName="inventory", ForceDelete=True)
    found = local_aws.inventory(account, "us-east-1")

    assert {"ec2/launch_templates"} == {name.rpartition("/")[0] for name in found}


def test_inventory_leaves_out_commands(client: Client, local_aws: LocalAws) -> None:
    """A command that was sent is history, which no call deletes."""
    account = "200000000008"
    hosts = compose_hosts.make(lambda service: client(service, account), "history")
    before = local_aws.inventory(account, "us-east-1")
    hosts.send("look")

    assert before == local_aws.inventory(account, "us-east-1")


def test_inventory_tells_a_secret_in_its_recovery_window(client: Client, local_aws: LocalAws) -> None:
    """A secret that waits for its deletion blocks its name, so it counts."""
    account = "200000000003"
    secrets = client("secretsmanager", account)
    secrets.create_secret(Name="s", SecretString="x")
    secrets.delete_secret(SecretId="s", RecoveryWindowInDays=7)

    assert {"secretsmanager/secrets/s (pending deletion)"} == local_aws.inventory(account, "us-east-1")


def test_inventory_is_by_region(client: Client, local_aws: LocalAws) -> None:
    """A thing of another region is not listed."""
    account = "200000000004"
    client("ssm", account, "eu-west-1").put_parameter(Name="/p", Value="v", Type="String")

    assert set() == local_aws.inventory(account, "us-east-1")
