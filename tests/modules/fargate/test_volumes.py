"""Folders on EFS in a task, as Terraform JSON."""

import json

import pytest
from cdktf import TerraformLocal
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.ecs_service import EcsService
from constructs import Construct

from modules.container.workload import Workload
from modules.fargate.capacity import CapacitySettings
from modules.fargate.cluster import FargateCluster, FargateClusterSettings
from modules.fargate.container import TaskSettings
from modules.fargate.service import FargateService
from modules.fargate.service_rollout import wait_for
from modules.fargate.task import Task
from modules.fargate.volumes import mount_points
from modules.file_system.mount import Mount
from modules.network.open_port import open_port
from modules.network.placement import Placement
from tests.modules.fargate.sample_service import WORKLOAD, service_settings
from tests.support import Block, Synthesized, synth_scope

MEDIA = Mount(name="media", path="/srv/media", file_system_id="fs-1", access_point_id="fsap-1")
STATIC = Mount(name="static", path="/srv/static", file_system_id="fs-1", access_point_id="fsap-2", read_only=True)


@pytest.fixture(scope="module")
def task() -> Synthesized:
    """A task with one folder of its own and two on EFS."""
    return synth_scope(
        lambda scope: Task(
            scope,
            "task",
            name="api",
            account_id="956880242582",
            region="us-east-1",
            workload=Workload(container_name="api", image="registry/api:v1", mounts=[MEDIA, STATIC]),
            exec_log_group_arn=None,
            settings=TaskSettings(cpu=256, memory_mib=512, cpu_architecture="X86_64", port=8000, user="10001:10001"),
        )
    )


def test_volumes(task: Synthesized) -> None:
    """EFS is reached over TLS, as the task's role, through one access point; the task's own folder is as ever."""
    own, media, static = task.resource("aws_ecs_task_definition")["volume"]

    assert {"name": "writable-0"} == own
    assert {
        "name": "media",
        "efs_volume_configuration": {
            "file_system_id": "fs-1",
            "transit_encryption": "ENABLED",
            "authorization_config": {"access_point_id": "fsap-1", "iam": "ENABLED"},
        },
    } == media
    assert "fsap-2" == static["efs_volume_configuration"]["authorization_config"]["access_point_id"]


def test_mount_points(task: Synthesized) -> None:
    """The container finds each volume at its path, and writes where it may."""
    (container,) = json.loads(task.resource("aws_ecs_task_definition")["container_definitions"])
    found: list[Block] = container["mountPoints"]

    assert [("writable-0", "/tmp", False), ("media", "/srv/media", False), ("static", "/srv/static", True)] == [
        (one["sourceVolume"], one["containerPath"], one["readOnly"]) for one in found
    ]


@pytest.mark.parametrize(
    ("own", "message"),
    [({"media": "/tmp"}, "the name media"), ({"writable-0": "/srv/media"}, "the path /srv/media")],
)
def test_no_two_alike(own: dict[str, str], message: str) -> None:
    """Two volumes with one name or at one path are an error of whoever wires them."""
    with pytest.raises(ValueError, match=message):
        mount_points(own, [MEDIA, STATIC])


def test_service_starts_after_the_rules_of_its_file_system() -> None:
    """A task mounts first, so its service waits for a rule that is made with the service's own security group."""

    def declare(scope: Construct) -> None:
        service = FargateService(
            scope,
            "api",
            name="api",
            account_id="956880242582",
            region="us-east-1",
            cluster=FargateCluster(scope, "cluster", name="habits", vpc_id="vpc-1", settings=FargateClusterSettings()),
            placement=Placement(vpc_id="vpc-1", subnet_ids=["a", "b"]),
            deploy_mode="release",
            workload=WORKLOAD,
            exposure=None,
            capacity=CapacitySettings(spot_percent=0),
            autoscaled=False,
            settings=service_settings(),
        )
        rules = open_port(
            scope,
            "files",
            port=2049,
            called_security_group_id="sg-files",
            called_description="File system",
            caller_security_group_id=service.security_group_id,
        )
        service.start_after(rules)

    stack = synth_scope(declare)
    (into,) = stack.resources("aws_vpc_security_group_ingress_rule")
    awaited = stack.resource("aws_ecs_service")["depends_on"]

    assert f"aws_vpc_security_group_ingress_rule.{into}" in awaited
    assert [one for one in awaited if one.startswith("aws_ecs_cluster_capacity_providers.")]


def test_waits_for_what_is_made_later() -> None:
    """A service keeps what it waited for, and waits for more."""

    def declare(scope: Construct) -> None:
        first = CloudwatchLogGroup(scope, "first")
        service = EcsService(scope, "service", name="api", depends_on=[first])
        wait_for(service, [CloudwatchLogGroup(scope, "second"), CloudwatchLogGroup(scope, "third")])

    expected = [f"aws_cloudwatch_log_group.{id_}" for id_ in ("first", "second", "third")]
    assert expected == synth_scope(declare).resource("aws_ecs_service")["depends_on"]


def test_waits_for_the_first_time() -> None:
    """It need not have waited for anything."""

    def declare(scope: Construct) -> None:
        wait_for(EcsService(scope, "service", name="api"), [CloudwatchLogGroup(scope, "only")])

    assert ["aws_cloudwatch_log_group.only"] == synth_scope(declare).resource("aws_ecs_service")["depends_on"]


def test_waits_for_resources_only() -> None:
    """Terraform refuses the address of anything else."""

    def declare(scope: Construct) -> None:
        wait_for(EcsService(scope, "service", name="api"), [TerraformLocal(scope, "local", "x")])

    with pytest.raises(TypeError, match="must be a resource, got TerraformLocal"):
        synth_scope(declare)
