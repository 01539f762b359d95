"""EC2 Auto Scaling's instances, in ministack: here they are instances of EC2, in subnets and behind load balancers."""

import threading
from typing import Any, cast

from ministack.core.responses import get_region  # type: ignore[import-untyped]
from ministack.services import alb, autoscaling, ec2, ssm  # type: ignore[import-untyped]

from tools.local.compose_host import host
from tools.local.patches import ec2_instances, ecs_tasks
from tools.local.patches.ministack import Params, Response

Record = dict[str, Any]

BY_PARAMETER = "resolve:ssm:"
"""https://docs.aws.amazon.com/autoscaling/ec2/userguide/using-systems-manager-parameters.html"""

NEWEST_FIRST = {"NewestInstance"}
"""Termination policies that end the youngest instance; all others here end the oldest.
https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-termination-policies.html"""


CHANGING = threading.RLock()
"""Held by whoever launches and terminates: a refresh goes on while calls come in."""


def template_of(params: Params) -> Record:
    """Read which template a call names, and complete it with its id and its name; empty when it names none."""
    given = {field: autoscaling._p(params, f"LaunchTemplate.{field}") for field in _TEMPLATE}
    _, template, _ = ec2._resolve_launch_template_data(given)
    if template is None:
        return {}
    names = {field: template[field] for field in ("LaunchTemplateId", "LaunchTemplateName")}
    return names | {"Version": given["Version"] or "$Default"}


_TEMPLATE = ("LaunchTemplateId", "LaunchTemplateName", "Version")


def check_template(params: Params) -> Response | None:
    """Refuse a template that there is not, or whose image cannot be found."""
    if not any(autoscaling._p(params, f"LaunchTemplate.{field}") for field in _TEMPLATE):
        return None
    template = template_of(params)
    if not template:
        wanted = autoscaling._p(params, "LaunchTemplate.LaunchTemplateId")
        return _refuse(f"The specified launch template, with template ID {wanted}, does not exist.")
    data = _data(template)
    if data is None:
        return _refuse(f"The specified launch template version, {template['Version']}, does not exist.")
    if _image(data) is None:
        return _refuse(f"The image {data.get('ImageId')} cannot be resolved.")
    return None


def resize(group: Record, capacity: int | None = None) -> None:
    """Launch or terminate instances until there are as many as the group wants, or as are asked for."""
    wanted = group["DesiredCapacity"] if capacity is None else capacity
    is_newest_first = group["TerminationPolicies"][0] in NEWEST_FIRST
    with CHANGING:
        while len(group["Instances"]) < wanted:
            launch(group)
        while len(group["Instances"]) > wanted:
            terminate(group, group["Instances"][-1 if is_newest_first else 0])


def launch(group: Record) -> Record:
    """Start an instance where the group has fewest, as its launch template says, and register it."""
    spec = group["LaunchTemplate"]
    data = _data(spec) or {}
    profile = data.get("IamInstanceProfile", {})
    role, _ = ec2._resolve_iam_instance_profile(profile.get("Arn", ""), profile.get("Name", ""), allow_missing=True)
    subnet_id = _subnet(group)
    (instance,) = ec2._launch_instances_internal(
        image_id=_image(data),
        instance_type=data.get("InstanceType", ""),
        subnet_id=subnet_id,
        count=1,
        user_data=data.get("UserData", ""),
        sg_ids=_interface(data).get("Groups") or data.get("SecurityGroupIds"),
        requested_private_ip=ecs_tasks.address_in(subnet_id),
        iam_profile=role,
    )
    _complete(instance, data, group)
    shown = {
        "InstanceId": instance["InstanceId"],
        "InstanceType": instance["InstanceType"],
        "AvailabilityZone": instance["Placement"]["AvailabilityZone"],
        "LifecycleState": "InService",
        "HealthStatus": "Healthy",
        "ProtectedFromScaleIn": group["NewInstancesProtectedFromScaleIn"],
        "LaunchTemplate": spec | {"Version": _version(spec)},
    }
    group["Instances"].append(shown)
    register(instance["InstanceId"], group["TargetGroupARNs"])
    host.start(instance)
    return shown


def terminate(group: Record, instance: Record) -> None:
    """Take an instance out of its group and out of its load balancers, and end it."""
    group["Instances"].remove(instance)
    deregister(instance["InstanceId"], group["TargetGroupARNs"])
    ec2_instances.terminate_instances({"InstanceId.1": instance["InstanceId"]})


def register(instance_id: str, target_group_arns: list[str]) -> None:
    """Make an instance a target."""
    for arn in target_group_arns:
        alb._register_targets({"TargetGroupArn": arn, "Targets.member.1.Id": instance_id})


def deregister(instance_id: str, target_group_arns: list[str]) -> None:
    """Make an instance no target any more."""
    for arn in target_group_arns:
        alb._deregister_targets({"TargetGroupArn": arn, "Targets.member.1.Id": instance_id})


def zones(group: Record) -> list[str]:
    """List the zones of a group's subnets."""
    found = [ec2._subnets[subnet_id]["AvailabilityZone"] for subnet_id in _subnets(group)]
    return sorted(set(found)) or cast(list[str], group["AvailabilityZones"])


