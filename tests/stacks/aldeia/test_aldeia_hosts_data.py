"""Aldeia's stacks on machines: where ChromaDB's files are, what is watched, and what an operator reads."""

import json

import pytest

from tests.stacks.aldeia.sample_aldeia import STAGING, build, compose_file, prefix
from tests.stacks.isms.sample_isms import ref
from tests.support import Synthesized


class TestData:
    """ChromaDB's folder on one machine."""

    def test_volume(self, staging: Synthesized) -> None:
        """A disk of its own, encrypted, in the zone of the machine."""
        volume = staging.resource("aws_ebs_volume")
        (subnet,) = staging.resource("aws_autoscaling_group")["vpc_zone_identifier"]
        zone = staging.resources("aws_subnet")[subnet.split(".")[1]]["availability_zone"]

        assert ("gp3", True, zone) == (volume["type"], volume["encrypted"], volume["availability_zone"])

    def test_address(self, staging: Synthesized) -> None:
        """A changed address would be another, empty disk."""
        assert ["hosts_data_volume_154F5F08"] == list(staging.resources("aws_ebs_volume"))

    def test_one_after_the_other(self, staging: Synthesized, several_hosts: Synthesized) -> None:
        """One machine is gone before its successor wants the disk; of several, none goes before there is another."""
        least = [
            stack.resource("aws_autoscaling_group")["instance_refresh"]["preferences"]["min_healthy_percentage"]
            for stack in (staging, several_hosts)
        ]

        assert [0, 100] == least

    def test_template_replaces(self, on_hosts: Synthesized) -> None:
        """A changed template brings new machines."""
        group = on_hosts.resource("aws_autoscaling_group")

        assert {
            "id": ref(on_hosts, "aws_launch_template", "id"),
            "version": ref(on_hosts, "aws_launch_template", "latest_version"),
        } == group["launch_template"]

    def test_folder(self, staging: Synthesized) -> None:
        """ChromaDB starts only where the disk is."""
        (folder,) = [one for one in compose_file(staging)["services"]["chromadb"]["volumes"] if one["type"] == "bind"]

        assert ("/data/chromadb-data", "/chroma/chroma") == (folder["source"], folder["target"])
        assert {"create_host_path": False} == folder["bind"]

    def test_snapshots(self, staging: Synthesized) -> None:
        """Each day, for a week, of this disk."""
        (rule,) = staging.resource("aws_backup_plan")["rule"]

        assert ("cron(0 3 * * ? *)", {"delete_after": 7}) == (rule["schedule"], rule["lifecycle"])
        assert [ref(staging, "aws_ebs_volume", "arn")] == staging.resource("aws_backup_selection")["resources"]

    def test_none_for_several(self, several_hosts: Synthesized) -> None:
        """Their files are on EFS."""
        assert {} == several_hosts.resources("aws_ebs_volume") | several_hosts.resources("aws_backup_plan")

    def test_precious(self) -> None:
        """Where the environment is kept, so is the disk, and its last snapshot."""
        volume = build(STAGING, disposable=False).resource("aws_ebs_volume")

        assert (True, True) == (volume["lifecycle"]["prevent_destroy"], volume["final_snapshot"])


class TestWatching:
    """What is watched of the machines."""

    @pytest.mark.parametrize(
        ("name", "more"),
        [
            ("staging", set()),
            (
                "several_hosts",
                {
                    "aldeia-prod-hosts-scale-in",
                    "aldeia-prod-hosts-scale-out",
                    *(f"aldeia-prod-chromadb-{what}" for what in ("cpu", "memory", "running-tasks")),
                },
            ),
        ],
    )
    def test_alarms(self, name: str, more: set[str], request: pytest.FixtureRequest) -> None:
        """Load balancer, target groups, machines, and ChromaDB where it is apart."""
        stack = request.getfixturevalue(name)
        expected = {
            f"{prefix(stack)}-elb-5xx",
            *(
                f"{prefix(stack)}-{s}-blue-{a}"
                for s in ("backend", "frontend")
                for a in ("5xx", "unhealthy", "latency")
            ),
            *(f"{prefix(stack)}-hosts-{alarm}" for alarm in ("cpu", "memory", "disk", "status", "silent")),
        }

        assert expected | more == {b["alarm_name"] for b in stack.resources("aws_cloudwatch_metric_alarm").values()}

    def test_all_but_scaling_tell_the_topic(self, on_hosts: Synthesized) -> None:
        """Scaling is no fault."""
        topic = ref(on_hosts, "aws_sns_topic_policy", "arn")
        alarms = on_hosts.resources("aws_cloudwatch_metric_alarm").values()

        assert {(topic,)} == {
            tuple(one["alarm_actions"]) for one in alarms if not one["alarm_name"].endswith(("-scale-in", "-scale-out"))
        }

    def test_dashboard(self, on_hosts: Synthesized) -> None:
        """Its headings, and every alarm but those that scale, once."""
        found = json.loads(on_hosts.resource("aws_cloudwatch_dashboard")["dashboard_body"])["widgets"]
        (shown,) = [widget["properties"]["alarms"] for widget in found if widget["type"] == "alarm"]
        name = prefix(on_hosts)
        chromadb = [f"{name}-chromadb"] if on_hosts.resources("aws_ecs_cluster") else []
        titles = ["Load balancer", f"{name}-backend", f"{name}-frontend", *chromadb, f"Hosts of {name}"]

        assert [f"## {one}" for one in titles] == [w["properties"]["markdown"] for w in found if w["type"] == "text"]
        assert sorted(
            f"${{aws_cloudwatch_metric_alarm.{i}.arn}}"
            for i in on_hosts.resources("aws_cloudwatch_metric_alarm")
            if not i.startswith("hosts_scaling_")
        ) == sorted(shown)


class TestOutputs:
    """What an operator reads."""

    def test_group(self, on_hosts: Synthesized) -> None:
        """Where the machines are."""
        assert ref(on_hosts, "aws_autoscaling_group", "name") == on_hosts.output("auto_scaling_group_name")

    @pytest.mark.parametrize(
        ("name", "more"), [("staging", set()), ("several_hosts", {"cluster_name", "chromadb_service_name"})]
    )
    def test_all(self, name: str, more: set[str], request: pytest.FixtureRequest) -> None:
        """These, and no others."""
        expected = {
            "url",
            "api_url",
            "secrets",
            "certificate_validation_records",
            "load_balancer_dns_name",
            "backups_bucket",
            "alerts_topic_arn",
            "auto_scaling_group_name",
            *(f"{s}_{what}" for s in ("backend", "frontend") for what in ("repository_url", "release_manifest")),
        }

        assert expected | more == set(request.getfixturevalue(name).document["output"])
