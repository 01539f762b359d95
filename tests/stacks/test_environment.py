"""What every stack has: provider, account guard, state, tags."""

import pytest
from cdktf import App, TerraformStack
from cdktf import Testing as CdktfTesting
from pydantic import ValidationError

from stacks.environment import (
    DISPOSABLE,
    PROVIDER_VERSION,
    EnvironmentSettings,
    declare_environment,
    is_disposable,
)
from tests.support import Synthesized, synth_stack

SETTINGS = EnvironmentSettings(
    account_id="956880242582", region="eu-west-2", aws_provider_version="6.33.0", tags={"Team": "platform"}
)


class Empty(TerraformStack):
    """A stack with nothing but its environment."""


def build(settings: EnvironmentSettings = SETTINGS, context: dict[str, str] | None = None) -> Synthesized:
    """An empty stack named staging."""

    def make(app: App) -> TerraformStack:
        stack = Empty(app, "staging")
        declare_environment(stack, settings)
        return stack

    return synth_stack(make, context)


@pytest.fixture(scope="module")
def stack() -> Synthesized:
    """The empty stack."""
    return build()


def test_provider_guards_the_account(stack: Synthesized) -> None:
    """The provider refuses credentials of any other account."""
    (provider,) = stack.document["provider"]["aws"]

    assert ["956880242582"] == provider["allowed_account_ids"]


def test_provider_region(stack: Synthesized) -> None:
    """The region is the environment's, not the shell's."""
    (provider,) = stack.document["provider"]["aws"]

    assert "eu-west-2" == provider["region"]


def test_provider_version_is_the_settings(stack: Synthesized) -> None:
    """The version is chosen by the environment, not by the bindings."""
    assert "6.33.0" == stack.document["terraform"]["required_providers"]["aws"]["version"]


def test_provider_version_is_no_constant() -> None:
    """Another version in the settings is another version in the JSON."""
    settings = EnvironmentSettings(account_id="956880242582", region="eu-west-2", aws_provider_version="6.30.1")

    assert "6.30.1" == build(settings).document["terraform"]["required_providers"]["aws"]["version"]


def test_provider_version_from_context() -> None:
    """The context can name the version that an air-gapped mirror holds."""
    document = build(context={PROVIDER_VERSION: "5.100.0"}).document

    assert "5.100.0" == document["terraform"]["required_providers"]["aws"]["version"]


def test_tags(stack: Synthesized) -> None:
    """Every resource says which stack it belongs to."""
    (provider,) = stack.document["provider"]["aws"]

    assert [{"tags": {"ManagedBy": "terraform", "Stack": "staging", "Team": "platform"}}] == provider["default_tags"]


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("bucket", "ecs-stacks-state-956880242582"),
        ("key", "staging/terraform.tfstate"),
        ("region", "eu-west-2"),
        ("encrypt", True),
        ("use_lockfile", True),
        ("allowed_account_ids", ["956880242582"]),
    ],
)
def test_state(stack: Synthesized, argument: str, value: object) -> None:
    """The state lies encrypted and locked in the account's bucket, behind the same guard."""
    assert value == stack.document["terraform"]["backend"]["s3"][argument]


def test_state_bucket_is_a_setting() -> None:
    """Whoever has a bucket already names it."""
    named = build(SETTINGS.model_copy(update={"state_bucket": "my-states"}))

    assert "my-states" == named.document["terraform"]["backend"]["s3"]["bucket"]


def test_state_bucket_is_a_bucket_name() -> None:
    """Terraform would say so at `terraform init`, after the operator has bootstrapped another bucket."""
    with pytest.raises(ValidationError):
        EnvironmentSettings(**dict(SETTINGS) | {"state_bucket": "My_States"})


def test_no_required_version(stack: Synthesized) -> None:
    """With required_version in the JSON checkov parses nothing and reports success."""
    assert "required_version" not in stack.document["terraform"]


def test_not_disposable_by_default() -> None:
    """Whoever says nothing keeps what the environment holds."""
    assert SETTINGS.disposable is False


@pytest.mark.parametrize(
    ("setting", "context", "expected"),
    [(False, None, False), (True, None, True), (False, {DISPOSABLE: "true"}, True), (False, {DISPOSABLE: "no"}, False)],
)
def test_disposable(setting: bool, context: dict[str, str] | None, expected: bool) -> None:
    """An environment keeps what it holds unless its settings, or the context for local AWS, say otherwise."""
    settings = EnvironmentSettings(**dict(SETTINGS) | {"disposable": setting})
    stack = Empty(CdktfTesting.app(context=context), "staging")

    assert expected == is_disposable(stack, settings)
