"""Aldeia's stacks on machines: option A of design 004, and what runs there."""

import json

import pytest

from modules.compose_host.settings import ComposeHostSettings, HostScalingSettings
from tests.stacks.aldeia.sample_aldeia import (
    STAGING,
    agent,
    build,
    compose_file,
    parameter,
    rights,
    root,
    stack_id,
)
from tests.stacks.isms.sample_isms import manifest, of_service, ref
from tests.support import Synthesized

USER_DATA_LIMIT = 16_384
"""Bytes, before base64 (EC2 API, RequestLaunchTemplateData, UserData)."""


class TestMachines:
    """What the design says of the machines."""

    @pytest.mark.parametrize(
        ("name", "type_", "gib"), [("staging", "t3.medium", 50), ("several_hosts", "t3.large", 100)]
    )
    def test_size(self, name: str, type_: str, gib: int, request: pytest.FixtureRequest) -> None:
        """Type and root disk, which is gp3 and encrypted."""
        stack = request.getfixturevalue(name)
        disk = root(stack)

        assert type_ == stack.resource("aws_launch_template")["instance_type"]
        assert (gib, "gp3", "true") == (disk["volume_size"], disk["volume_type"], disk["encrypted"])

    def test_ubuntu(self, on_hosts: Synthesized) -> None:
        """22.04 LTS for x86, the newest image whenever a machine starts."""
        assert (
            "resolve:ssm:/aws/service/canonical/ubuntu/server/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id"
            == (on_hosts.resource("aws_launch_template")["image_id"])
        )

    @pytest.mark.parametrize(("name", "sizes"), [("staging", (1, 1, 1)), ("several_hosts", (2, 2, 4))])
    def test_count(self, name: str, sizes: tuple[int, int, int], request: pytest.FixtureRequest) -> None:
        """At least, at first, at most."""
        group = request.getfixturevalue(name).resource("aws_autoscaling_group")

        assert sizes == (group["min_size"], group["desired_capacity"], group["max_size"])

    @pytest.mark.parametrize(
        ("way", "step", "comparison", "percent", "minutes"),
        [("out", 1, "GreaterThanThreshold", 70, 5), ("in", -1, "LessThanThreshold", 30, 10)],
    )
    def test_scaling(
        self, way: str, step: int, comparison: str, percent: int, minutes: int, several_hosts: Synthesized
    ) -> None:
        """Up above 70 % for 5 minutes, down below 30 % for 10, with a pause of 300 seconds."""
        (policy,) = [b for i, b in several_hosts.resources("aws_autoscaling_policy").items() if f"_{way}_" in i]
        (alarm,) = [
            one
            for one in several_hosts.resources("aws_cloudwatch_metric_alarm").values()
            if one["alarm_name"] == f"aldeia-prod-hosts-scale-{way}"
        ]

        assert (step, 300) == (policy["scaling_adjustment"], policy["cooldown"])
        assert ("CPUUtilization", comparison, percent) == (
            alarm["metric_name"],
            alarm["comparison_operator"],
            alarm["threshold"],
        )
        assert minutes * 60 == alarm["period"] * alarm["evaluation_periods"]
        assert [ref(several_hosts, "aws_autoscaling_policy", "arn", f"hosts_scaling_{way}_")] == alarm["alarm_actions"]

    def test_count_is_the_policies(self, several_hosts: Synthesized, staging: Synthesized) -> None:
        """Terraform does not take back what a policy did; the number of one machine is Terraform's."""
        found = [stack.resource("aws_autoscaling_group").get("lifecycle") for stack in (several_hosts, staging)]

        assert [{"ignore_changes": ["desired_capacity"]}, None] == found
        assert {} == staging.resources("aws_autoscaling_policy")

    @pytest.mark.parametrize(("part", "name"), [("cpu", "CPU_IDLE"), ("mem", "MEMORY_USED"), ("disk", "DISK_USED")])
    def test_agent(self, part: str, name: str, on_hosts: Synthesized) -> None:
        """The design's three metrics, by its names, in percent, each minute, in its namespace."""
        found = agent(on_hosts)
        (metric,) = found["metrics"]["metrics_collected"][part]["measurement"]

        assert (name, "Percent") == (metric["rename"], metric["unit"])
        assert ("Aldeia/EC2", 60) == (found["metrics"]["namespace"], found["agent"]["metrics_collection_interval"])

    def test_log_group(self, on_hosts: Synthesized) -> None:
        """One for containers and machines, called like the design's."""
        (group,) = of_service(on_hosts, "aws_cloudwatch_log_group", "hosts").values()
        services = compose_file(on_hosts)["services"].values()

        assert f"/aws/ec2/{stack_id(on_hosts)}" == group["name"]
        assert {group["name"]} == {one["logging"]["options"]["awslogs-group"] for one in services}

    def test_sessions(self, on_hosts: Synthesized) -> None:
        """By Systems Manager: there is no key, and nobody reaches port 22."""
        template = on_hosts.resource("aws_launch_template")
        ports = [rule["from_port"] for rule in on_hosts.resources("aws_vpc_security_group_ingress_rule").values()]

        assert ("key_name" in template, 22 in ports) == (False, False)
        assert "ssmmessages:OpenControlChannel" in rights(on_hosts, "hosts_role_permissions")

    def test_private(self, on_hosts: Synthesized) -> None:
        """In private subnets, without public addresses, and with tokens before the metadata."""
        template = on_hosts.resource("aws_launch_template")
        (interface,) = template["network_interfaces"]
        subnets = on_hosts.resource("aws_autoscaling_group")["vpc_zone_identifier"]

        assert ("false", "required") == (
            interface["associate_public_ip_address"],
            template["metadata_options"]["http_tokens"],
        )
        assert [] == [subnet for subnet in subnets if "network_private_" not in subnet]

    def test_user_data_fits(self, on_hosts: Synthesized) -> None:
        """With room for what the references become."""
        (text,) = on_hosts.document["locals"].values()

        assert len(text.encode()) < USER_DATA_LIMIT - 500

    def test_user_data_clones_nothing(self, on_hosts: Synthesized) -> None:
        """Images are pulled; the design's repository and `.env` are not there (decision 8)."""
        (text,) = on_hosts.document["locals"].values()

        assert [] == [word for word in ("git clone", ".env ", "get.docker.com") if word in text]

    def test_user_data_knows_its_stack(self, on_hosts: Synthesized) -> None:
        """Where its parameters are."""
        (text,) = on_hosts.document["locals"].values()

        assert f"/{stack_id(on_hosts)}/compose/agent" in text


