"""The container definition that settings become, and what settings are refused."""

from typing import Any

import pytest
from pydantic import ValidationError

from modules.container.settings import ContainerHealthCheckSettings
from modules.container.workload import Workload
from modules.fargate.container import TaskSettings, container_definition, writable_volumes
from modules.mistakes import mistakes_in

WORKLOAD = Workload(
    container_name="backend",
    image="registry/isms-backend:v1",
    environment={"AWS_REGION": "eu-west-2", "DATABASE_HOST": "${aws_rds_cluster.x.endpoint}"},
    secrets={"JWT_SECRET": "arn:secret:JWT_SECRET::"},
)


def task_settings(**changes: Any) -> TaskSettings:  # noqa: ANN401 settings of any type
    """Settings of a small task."""
    small: dict[str, Any] = {
        "cpu": 256,
        "memory_mib": 512,
        "cpu_architecture": "ARM64",
        "port": 4000,
        "user": "10001:10001",
    }
    return TaskSettings(**(small | changes))


def definition(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 settings of any type
    """The definition of the workload above with some settings changed."""
    return container_definition(WORKLOAD, task_settings(**changes), log_group_name="/ecs/x", region="eu-west-2")


class TestDefinition:
    """What ECS is told."""

    def test_image(self) -> None:
        """The image is passed on as it is."""
        assert ("backend", "registry/isms-backend:v1") == (definition()["name"], definition()["image"])

    def test_root_is_read_only(self) -> None:
        """No setting makes the root file system writable."""
        assert definition()["readonlyRootFilesystem"] is True
        assert not [name for name in TaskSettings.model_fields if "root" in name]

    def test_stops_with_its_task(self) -> None:
        """A task whose container ends is replaced."""
        assert definition()["essential"] is True

    def test_port(self) -> None:
        """The container's port is the task's: each task has an address of its own."""
        assert [{"containerPort": 4000, "hostPort": 4000, "protocol": "tcp"}] == definition()["portMappings"]

    def test_writable_paths(self) -> None:
        """Each path is a volume of its own, by the same name as in the task."""
        made = definition(writable_paths=["/tmp", "/var/cache/nginx"])

        assert [
            {"sourceVolume": "writable-0", "containerPath": "/tmp", "readOnly": False},
            {"sourceVolume": "writable-1", "containerPath": "/var/cache/nginx", "readOnly": False},
        ] == made["mountPoints"]

    def test_tmp_is_writable_by_default(self) -> None:
        """Most programs need it."""
        assert {"writable-0": "/tmp"} == writable_volumes(task_settings())

    def test_nothing_need_be_writable(self) -> None:
        """An empty list is one."""
        assert [] == definition(writable_paths=[])["mountPoints"]

    def test_environment(self) -> None:
        """Literals and references go side by side."""
        assert [
            {"name": "AWS_REGION", "value": "eu-west-2"},
            {"name": "DATABASE_HOST", "value": "${aws_rds_cluster.x.endpoint}"},
        ] == definition()["environment"]

    def test_secrets(self) -> None:
        """ECS is told where a secret is, never what it is."""
        assert [{"name": "JWT_SECRET", "valueFrom": "arn:secret:JWT_SECRET::"}] == definition()["secrets"]

    def test_logs(self) -> None:
        """The container logs to the task's log group."""
        options = {"awslogs-group": "/ecs/x", "awslogs-region": "eu-west-2", "awslogs-stream-prefix": "backend"}

        assert {"logDriver": "awslogs", "options": options} == definition()["logConfiguration"]

    @pytest.mark.parametrize(("given", "expected"), [({}, 30), ({"stop_timeout_s": 120}, 120)])
    def test_stop_timeout(self, given: dict[str, int], expected: int) -> None:
        """The container has its time to end."""
        assert expected == definition(**given)["stopTimeout"]

    def test_health_check(self) -> None:
        """A check of the container itself is passed on with its units."""
        check = ContainerHealthCheckSettings(command=["CMD-SHELL", "true"], start_period_s=15)

        assert {
            "command": ["CMD-SHELL", "true"],
            "interval": 30,
            "timeout": 5,
            "retries": 3,
            "startPeriod": 15,
        } == definition(health_check=check)["healthCheck"]

    @pytest.mark.parametrize(
        ("setting", "value", "key"),
        [("user", "10001:10001", "user"), ("command", ["node", "server.js"], "command")],
    )
    def test_optional(self, setting: str, value: object, key: str) -> None:
        """What is set is passed on."""
        assert value == definition(**{setting: value})[key]

    @pytest.mark.parametrize("key", ["user", "command", "healthCheck", "linuxParameters"])
    def test_absent(self, key: str) -> None:
        """What is not set is left out, so that a plan does not see a difference to what ECS remembers."""
        assert key not in definition(user=None)


class TestExec:
    """A container in which a session may be opened."""

    def test_agent_can_write(self) -> None:
        """The agent writes beside the root file system (aws/containers-roadmap#1359)."""
        assert ["/tmp", "/managed-agents", "/var/lib/amazon/ssm", "/var/log/amazon/ssm"] == list(
            writable_volumes(task_settings(exec_enabled=True)).values()
        )

    def test_a_path_is_mounted_once(self) -> None:
        """ECS refuses two volumes at one path."""
        settings = task_settings(exec_enabled=True, writable_paths=["/var/lib/amazon/ssm"])

        assert 1 == list(writable_volumes(settings).values()).count("/var/lib/amazon/ssm")

    def test_sessions_are_reaped(self) -> None:
        """An init process reaps what a session leaves behind."""
        assert {"initProcessEnabled": True} == definition(exec_enabled=True)["linuxParameters"]

    def test_root_stays_read_only(self) -> None:
        """A session is no reason to open the container."""
        assert definition(exec_enabled=True)["readonlyRootFilesystem"] is True


class TestSettings:
    """What is refused, and why."""

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"memory_mib": 4096}, "memory_mib must be one of 512, 1024, 2048 when cpu is 256, got 4096"),
            ({"user": "root"}, "user must be a user and a group id other than root's, such as 10001:10001, got 'root'"),
            ({"user": "0:0"}, "got '0:0'"),
            ({"user": "1000"}, "got '1000'"),
            ({"user": "1000:0"}, "got '1000:0'"),
            ({"port": 0}, "port must be a whole number between 1 and 65535, got 0"),
            ({"port": 65536}, "got 65536"),
            ({"stop_timeout_s": 1}, "stop_timeout_s must be a whole number between 2 and 120, got 1"),
            ({"stop_timeout_s": 121}, "got 121"),
            ({"writable_paths": ["tmp"]}, "writable_paths.0 must be an absolute path below /, such as /tmp, got 'tmp'"),
            ({"writable_paths": ["/"]}, "got '/'"),
            ({"writable_paths": ["/a/../b"]}, "got '/a/../b'"),
            ({"writable_paths": ["/tmp/"]}, "got '/tmp/'"),
            ({"writable_paths": ["/tmp", "/tmp"]}, "writable_paths must not contain anything twice"),
            ({"command": []}, "command must be a list of one word or more, got []"),
            ({"command": [""]}, "command.0 must be a word, not an empty string, got ''"),
            ({"cpu_architecture": "arm"}, "cpu_architecture must be one of X86_64, ARM64, got 'arm'"),
        ],
    )
    def test_refused(self, changes: dict[str, Any], message: str) -> None:
        """AWS would refuse it in the middle of an apply; here it is one line."""
        with pytest.raises(ValidationError) as error:
            task_settings(**changes)

        (found,) = mistakes_in(error.value, TaskSettings)
        assert message in f"{found.path} {found.text}"

    @pytest.mark.parametrize("missing", ["cpu", "memory_mib", "cpu_architecture", "port", "user"])
    def test_required(self, missing: str) -> None:
        """What has no sensible default must be said; that the image's user is taken, too."""
        assert TaskSettings.model_fields[missing].is_required()

    @pytest.mark.parametrize(
        ("changes", "location"),
        [
            ({"command": ["true"]}, "command"),
            ({"command": ["CMD"]}, "command"),
            ({"interval_s": 4}, "interval_s"),
            ({"timeout_s": 61}, "timeout_s"),
            ({"retries": 11}, "retries"),
            ({"start_period_s": 301}, "start_period_s"),
        ],
    )
    def test_health_check_refused(self, changes: dict[str, Any], location: str) -> None:
        """The bounds are the ECS API's."""
        with pytest.raises(ValidationError) as error:
            ContainerHealthCheckSettings(**({"command": ["CMD", "true"]} | changes))

        assert [(location,)] == [mistake["loc"] for mistake in error.value.errors()]
