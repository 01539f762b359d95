"""The README's story, in a copy of the project: demo, diff, list, destroy, down."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tools import terraform
from tools.demo import NEXT_STEPS
from tools.environment import applied
from tools.project import ROOT

pytestmark = pytest.mark.slow


class Project:
    """A copy of the project with the installed tools of the original."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.variables: dict[str, str] = {}

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command as in a shell where the project's environment is active."""
        path = f"{self.root / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(  # noqa: S603 the project's own commands
            command,
            cwd=self.root,
            env=os.environ | {"PATH": path, "NO_COLOR": "1"} | self.variables,
            capture_output=True,
            text=True,
            check=False,
        )

    def infra(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `infra`."""
        return self.run("python", "-m", "tools", *arguments)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A copy of the project, with nothing of its own running or deployed; what it starts is stopped."""
    root = tmp_path_factory.mktemp("copy") / "project"
    left_out = shutil.ignore_patterns(".git", ".venv", "node_modules", ".cache", "cdktf.out", ".*_cache", "__pycache__")
    shutil.copytree(ROOT, root, ignore=left_out)
    for name in (".venv", "node_modules"):
        (root / name).symlink_to(ROOT / name)
    copy = Project(root)
    with applied(terraform.environment()):
        yield copy
    copy.infra("local", "down")


@pytest.fixture(scope="module")
def demo(project: Project) -> Iterator[Project]:
    """The copy after its demo; afterwards, cdktf destroys what it deployed, and down leaves no server."""
    result = project.infra("demo")
    assert 0 == result.returncode, result.stdout + result.stderr
    (url,) = set(re.findall(r"http://127\.0\.0\.1:\d+", result.stdout))
    assert re.search(r"url\W+http://nocomelon-dev", result.stdout)
    exports = project.infra("local", "env", "dev").stdout
    project.variables = dict(re.findall(r"^export (\w+)='?(.*?)'?$", exports, re.MULTILINE))
    assert url == project.variables["AWS_ENDPOINT_URL"]

    yield project

    destroyed = project.run("cdktf", "destroy", "dev", "--auto-approve")
    assert 0 == destroyed.returncode, destroyed.stderr
    assert 0 == project.infra("local", "down").returncode
    assert 1 == project.infra("local", "status").returncode


def client(project: Project, service: str) -> Any:  # noqa: ANN401 a client of any service
    """An SDK client with the variables that `infra local env` printed."""
    with applied(project.variables):
        return boto3.Session().client(service)  # type: ignore[call-overload]


def test_the_service_exists(demo: Project) -> None:
    """The SDK finds the deployed service."""
    (service,) = client(demo, "ecs").describe_services(cluster="nocomelon-dev", services=["nocomelon-dev"])["services"]

    assert "ACTIVE" == service["status"]


def test_the_target_group_exists(demo: Project) -> None:
    """The SDK finds the target group on port 8000."""
    (group,) = client(demo, "elbv2").describe_target_groups()["TargetGroups"]

    assert 8000 == group["Port"]


def test_the_buckets_exist(demo: Project) -> None:
    """The SDK finds the assets and the state."""
    buckets = {bucket["Name"] for bucket in client(demo, "s3").list_buckets()["Buckets"]}

    assert {"nocomelon-dev-assets-956880242582", "ecs-stacks-state-956880242582"} == buckets


def test_cdktf_list(demo: Project) -> None:
    """Cdktf knows the stack by its name."""
    result = demo.run("cdktf", "list")

    assert 0 == result.returncode, result.stderr
    assert "dev" in result.stdout


def test_cdktf_diff_is_empty(demo: Project) -> None:
    """After the demo there is nothing to change."""
    result = demo.run("cdktf", "diff", "dev")

    assert 0 == result.returncode, result.stderr
    assert "No changes" in result.stdout


def test_printed_next_steps_work(demo: Project) -> None:
    """What the demo tells to do next can be done as it stands there."""
    lines = [line.split("   ")[0].strip() for line in NEXT_STEPS.splitlines() if line.startswith("  ")]
    activate, evaluate, diff, lifecycle, down = lines

    result = demo.run("bash", "-ec", f"{evaluate}; {diff}; {lifecycle} --help; echo $AWS_ENDPOINT_URL")

    assert 0 == result.returncode, result.stderr
    assert "No changes" in result.stdout
    assert "http://127.0.0.1" in result.stdout.splitlines()[-1]
    # The copy borrows its environment, which would activate the original's.
    assert ("source .venv/bin/activate", "make down") == (activate, down)


def test_unknown_stack(demo: Project) -> None:
    """A stack that does not exist is one clear message and exit code 1."""
    result = demo.run("cdktf", "diff", "nowhere")

    assert 1 == result.returncode
    assert "nowhere" in result.stdout + result.stderr


def test_doctor(demo: Project) -> None:
    """The doctor finds nothing wrong."""
    result = demo.infra("doctor", "dev")

    assert 0 == result.returncode, result.stderr
    assert 6 == result.stdout.count("ok  ")


def test_doctor_finds_the_lock(demo: Project) -> None:
    """A lock that a killed run left is named with its owner and the way to remove it."""
    lock = '{"ID": "1234", "Operation": "OperationTypeApply", "Who": "someone@somewhere", "Created": "2026-02-25"}'
    s3 = client(demo, "s3")
    key = {"Bucket": "ecs-stacks-state-956880242582", "Key": "dev/terraform.tfstate.tflock"}
    s3.put_object(**key, Body=lock.encode())

    result = demo.infra("doctor", "dev")
    s3.delete_object(**key)

    assert 1 == result.returncode
    assert "locked by someone@somewhere since 2026-02-25" in result.stderr
    assert "terraform force-unlock 1234" in result.stderr


def test_second_demo_changes_nothing(demo: Project) -> None:
    """The demo can be run again."""
    result = demo.infra("demo")

    assert 0 == result.returncode, result.stdout + result.stderr
    assert "0 added, 0 changed, 0 destroyed" in result.stdout


def test_deployed_image_is_remembered(demo: Project) -> None:
    """A deploy with an image runs it; the next plan without the variable changes nothing."""
    deployed = demo.run("cdktf", "deploy", "dev", "--auto-approve", "--var", "image_tag=v1")
    diff = demo.run("cdktf", "diff", "dev")
    (service,) = client(demo, "ecs").describe_services(cluster="nocomelon-dev", services=["nocomelon-dev"])["services"]

    assert 0 == deployed.returncode, deployed.stdout
    assert "No changes" in diff.stdout
    assert 1 == service["desiredCount"]
