"""The role of the pipeline that publishes a static site."""

from typing import Any

import pytest
from cdktf import TerraformOutput
from constructs import Construct
from pydantic import ValidationError

from modules.github.plan_permissions import PlanScope
from modules.github.publish_permissions import Publishable
from modules.github.roles import GitHubRoles, GitHubRolesSettings
from modules.github.subject import GitHubRepositorySettings
from modules.mistakes import mistakes_in
from tests.modules.iam_wildcards import excesses
from tests.support import Block, Synthesized, synth_scope

ACCOUNT = "956880242582"
BUCKET = f"arn:aws:s3:::edgemind-site-{ACCOUNT}"
DISTRIBUTION = f"arn:aws:cloudfront::{ACCOUNT}:distribution/E2QWRUHAPOMQZL"
PARAMETER = f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/edgemind/publish/site"
LOCK = f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/edgemind/publish-lock/site"
SITE = Publishable(bucket_arn=BUCKET, distribution_arn=DISTRIBUTION, manifest_parameter_arn=PARAMETER)


def settings(**changes: Any) -> GitHubRolesSettings:  # noqa: ANN401 settings of any type
    """Settings for the repository of GitHub's examples, with changes."""
    arguments: dict[str, Any] = {
        "repository": GitHubRepositorySettings(owner="octo-org", repository="octo-repo"),
        "push_environment": "edgemind-build",
        "release_environment": "edgemind",
        "migrate_environment": "edgemind-database",
        "plan_environment": "edgemind-plan",
        "publish_environment": "edgemind-site",
    }
    return GitHubRolesSettings(**arguments | changes)


def build(site: Publishable | None, **changes: Any) -> Synthesized:  # noqa: ANN401 as above
    """The roles alone in a stack."""

    def make(parent: Construct) -> None:
        roles = GitHubRoles(
            parent,
            "github",
            name="edgemind",
            stack="edgemind",
            account_id=ACCOUNT,
            region="us-east-1",
            plan_scope=PlanScope(state_bucket="state", state_key="edgemind", names=["edgemind"]),
            services=[],
            site=site,
            settings=settings(**changes),
        )
        if roles.publish_role_arn is not None:
            TerraformOutput(parent, "publish_role_arn", value=roles.publish_role_arn)

    return synth_scope(make)


@pytest.fixture(scope="module")
def stack() -> Synthesized:
    """The roles for a stack with a site."""
    return build(SITE)


def statements(stack: Synthesized, kind: str) -> list[Block]:
    """The statements of the role's trust or permissions."""
    documents = stack.document["data"]["aws_iam_policy_document"]
    (id_,) = [id_ for id_ in documents if id_.startswith(f"github_publish_{kind}_")]
    return stack.statements(id_)


def test_permissions(stack: Synthesized) -> None:
    """It reads one manifest, holds one lock, changes the objects of one bucket and invalidates one distribution."""
    allowed: dict[str, list[str]] = {}
    for one in statements(stack, "permissions"):
        for action in one["actions"]:
            allowed.setdefault(action, []).extend(one["resources"])

    assert {
        "ssm:GetParameter": [PARAMETER, LOCK],
        "ssm:PutParameter": [LOCK],
        "ssm:DeleteParameter": [LOCK],
        "s3:ListBucket": [BUCKET],
        "s3:GetObject": [f"{BUCKET}/*"],
        "s3:PutObject": [f"{BUCKET}/*"],
        "s3:DeleteObject": [f"{BUCKET}/*"],
        "cloudfront:CreateInvalidation": [DISTRIBUTION],
        "cloudfront:GetInvalidation": [DISTRIBUTION],
    } == allowed


def test_no_excess(stack: Synthesized) -> None:
    """Every `*` is forced by AWS."""
    assert [] == [one for one in excesses(stack) if "publish" in str(one)]


def test_trust(stack: Synthesized) -> None:
    """Only jobs of its own environment take it on."""
    (trust,) = statements(stack, "trust")

    assert ["repo:octo-org/octo-repo:environment:edgemind-site"] in [one["values"] for one in trust["condition"]]


def test_name(stack: Synthesized) -> None:
    """It is named after its job, and the pipeline gets its ARN."""
    ((id_, role),) = [one for one in stack.resources("aws_iam_role").items() if one[0].startswith("github_publish_")]

    assert ("edgemind-github-publish", f"${{aws_iam_role.{id_}.arn}}") == (
        role["name"],
        stack.output("publish_role_arn"),
    )


@pytest.mark.parametrize(("site", "environment"), [(None, "edgemind-site"), (SITE, None)])
def test_without(site: Publishable | None, environment: str | None) -> None:
    """Without a site, or without an environment for it, there is no such role."""
    roles = build(site, publish_environment=environment).resources("aws_iam_role")

    assert not [id_ for id_ in roles if id_.startswith("github_publish_")]


def test_plan_stands_alone() -> None:
    """Code of a pull request must not get a role that publishes."""
    with pytest.raises(ValidationError) as caught:
        settings(publish_environment="edgemind-plan")

    (mistake,) = mistakes_in(caught.value, GitHubRolesSettings)
    assert "plan_environment" == mistake.path
