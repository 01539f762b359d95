"""Every stack before the real Terraform and the real provider: valid, applied, unchanged, destroyed."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cdktf import App

from envs import dev, staging
from modules.fargate.cluster import FargateClusterSettings
from modules.load_balancer.certificate import DomainSettings
from modules.network.network import NetworkSettings
from stacks.isms import IsmsStack
from stacks.isms_settings import IsmsSettings
from stacks.nocomelon import AutoscalingSettings, HttpsSettings, NoComelonSettings, NoComelonStack
from tests.stacks import released
from tests.stacks.hosted_zone import make_zone
from tests.stacks.test_isms import GITHUB
from tools import lifecycle, terraform
from tools.environment import applied
from tools.project import ROOT, Stack, load_stack, stack_names, synthesize
from tools.scan import gate

pytestmark = pytest.mark.slow

ZONE = "Z0123456789ABC"
CERTIFICATE = "arn:aws:acm:us-east-1:956880242582:certificate/11111111-2222-3333-4444-555555555555"


@pytest.fixture(scope="module", autouse=True)
def providers() -> Iterator[None]:
    """Providers come from the mirror that the machine names, if it names one."""
    with applied(terraform.environment()):
        yield


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory, providers: None) -> Path:  # noqa: ARG001 used for its effect
    """All stacks, synthesized."""
    folder = tmp_path_factory.mktemp("cdktf.out")
    synthesize(folder)
    return folder


def test_every_environment_file_is_a_stack(output: Path) -> None:
    """No environment file is forgotten in the map."""
    files = {path.stem.replace("_", "-") for path in (ROOT / "envs").glob("*.py")} - {"--init--"}

    assert files == set(stack_names(output))


def test_valid(output: Path) -> None:
    """The real provider finds nothing wrong with any stack."""
    for name in stack_names(output):
        folder = load_stack(name, output).directory
        for command in (["init", "-backend=false", "-input=false"], ["validate", "-json"]):
            result = subprocess.run(  # noqa: S603 the Terraform under test
                [terraform.executable(), *command], cwd=folder, capture_output=True, text=True, check=False
            )
            assert 0 == result.returncode, result.stdout + result.stderr

        assert [] == json.loads(result.stdout)["diagnostics"]


def test_security_scan(output: Path) -> None:
    """Checkov finds nothing on any stack that the allow list does not accept, and looks at as much as before."""
    assert [] == gate.judge(gate.scan(output), gate.read_allow_list(), stack_names(output))


def test_same_bytes_twice(output: Path, tmp_path: Path) -> None:
    """The same tree synthesizes the same bytes."""
    synthesize(tmp_path)

    for name in stack_names(output):
        path = Path("stacks", name, "cdk.tf.json")
        assert (output / path).read_bytes() == (tmp_path / path).read_bytes()


@pytest.fixture(scope="module")
def lifecycles(providers: None) -> Iterator[subprocess.Popen[str]]:  # noqa: ARG001 used for its effect
    """The command, which takes minutes, under way beside the other tests of this file."""
    command = [sys.executable, "-m", "tools", "lifecycle"]
    with subprocess.Popen(  # noqa: S603 the command under test
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        yield process


def build(folder: Path, name: str, stack: type[NoComelonStack] | type[IsmsStack], settings: Any) -> Stack:  # noqa: ANN401
    """Synthesize one stack with settings that no environment file has."""
    context = json.loads(terraform.environment().get("CDKTF_CONTEXT_JSON", "{}"))
    app = App(outdir=str(folder), context=context)
    stack(app, name, settings=settings)
    app.synth()
    return load_stack(name, folder)


def test_lifecycle_of_dev_with_everything_on(
    tmp_path: Path,
    lifecycles: subprocess.Popen[str],  # noqa: ARG001 under way
) -> None:
    """The settings that are off in dev can be applied too: HTTPS, autoscaling and an image."""
    settings = NoComelonSettings(
        **dict(dev.SETTINGS)
        | {
            "https": HttpsSettings(domain_name="trust.demo.paythru.com", certificate_arn=CERTIFICATE),
            "autoscaling": AutoscalingSettings(max_capacity=3),
            "image_tag": "v1",
        }
    )

    life = lifecycle.run(build(tmp_path, "dev", NoComelonStack, settings))

    assert ([], []) == (life.changes, life.left)
    assert 34 == life.resources


@dataclass(frozen=True, kw_only=True)
class Released:
    """What a release in the middle of a life cycle showed, by service."""

    life: lifecycle.Life
    result: subprocess.CompletedProcess[str]
    serves: dict[str, dict[str, Any]]
    images: dict[str, tuple[str, list[str]]]


@pytest.fixture(scope="module")
def released_staging(
    tmp_path_factory: pytest.TempPathFactory,
    lifecycles: subprocess.Popen[str],  # noqa: ARG001 under way
) -> Released:
    """Staging with everything on that is off there, and both of its services released by the real command."""
    settings = IsmsSettings(
        **dict(staging.SETTINGS)
        | {
            "domain": DomainSettings(domain_name="trust.demo.paythru.com", hosted_zone_id=ZONE),
            "network": NetworkSettings(
                nat="none", interface_endpoints=["ecr", "logs", "secretsmanager", "ssmmessages"]
            ),
            "cluster": FargateClusterSettings(exec_enabled=True, private_namespace="isms.internal"),
            "exec_enabled": True,
            "github": GITHUB,
        }
    )
    stack = build(tmp_path_factory.mktemp("released"), "staging", IsmsStack, settings)
    make_zone(stack, ZONE)
    found: dict[str, Any] = {}

    def interlude(engine: terraform.Terraform) -> None:
        manifests = released.manifests_of(engine.output())
        for manifest in manifests:
            released.prepare(manifest)
        found["result"] = released.release("staging")
        found["serves"] = {one["service"]: released.what_serves(one) for one in manifests}
        found["images"] = {one["service"]: released.image_of(one) for one in manifests}

    return Released(life=lifecycle.run(stack, interlude=interlude), **found)


def test_release(released_staging: Released) -> None:
    """Both services are released by one command, the database's migration first, and it says so in plain lines."""
    result = released_staging.result

    assert 0 == result.returncode, result.stdout + result.stderr
    assert "local AWS would run: npm run db:migrate:deploy" in result.stderr


