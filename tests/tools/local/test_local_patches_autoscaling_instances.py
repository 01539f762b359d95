"""What EC2 Auto Scaling launches, replaces and ends on local AWS, seen through an SDK."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.tools.local import compose_hosts
from tests.tools.local.compose_hosts import described, instance_ids, until

pytestmark = pytest.mark.slow

Client = Callable[..., Any]
Record = dict[str, Any]

DISK = {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 30, "VolumeType": "gp3", "Encrypted": True}}


def instance(client: Client, group: str) -> Record:
    """Describe the only instance of a group, as EC2 does."""
    found = client("ec2").describe_instances(InstanceIds=instance_ids(client, group))
    shown: Record = found["Reservations"][0]["Instances"][0]
    return shown


def tags_of(described: Record) -> dict[str, str]:
    """Read tags as a dictionary."""
    return {tag["Key"]: tag["Value"] for tag in described.get("Tags", [])}


def refresh(client: Client, group: str, **preferences: object) -> Record:
    """Refresh a group and describe how that went."""
    scaling = client("autoscaling")
    scaling.start_instance_refresh(AutoScalingGroupName=group, Preferences=preferences)
    return until(
        lambda: scaling.describe_instance_refreshes(AutoScalingGroupName=group)["InstanceRefreshes"][0],
        lambda found: found["Status"] not in {"Pending", "InProgress", "Cancelling"},
    )


def test_instance_is_one_of_ec2(client: Client) -> None:
    """What a group launches runs in EC2, with the template's type and an image that the parameter names."""
    compose_hosts.group(client, "ec2")
    found = instance(client, "ec2")

    assert ("running", "t3.medium", True) == (
        found["State"]["Name"],
        found["InstanceType"],
        found["ImageId"].startswith("ami-"),
    )


def test_instance_has_awss_tags(client: Client) -> None:
    """An instance names its group and its template, and has the group's tags that are passed on."""
    tag = {"Key": "Stack", "Value": "s", "PropagateAtLaunch": True}
    template_id = compose_hosts.group(client, "tags", Tags=[tag, tag | {"Key": "Own", "PropagateAtLaunch": False}])

    assert tags_of(instance(client, "tags")) == {
        "Stack": "s",
        "aws:autoscaling:groupName": "tags",
        "aws:ec2launchtemplate:id": template_id,
        "aws:ec2launchtemplate:version": "1",
    }


def test_instances_are_spread_over_zones(client: Client) -> None:
    """Instances are in the zones of the group's subnets, as evenly as can be, and in the subnets' networks."""
    compose_hosts.group(client, "zones", size=3)
    zones = [each["AvailabilityZone"] for each in described(client, "zones")["Instances"]]

    assert 3 == len(set(zones))


def test_instance_has_an_address_of_its_subnet(client: Client) -> None:
    """The private address is in the subnet's network; there is a public one only if the template wants it."""
    compose_hosts.group(client, "address")
    found = instance(client, "address")
    (subnet,) = client("ec2").describe_subnets(SubnetIds=[found["SubnetId"]])["Subnets"]

    assert (subnet["CidrBlock"].rsplit(".", 2)[0], "") == (
        found["PrivateIpAddress"].rsplit(".", 2)[0],
        found.get("PublicIpAddress", ""),
    )


def test_disk_goes_with_its_instance(client: Client) -> None:
    """The disk is as the template says, and there is none when the instance is gone."""
    ec2 = client("ec2")
    tags = {"ResourceType": "volume", "Tags": [{"Key": "Name", "Value": "disk"}]}
    compose_hosts.group(client, "disk", data={"BlockDeviceMappings": [DISK], "TagSpecifications": [tags]})
    where = {"Filters": [{"Name": "tag:Name", "Values": ["disk"]}]}
    (volume,) = ec2.describe_volumes(**where)["Volumes"]
    client("autoscaling").update_auto_scaling_group(AutoScalingGroupName="disk", DesiredCapacity=0)

    assert (30, True, []) == (volume["Size"], volume["Encrypted"], ec2.describe_volumes(**where)["Volumes"])


