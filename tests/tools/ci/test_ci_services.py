"""What is built for a stack, read from the Terraform JSON that the project's own stacks make."""

import json
from pathlib import Path

import pytest

from tools.ci.services import Service, services_of
from tools.errors import InfraError
from tools.project import Stack, load_stack, synthesize


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The synthesized project."""
    folder = tmp_path_factory.mktemp("stacks")
    synthesize(folder)
    return folder


def test_staging(output: Path) -> None:
    """Both services, with their repositories in staging's account and the architecture of their tasks."""
    assert [
        Service(
            name=name,
            stack="staging",
            account_id="956880242582",
            region="eu-west-2",
            repository=f"isms-{name}",
            platform="linux/arm64",
        )
        for name in ("backend", "frontend")
    ] == services_of(load_stack("staging", output))


def test_address(output: Path) -> None:
    """The address is that of the account's registry in the region."""
    (backend, _) = services_of(load_stack("production", output))

    assert "641918319442.dkr.ecr.eu-west-2.amazonaws.com/isms-backend" == backend.uri


def test_none(output: Path) -> None:
    """A stack without release manifests has nothing to build."""
    with pytest.raises(InfraError, match="stack 'dev' has no release manifests: nothing of it is built here"):
        services_of(load_stack("dev", output))


def test_shared_repository(output: Path, tmp_path: Path) -> None:
    """A repository that another stack made is read, and found all the same."""
    manifest = {
        "stack": "staging",
        "service": "backend",
        "account_id": "956880242582",
        "region": "eu-west-2",
        "ecs": {"cpu_architecture": "X86_64"},
        "image": {"repository": "${data.aws_ecr_repository.existing_1.name}"},
    }
    document = {
        "data": {"aws_ecr_repository": {"existing_1": {"name": "isms-backend"}}},
        "resource": {
            "aws_ssm_parameter": {"p": {"name": "/staging/release/backend", "insecure_value": json.dumps(manifest)}}
        },
    }
    (tmp_path / "cdk.tf.json").write_text(json.dumps(document))
    real = load_stack("staging", output)
    (service,) = services_of(Stack(**{**real.__dict__, "directory": tmp_path}))

    assert ("isms-backend", "linux/amd64") == (service.repository, service.platform)


@pytest.mark.parametrize(("architecture", "platform"), [("X86_64", "linux/amd64"), ("ARM64", "linux/arm64")])
def test_hosts(output: Path, tmp_path: Path, architecture: str, platform: str) -> None:
    """Where a service runs on hosts, its image is built for them."""
    manifest = {
        "stack": "staging",
        "service": "backend",
        "account_id": "956880242582",
        "region": "eu-west-2",
        "ecs": None,
        "compose": {"cpu_architecture": architecture},
        "image": {"repository": "isms-backend"},
    }
    parameter = {"name": "/staging/release/backend", "insecure_value": json.dumps(manifest)}
    (tmp_path / "cdk.tf.json").write_text(json.dumps({"resource": {"aws_ssm_parameter": {"p": parameter}}}))
    real = load_stack("staging", output)
    (service,) = services_of(Stack(**{**real.__dict__, "directory": tmp_path}))

    assert platform == service.platform
