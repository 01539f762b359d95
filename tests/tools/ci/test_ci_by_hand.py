"""What a pipeline may not apply: changes of its own rights."""

from typing import Any

import pytest

from tools.ci.by_hand import changes_by_hand

Change = dict[str, Any]
NAME = "isms-staging-github-apply"


def change(type_: str, *actions: str, before: Change | None = None, after: Change | None = None) -> Change:
    """One change of a plan."""
    return {
        "address": f"{type_}.one",
        "type": type_,
        "change": {"actions": list(actions), "before": before, "after": after},
    }


APPLY_ROLE = change("aws_iam_role", "no-op", before={"name": NAME}, after={"name": NAME})


@pytest.mark.parametrize(
    "one",
    [
        change("aws_iam_role", "update", before={"name": NAME}, after={"name": NAME}),
        change("aws_iam_role", "create", after={"name": NAME}),
        change("aws_iam_role", "delete", before={"name": NAME}),
        change("aws_iam_role_policy", "update", before={"role": NAME}, after={"role": NAME}),
        change("aws_iam_policy", "delete", "create", before={"name": "isms-staging-boundary"}),
        change("aws_iam_openid_connect_provider", "update", before={"url": "a"}, after={"url": "b"}),
    ],
)
def test_denied(one: Change) -> None:
    """The role itself, its policy, the boundary and the provider are changed by hand."""
    assert [one["address"]] == changes_by_hand({"resource_changes": [APPLY_ROLE, one]})


@pytest.mark.parametrize(
    "one",
    [
        change("aws_iam_role", "update", before={"name": "isms-staging-github-plan"}),
        change("aws_iam_role_policy", "create", after={"role": "isms-backend-staging-task"}),
        change("aws_iam_policy", "no-op", before={"name": "isms-staging-boundary"}),
        change("aws_ecs_cluster", "create", after={"name": "isms-staging"}),
    ],
)
def test_allowed(one: Change) -> None:
    """All else is the pipeline's, and what does not change is no matter."""
    assert [] == changes_by_hand({"resource_changes": [APPLY_ROLE, one]})


def test_no_such_role() -> None:
    """A stack whose Terraform knows no role that applies has somebody else to apply it."""
    provider = change("aws_iam_openid_connect_provider", "create", after={"url": "a"})

    assert [] == changes_by_hand({"resource_changes": [provider]})
