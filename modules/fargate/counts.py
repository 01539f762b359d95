"""Numbers of tasks: how many there may be, and those that depend on what is known only when Terraform runs."""

from typing import Annotated

from cdktf import Token
from pydantic import Field

TaskCount = Annotated[int, Field(ge=1, le=5000)]
"""A service has at most 5000 tasks (ECS service quotas), and one with none has no metrics to grow by."""


def count_when(condition: str | None, count: int) -> float:
    """
    Count as many while the condition holds, and none otherwise.

    :param condition: a Terraform expression without `${}`, such as `local.tag != ""`; None always holds
    """
    return count if condition is None else Token.as_number(f"${{{condition} ? {count} : 0}}")
