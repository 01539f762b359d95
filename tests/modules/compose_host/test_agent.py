"""What the CloudWatch agent of a host is told."""

import json
from typing import Any, get_args

import pytest

from modules.compose_host.agent import agent_configuration
from modules.compose_host.compose_file import DATA_FOLDER
from modules.watching.host_metrics import AGENT_PERIOD_S, AgentMetric

TEXT = agent_configuration(log_group_name="/aws/ec2/aldeia-staging", namespace="Aldeia/EC2")


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """The configuration, after Terraform has read it."""
    parsed: dict[str, Any] = json.loads(TEXT.replace("$${", "${"))
    return parsed


def test_terraform_leaves_the_variables(told: dict[str, Any]) -> None:
    """They are the agent's own."""
    assert TEXT.count("${aws:") == TEXT.count("$${aws:")
    assert {
        "AutoScalingGroupName": "${aws:AutoScalingGroupName}",
        "InstanceId": "${aws:InstanceId}",
    } == told["metrics"]["append_dimensions"]


def test_group(told: dict[str, Any]) -> None:
    """What alarms watch has the group's name alone, so that a new host changes nothing."""
    assert [["AutoScalingGroupName"]] == told["metrics"]["aggregation_dimensions"]


def test_metrics(told: dict[str, Any]) -> None:
    """It measures what alarms and dashboard ask for, as often as they think."""
    measured = {one["rename"] for part in told["metrics"]["metrics_collected"].values() for one in part["measurement"]}

    assert set(get_args(AgentMetric)) == measured
    assert ("Aldeia/EC2", AGENT_PERIOD_S) == (
        told["metrics"]["namespace"],
        told["agent"]["metrics_collection_interval"],
    )


def test_design(told: dict[str, Any]) -> None:
    """Design 004's metrics, by the agent's names and by the design's."""
    collected = told["metrics"]["metrics_collected"]

    assert {
        "cpu": [{"name": "cpu_usage_idle", "rename": "CPU_IDLE", "unit": "Percent"}],
        "mem": [{"name": "mem_used_percent", "rename": "MEMORY_USED", "unit": "Percent"}],
        "disk": [{"name": "used_percent", "rename": "DISK_USED", "unit": "Percent"}],
    } == {plugin: part["measurement"] for plugin, part in collected.items()}


def test_disks(told: dict[str, Any]) -> None:
    """Both disks are watched."""
    assert ["/", DATA_FOLDER] == told["metrics"]["metrics_collected"]["disk"]["resources"]


def test_files(told: dict[str, Any]) -> None:
    """How the host was set up and what it started is kept where the containers log to, by host."""
    files = told["logs"]["logs_collected"]["files"]["collect_list"]

    assert {
        "/var/log/cloud-init-output.log": "host/{instance_id}/cloud-init",
        "/var/log/compose-host.log": "host/{instance_id}/compose-host",
    } == {one["file_path"]: one["log_stream_name"] for one in files}
    assert {"/aws/ec2/aldeia-staging"} == {one["log_group_name"] for one in files}
