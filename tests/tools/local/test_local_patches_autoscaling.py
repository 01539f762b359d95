"""Closed gaps of EC2 Auto Scaling's groups and policies, seen through an SDK: one test a patch."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.tools.local import compose_hosts
from tests.tools.local.compose_hosts import described, instance_ids
from tools.local.refusal import CODE

pytestmark = pytest.mark.slow

Client = Callable[..., Any]

SETTINGS = {
    "CapacityRebalance": True,
    "DefaultCooldown": 60,
    "DefaultInstanceWarmup": 0,
    "HealthCheckGracePeriod": 0,
    "HealthCheckType": "EC2",
    "InstanceMaintenancePolicy": {"MinHealthyPercentage": 90, "MaxHealthyPercentage": 120},
    "MaxInstanceLifetime": 604800,
    "TerminationPolicies": ["OldestInstance"],
}


def refusal(call: Callable[..., object], **arguments: object) -> str:
    """Answer the error code of a call that fails."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Code"])


def group_of(client: Client, name: str, **more: object) -> dict[str, Any]:
    """Make a group and describe it."""
    compose_hosts.group(client, name, **more)  # type: ignore[arg-type]
    return described(client, name)


def test_create_auto_scaling_group_keeps_every_setting(client: Client) -> None:
    """Whatever a group is made with is read back."""
    group = group_of(client, "settings", size=0, **SETTINGS)

    assert {key: group[key] for key in SETTINGS} == SETTINGS


def test_create_auto_scaling_group_names_its_template(client: Client) -> None:
    """A group that names its template by id is read back with its name too, and the version as it was asked for."""
    group = group_of(client, "template-name", size=0)

    assert ("template-name", "$Latest") == (
        group["LaunchTemplate"]["LaunchTemplateName"],
        group["LaunchTemplate"]["Version"],
    )


def test_create_auto_scaling_group_has_awss_defaults(client: Client) -> None:
    """A group that says nothing waits 300 seconds, has no grace period and AWS's own role."""
    group = group_of(client, "defaults", size=0)

    assert (300, 0, True) == (
        group["DefaultCooldown"],
        group["HealthCheckGracePeriod"],
        group["ServiceLinkedRoleARN"].endswith("/AWSServiceRoleForAutoScaling"),
    )


@pytest.mark.parametrize("image", [compose_hosts.UBUNTU.replace("canonical", "nobody"), "resolve:ssm:/none"])
def test_create_auto_scaling_group_with_an_unknown_image(client: Client, image: str) -> None:
    """A template whose image parameter there is not is refused, as on AWS."""
    template_id = compose_hosts.template(client, f"unknown{len(image)}", ImageId=image)
    spec = {"LaunchTemplateId": template_id, "Version": "1"}
    make = client("autoscaling").create_auto_scaling_group

    assert "ValidationError" == refusal(
        make,
        AutoScalingGroupName="unknown",
        MinSize=0,
        MaxSize=1,
        LaunchTemplate=spec,
        AvailabilityZones=["us-east-1a"],
    )


@pytest.mark.parametrize("change", [{"LaunchTemplateId": "lt-0123456789abcdef0"}, {"Version": "7"}])
def test_create_auto_scaling_group_with_an_unknown_template(client: Client, change: dict[str, str]) -> None:
    """A template or a version that there is not is refused."""
    spec = {"LaunchTemplateId": compose_hosts.template(client, f"spec-{min(change)}"), "Version": "1"} | change
    make = client("autoscaling").create_auto_scaling_group

    assert "ValidationError" == refusal(make, AutoScalingGroupName="unknown", MinSize=0, MaxSize=1, LaunchTemplate=spec)


def test_create_auto_scaling_group_refuses_what_it_would_lose(client: Client) -> None:
    """A group with what is not played fails at once, and is not made without it."""
    make = client("autoscaling").create_auto_scaling_group
    hook = {"LifecycleHookName": "h", "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING"}

    assert CODE == refusal(
        make, AutoScalingGroupName="lost", MinSize=0, MaxSize=1, LifecycleHookSpecificationList=[hook]
    )


def test_describe_auto_scaling_groups_escapes(client: Client) -> None:
    """A tag with an ampersand is read back."""
    tag = {"Key": "Name", "Value": "a & <b>", "PropagateAtLaunch": True}
    (found,) = group_of(client, "escape", size=0, Tags=[tag])["Tags"]

    assert "a & <b>" == found["Value"]


