"""EC2's closed gaps that hosts need, seen through an SDK: one test a patch."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.tools.local import compose_hosts

pytestmark = pytest.mark.slow

Client = Callable[..., Any]

DATA = {
    "CreditSpecification": {"CpuCredits": "standard"},
    "MaintenanceOptions": {"AutoRecovery": "default"},
    "PrivateDnsNameOptions": {"HostnameType": "ip-name", "EnableResourceNameDnsARecord": False},
    "NetworkInterfaces": [{"DeviceIndex": 0, "DeleteOnTermination": True, "Groups": ["sg-1", "sg-2"]}],
    "BlockDeviceMappings": [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 9, "KmsKeyId": "k&y"}}],
}


def test_create_launch_template(client: Client) -> None:
    """A template keeps every block that it is made with."""
    template_id = compose_hosts.template(client, "blocks", **DATA)
    (version,) = client("ec2").describe_launch_template_versions(LaunchTemplateId=template_id)["LaunchTemplateVersions"]

    assert {key: version["LaunchTemplateData"][key] for key in DATA} == DATA


def test_describe_launch_template_versions_in_awss_tags(client: Client) -> None:
    """The groups of an interface are in the tags that the provider looks for; boto3 takes any."""
    template_id = compose_hosts.template(client, "interface-groups", **DATA)
    ec2, bodies = client("ec2"), list[bytes]()

    def keep(response_dict: dict[str, Any], **_: object) -> None:
        bodies.append(response_dict["body"])

    ec2.meta.events.register("before-parse.ec2.DescribeLaunchTemplateVersions", keep)
    ec2.describe_launch_template_versions(LaunchTemplateId=template_id)

    assert b"<groupSet><groupId>sg-1</groupId><groupId>sg-2</groupId></groupSet>" in bodies[0]


def test_create_volume(client: Client) -> None:
    """A volume of gp3 has the throughput that it is made with, or AWS's 125 MiB/s; another type has none."""
    make = client("ec2").create_volume
    given: list[dict[str, Any]] = [
        {"VolumeType": "gp3", "Throughput": 250},
        {"VolumeType": "gp3"},
        {"VolumeType": "gp2"},
    ]
    volumes = [make(AvailabilityZone="us-east-1a", Size=1, **one) for one in given]

    assert [250, 125, None] == [volume.get("Throughput") for volume in volumes]


def test_create_volume_with_a_key(client: Client) -> None:
    """A volume keeps the key that it is encrypted with."""
    made = client("ec2").create_volume(AvailabilityZone="us-east-1a", Size=1, Encrypted=True, KmsKeyId="key")
    (found,) = client("ec2").describe_volumes(VolumeIds=[made["VolumeId"]])["Volumes"]

    assert "key" == found["KmsKeyId"]


def test_modify_volume(client: Client) -> None:
    """The throughput of a volume can change."""
    ec2 = client("ec2")
    volume_id = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1, VolumeType="gp3")["VolumeId"]
    ec2.modify_volume(VolumeId=volume_id, Throughput=300)

    assert 300 == ec2.describe_volumes(VolumeIds=[volume_id])["Volumes"][0]["Throughput"]


def test_terminate_instances(client: Client) -> None:
    """An instance takes its own disk with it, and lets go of a volume that was attached."""
    ec2 = client("ec2")
    made = ec2.run_instances(ImageId="ami-1", MinCount=1, MaxCount=1)["Instances"][0]
    disk_id = made["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    volume_id = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
    ec2.attach_volume(VolumeId=volume_id, InstanceId=made["InstanceId"], Device="/dev/sdf")
    ec2.terminate_instances(InstanceIds=[made["InstanceId"]])
    left = {volume["VolumeId"]: volume["State"] for volume in ec2.describe_volumes()["Volumes"]}

    assert (None, "available") == (left.get(disk_id), left[volume_id])
