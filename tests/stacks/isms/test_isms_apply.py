"""ISMS's stacks with all that pipelines can have: a role that applies, and a promotion between two accounts."""

import pytest

from modules.github.plan_permissions import readable_types
from modules.github.promotion_permissions import PromotionSettings
from modules.images.repository import ImageRepositorySettings
from tests.stacks.isms.sample_isms import GITHUB, build, by_name, ref
from tests.support import Synthesized

PUSH_ROLE = "arn:aws:iam::641918319442:role/isms-production-github-push"


@pytest.fixture(scope="module")
def staging() -> Synthesized:
    """Staging, which production promotes from, with a pipeline that applies."""
    return build(
        github=GITHUB.model_copy(update={"apply_environment": "staging-apply"}),
        repositories=ImageRepositorySettings(pulled_by_role_arns=[PUSH_ROLE]),
    )


def test_every_role_is_bounded(staging: Synthesized) -> None:
    """All roles of the stack carry the boundary: no part makes one that comes later."""
    boundary = ref(staging, "aws_iam_policy", "arn")
    others = {name: role for name, role in by_name(staging, "aws_iam_role").items() if not name.endswith("-apply")}

    assert {boundary} == {role.get("permissions_boundary") for role in others.values()}
    assert {"isms-staging-github-apply"} == set(by_name(staging, "aws_iam_role")) - set(others)


def test_every_role_has_a_name_of_the_stack(staging: Synthesized) -> None:
    """The role that applies may write to the stack's names only, so every role of the stack has one of them."""
    names = ("isms-staging", "isms-backend-staging", "isms-frontend-staging")

    assert [] == [name for name in by_name(staging, "aws_iam_role") if not name.startswith(names)]


def test_output(staging: Synthesized) -> None:
    """The workflow finds the role by the stack's output."""
    assert ref(staging, "aws_iam_role", "arn", "github_apply_") == staging.output("github_apply_role_arn")


def test_plan_reads_them(staging: Synthesized) -> None:
    """A plan can refresh the boundary and the repositories' policies too."""
    assert set() == {"aws_iam_policy", "aws_ecr_repository_policy"} - readable_types()
    assert {"aws_iam_policy", "aws_ecr_repository_policy"} <= set(staging.document["resource"])


def test_both_repositories_are_pulled(staging: Synthesized) -> None:
    """Production's pipeline may pull the images of both services."""
    repositories = {block["repository"] for block in staging.resources("aws_ecr_repository_policy").values()}

    assert {ref(staging, "aws_ecr_repository", "name", f"{name}_") for name in ("backend", "frontend")} == repositories


def test_production_pulls_from_staging() -> None:
    """The two settings name each other: the role that production has, and the repositories that staging has."""
    source = PromotionSettings(account_id="956880242582", region="eu-west-2")
    production = build("production", github=GITHUB.model_copy(update={"promotes_from": source}))
    documents = production.document["data"]["aws_iam_policy_document"]
    (push,) = [block for id_, block in documents.items() if id_.startswith("github_push_permissions")]

    assert PUSH_ROLE.rpartition("/")[2] in by_name(production, "aws_iam_role")
    assert [f"arn:aws:ecr:eu-west-2:956880242582:repository/isms-{name}" for name in ("backend", "frontend")] == push[
        "statement"
    ][-1]["resources"]