def test_update_auto_scaling_group_takes_settings_away(client: Client) -> None:
    """A warmup of -1 and a lifetime of 0 are none."""
    compose_hosts.group(client, "unset", size=0, DefaultInstanceWarmup=30, MaxInstanceLifetime=86400)
    client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName="unset", DefaultInstanceWarmup=-1, MaxInstanceLifetime=0
    )

    assert not {"DefaultInstanceWarmup", "MaxInstanceLifetime"} & described(client, "unset").keys()


def test_update_auto_scaling_group_moves_the_capacity(client: Client) -> None:
    """A higher minimum launches instances."""
    compose_hosts.group(client, "minimum")
    client("autoscaling").update_auto_scaling_group(AutoScalingGroupName="minimum", MinSize=2)

    assert 2 == len(instance_ids(client, "minimum"))


def test_set_desired_capacity_has_bounds(client: Client) -> None:
    """A capacity above the maximum is refused."""
    compose_hosts.group(client, "bounds", size=0)
    change = client("autoscaling").set_desired_capacity

    assert "ValidationError" == refusal(change, AutoScalingGroupName="bounds", DesiredCapacity=10)


def test_delete_auto_scaling_group_with_instances(client: Client) -> None:
    """A group that has instances stays, unless all of it is to go."""
    compose_hosts.group(client, "in-use")
    (instance_id,) = instance_ids(client, "in-use")
    delete = client("autoscaling").delete_auto_scaling_group
    refused = refusal(delete, AutoScalingGroupName="in-use")
    delete(AutoScalingGroupName="in-use", ForceDelete=True)
    (reservation,) = client("ec2").describe_instances(InstanceIds=[instance_id])["Reservations"]

    assert ("ResourceInUse", "terminated") == (refused, reservation["Instances"][0]["State"]["Name"])


def test_enable_metrics_collection(client: Client) -> None:
    """The metrics of a group are read back until they are no more collected."""
    scaling = client("autoscaling")
    names = ["GroupDesiredCapacity", "GroupInServiceInstances"]
    compose_hosts.group(client, "metrics", size=0)
    scaling.enable_metrics_collection(AutoScalingGroupName="metrics", Metrics=names, Granularity="1Minute")
    both = described(client, "metrics")["EnabledMetrics"]
    scaling.disable_metrics_collection(AutoScalingGroupName="metrics", Metrics=names[:1])

    assert ([*names], names[1:]) == (
        [each["Metric"] for each in both],
        [each["Metric"] for each in described(client, "metrics")["EnabledMetrics"]],
    )


def test_attach_load_balancer_target_groups(client: Client) -> None:
    """Instances are targets from when a target group is attached to when it is detached."""
    scaling, elb = client("autoscaling"), client("elbv2")
    vpc_id = client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    made = elb.create_target_group(Name="attach", Protocol="HTTP", Port=3001, VpcId=vpc_id, TargetType="instance")
    arn = made["TargetGroups"][0]["TargetGroupArn"]
    compose_hosts.group(client, "attach")

    def targets() -> list[str]:
        found = elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        return [each["Target"]["Id"] for each in found]

    scaling.attach_load_balancer_target_groups(AutoScalingGroupName="attach", TargetGroupARNs=[arn])
    attached = targets()
    scaling.detach_load_balancer_target_groups(AutoScalingGroupName="attach", TargetGroupARNs=[arn])

    assert (instance_ids(client, "attach"), []) == (attached, targets())


def test_put_scaling_policy_keeps_its_arn(client: Client) -> None:
    """A policy that changes is still the one that an alarm names."""
    put = client("autoscaling").put_scaling_policy
    compose_hosts.group(client, "policy", size=0)
    given = {"AutoScalingGroupName": "policy", "PolicyName": "out", "AdjustmentType": "ChangeInCapacity"}
    arns = {put(**given, ScalingAdjustment=number)["PolicyARN"] for number in (1, 2)}

    assert 1 == len(arns)


def test_describe_policies_by_name(client: Client) -> None:
    """Only the policy that is asked for is answered."""
    scaling = client("autoscaling")
    compose_hosts.group(client, "policies", size=0)
    for name, step in (("in", -1), ("out", 1)):
        given = {"PolicyName": name, "AdjustmentType": "ChangeInCapacity", "ScalingAdjustment": step}
        scaling.put_scaling_policy(AutoScalingGroupName="policies", **given)
    found = scaling.describe_policies(AutoScalingGroupName="policies", PolicyNames=["out"])

    assert ["out"] == [policy["PolicyName"] for policy in found["ScalingPolicies"]]
