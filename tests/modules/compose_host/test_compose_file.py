"""What Docker Compose is told of the services, and what services are refused."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from modules.compose_host.compose_file import compose_file, image_variable
from modules.compose_host.host_network import BRIDGE, DOCKER_CIDR, METADATA_CIDR, MOST_PERMITTED, NETWORK_CIDR
from modules.compose_host.service import ComposeService
from modules.container.application import Application, Folder
from modules.container.workload import Workload
from modules.fargate.container import container_definition
from modules.file_system.mount import Mount
from tests.modules.compose_host.sample_services import (
    CHROMADB_IMAGE,
    MIGRATION,
    REGISTRY,
    ROUTE,
    SECRET,
    application,
    document,
    fixed,
    plain,
    released,
    rendered,
    settings,
    text,
)

Block = dict[str, Any]


def check_schema(
    tmp_path: Path, changed: Callable[[Block], object] = lambda _: None
) -> subprocess.CompletedProcess[str]:
    """Hold the file, with something changed, against the schema that compose-spec publishes."""
    file = tmp_path / "compose.json"
    parsed = document()
    changed(parsed)
    file.write_text(json.dumps(parsed))
    checker = Path(sys.executable).with_name("check-jsonschema")
    command = [str(checker), "--builtin-schema", "vendor.compose-spec", str(file)]
    return subprocess.run(command, capture_output=True, text=True)  # noqa: S603


class TestDocument:
    """The file as a whole."""

    def test_schema(self, tmp_path: Path) -> None:
        """It is what the published schema describes."""
        result = check_schema(tmp_path)

        assert 0 == result.returncode, result.stdout

    def test_schema_is_looked_at(self, tmp_path: Path) -> None:
        """A key that Compose does not know would be found."""
        result = check_schema(tmp_path, lambda parsed: parsed["services"]["backend"].update(readonly=True))

        assert "readonly" in result.stdout

    def test_project(self) -> None:
        """The project is called like the stack, by which the hosts find their containers."""
        assert "aldeia-staging" == document()["name"]

    def test_no_expressions(self) -> None:
        """Terraform would evaluate a variable in braces."""
        assert [] == re.findall(r"[$%]\{", text())

    def test_nests_nothing(self) -> None:
        """Parameter Store refuses two braces at both ends of something; whoever parses the text reads them."""
        braces = "{{a}} {{{b}}} {"
        service = released(application=application(environment={"TEXT": braces}))

        assert "{{" not in text(service)
        assert (braces, "backend/{{.ID}}") == (
            rendered(service)["environment"]["TEXT"],
            rendered(service)["logging"]["options"]["tag"],
        )

    def test_references_are_passed_on(self) -> None:
        """An attribute of a resource is resolved by Terraform, before Compose reads the file."""
        service = released(application=application(environment={"HOST": "${aws_x.y.host}", "BOTH": "$1 ${aws_x.y.z}"}))

        assert ("${aws_x.y.host}", "$$1 ${aws_x.y.z}") == (
            rendered(service)["environment"]["HOST"],
            rendered(service)["environment"]["BOTH"],
        )

    def test_for_the_script(self) -> None:
        """The host learns where secrets and images come from, and which folders there must be."""
        facts = document()["x-compose-host"]
        ready = {"url": "http://127.0.0.1:3001/api/health", "settle_s": 0}

        assert {
            "repositories": {"backend": f"{REGISTRY}/aldeia/backend", "frontend": f"{REGISTRY}/aldeia/frontend"},
            "secrets": {"backend": {"JWT_SECRET": f"{SECRET}:JWT_SECRET::", "LICENSE": SECRET}},
            "folders": {"chromadb": [{"name": "chromadb-data", "user_id": 1000, "group_id": 1000}]},
            "migrations": {},
            "ready": {"backend": ready, "frontend": ready | {"url": "http://127.0.0.1:3002/api/health"}},
        } == {key: value for key, value in facts.items() if key != "one_off"}

    def test_migration(self) -> None:
        """The words are for the service's container as they are: Compose reads no variables in them."""
        facts = document(released(migration_command=MIGRATION), plain())["x-compose-host"]

        assert {"backend": MIGRATION} == facts["migrations"]

    def test_settle(self) -> None:
        """With a next host, a host waits as long as the load balancer needs until it believes that it is well."""
        route = ROUTE.model_copy(update={"health_check_interval_s": 20, "healthy_threshold": 3})
        facts = document(released(route=route), several_hosts=True)["x-compose-host"]

        assert 60 == facts["ready"]["backend"]["settle_s"]


@pytest.fixture(scope="module")
def ecs() -> Block:
    """What ECS is told."""
    service = released()
    workload = Workload(
        container_name="backend",
        image="registry/image",
        environment=service.application.environment,
        secrets=service.application.secrets,
    )
    return container_definition(workload, service.settings, log_group_name="/group", region="us-east-1")


@pytest.fixture(scope="module")
def compose() -> Block:
    """What Compose is told."""
    return rendered(released())


