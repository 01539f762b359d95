"""What the real Terraform's failures say: one line each, with what to do."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import boto3
import pytest

from tools import local, state, terraform
from tools.environment import applied
from tools.errors import InfraError
from tools.project import Stack, load_stack, synthesize

pytestmark = pytest.mark.slow

LOCK = b'{"ID": "1", "Operation": "apply", "Who": "w", "Created": "2026-02-25T00:00:00Z", "Version": "1", "Path": "p"}'


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The dev stack before a local AWS that is empty at first."""
    output = tmp_path_factory.mktemp("failures")
    with applied(terraform.environment()):
        synthesize(output)
        dev = load_stack("dev", output)
        with local.fresh() as aws, applied(local.environment(aws, dev)):
            yield dev


@pytest.fixture
def bootstrapped(stack: Stack) -> terraform.Terraform:
    """Terraform with the state bucket there and initialized."""
    state.bootstrap(stack, report=lambda *_: None)
    engine = terraform.Terraform(stack)
    engine.init()
    return engine


def failure(action: Callable[[], object]) -> str:
    """The line that an action fails with."""
    with pytest.raises(InfraError) as caught:
        action()
    return str(caught.value)


def test_missing_bucket(stack: Stack) -> None:
    """A stack whose state bucket is not there says how to create it."""
    elsewhere = replace(stack, directory=with_bucket(stack, "no-such-bucket-of-ours"))

    line = failure(terraform.Terraform(elsewhere).init)

    assert "terraform init: the state bucket does not exist: run infra state bootstrap" == line


def with_bucket(stack: Stack, bucket: str) -> Path:
    """A folder with the stack as it would be with another state bucket."""
    folder = stack.directory.parent / bucket
    folder.mkdir(exist_ok=True)
    text = (stack.directory / "cdk.tf.json").read_text().replace(stack.state_bucket, bucket)
    (folder / "cdk.tf.json").write_text(text)
    return folder


def test_wrong_account_is_refused_by_the_backend(stack: Stack) -> None:
    """The state of one account cannot be read with the credentials of another."""
    with applied({"AWS_ACCESS_KEY_ID": "641918319442"}):
        line = failure(terraform.Terraform(stack).init)

    assert "terraform init: the credentials are of another account than the stack's" == line


def test_no_credentials(stack: Stack) -> None:
    """Without credentials the message says what to set."""
    with applied({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}):
        line = failure(terraform.Terraform(stack).init)

    assert "terraform init: there are no AWS credentials: sign in, or set AWS_PROFILE" == line


def test_locked(stack: Stack, bootstrapped: terraform.Terraform) -> None:
    """A state that another run holds is not touched."""
    s3 = boto3.Session().client("s3")
    key = f"{stack.state_key}.tflock"
    s3.put_object(Bucket=stack.state_bucket, Key=key, Body=LOCK)

    line = failure(lambda: bootstrapped.plan("p.tfplan"))
    s3.delete_object(Bucket=stack.state_bucket, Key=key)

    assert "terraform plan: the state is locked by another run: wait for it, or see infra doctor" == line


@pytest.mark.parametrize("tag", ["latest", "a b", ".v1"])
def test_image_tag(bootstrapped: terraform.Terraform, tag: str) -> None:
    """A tag that moves, or is none, is refused before anything is planned."""
    line = failure(lambda: bootstrapped.plan("p.tfplan", f"-var=image_tag={tag}"))

    assert line.startswith("terraform plan: Invalid value for variable: image_tag must")


def test_no_registry_and_no_mirror(stack: Stack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A provider that is nowhere to be had names the variable that helps."""
    config = tmp_path / "terraform.rc"
    config.write_text('provider_installation {\n  network_mirror {\n    url = "https://127.0.0.1:9/"\n  }\n}\n')
    state.bootstrap(stack, report=lambda *_: None)
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(config))

    line = failure(terraform.Terraform(stack).init)

    assert (
        "terraform init: the provider registry is out of reach: "
        "set TF_PLUGIN_MIRROR to a folder that holds the provider"
    ) == line
