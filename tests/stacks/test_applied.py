"""Every stack before the real Terraform and the real provider: valid, applied, unchanged, destroyed."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cdktf import App

from envs import dev
from stacks.nocomelon import AutoscalingSettings, HttpsSettings, NoComelonSettings, NoComelonStack
from tools import lifecycle, terraform
from tools.environment import applied
from tools.project import ROOT, load_stack, stack_names, synthesize
from tools.scan import gate

pytestmark = pytest.mark.slow

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


def test_lifecycle_of_dev() -> None:
    """The command applies the dev stack, finds nothing to change, destroys it and finds nothing left."""
    result = subprocess.run(
        [sys.executable, "-m", "tools", "lifecycle", "dev"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert 0 == result.returncode, result.stderr
    (row,) = [line for line in result.stdout.splitlines() if "dev" in line]
    name, resources, _, changes, left = (cell.strip() for cell in row.strip("│").split("│"))
    assert ("dev", "29", "0", "0") == (name, resources, changes, left)


def test_lifecycle_with_everything_on(tmp_path: Path) -> None:
    """The settings that are off in dev can be applied too: HTTPS, autoscaling and an image."""
    settings = NoComelonSettings(
        **dict(dev.SETTINGS)
        | {
            "https": HttpsSettings(domain_name="trust.demo.paythru.com", certificate_arn=CERTIFICATE),
            "autoscaling": AutoscalingSettings(max_capacity=3),
            "image_tag": "v1",
        }
    )
    context = json.loads(terraform.environment().get("CDKTF_CONTEXT_JSON", "{}"))
    app = App(outdir=str(tmp_path), context=context)
    NoComelonStack(app, "dev", settings=settings)
    app.synth()

    life = lifecycle.run(load_stack("dev", tmp_path))

    assert ([], []) == (life.changes, life.left)
    assert 34 == life.resources
