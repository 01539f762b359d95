"""EC2's instances and launch templates, in ministack."""

import re
from typing import Any, cast
from xml.sax.saxutils import escape

from ministack.services import ec2  # type: ignore[import-untyped]

from tools.local.patches.ministack import Params, Response, members

Record = dict[str, Any]

TEMPLATE_FIELDS = {
    "CreditSpecification": {"CpuCredits": "cpuCredits"},
    "MaintenanceOptions": {"AutoRecovery": "autoRecovery"},
    "PrivateDnsNameOptions": {
        "HostnameType": "hostnameType",
        "EnableResourceNameDnsARecord": "enableResourceNameDnsARecord",
        "EnableResourceNameDnsAAAARecord": "enableResourceNameDnsAAAARecord",
    },
}
"""Blocks of a template that stock ministack forgets, and the tags of what is in them.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ResponseLaunchTemplateData.html"""

_parse_lt_data = ec2._parse_lt_data
_lt_data_xml = ec2._lt_data_xml
_create_volume = ec2._create_volume
_modify_volume = ec2._modify_volume
_terminate_instances = ec2._terminate_instances
_volume_inner_xml = ec2._volume_inner_xml


def create_launch_template(params: Params, prefix: str = "LaunchTemplateData") -> Record:
    """Remember every block of a template that is read back, and the keys and interfaces' ends."""
    data = cast(Record, _parse_lt_data(params, prefix))
    for block, tags in TEMPLATE_FIELDS.items():
        given = {field: ec2._p(params, f"{prefix}.{block}.{field}") for field in tags}
        if kept := {field: value for field, value in given.items() if value}:
            data[block] = kept
    for number, mapping in enumerate(data.get("BlockDeviceMappings", []), 1):
        if key := ec2._p(params, f"{prefix}.BlockDeviceMapping.{number}.Ebs.KmsKeyId"):
            mapping["Ebs"]["KmsKeyId"] = key
    for number, interface in enumerate(data.get("NetworkInterfaces", []), 1):
        if end := ec2._p(params, f"{prefix}.NetworkInterface.{number}.DeleteOnTermination"):
            interface["DeleteOnTermination"] = end
    return data


def describe_launch_template_versions(data: Record) -> str:
    """Answer what `create_launch_template` remembers, and an interface's groups in tags that are AWS's."""
    xml = cast(str, _lt_data_xml(data))
    interfaces = iter(data.get("NetworkInterfaces", []))
    keys = iter(mapping.get("Ebs", {}) for mapping in data.get("BlockDeviceMappings", []))
    xml = re.sub("<item>(?=<deviceIndex>)", lambda _: f"<item>{_element(next(interfaces), 'DeleteOnTermination')}", xml)
    xml = re.sub(r"(?<=<groupSet>).*?(?=</groupSet>)", lambda found: found[0].replace("item>", "groupId>"), xml)
    xml = re.sub("<ebs>", lambda _: f"<ebs>{_element(next(keys), 'KmsKeyId')}", xml)
    for block, tags in TEMPLATE_FIELDS.items():
        inner = "".join(
            f"<{tag}>{escape(data[block][field])}</{tag}>"
            for field, tag in tags.items()
            if field in data.get(block, {})
        )
        xml += f"<{_lower(block)}>{inner}</{_lower(block)}>" if inner else ""
    return xml


def _element(record: Record, field: str) -> str:
    return f"<{_lower(field)}>{escape(str(record[field]))}</{_lower(field)}>" if field in record else ""


def _lower(name: str) -> str:
    return name[0].lower() + name[1:]


def create_volume(params: Params) -> Response:
    """Remember the throughput and the key of a volume."""
    _, _, body = cast(tuple[int, dict[str, str], bytes | str], _create_volume(params))
    (volume_id,) = re.findall("<volumeId>(.*?)<", body.decode() if isinstance(body, bytes) else body)
    volume = ec2._volumes[volume_id]
    volume["Throughput"] = int(ec2._p(params, "Throughput") or volume["Throughput"])
    if key := ec2._p(params, "KmsKeyId"):
        volume["KmsKeyId"] = key
    return cast(Response, ec2._xml(200, "CreateVolumeResponse", ec2._volume_inner_xml(volume)))


def modify_volume(params: Params) -> Response:
    """Change the throughput of a volume too."""
    volume = ec2._volumes.get(ec2._p(params, "VolumeId"))
    if volume and (throughput := ec2._p(params, "Throughput")):
        volume["Throughput"] = int(throughput)
    return cast(Response, _modify_volume(params))


def describe_volumes(volume: Record) -> str:
    """Answer the throughput of a volume that has one (API, Volume: of gp3 only), and its key."""
    throughput = _element(volume, "Throughput") if volume.get("Throughput") else ""
    return cast(str, _volume_inner_xml(volume)) + throughput + _element(volume, "KmsKeyId")


def terminate_instances(params: Params) -> Response:
    """
    End the volumes that end with their instance, and let go of the others.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/preserving-volumes-on-termination.html
    """
    response: Response = _terminate_instances(params)
    if response[0] != 200:
        return response
    gone = set(members(params, "InstanceId", ""))
    for volume_id, volume in list(ec2._volumes.items()):
        for attachment in [each for each in volume["Attachments"] if each["InstanceId"] in gone]:
            volume["Attachments"].remove(attachment)
            volume["State"] = "available"
            if attachment["DeleteOnTermination"]:
                ec2._volumes.pop(volume_id, None)
                ec2._tags.pop(volume_id, None)
    return response


def apply() -> None:
    """Patch the service."""
    ec2._parse_lt_data = create_launch_template
    ec2._lt_data_xml = describe_launch_template_versions
    ec2._volume_inner_xml = describe_volumes
    ec2._ACTION_MAP |= {
        "CreateVolume": create_volume,
        "ModifyVolume": modify_volume,
        "TerminateInstances": terminate_instances,
    }
