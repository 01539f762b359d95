"""ISMS's account guard before the real Terraform and the real provider: neither touches another account."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tools import local, state, terraform
from tools.environment import applied
from tools.errors import InfraError
from tools.project import Stack, load_stack, synthesize

pytestmark = pytest.mark.slow

OF_THE_OTHER = {"staging": "641918319442", "production": "956880242582"}
"""The local AWS takes an access key id of 12 digits for the account."""

REFUSAL = "the credentials are of another account than the stack's"


@pytest.fixture(scope="module", params=OF_THE_OTHER)
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Each environment before a local AWS that holds its state bucket."""
    output = tmp_path_factory.mktemp("account")
    with applied(terraform.environment()):
        synthesize(output)
        one = load_stack(request.param, output)
        with local.fresh() as aws, applied(local.environment(aws, one)):
            state.bootstrap(one, report=lambda *_: None)
            yield one


def test_backend_refuses(stack: Stack) -> None:
    """The state of one environment cannot be read with the credentials of the other."""
    with (
        applied({"AWS_ACCESS_KEY_ID": OF_THE_OTHER[stack.name]}),
        pytest.raises(InfraError, match=f"terraform init: {REFUSAL}"),
    ):
        terraform.Terraform(stack).init()


def test_provider_refuses(stack: Stack, tmp_path: Path) -> None:
    """Nothing is planned with the credentials of the other, even where the state is at hand."""
    document = json.loads((stack.directory / "cdk.tf.json").read_text())
    del document["terraform"]["backend"]
    (tmp_path / "cdk.tf.json").write_text(json.dumps(document))
    engine = terraform.Terraform(replace(stack, directory=tmp_path))
    engine.init()

    with (
        applied({"AWS_ACCESS_KEY_ID": OF_THE_OTHER[stack.name]}),
        pytest.raises(InfraError, match=f"terraform plan: {REFUSAL}"),
    ):
        engine.plan("refused.tfplan")
