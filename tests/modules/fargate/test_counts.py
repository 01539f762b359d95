"""Numbers of tasks that depend on a Terraform condition."""

from cdktf import Fn, TerraformLocal
from constructs import Construct

from modules.fargate.counts import count_when
from tests.support import synth_scope


def declare(scope: Construct) -> None:
    """One local that counts."""
    TerraformLocal(scope, "tasks", count_when('local.tag != ""', 3))
    TerraformLocal(scope, "tasks_text", Fn.tostring(count_when('local.tag != ""', 3)))


def test_without_a_condition() -> None:
    """A number without a condition stays the number."""
    assert 3 == count_when(None, 3)


def test_with_a_condition() -> None:
    """The number becomes an expression, quotes and all."""
    assert '${local.tag != "" ? 3 : 0}' == synth_scope(declare).document["locals"]["tasks"]
