"""EdgeMind's stack: the roles of its pipelines."""

import json

import pytest

from modules.github.plan_permissions import readable_types
from modules.github.roles import GitHubRolesSettings
from modules.github.subject import GitHubRepositorySettings
from tests.modules.iam_wildcards import excesses
from tests.stacks.edgemind.sample_edgemind import EVERYTHING, ZONE, build
from tests.support import Block, Synthesized

GITHUB = GitHubRolesSettings(
    repository=GitHubRepositorySettings(owner="octo-org", repository="octo-repo"),
    push_environment="edgemind",
    release_environment="edgemind",
    migrate_environment="edgemind",
    publish_environment="edgemind",
    plan_environment="edgemind-plan",
    apply_environment="edgemind-apply",
)
JOBS = ["apply", "plan", "publish", "push", "release"]


@pytest.fixture(scope="module")
def roles() -> Synthesized:
    """EdgeMind with all that it can have, and the roles of the pipelines."""
    return build(**EVERYTHING, github=GITHUB)


@pytest.fixture(scope="module")
def plain() -> Synthesized:
    """EdgeMind as it is deployed, with the roles."""
    return build(github=GITHUB)


def statements(stack: Synthesized, job: str) -> list[Block]:
    """What a job may do, statement by statement."""
    documents = stack.document["data"]["aws_iam_policy_document"]
    (id_,) = [id_ for id_ in documents if id_.startswith(f"github_{job}_") and "_permissions_" in id_]
    return stack.statements(id_)


def resources(stack: Synthesized, job: str, action: str) -> set[str]:
    """What a job may do an action on."""
    return {arn for one in statements(stack, job) if action in one["actions"] for arn in one["resources"]}


def arn_of(stack: Synthesized, type_: str) -> str:
    """The reference to the ARN of the only resource of a type."""
    (id_,) = stack.resources(type_)
    return f"${{{type_}.{id_}.arn}}"


class TestRoles:
    """What holds for all of them."""

    def test_names(self, roles: Synthesized) -> None:
        """One a job, as the workflows name them; nothing migrates."""
        names = {block["name"] for block in roles.resources("aws_iam_role").values() if "github" in block["name"]}

        assert {f"edgemind-github-{job}" for job in JOBS} == names

    def test_none_by_default(self, edgemind: Synthesized) -> None:
        """Without GitHub's settings nobody from outside is let in."""
        assert {} == edgemind.resources("aws_iam_openid_connect_provider")
        assert [] == [name for name in edgemind.document["output"] if name.startswith("github_")]

    @pytest.mark.parametrize("job", JOBS)
    def test_output(self, job: str, roles: Synthesized) -> None:
        """The workflows find each role by the stack's output."""
        (id_,) = [id_ for id_ in roles.resources("aws_iam_role") if id_.startswith(f"github_{job}_")]

        assert f"${{aws_iam_role.{id_}.arn}}" == roles.output(f"github_{job}_role_arn")

    def test_every_other_role_is_bounded(self, roles: Synthesized) -> None:
        """All roles but the one that applies carry the boundary: no part makes one that comes later."""
        unbounded = {
            block["name"] for block in roles.resources("aws_iam_role").values() if "permissions_boundary" not in block
        }

        assert {"edgemind-github-apply"} == unbounded

    def test_every_role_has_a_name_of_the_stack(self, roles: Synthesized) -> None:
        """The role that applies may write to roles with the stack's name only."""
        names = [block["name"] for block in roles.resources("aws_iam_role").values()]

        assert [] == [name for name in names if not name.startswith("edgemind-")]

    @pytest.mark.parametrize("name", ["roles", "plain"])
    def test_no_wildcard_that_aws_does_not_force(self, name: str, request: pytest.FixtureRequest) -> None:
        """Exact actions on exact resources, but for the role that applies."""
        found = [one for one in excesses(request.getfixturevalue(name)) if not one.startswith("github_apply_")]

        assert [] == found

    @pytest.mark.parametrize("job", JOBS)
    def test_fits(self, job: str, roles: Synthesized) -> None:
        """The inline policies of a role have at most 10,240 characters, white space aside (IAM quotas)."""
        found = statements(roles, job)
        text = json.dumps([[one["actions"], one["resources"], one.get("condition")] for one in found])

        # Effect, Action, Resource, Sid and their quotes, which Terraform writes for each statement.
        assert len(text.replace(" ", "")) + 60 * len(found) < 10240


