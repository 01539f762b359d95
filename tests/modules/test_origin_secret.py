"""The secret between CloudFront and a load balancer, over three generations."""

import pytest
from cdktf import TerraformOutput
from constructs import Construct
from pydantic import ValidationError

from modules.origin_secret import OriginSecret, OriginSecretSettings
from tests.support import Block, Synthesized, synth_scope


def build(generation: int) -> Synthesized:
    """The secret, with what it publishes as outputs."""

    def declare(scope: Construct) -> None:
        secret = OriginSecret(
            scope, "origin_secret", stack="edgemind", settings=OriginSecretSettings(generation=generation)
        )
        for name in ("header_name", "sent", "accepted", "parameter_arns"):
            TerraformOutput(scope, name, value=getattr(secret, name))

    return synth_scope(declare)


@pytest.fixture(scope="module")
def first() -> Synthesized:
    """The first generation."""
    return build(1)


@pytest.fixture(scope="module")
def second() -> Synthesized:
    """The generation after it."""
    return build(2)


@pytest.fixture(scope="module")
def third() -> Synthesized:
    """And the one after that."""
    return build(3)


def slots(stack: Synthesized) -> dict[str, Block]:
    """Both parameters, without the comment that names the construct."""
    return {id_: {**block, "//": None} for id_, block in stack.resources("aws_ssm_parameter").items()}


def generation(stack: Synthesized, reference: str) -> str:
    """Of which generation the value is that a reference stands for."""
    (name,) = (
        block["name"] for id_, block in slots(stack).items() if f"${{aws_ssm_parameter.{id_}.value}}" == reference
    )
    return str(name).rpartition("/")[2]


@pytest.mark.parametrize("number", [0, -1])
def test_generations_begin_with_one(number: int) -> None:
    """There is one before the first as well, which must not be negative."""
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        OriginSecretSettings(generation=number)


def test_default() -> None:
    """A new system has the first secret."""
    assert 1 == OriginSecretSettings().generation


def test_addresses_are_a_contract(first: Synthesized, second: Synthesized, third: Synthesized) -> None:
    """The two slots have the same addresses in every generation, or both would be replaced."""
    for stack in (first, second, third):
        assert {"origin_secret_even_98E65910", "origin_secret_odd_01A7CB5E"} == set(slots(stack))


def test_names(first: Synthesized) -> None:
    """A parameter says of which stack and generation it is."""
    assert {"/edgemind/origin-secret/0", "/edgemind/origin-secret/1"} == {
        block["name"] for block in slots(first).values()
    }


def test_next_generation_replaces_one_slot(first: Synthesized, second: Synthesized, third: Synthesized) -> None:
    """The slot that CloudFront sends stays as it is, the other one becomes a parameter with another name."""
    for old, new in ((first, second), (second, third)):
        (changed,) = (id_ for id_ in slots(old) if slots(old)[id_] != slots(new)[id_])
        sent = old.output("sent")

        assert f"${{aws_ssm_parameter.{changed}.value}}" != sent
        assert sent in new.output("accepted")
        assert f"${{aws_ssm_parameter.{changed}.value}}" == new.output("sent")


@pytest.mark.parametrize("number", [1, 2, 3])
def test_sent_and_accepted(number: int) -> None:
    """CloudFront sends the newest, and the one before is still accepted."""
    stack = build(number)

    assert str(number) == generation(stack, stack.output("sent"))
    assert [str(number), str(number - 1)] == [generation(stack, value) for value in stack.output("accepted")]


def test_value_is_made_when_applied(first: Synthesized) -> None:
    """No value is in the JSON, and one that is there is never changed by a plan."""
    for block in slots(first).values():
        assert ("SecureString", "${uuid()}", {"ignore_changes": ["value"]}) == (
            block["type"],
            block["value"],
            block["lifecycle"],
        )


def test_header(first: Synthesized) -> None:
    """The header is none that a browser or CloudFront sends by itself."""
    assert "X-Origin-Verify" == first.output("header_name")


def test_parameter_arns(first: Synthesized) -> None:
    """Whoever plans must be able to read both."""
    assert {f"${{aws_ssm_parameter.{id_}.arn}}" for id_ in slots(first)} == set(first.output("parameter_arns"))
