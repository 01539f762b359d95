"""The release manifest of a web service, with references in the place of values."""

import pytest

from modules.container.application import Application
from modules.deployment.release_manifest import ReleaseSettings
from tests.modules.web_service.sample_web_service import SECRET, build, manifest, ref
from tests.support import Synthesized

NAME = "isms-backend-staging"


@pytest.fixture(scope="module")
def blue_green() -> Synthesized:
    """A service that CodeDeploy rolls out."""
    return build("blue_green", release=ReleaseSettings(migration_command=["migrate"], healthy_timeout_s=600))


@pytest.fixture(scope="module")
def terraform() -> Synthesized:
    """A service that Terraform rolls out, without secrets and without a migration."""
    return build("terraform", application=Application(container_name="server"))


def test_place(blue_green: Synthesized) -> None:
    """It is at a path of stack and short name."""
    assert "/staging/release/backend" == blue_green.resource("aws_ssm_parameter")["name"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("schema", 1),
        ("stack", "staging"),
        ("service", "backend"),
        ("account_id", "956880242582"),
        ("region", "eu-west-2"),
        ("deploy_mode", "blue_green"),
        (
            "capacity",
            [
                {"capacity_provider": "FARGATE", "weight": 40, "base": 2},
                {"capacity_provider": "FARGATE_SPOT", "weight": 60, "base": 0},
            ],
        ),
        ("secrets", [{"arn": SECRET, "keys": ["JWT_SECRET"]}]),
        ("migration_command", ["migrate"]),
        ("healthy_timeout_s", 600),
        ("image_variable", None),
    ],
)
def test_value(blue_green: Synthesized, key: str, value: object) -> None:
    """What is known before an apply stands there as it is."""
    assert value == manifest(blue_green)[key]


def test_ecs(blue_green: Synthesized) -> None:
    """A release finds the service, the revision to copy and where one-off tasks run."""
    expected = {
        "cluster": ref(blue_green, "aws_ecs_cluster", "name"),
        "service": ref(blue_green, "aws_ecs_service", "name"),
        "task_definition": ref(blue_green, "aws_ecs_task_definition", "arn"),
        "family": ref(blue_green, "aws_ecs_task_definition", "family"),
        "container": "server",
        "port": 4000,
        "cpu_architecture": "ARM64",
        "subnets": ["subnet-a", "subnet-b"],
        "security_groups": [ref(blue_green, "aws_security_group", "id", "network_group")],
        "assign_public_ip": False,
    }

    assert expected == {key: manifest(blue_green)["ecs"][key] for key in expected}


def test_image(blue_green: Synthesized) -> None:
    """A release finds the repository of its images."""
    expected = {
        "repository": ref(blue_green, "aws_ecr_repository", "name"),
        "uri": ref(blue_green, "aws_ecr_repository", "repository_url"),
        "registry_id": ref(blue_green, "aws_ecr_repository", "registry_id"),
    }

    assert expected == manifest(blue_green)["image"]


def test_logs(blue_green: Synthesized) -> None:
    """A release that fails shows the log of the task that failed, whose stream begins with the container's name."""
    group = ref(blue_green, "aws_cloudwatch_log_group", "name", "task_logs")

    assert {"group": group, "stream_prefix": "server"} == manifest(blue_green)["logs"]


def test_alarms(blue_green: Synthesized) -> None:
    """Each side has its own alarms, and none is of mere load."""
    sides = {color: [f"{NAME}-{color}-5xx", f"{NAME}-{color}-unhealthy"] for color in ("blue", "green")}

    assert {"service": [], "target_groups": sides} == manifest(blue_green)["alarms"]


def test_routes(blue_green: Synthesized) -> None:
    """A release asks the health check's URL, and finds listeners, rules and target groups."""
    groups = {
        color: {key: ref(blue_green, "aws_lb_target_group", key, color) for key in ("name", "arn", "arn_suffix")}
        for color in ("blue", "green")
    }
    listeners = [ref(blue_green, "aws_lb_listener", "arn", listener) for listener in ("production", "test")]
    rules = [ref(blue_green, "aws_lb_listener_rule", "arn", listener) for listener in ("production", "test")]

    assert {
        "url": "https://trust.demo.paythru.com/api/health",
        "listener": listeners[0],
        "test_listener": listeners[1],
        "rules": rules,
        "target_groups": groups,
    } == manifest(blue_green)["routes"]


def test_code_deploy(blue_green: Synthesized) -> None:
    """A release names application and group, and knows how long a deployment takes."""
    found = manifest(blue_green)["code_deploy"]

    assert ref(blue_green, "aws_codedeploy_app", "name") == found["application"]
    assert ref(blue_green, "aws_codedeploy_deployment_group", "deployment_group_name") == found["deployment_group"]
    assert 5 == found["shift_min"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("deploy_mode", "terraform"),
        ("code_deploy", None),
        ("image_variable", "backend_image_tag"),
        ("secrets", []),
        ("migration_command", None),
    ],
)
def test_other_mode(terraform: Synthesized, key: str, value: object) -> None:
    """What a mode does not have is null."""
    assert value == manifest(terraform)[key]


def test_other_mode_has_one_side(terraform: Synthesized) -> None:
    """Without CodeDeploy there are neither a test listener nor a green side."""
    routes = manifest(terraform)["routes"]

    assert (None, {"blue"}, 1) == (routes["test_listener"], set(routes["target_groups"]), len(routes["rules"]))


def test_output(blue_green: Synthesized) -> None:
    """The stack can publish the same document."""
    assert ref(blue_green, "aws_ssm_parameter", "insecure_value") == blue_green.output("manifest")