class TestSameAsOnFargate:
    """One service, as ECS is told and as Compose is told."""

    def test_nothing_is_forgotten(self, ecs: Block) -> None:
        """Whatever ECS is told is compared here: a new key must be said to Compose, too."""
        compared = {"command", "environment", "healthCheck", "logConfiguration", "mountPoints", "portMappings"}
        compared |= {"readonlyRootFilesystem", "secrets", "stopTimeout", "user", "essential"}

        assert compared | {"name", "image"} == set(ecs)

    def test_port(self, ecs: Block, compose: Block) -> None:
        """The load balancer finds it on the same port."""
        assert [f"{one['hostPort']}:{one['containerPort']}" for one in ecs["portMappings"]] == compose["ports"]

    def test_environment(self, ecs: Block, compose: Block) -> None:
        """The same variables, and those that Fargate sets by itself."""
        region = {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}

        assert {one["name"]: one["value"] for one in ecs["environment"]} | region == {
            name: value.replace("$$", "$") for name, value in compose["environment"].items()
        }

    def test_environment_wins(self) -> None:
        """What the application says of its region counts."""
        service = released(application=application(environment={"AWS_REGION": "eu-west-2"}))

        assert "eu-west-2" == rendered(service)["environment"]["AWS_REGION"]

    def test_secrets(self, ecs: Block, compose: Block) -> None:
        """The same secrets, from a file that never gets on a disk."""
        asked = document(released())["x-compose-host"]["secrets"]["backend"]

        assert {one["name"]: one["valueFrom"] for one in ecs["secrets"]} == asked
        assert "/run/compose-host/backend.env" == compose["env_file"]

    def test_health_check(self, ecs: Block, compose: Block) -> None:
        """The same command, as often and as patiently."""
        check, told = ecs["healthCheck"], compose["healthcheck"]

        assert check["command"] == [word.replace("$$", "$") for word in told["test"]]
        assert (f"{check['interval']}s", f"{check['timeout']}s", check["retries"], f"{check['startPeriod']}s") == (
            told["interval"],
            told["timeout"],
            told["retries"],
            told["start_period"],
        )

    def test_volumes(self, ecs: Block, compose: Block) -> None:
        """An empty volume for each path that may be written to."""
        expected = [{"type": "volume", "target": one["containerPath"]} for one in ecs["mountPoints"]]

        assert expected == compose["volumes"]

    def test_user(self, ecs: Block, compose: Block) -> None:
        """The same user."""
        assert ecs["user"] == compose["user"]

    def test_read_only(self, ecs: Block, compose: Block) -> None:
        """The root file system is read-only."""
        assert ecs["readonlyRootFilesystem"] is compose["read_only"]

    def test_command(self, ecs: Block, compose: Block) -> None:
        """The same words; Compose reads two dollars as one."""
        assert ecs["command"] == [word.replace("$$", "$") for word in compose["command"]]
        assert "--price=$$5" == compose["command"][-1]

    def test_stop_timeout(self, ecs: Block, compose: Block) -> None:
        """The same time to end."""
        assert f"{ecs['stopTimeout']}s" == compose["stop_grace_period"]

    def test_essential(self, ecs: Block, compose: Block) -> None:
        """What ends is started again."""
        assert (True, "always") == (ecs["essential"], compose["restart"])

    def test_logs(self, compose: Block) -> None:
        """In CloudWatch, in streams that begin with the service's name, and a container never waits for it."""
        assert {
            "driver": "awslogs",
            "options": {
                "awslogs-group": "/aws/ec2/aldeia-staging",
                "awslogs-region": "us-east-1",
                "tag": "backend/{{.ID}}",
                "mode": "non-blocking",
                "max-buffer-size": "10m",
            },
        } == compose["logging"]

    @pytest.mark.parametrize("key", ["user", "command", "healthcheck", "init", "env_file", "ports"])
    def test_absent(self, key: str) -> None:
        """What is not set is not said."""
        assert key not in rendered(fixed())

    def test_sessions_are_reaped(self) -> None:
        """Where a session may be opened, there is an init process."""
        assert rendered(released(settings=settings(exec_enabled=True)))["init"] is True


class TestOnTheHost:
    """What a task on Fargate has to itself, and a container shares."""

    def test_image_of_releases(self) -> None:
        """A variable, without the braces that Terraform would evaluate."""
        assert "$BACKEND_IMAGE" == rendered(released())["image"]

    def test_image_variable(self) -> None:
        """A hyphen cannot be in a variable's name."""
        assert "WEB_API_2_IMAGE" == image_variable("web-api-2")

    def test_fixed_image(self) -> None:
        """A reference is passed on."""
        assert CHROMADB_IMAGE == rendered(fixed())["image"]

    def test_memory(self) -> None:
        """What a task would have is the container's limit, in MiB."""
        assert "2048m" == rendered(plain())["mem_limit"]

    def test_cpu(self) -> None:
        """What a task would have is the container's share of a busy host."""
        assert 512 == rendered(plain())["cpu_shares"]

    def test_no_new_privileges(self) -> None:
        """No program in it becomes root."""
        assert ["no-new-privileges:true"] == rendered(plain())["security_opt"]

    def test_no_raw_packets(self) -> None:
        """Not even root sends packets from another container's address."""
        assert ["NET_RAW"] == rendered(fixed())["cap_drop"]

    def test_folder(self) -> None:
        """Below the data volume's mount point; without the volume the container does not start."""
        assert {
            "type": "bind",
            "source": "/data/chromadb-data",
            "target": "/chroma",
            "bind": {"create_host_path": False},
        } == rendered(fixed())["volumes"][-1]

    def test_private_name(self) -> None:
        """The others find it by the name that it has on Fargate."""
        assert {"default": {"aliases": ["chromadb.aldeia-staging.internal"]}} == rendered(fixed())["networks"]