class TestPlan:
    """The role that plans."""

    def test_reads_all_types(self, roles: Synthesized) -> None:
        """A plan can refresh every type of resource that the stack can have."""
        types = {*roles.document["resource"], *roles.document["data"], *roles.document.get("ephemeral", {})}

        assert set() == types - readable_types()

    @pytest.mark.parametrize(
        ("action", "type_"),
        [
            ("cloudfront:GetDistribution", "aws_cloudfront_distribution"),
            ("ecr:DescribeRepositories", "aws_ecr_repository"),
            ("s3:GetBucketPolicy", "aws_s3_bucket"),
            ("secretsmanager:DescribeSecret", "aws_secretsmanager_secret"),
        ],
    )
    def test_reads_what_the_stack_has(self, action: str, type_: str, roles: Synthesized) -> None:
        """Distribution, repository, all three buckets and the secret are named one by one."""
        assert {f"${{{type_}.{id_}.arn}}" for id_ in roles.resources(type_)} == resources(roles, "plan", action)

    def test_reads_its_state(self, roles: Synthesized) -> None:
        """The state of this stack, in the bucket of this account."""
        assert "arn:aws:s3:::ecs-stacks-state-956880242582/edgemind/terraform.tfstate" in resources(
            roles, "plan", "s3:GetObject"
        )

    def test_reads_both_origin_secrets(self, roles: Synthesized) -> None:
        """Terraform compares the origin's secrets with the state, so a plan reads them: they lie below its path."""
        names = {block["name"] for block in roles.resources("aws_ssm_parameter").values()}

        assert {"/edgemind/origin-secret/0", "/edgemind/origin-secret/1"} <= names
        assert {"arn:aws:ssm:us-east-1:956880242582:parameter/edgemind/*"} == resources(
            roles, "plan", "ssm:GetParameter"
        )

    def test_reads_the_zone(self, roles: Synthesized, plain: Synthesized) -> None:
        """The hosted zone is the domain's; without a domain there is none to read."""
        assert {f"arn:aws:route53:::hostedzone/{ZONE}"} == resources(roles, "plan", "route53:ListResourceRecordSets")
        assert set() == resources(plain, "plan", "route53:ListResourceRecordSets")


class TestPageAndBackend:
    """Each has a role that cannot touch the other."""

    def test_publishes_the_page(self, roles: Synthesized) -> None:
        """Files of the site's bucket, and the caches of its distribution."""
        (bucket,) = [id_ for id_ in roles.resources("aws_s3_bucket") if id_.startswith("site_bucket_")]

        assert {f"${{aws_s3_bucket.{bucket}.arn}}/*"} == resources(roles, "publish", "s3:PutObject")
        assert {arn_of(roles, "aws_cloudfront_distribution")} == resources(
            roles, "publish", "cloudfront:CreateInvalidation"
        )

    def test_publishing_reads_its_manifest(self, roles: Synthesized) -> None:
        """The parameter that `infra publish` reads."""
        (id_,) = [
            id_
            for id_, block in roles.resources("aws_ssm_parameter").items()
            if block["name"].endswith("/publish/site")
        ]

        assert f"${{aws_ssm_parameter.{id_}.arn}}" in resources(roles, "publish", "ssm:GetParameter")

    def test_publishing_touches_no_service(self, roles: Synthesized) -> None:
        """It neither releases nor pushes."""
        services = {action.split(":")[0] for one in statements(roles, "publish") for action in one["actions"]}

        assert {"cloudfront", "s3", "ssm"} == services

    def test_releasing_touches_no_page(self, roles: Synthesized) -> None:
        """Neither the role that releases nor the one that pushes knows S3 or CloudFront."""
        actions = {action for job in ("push", "release") for one in statements(roles, job) for action in one["actions"]}

        assert not [action for action in actions if action.startswith(("cloudfront:", "s3:"))]

    def test_releases_the_backend(self, roles: Synthesized) -> None:
        """ECS replaces the tasks of the one service."""
        (found,) = resources(roles, "release", "ecs:UpdateService")

        assert found.endswith(f"/{roles.output('backend_service_name')}")

    def test_pushes_its_images(self, roles: Synthesized) -> None:
        """Images go to the backend's repository."""
        assert {arn_of(roles, "aws_ecr_repository")} == resources(roles, "push", "ecr:PutImage")
