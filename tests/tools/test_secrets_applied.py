"""The application's secret with the real Terraform and provider on local AWS, and `infra secrets` beside it."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
from cdktf import App, TerraformOutput, TerraformStack

from modules.application_secret import ApplicationSecret, ApplicationSecretSettings
from stacks.environment import EnvironmentSettings, declare_environment
from tools import lifecycle, terraform
from tools.environment import applied
from tools.lifecycle import Life
from tools.project import Stack, load_stack
from tools.secrets.command import set_value

pytestmark = pytest.mark.slow

NAME = "isms/staging/application"


def synthesize(folder: Path) -> Stack:
    """Write a stack with nothing but the secret."""
    app = App(outdir=str(folder), context=json.loads(terraform.environment().get("CDKTF_CONTEXT_JSON", "{}")))
    stack = TerraformStack(app, "staging")
    declare_environment(
        stack, EnvironmentSettings(account_id="956880242582", region="eu-west-2", aws_provider_version="6.33.0")
    )
    secret = ApplicationSecret(
        stack,
        "secret",
        name=NAME,
        recovery_window_days=0,
        settings=ApplicationSecretSettings(generated=["JWT_SECRET", "SESSION_KEY"], provided=["API_KEY"]),
    )
    TerraformOutput(stack, "secrets", value=secret.outputs)
    app.synth()
    return load_stack("staging", folder)


class Operator:
    """Who sets values between two plans, and writes down what there was to see."""

    def __init__(self, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
        self._stack = stack
        self._monkeypatch = monkeypatch
        self.first: dict[str, str] = {}
        self.last: dict[str, str] = {}
        self.seen = ""

    def __call__(self, _engine: terraform.Terraform) -> None:
        """Set one value three times, and make another one anew."""
        self.first = self._values()
        for value in ("one", "two", "three-and-no-more"):
            self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(value.encode())))
            set_value(self._stack, "API_KEY", generate=False)
        set_value(self._stack, "SESSION_KEY", generate=True)
        self.last = self._values()
        self.seen = self._terraform("show", "-json", "second.tfplan") + self._terraform("state", "pull")

    def _values(self) -> Any:  # noqa: ANN401 whatever JSON says
        client = boto3.Session(region_name="eu-west-2").client("secretsmanager")
        return json.loads(client.get_secret_value(SecretId=NAME)["SecretString"])

    def _terraform(self, *arguments: str) -> str:
        return subprocess.run(  # noqa: S603 the Terraform under test
            [terraform.executable(), *arguments], cwd=self._stack.directory, capture_output=True, text=True, check=True
        ).stdout


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Life, Operator]:
    """Apply, plan, set values, plan again, destroy."""
    with pytest.MonkeyPatch.context() as monkeypatch, applied(terraform.environment()):
        stack = synthesize(tmp_path_factory.mktemp("secret"))
        operator = Operator(stack, monkeypatch)
        return lifecycle.run(stack, interlude=operator), operator


def test_values_are_generated(shown: tuple[Life, Operator]) -> None:
    """Each generated name has a value of its own after the first apply."""
    first = shown[1].first

    assert {"JWT_SECRET": 64, "SESSION_KEY": 64} == {name: len(value) for name, value in first.items()}
    assert first["JWT_SECRET"] != first["SESSION_KEY"]


def test_values_are_kept(shown: tuple[Life, Operator]) -> None:
    """Setting one value leaves the others as they are."""
    first, last = shown[1].first, shown[1].last

    assert (first["JWT_SECRET"], "three-and-no-more") == (last["JWT_SECRET"], last["API_KEY"])
    assert first["SESSION_KEY"] != last["SESSION_KEY"]


def test_no_value_is_in_state_or_plan(shown: tuple[Life, Operator]) -> None:
    """Terraform has written down that there are values, and none of them."""
    operator = shown[1]

    assert '"has_secret_string_wo":true' in operator.seen.replace(" ", "")
    assert [] == [name for name, value in [*operator.first.items(), *operator.last.items()] if value in operator.seen]


def test_values_of_others_are_no_change(shown: tuple[Life, Operator]) -> None:
    """After four values set, Terraform has nothing to do, and a destroy leaves nothing."""
    assert ([], []) == (shown[0].changes, shown[0].left)