class TestAddresses:
    """Who may ask for the host's credentials."""

    def test_fixed_address(self) -> None:
        """A service with permissions has an address from which the instance metadata is reached."""
        address = rendered(released())["networks"]["default"]["ipv4_address"]

        assert IPv4Address(address) in METADATA_CIDR

    def test_no_fixed_address(self) -> None:
        """A service without has none."""
        assert {"default": {}} == rendered(plain())["networks"]

    def test_docker_hands_out_others(self) -> None:
        """What Docker chooses by itself lies elsewhere in the network."""
        (config,) = document()["networks"]["default"]["ipam"]["config"]

        assert str(NETWORK_CIDR) == config["subnet"]
        assert not METADATA_CIDR.overlaps(type(METADATA_CIDR)(config["ip_range"]))

    def test_bridge(self) -> None:
        """The bridge that Docker makes for itself lies beside the network, and both in what no VPC may have."""
        assert BRIDGE.network.subnet_of(DOCKER_CIDR)
        assert NETWORK_CIDR.subnet_of(DOCKER_CIDR)
        assert not NETWORK_CIDR.overlaps(BRIDGE.network)

    def test_no_address_twice(self) -> None:
        """Each container has its own, the gateway and the one-off containers among them."""
        parsed = document(*[released(name, route=None) for name in ("a", "b", "c")])
        own = [one["networks"]["default"]["ipv4_address"] for one in parsed["services"].values()]
        one_off = parsed["x-compose-host"]["one_off"]
        (config,) = parsed["networks"]["default"]["ipam"]["config"]

        assert ["a", "b", "c"] == list(one_off)
        assert 7 == len({*own, *one_off.values(), config["gateway"]})

    def test_as_many_as_there_are(self) -> None:
        """More cannot be told apart."""
        names = [f"s{number}" for number in range(MOST_PERMITTED + 1)]

        assert MOST_PERMITTED == len(document(*[released(one, route=None) for one in names[1:]])["services"])
        with pytest.raises(ValueError, match=f"at most {MOST_PERMITTED} services .* got {MOST_PERMITTED + 1}"):
            document(*[released(one, route=None) for one in names])


def folder(name: str = "files", path: str = "/files") -> Folder:
    """A folder of somebody's."""
    return Folder(name=name, path=path, user_id=1000, group_id=1000)


MOUNT = Mount(name="media", path="/srv", file_system_id="fs-1", access_point_id="fsap-1")


class TestRefused:
    """What Compose or a host would refuse, or take for something else."""

    @pytest.mark.parametrize(
        ("services", "message"),
        [
            ([released(), released()], "same name: backend"),
            ([fixed(), released("api", private_name="chromadb")], "same name: chromadb"),
            ([released(), released("api")], "same published port: 3001"),
            ([released("API")], "a service must match .* got 'API'"),
            ([released("my.api")], "got 'my.api'"),
            (
                [released(application=application(secrets={"A-B": SECRET}))],
                "variable of backend must match .* got 'A-B'",
            ),
            ([released(application=application(environment={"1A": ""}))], "got '1A'"),
            ([released(application=application(secrets={"NODE_ENV": SECRET}))], "variable of backend: NODE_ENV"),
            ([released(application=application(folders=[folder("a/b")]))], "a folder of backend must match"),
            ([released(application=application(folders=[folder(path="/tmp")]))], "path of backend: /tmp"),
            (
                [fixed(), released(application=application(folders=[folder("chromadb-data")]))],
                "same folder: chromadb-data",
            ),
            ([released(application=application(mounts=[MOUNT]))], "backend must have folders instead of mounts"),
            ([released(repository_url=None)], "backend must have either a fixed image or the repository_url"),
            ([released(image="nginx")], "backend must have either a fixed image or the repository_url"),
        ],
    )
    def test_refused(self, services: list[ComposeService], message: str) -> None:
        """The wiring is wrong, and says where."""
        with pytest.raises(ValueError, match=message):
            document(*services)

    def test_stack(self) -> None:
        """Its name is the project's."""
        with pytest.raises(ValueError, match=r"the name of the stack must match .* got 'Aldeia'"):
            compose_file([], stack="Aldeia", region="us-east-1", log_group_name="/x", several_hosts=False)

    def test_unpublished_ports_do_not_clash(self) -> None:
        """Each container has its own."""
        alike = Application(container_name="two")

        assert ["backend", "two"] == list(
            document(released(), fixed(application=alike, settings=settings()))["services"]
        )