class TestServices:
    """What runs on the machines."""

    @pytest.mark.parametrize(
        ("name", "services"),
        [("staging", ["backend", "frontend", "chromadb"]), ("several_hosts", ["backend", "frontend"])],
    )
    def test_names(self, name: str, services: list[str], request: pytest.FixtureRequest) -> None:
        """All three on one machine; with several, ChromaDB's files would be in several hands."""
        assert services == list(compose_file(request.getfixturevalue(name))["services"])

    def test_no_ecs(self, staging: Synthesized) -> None:
        """One machine needs neither a cluster nor EFS nor names in DNS."""
        types = ("aws_ecs_cluster", "aws_ecs_service", "aws_efs_file_system", "aws_service_discovery_service")

        assert [{}] * 4 == [staging.resources(type_) for type_ in types]

    def test_only_chromadb_on_fargate(self, several_hosts: Synthesized) -> None:
        """Beside several machines."""
        assert ["aldeia-prod-chromadb"] == [
            block["name"] for block in several_hosts.resources("aws_ecs_service").values()
        ]

    def test_one_that_may_become_several(self) -> None:
        """ChromaDB is apart as soon as there may be a second machine."""
        hosts = ComposeHostSettings(instance_type="t3.large", max_size=2, scaling=HostScalingSettings())
        stack = build(STAGING, hosts=hosts)

        assert ["backend", "frontend"] == list(compose_file(stack)["services"])
        assert 1 == len(stack.resources("aws_ecs_service"))

    def test_project(self, on_hosts: Synthesized) -> None:
        """Compose calls it like the stack."""
        assert stack_id(on_hosts) == compose_file(on_hosts)["name"]

    def test_private_name(self, staging: Synthesized) -> None:
        """The backend asks for the name that ChromaDB has in the machine's own network."""
        services = compose_file(staging)["services"]
        (alias,) = services["chromadb"]["networks"]["default"]["aliases"]

        assert services["backend"]["environment"]["CHROMA_HOST"] == alias

    def test_chromadb_is_not_published(self, staging: Synthesized) -> None:
        """Nobody reaches it from outside of the machine."""
        services = compose_file(staging)["services"]

        assert {"backend": ["3001:3001"], "frontend": ["3002:3002"], "chromadb": None} == {
            name: one.get("ports") for name, one in services.items()
        }

    @pytest.mark.parametrize("service", ["backend", "frontend"])
    def test_images_are_the_releases(self, service: str, on_hosts: Synthesized) -> None:
        """What runs says a parameter that Terraform makes once."""
        block = parameter(on_hosts, f"compose/image/{service}")

        assert ("none", ["insecure_value"]) == (block["insecure_value"], block["lifecycle"]["ignore_changes"])

    @pytest.mark.parametrize("service", ["backend", "frontend"])
    def test_manifest(self, service: str, on_hosts: Synthesized) -> None:
        """A release finds machines, document and parameter."""
        found = manifest(on_hosts, service)

        assert (None, "release", []) == (found["ecs"], found["deploy_mode"], found["capacity"])
        assert {
            "auto_scaling_group": ref(on_hosts, "aws_autoscaling_group", "name"),
            "document": ref(on_hosts, "aws_ssm_document", "name"),
            "service": service,
            "image_parameter": parameter(on_hosts, f"compose/image/{service}")["name"],
            "cpu_architecture": "X86_64",
            "port": {"backend": 3001, "frontend": 3002}[service],
        } == found["compose"]

    @pytest.mark.parametrize(("stack", "seconds"), [("production", 900), ("staging", 900), ("several_hosts", 3600)])
    def test_time_for_all_hosts(self, stack: str, seconds: int, request: pytest.FixtureRequest) -> None:
        """Hosts start a release one after the other, so that it may take longer where there are several."""
        found: Synthesized = request.getfixturevalue(stack)

        assert seconds == manifest(found, "backend")["healthy_timeout_s"]

    @pytest.mark.parametrize("service", ["backend", "frontend"])
    def test_manifest_says_where_it_logs(self, service: str, on_hosts: Synthesized) -> None:
        """In the machines' group, below its own prefix."""
        expected = {"group": ref(on_hosts, "aws_cloudwatch_log_group", "name", "hosts_"), "stream_prefix": service}

        assert expected == manifest(on_hosts, service)["logs"]

    def test_document(self, on_hosts: Synthesized) -> None:
        """A release can say three things to a machine, and nothing else."""
        document = on_hosts.resource("aws_ssm_document")
        content = json.loads(document["content"])
        (step,) = content["mainSteps"]

        assert ["up", "migrate", "look"] == content["parameters"]["Action"]["allowedValues"]
        assert ["/usr/local/sbin/compose-host {{ Action }} {{ Service }} {{ Image }}"] == (step["inputs"]["runCommand"])
        assert "Command" == document["document_type"]

    def test_load_balancer_finds_them(self, on_hosts: Synthesized) -> None:
        """The group registers its machines with both target groups, by the machines' own ports."""
        groups = on_hosts.resources("aws_lb_target_group")

        assert {"instance"} == {one["target_type"] for one in groups.values()}
        assert {f"${{aws_lb_target_group.{i}.arn}}" for i in groups} == set(
            on_hosts.resource("aws_autoscaling_group")["target_group_arns"]
        )

    @pytest.mark.parametrize(("name", "seconds"), [("staging", 0), ("several_hosts", 30)])
    def test_settles(self, name: str, seconds: int, request: pytest.FixtureRequest) -> None:
        """Of several machines none is touched before the load balancer believes in the one before."""
        ready = compose_file(request.getfixturevalue(name))["x-compose-host"]["ready"]

        assert {"backend": seconds, "frontend": seconds} == {key: one["settle_s"] for key, one in ready.items()}
