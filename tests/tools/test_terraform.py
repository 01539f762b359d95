"""Finding Terraform, its variables, and what its failures say."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tools import terraform
from tools.errors import InfraError
from tools.project import Stack

Fake = Callable[[str], Path]


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """A function that puts a shell script named terraform alone on the PATH."""

    def install(script: str) -> Path:
        program = tmp_path / "bin" / "terraform"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(program.parent))
        return program

    return install


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    """A stack in an empty folder."""
    return Stack(
        name="dev",
        directory=tmp_path,
        account_id="956880242582",
        region="us-east-1",
        state_bucket="ecs-stacks-state-956880242582",
        state_key="dev/terraform.tfstate",
        provider_version="5.100.0",
    )


def answering(version: str, then: str = "") -> str:
    """A script that answers `version` and does something else for all else."""
    return f"""if [ "$1" = version ]; then echo '{{"terraform_version": "{version}"}}'; exit; fi\n{then}"""


@pytest.mark.parametrize("version", ["1.11.0", "1.12.3", "2.0.0", "1.13.0-rc1"])
def test_new_enough(fake: Fake, version: str) -> None:
    """A Terraform of the minimum version or newer is used."""
    program = fake(answering(version))

    assert str(program) == terraform.executable()


def test_too_old(fake: Fake) -> None:
    """An older one is named with its version and what is needed."""
    program = fake(answering("1.9.8"))

    with pytest.raises(InfraError, match=f"{program} is Terraform 1.9.8: must be 1.11.0 or newer"):
        terraform.executable()


def test_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Terraform the message says how to get it."""
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(InfraError, match="terraform is not on the PATH: run make setup"):
        terraform.executable()


def test_broken(fake: Fake) -> None:
    """A program that is not Terraform is said to be none."""
    fake("echo nonsense")

    with pytest.raises(InfraError, match="does not say that it is Terraform"):
        terraform.executable()


def test_mirror_gives_a_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mirror becomes a CLI configuration, and its newest provider the version of the stacks."""
    for version in ("5.9.0", "5.100.0"):
        (tmp_path / "mirror/registry.terraform.io/hashicorp/aws" / version).mkdir(parents=True)
    monkeypatch.setenv("TF_PLUGIN_MIRROR", str(tmp_path / "mirror"))
    monkeypatch.setattr(terraform, "CACHE", tmp_path)

    variables = terraform.environment()

    assert {"aws_provider_version": "5.100.0"} == json.loads(variables["CDKTF_CONTEXT_JSON"])
    assert "true" == variables["CDKTF_SKIP_PROVIDER_LOCK"]
    assert f'path = "{tmp_path / "mirror"}"' in Path(variables["TF_CLI_CONFIG_FILE"]).read_text()


def test_mirror_without_provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that is no mirror is refused."""
    monkeypatch.setenv("TF_PLUGIN_MIRROR", str(tmp_path))

    with pytest.raises(InfraError, match=r"TF_PLUGIN_MIRROR=.* holds no registry.terraform.io/hashicorp/aws"):
        terraform.environment()


def test_missing_configuration_is_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that names a missing file would put a warning into every output of Terraform."""
    monkeypatch.delenv("TF_PLUGIN_MIRROR", raising=False)
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(tmp_path / "missing"))

    assert "" == terraform.environment()["TF_CLI_CONFIG_FILE"]


def test_own_configuration_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a mirror the operator's own configuration stays."""
    monkeypatch.delenv("TF_PLUGIN_MIRROR", raising=False)
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(tmp_path))

    assert "TF_CLI_CONFIG_FILE" not in terraform.environment()