def test_release_serves(released_staging: Released) -> None:
    """What was pushed serves afterwards, by digest, with all traffic on the side that did not serve before."""
    assert {
        service: {
            "revision": f"isms-{service}-staging:2",
            "image": released_staging.images[service][0],
            "side": "green",
            "traffic": {"green"},
        }
        for service in ("backend", "frontend")
    } == released_staging.serves


def test_release_tags(released_staging: Released) -> None:
    """An image that was released says where."""
    tags = sorted([f"sha-{released.COMMIT}", f"staging-{released.COMMIT}", "staging"])

    assert [tags, tags] == [tags for _, tags in released_staging.images.values()]


def test_lifecycle_of_staging_with_everything_on_and_a_release(released_staging: Released) -> None:
    """What is off in staging can be applied too, and after a release the next plan is empty."""
    assert [] == released_staging.life.changes
    # What a release registers is not Terraform's to remove.
    assert [f"ecs/task_defs/isms-{service}-staging:2" for service in ("backend", "frontend")] == (
        released_staging.life.left
    )


def test_lifecycles(lifecycles: subprocess.Popen[str]) -> None:
    """The command applies every environment as it is, finds nothing to change, destroys it and finds nothing left."""
    output, errors = lifecycles.communicate()

    assert 0 == lifecycles.returncode, errors
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in output.splitlines() if "│" in line]
    assert {
        "dev": "29",
        "staging": "126",
        "production": "131",
        "edgemind": "88",
        "habit-tracker": "151",
        "aldeia-staging": "95",
        "aldeia-production": "131",
    } == {row[0]: row[1] for row in rows}
    assert {("0", "0")} == {tuple(row[3:]) for row in rows}