def test_instances_are_healthy_targets(client: Client) -> None:
    """The instances of a group, and no others, are healthy targets of its target groups."""
    elb = client("elbv2")
    vpc_id = client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    made = elb.create_target_group(Name="targets", Protocol="HTTP", Port=3001, VpcId=vpc_id, TargetType="instance")
    arn = made["TargetGroups"][0]["TargetGroupArn"]
    compose_hosts.group(client, "targets", size=3, TargetGroupARNs=[arn])
    client("autoscaling").set_desired_capacity(AutoScalingGroupName="targets", DesiredCapacity=2)
    found = elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]

    assert [(id_, 3001, "healthy") for id_ in instance_ids(client, "targets")] == [
        (each["Target"]["Id"], each["Target"]["Port"], each["TargetHealth"]["State"]) for each in found
    ]


@pytest.mark.parametrize(("policy", "left"), [("OldestInstance", 1), ("NewestInstance", 0)])
def test_termination_policy(client: Client, policy: str, left: int) -> None:
    """A group that shrinks ends its oldest instance, or its newest one."""
    compose_hosts.group(client, policy, size=2, TerminationPolicies=[policy])
    before = instance_ids(client, policy)
    client("autoscaling").set_desired_capacity(AutoScalingGroupName=policy, DesiredCapacity=1)

    assert [before[left]] == instance_ids(client, policy)


def test_terminate_instance_in_auto_scaling_group(client: Client) -> None:
    """Another instance takes the place of one that is ended."""
    compose_hosts.group(client, "ended")
    before = instance_ids(client, "ended")
    client("autoscaling").terminate_instance_in_auto_scaling_group(
        InstanceId=before[0], ShouldDecrementDesiredCapacity=False
    )

    assert (1, False) == (len(instance_ids(client, "ended")), before == instance_ids(client, "ended"))


def test_instance_refresh_replaces_all(client: Client) -> None:
    """After a refresh all instances are new and run the template's version of now."""
    template_id = compose_hosts.group(client, "refresh", size=2)
    before = instance_ids(client, "refresh")
    client("ec2").create_launch_template_version(
        LaunchTemplateId=template_id, SourceVersion="1", LaunchTemplateData={"InstanceType": "t3.large"}
    )
    refreshed = refresh(client, "refresh")
    after = described(client, "refresh")["Instances"]

    assert ("Successful", 100, 0, {("t3.large", "2")}, set()) == (
        refreshed["Status"],
        refreshed["PercentageComplete"],
        refreshed["InstancesToUpdate"],
        {(each["InstanceType"], each["LaunchTemplate"]["Version"]) for each in after},
        set(before) & {each["InstanceId"] for each in after},
    )


def test_instance_refresh_skips_matching(client: Client) -> None:
    """An instance that runs the template's version already stays, when the refresh shall skip it."""
    compose_hosts.group(client, "skip")
    before = instance_ids(client, "skip")
    refresh(client, "skip", SkipMatching=True)

    assert before == instance_ids(client, "skip")


def test_instance_refresh_is_one_at_a_time(client: Client) -> None:
    """While a refresh runs another is refused."""
    scaling = client("autoscaling")
    compose_hosts.group(client, "twice", size=5)
    scaling.start_instance_refresh(AutoScalingGroupName="twice")
    with pytest.raises(ClientError) as caught:
        scaling.start_instance_refresh(AutoScalingGroupName="twice")

    assert "InstanceRefreshInProgress" == caught.value.response["Error"]["Code"]


def test_cancel_instance_refresh(client: Client) -> None:
    """A refresh that is cancelled leaves alone the instances that it has not reached."""
    scaling = client("autoscaling")
    compose_hosts.group(client, "cancel", size=5)
    last = instance_ids(client, "cancel")[-1]
    scaling.start_instance_refresh(AutoScalingGroupName="cancel")
    scaling.cancel_instance_refresh(AutoScalingGroupName="cancel")
    ended = until(
        lambda: scaling.describe_instance_refreshes(AutoScalingGroupName="cancel")["InstanceRefreshes"][0]["Status"],
        lambda status: status in {"Cancelled", "Successful"},
    )

    assert ("Cancelled", True) == (ended, last in instance_ids(client, "cancel"))