@pytest.mark.parametrize(
    ("output", "line"),
    [
        (
            "╷\n│ Error: Error acquiring the state lock\n│ \n│ Error message: PreconditionFailed",
            "the state is locked by another run: wait for it, or see infra doctor",
        ),
        (
            "│ Error: Error acquiring the state lock\n│ PutObject, https response error StatusCode: 400, ExpiredToken",
            "the AWS credentials have expired: sign in again",
        ),
        (
            "│ Error: Error acquiring the state lock\n│ PutObject, StatusCode: 404, NoSuchBucket: none",
            "the state bucket does not exist: run infra state bootstrap",
        ),
        (
            "│ Error: Error acquiring the state lock\n│ PutObject, StatusCode: 403, AccessDenied: no",
            "Error acquiring the state lock PutObject, StatusCode: 403, AccessDenied: no",
        ),
        (
            "│ Error: Failed to query available provider packages\n│ no available releases match the given constraints",
            "there is no such version of the provider: see aws_provider_version, or what TF_PLUGIN_MIRROR holds",
        ),
        (
            '╷\n│ Error: Failed to get existing workspaces: S3 bucket "x" does not exist.',
            "the state bucket does not exist: run infra state bootstrap",
        ),
        (
            "│ Error: Failed to query available provider packages\n│ could not connect to registry.terraform.io",
            "the provider registry is out of reach: set TF_PLUGIN_MIRROR to a folder that holds the provider",
        ),
        (
            "│ Error: Retrieving AWS account details: ExpiredToken: The security token included is expired",
            "the AWS credentials have expired: sign in again",
        ),
        ("│ Error: AWS account ID not allowed: 1", "the credentials are of another account than the stack's"),
        ("│ Error: No valid credential sources found", "there are no AWS credentials: sign in, or set AWS_PROFILE"),
        ("│ Error: Something new\n│ \n│ with a detail", "Something new with a detail"),
    ],
)
def test_explanation(output: str, line: str) -> None:
    """A failure that is known is explained; any other is one line of Terraform's own words."""
    assert line == terraform.explain(output)


def test_failed_command_is_one_line(fake: Fake, stack: Stack) -> None:
    """A command that fails raises one line that names it."""
    fake(answering("1.11.4", "echo 'Error: Something new' >&2; exit 1"))

    with pytest.raises(InfraError, match=r"^terraform init: Something new$"):
        terraform.Terraform(stack).init()


def streaming(*messages: dict[str, Any], code: int = 0) -> str:
    """A script that prints Terraform's machine-readable messages."""
    lines = "\n".join(f"printf '%s\\n' '{json.dumps({'@level': 'info', **message})}'" for message in messages)
    return answering("1.11.4", f"{lines}\nexit {code}")


def test_plan_lists_changes(fake: Fake, stack: Stack) -> None:
    """A plan returns the addresses that would change; reading a data source changes nothing."""
    update = {"action": "update", "resource": {"addr": "aws_s3_bucket.assets"}}
    read = {"action": "read", "resource": {"addr": "data.aws_vpc.default"}}
    fake(streaming({"type": "planned_change", "change": update}, {"type": "planned_change", "change": read}))

    changes = terraform.Terraform(stack).plan("p.tfplan")

    assert ["aws_s3_bucket.assets"] == changes


def test_plan_lists_changed_outputs(fake: Fake, stack: Stack) -> None:
    """A change of nothing but an output is a change."""
    fake(streaming({"type": "outputs", "outputs": {"url": {"action": "update"}, "bucket": {"action": "noop"}}}))

    assert ["output.url"] == terraform.Terraform(stack).plan("p.tfplan")


def test_failed_apply_names_the_resource(fake: Fake, stack: Stack) -> None:
    """An apply that fails says which resource failed and why, on one line."""
    diagnostic = {"severity": "error", "summary": "creating ECS", "detail": "no\ncapacity", "address": "aws_ecs.x"}
    fake(streaming({"type": "diagnostic", "@level": "error", "diagnostic": diagnostic}, code=1))

    with pytest.raises(InfraError, match=r"^terraform apply: aws_ecs.x: creating ECS: no capacity$"):
        terraform.Terraform(stack).apply("p.tfplan", report=lambda _: None)


def test_known_failure_of_an_apply_is_explained(fake: Fake, stack: Stack) -> None:
    """The machine-readable output gets the same explanations."""
    diagnostic = {"severity": "error", "summary": "Error acquiring the state lock", "detail": "PreconditionFailed"}
    fake(streaming({"type": "diagnostic", "@level": "error", "diagnostic": diagnostic}, code=1))

    with pytest.raises(InfraError, match=r"^terraform plan: the state is locked by another run"):
        terraform.Terraform(stack).plan("p.tfplan")


def test_failure_without_words(fake: Fake, stack: Stack) -> None:
    """A Terraform that says nothing is at least named with its exit code."""
    fake(streaming(code=7))

    with pytest.raises(InfraError, match=r"^terraform plan: exit code 7$"):
        terraform.Terraform(stack).plan("p.tfplan")
