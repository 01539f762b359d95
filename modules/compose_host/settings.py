"""What an environment says about its hosts."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from modules.compose_host.alarms import HostAlarmsSettings
from modules.compose_host.instance_type import Architecture, InstanceType, architecture, host_memory_mib
from modules.settings import Settings, mistake
from modules.types import Percent

HOST_MEMORY_MIB = 512
"""What Ubuntu, Docker and the two agents need of a host's memory; the containers share the rest."""

_PERIOD_MIN = 5
"""How often EC2 says what a host uses, in basic monitoring (EC2 User Guide, "Manage detailed monitoring")."""

HostCount = Annotated[int, Field(ge=1, le=100)]
ScalingMinutes = Annotated[int, Field(ge=_PERIOD_MIN, le=60, multiple_of=_PERIOD_MIN)]

VolumeGib = Annotated[int, Field(ge=1, le=16_384)]
"""gp3: docs.aws.amazon.com/ebs, "Amazon EBS General Purpose SSD volumes"."""


class HostScalingSettings(Settings):
    """When a host is added and when one is taken away, by the average CPU of all. The defaults are design 004's."""

    out_above_percent: Percent = 70
    out_for_min: ScalingMinutes = 5
    in_below_percent: Annotated[Percent, Field(validate_default=True)] = 30
    in_for_min: ScalingMinutes = 10
    cooldown_s: Annotated[int, Field(ge=0, le=3600)] = 300
    """How long after one change no other follows: a new host needs a while before it takes a part of the load."""

    @field_validator("in_below_percent")
    @classmethod
    def _leaves_a_gap(cls, below: int, info: ValidationInfo) -> int:
        above = info.data.get("out_above_percent")
        if above is not None and 2 * below > above:
            # One host of two that is taken away leaves the other with twice the load.
            raise mistake(f"must be at most {above // 2}, half of out_above_percent, or one host of two comes and goes")
        return below


class ComposeHostSettings(Settings):
    """
    The hosts: one, or several of the same kind in an Auto Scaling group.

    Their number is fixed, or it is scaled: there is room between the bounds exactly when `scaling` says what it is for.
    """

    instance_type: InstanceType
    ubuntu: Literal["22.04", "24.04"] = "22.04"
    """The LTS release. Each new host starts from Canonical's newest image of it."""

    root_volume_gib: Annotated[int, Field(ge=20, le=16_384)] = 50
    """For the system and the images; it goes with its host."""

    data_volume_gib: VolumeGib = 20
    """For the folders of the services, on a volume that outlives its host; there is none without folders. It may
    grow, which its host takes at its next start, and never shrinks."""

    snapshot_retention_days: Annotated[int, Field(ge=1, le=365)] = 7
    """How long the daily snapshots of the data volume are kept."""

    snapshot_time_utc: Annotated[
        str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$"), Field(description="a time, hh:mm in UTC")
    ] = "03:00"
    """From when on a day's snapshot is made, within an hour."""

    min_size: HostCount = 1
    desired_capacity: Annotated[HostCount, Field(validate_default=True)] = 1
    """How many hosts there are at first; with `scaling` that is from then on the policies' business."""

    max_size: Annotated[HostCount, Field(validate_default=True)] = 1
    """One, when a service keeps a folder on the hosts: the data volume belongs to one of them."""

    cpu_credits: Literal["standard", "unlimited"] = "unlimited"
    """
    What happens when a host has spent its CPU credits: it is held at its baseline, or it goes on and what it does not
    earn back within a day is billed (EC2 User Guide, "Unlimited mode for burstable performance instances").
    """

    scaling: Annotated[HostScalingSettings | None, Field(validate_default=True)] = None
    """None: the number of hosts is fixed."""

    warmup_s: Annotated[int, Field(ge=0, le=3600)] = 300
    """How long a new host takes until its containers answer: what the group waits before it replaces the next one."""

    metrics_namespace: Annotated[
        str,
        StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_/-]{0,254}$"),
        Field(description="1 to 255 letters, digits and _/-, beginning with a letter or digit"),
    ] = "Aldeia/EC2"
    """Where the CloudWatch agent puts what it measures. CloudWatch API, MetricDatum; AWS/… is AWS's."""

    alarms: HostAlarmsSettings = Field(default_factory=HostAlarmsSettings)

    @field_validator("metrics_namespace")
    @classmethod
    def _is_not_of_aws(cls, namespace: str) -> str:
        if namespace.startswith("AWS/"):
            raise mistake("must not begin with AWS/, which is AWS's own")
        return namespace

    @field_validator("desired_capacity")
    @classmethod
    def _not_below_min(cls, desired: int, info: ValidationInfo) -> int:
        if desired < info.data.get("min_size", 1):
            raise mistake(f"must be at least min_size, {info.data['min_size']}")
        return desired

    @field_validator("max_size")
    @classmethod
    def _not_below_desired(cls, most: int, info: ValidationInfo) -> int:
        if most < info.data.get("desired_capacity", 1):
            raise mistake(f"must be at least desired_capacity, {info.data['desired_capacity']}")
        return most

    @field_validator("scaling")
    @classmethod
    def _has_room_and_credits(
        cls, scaling: HostScalingSettings | None, info: ValidationInfo
    ) -> HostScalingSettings | None:
        least, most = info.data.get("min_size"), info.data.get("max_size")
        if least is not None and most is not None and (most > least) != (scaling is not None):
            raise mistake(
                f"must be given: max_size, {most}, is above min_size, {least}, and nothing else would use the room"
                if scaling is None
                else f"must be None when max_size is min_size, {most}: there is no room to scale"
            )
        if scaling is not None and info.data.get("cpu_credits") == "standard":
            # The baseline of no t3 or t4g is above 40 %: EC2 User Guide, "Key concepts for burstable performance".
            raise mistake("must be None when cpu_credits is standard: a host without credits never looks busy")
        return scaling


def check_hosts(
    settings: ComposeHostSettings, *, memory_mib: Sequence[int], cpu_architecture: Architecture, has_folders: bool
) -> None:
    """
    Refuse hosts that cannot run their services.

    A stack calls this while it checks its settings, so that the mistake becomes one line.

    :param memory_mib: the limit of each service on a host
    :param cpu_architecture: what the services' images are built for
    :param has_folders: whether a service keeps a folder on the hosts
    :raises PydanticCustomError: too little memory, another architecture, or several hosts with one data volume
    """
    _check_memory(settings.instance_type, memory_mib)
    host = architecture(settings.instance_type)
    if host != cpu_architecture:
        raise mistake(
            f"must have an instance_type of {cpu_architecture}, for which the images are built: "
            f"{settings.instance_type} is {host}"
        )
    if has_folders and settings.max_size > 1:
        raise mistake(
            "must have max_size 1: a service keeps a folder, which two servers at the same time would corrupt"
        )


def _check_memory(instance_type: str, limits_mib: Sequence[int]) -> None:
    has, needed = host_memory_mib(instance_type), sum(limits_mib) + HOST_MEMORY_MIB
    if needed > has:
        raise mistake(
            f"must have an instance_type with at least {needed} MiB, {sum(limits_mib)} for the services and "
            f"{HOST_MEMORY_MIB} for the host: {instance_type} has {has}"
        )


def host_buckets(region: str) -> list[str]:
    """
    Name the buckets of AWS that a host reads while it sets itself up, for `readable_buckets` of its network.

    All traffic to S3 in the region goes through the network's endpoint, which lets through what it names only
    (CloudWatch User Guide, "Download the CloudWatch agent package").
    """
    return ["amazoncloudwatch-agent", f"amazoncloudwatch-agent-{region}"]
