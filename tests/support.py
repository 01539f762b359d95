"""The one helper through which tests look at Terraform JSON."""

import json
from collections.abc import Callable
from typing import Any

from cdktf import App, TerraformStack, Testing
from constructs import Construct

Block = dict[str, Any]


class Synthesized:
    """The parsed Terraform JSON of one stack."""

    def __init__(self, text: str) -> None:
        self.document: Block = json.loads(text)

    def resources(self, type_: str) -> dict[str, Block]:
        """All resources of a type, by their id."""
        return dict(self.document.get("resource", {}).get(type_, {}))

    def resource(self, type_: str, id_: str | None = None) -> Block:
        """One resource: the one with this id, or the only one of its type."""
        return _one(self.resources(type_), type_, id_)

    def data(self, type_: str, id_: str | None = None) -> Block:
        """One data source: the one with this id, or the only one of its type."""
        return _one(self.document.get("data", {}).get(type_, {}), type_, id_)

    def statements(self, id_: str) -> list[Block]:
        """The statements of one IAM policy document."""
        statements: list[Block] = self.data("aws_iam_policy_document", id_)["statement"]
        return statements

    def output(self, name: str) -> Any:  # noqa: ANN401 whatever the output holds
        """The value of one output."""
        return self.document["output"][name]["value"]


def _one(blocks: dict[str, Block], type_: str, id_: str | None) -> Block:
    if id_ is None:
        assert len(blocks) == 1, f"one {type_} expected, got {sorted(blocks)}"
        (id_,) = blocks
    assert id_ in blocks, f"no {type_}.{id_}, only {sorted(blocks)}"
    return blocks[id_]


def synth_stack(build: Callable[[App], TerraformStack], context: dict[str, str] | None = None) -> Synthesized:
    """Synthesize the stack that `build` makes in an app with this context."""
    return Synthesized(Testing.synth(build(Testing.app(context=context))))


def synth_scope(build: Callable[[Construct], object]) -> Synthesized:
    """
    Synthesize whatever `build` puts into an empty stack.

    Stands for `Testing.synth_scope`, which cannot take a Python function: hashicorp/terraform-cdk#2871.
    """
    stack = TerraformStack(Testing.app(), "test")
    build(stack)
    return Synthesized(Testing.synth(stack))
