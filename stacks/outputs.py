"""What a stack says about itself after a deployment."""

from collections.abc import Mapping
from typing import Any

from cdktf import TerraformOutput, TerraformStack

Outputs = Mapping[str, tuple[Any, str]]
"""Name → value and description."""


def declare_outputs(stack: TerraformStack, outputs: Outputs) -> None:
    """Give a stack its outputs."""
    for name, (value, description) in outputs.items():
        TerraformOutput(stack, name, value=value, description=description)
