"""The application's secret as Terraform JSON, and what its settings refuse."""

from typing import Any

import pytest
from cdktf import TerraformOutput
from constructs import Construct
from pydantic import ValidationError

from modules.application_secret import ApplicationSecret, ApplicationSecretSettings
from modules.mistakes import mistakes_in
from tests.support import Block, Synthesized, synth_scope


def build(**settings: Any) -> Synthesized:  # noqa: ANN401 settings of any type
    """A secret with these names."""

    def declare(scope: Construct) -> None:
        secret = ApplicationSecret(
            scope,
            "values",
            name="isms/staging/application",
            recovery_window_days=30,
            settings=ApplicationSecretSettings(**settings),
        )
        TerraformOutput(scope, "references", value=secret.references)
        TerraformOutput(scope, "secrets", value=secret.outputs)
        TerraformOutput(scope, "name", value=secret.name)

    return synth_scope(declare)


@pytest.fixture(scope="module")
def stack() -> Synthesized:
    """Two generated values and one that the operator provides."""
    return build(generated=["JWT_SECRET", "SESSION_KEY"], provided=["API_KEY"])


@pytest.fixture(scope="module")
def version(stack: Synthesized) -> Block:
    """The one version that Terraform makes."""
    return stack.resource("aws_secretsmanager_secret_version")


def test_secret(stack: Synthesized) -> None:
    """The secret has the name that it was given, and can be restored."""
    secret = stack.resource("aws_secretsmanager_secret")

    assert ("isms/staging/application", 30) == (secret["name"], secret["recovery_window_in_days"])


def test_random_values_are_ephemeral(stack: Synthesized) -> None:
    """Each generated value has a source of its own, of which nothing is kept."""
    assert {
        "values_secret_C46EE5BE_JWT_SECRET": {"password_length": 64, "exclude_punctuation": True},
        "values_secret_C46EE5BE_SESSION_KEY": {"password_length": 64, "exclude_punctuation": True},
    } == stack.document["ephemeral"]["aws_secretsmanager_random_password"]


def test_values_are_write_only(version: Block) -> None:
    """The first values go through the argument that is in no plan and no state, and through no other."""
    source = "ephemeral.aws_secretsmanager_random_password.values_secret_C46EE5BE"

    assert {"secret_string_wo", "secret_string_wo_version"} == {name for name in version if "secret_string" in name}
    assert (
        f'${{jsonencode({{"JWT_SECRET" = {source}_JWT_SECRET.random_password, '
        f'"SESSION_KEY" = {source}_SESSION_KEY.random_password}})}}'
    ) == version["secret_string_wo"]


def test_first_version_stays(version: Block) -> None:
    """Its own label keeps Terraform's version when others are current, and that they are is no change."""
    assert ["TERRAFORM"] == version["version_stages"]
    assert {"ignore_changes": ["version_stages"]} == version["lifecycle"]


def test_first_version_takes_nothing_over(version: Block) -> None:
    """Without AWSCURRENT among its labels it becomes current only when there is no other version yet."""
    assert "AWSCURRENT" not in version["version_stages"]


def test_nothing_generated() -> None:
    """Without generated names the first version is an empty object."""
    assert (
        "${jsonencode({})}"
        == build(provided=["API_KEY"]).resource("aws_secretsmanager_secret_version")["secret_string_wo"]
    )


def test_references(stack: Synthesized) -> None:
    """A task gets each value by its key, in the current version."""
    arn = "${aws_secretsmanager_secret.values_secret_C46EE5BE.arn}"

    assert {name: f"{arn}:{name}::" for name in ("JWT_SECRET", "SESSION_KEY", "API_KEY")} == stack.output("references")


def test_outputs_are_literal(stack: Synthesized) -> None:
    """`infra secrets` knows names and places before anything is deployed."""
    secret = "isms/staging/application"

    assert {
        "JWT_SECRET": {"secret": secret, "key": "JWT_SECRET", "generated": True},
        "SESSION_KEY": {"secret": secret, "key": "SESSION_KEY", "generated": True},
        "API_KEY": {"secret": secret, "key": "API_KEY", "generated": False},
    } == stack.output("secrets")
    assert secret == stack.output("name")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"generated": ["2FA"]},
            "generated.0 must be the name of an environment variable: letters, digits and _, of which the first is no "
            "digit, got '2FA'",
        ),
        (
            {"provided": ["API-KEY"]},
            "provided.0 must be the name of an environment variable: letters, digits and _, of which the first is no "
            "digit, got 'API-KEY'",
        ),
        ({"provided": ["A", "B", "A"]}, "provided must name A once, got ['A', 'B', 'A']"),
        ({"generated": ["A", "A"]}, "generated must name A once, got ['A', 'A']"),
        ({"generated": ["A", "B"], "provided": ["B"]}, "provided must not name B, which generated does, got ['B']"),
    ],
)
def test_refused(settings: dict[str, Any], message: str) -> None:
    """A name that no environment has, and a name that is there twice."""
    with pytest.raises(ValidationError) as caught:
        ApplicationSecretSettings(**settings)

    assert [message] == [f"{one.path} {one.text}" for one in mistakes_in(caught.value, ApplicationSecretSettings)]


def test_stateful_address(stack: Synthesized) -> None:
    """A changed address replaces the secret, and with it its values."""
    assert ["values_secret_C46EE5BE"] == list(stack.resources("aws_secretsmanager_secret"))