def is_current(group: Record, instance: Record) -> bool:
    """Whether an instance runs what the group's template says now."""
    spec = group["LaunchTemplate"]
    return bool(instance["LaunchTemplate"] == spec | {"Version": _version(spec)})


def terminate_instance_in_auto_scaling_group(params: Params) -> Response:
    """End one instance; without a smaller capacity another takes its place."""
    wanted = autoscaling._p(params, "InstanceId")
    for group in autoscaling._asgs.values():
        for instance in [each for each in group["Instances"] if each["InstanceId"] == wanted]:
            terminate(group, instance)
            if autoscaling._p(params, "ShouldDecrementDesiredCapacity") == "true":
                group["DesiredCapacity"] -= 1
            resize(group)
            name = "TerminateInstanceInAutoScalingGroup"
            return cast(Response, autoscaling._xml(200, f"{name}Response", f"<{name}Result/>"))
    return cast(Response, autoscaling._error("ValidationError", f"Instance Id not found - {wanted}"))


def _complete(instance: Record, data: Record, group: Record) -> None:
    """Give an instance what stock ministack gives none: zone, tags, disks, and an agent where it has a role."""
    subnet = ec2._subnets.get(instance["SubnetId"])
    zone = subnet["AvailabilityZone"] if subnet else f"{get_region()}a"
    instance["Placement"]["AvailabilityZone"] = zone
    if not _interface(data).get("AssociatePublicIpAddress"):
        instance |= {"PublicIpAddress": "", "PublicDnsName": ""}
    if data.get("Monitoring", {}).get("Enabled"):
        instance["Monitoring"] = {"State": "enabled"}
    instance["_ssm_managed"] = instance["IamInstanceProfile"] is not None
    spec = group["LaunchTemplate"]
    tags = {each["Key"]: each["Value"] for each in _tags(data, "instance")}
    tags |= {tag["Key"]: tag["Value"] for tag in group["Tags"] if tag["PropagateAtLaunch"]}
    tags |= {
        "aws:autoscaling:groupName": group["AutoScalingGroupName"],
        "aws:ec2launchtemplate:id": spec["LaunchTemplateId"],
        "aws:ec2launchtemplate:version": _version(spec),
    }
    ec2._tags[instance["InstanceId"]] = [{"Key": key, "Value": value} for key, value in tags.items()]
    disks: list[Record] = [each["Ebs"] for each in data.get("BlockDeviceMappings", []) if "Ebs" in each]
    disk = disks[0] if disks else {}
    for mapping in instance["BlockDeviceMappings"]:
        volume_id = mapping["Ebs"]["VolumeId"]
        sizes = {"Size": disk.get("VolumeSize", 8), "Encrypted": disk.get("Encrypted", False)}
        ec2._volumes[volume_id] |= {"AvailabilityZone": zone} | sizes
        ec2._tags[volume_id] = _tags(data, "volume")


def _interface(data: Record) -> Record:
    interfaces: list[Record] = data.get("NetworkInterfaces", [])
    return interfaces[0] if interfaces else {}


def _tags(data: Record, resource_type: str) -> list[Record]:
    specs = [spec for spec in data.get("TagSpecifications", []) if spec["ResourceType"] == resource_type]
    return [tag for spec in specs for tag in spec["Tags"]]


def _data(spec: Record) -> Record | None:
    """Read what a version of a template says; None when there is no such version."""
    data, template, _ = ec2._resolve_launch_template_data(spec)
    if template is None:
        return None
    numbers = {str(version["VersionNumber"]) for version in template["Versions"]}
    return cast(Record, data) if _version(spec) in numbers else None


def _version(spec: Record) -> str:
    template = ec2._launch_templates.get(spec["LaunchTemplateId"], {})
    named = {"$Default": "DefaultVersionNumber", "$Latest": "LatestVersionNumber"}.get(spec["Version"])
    return str(template.get(named, "")) if named else str(spec["Version"])


def _image(data: Record) -> str | None:
    """Find the image of a template, also by a parameter of Systems Manager."""
    image: str = data.get("ImageId", "")
    if not image.startswith(BY_PARAMETER):
        return image or None
    parameter, _ = ssm._select_parameter(image.removeprefix(BY_PARAMETER))
    return parameter["Value"] if parameter else None


def _subnets(group: Record) -> list[str]:
    named = [name.strip() for name in group["VPCZoneIdentifier"].split(",")]
    return [name for name in named if name in ec2._subnets]


def _subnet(group: Record) -> str:
    """Choose the subnet in whose zone the group has fewest instances, the first of those that are alike."""
    used = [instance["AvailabilityZone"] for instance in group["Instances"]]
    candidates = _subnets(group) or [ec2._DEFAULT_SUBNET_ID]
    return min(candidates, key=lambda subnet_id: used.count(ec2._subnets[subnet_id]["AvailabilityZone"]))


def _refuse(why: str) -> Response:
    message = f"You must use a valid fully-formed launch template. {why}"
    return cast(Response, autoscaling._error("ValidationError", message))


def apply() -> None:
    """Patch the service."""
    autoscaling._ACTION_MAP["TerminateInstanceInAutoScalingGroup"] = terminate_instance_in_auto_scaling_group
