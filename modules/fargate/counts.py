"""Numbers of tasks that depend on what is known only when Terraform runs."""

from cdktf import Token


def count_when(condition: str | None, count: int) -> float:
    """
    Count as many while the condition holds, and none otherwise.

    :param condition: a Terraform expression without `${}`, such as `local.tag != ""`; None always holds
    """
    return count if condition is None else Token.as_number(f"${{{condition} ? {count} : 0}}")
