"""What the roles that plan and apply may do where the stack has a distribution of CloudFront, and where it has none."""

from dataclasses import replace

import pytest
from constructs import Construct

from modules.github.roles import GitHubRoles
from tests.modules.github.test_github_roles import ACCOUNT, FRONTEND, SCOPE, allowed, conditions, document, settings
from tests.modules.iam_wildcards import excesses
from tests.support import Synthesized, synth_scope

DISTRIBUTION = f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1ABCDEF2GHIJK"
CERTIFICATES = [f"arn:aws:acm:{region}:{ACCOUNT}:certificate/*" for region in ("eu-west-2", "us-east-1")]
NAMES = SCOPE.names


def build(distribution_arns: list[str], region: str = "eu-west-2") -> Synthesized:
    """The roles of a stack, one that applies included."""

    def make(parent: Construct) -> None:
        GitHubRoles(
            parent,
            "github",
            name="isms-staging",
            stack="staging",
            account_id=ACCOUNT,
            region=region,
            plan_scope=replace(SCOPE, distribution_arns=distribution_arns),
            services=[FRONTEND],
            settings=settings(apply_environment="staging-apply"),
        )

    return synth_scope(make)


@pytest.fixture(scope="module")
def stack() -> Synthesized:
    """A stack in London with a distribution."""
    return build([DISTRIBUTION])


@pytest.fixture(scope="module")
def without() -> Synthesized:
    """A stack in London without one."""
    return build([])


class TestPlan:
    """What a plan reads."""

    @pytest.mark.parametrize(
        ("action", "resources"),
        [
            ("cloudfront:GetDistribution", [DISTRIBUTION]),
            ("acm:DescribeCertificate", CERTIFICATES),
            ("ec2:GetManagedPrefixListEntries", ["arn:aws:ec2:eu-west-2:aws:prefix-list/*"]),
            ("wafv2:GetWebACL", [f"arn:aws:wafv2:us-east-1:{ACCOUNT}:global/webacl/{name}*" for name in NAMES]),
        ],
    )
    def test_reads(self, action: str, resources: list[str], stack: Synthesized) -> None:
        """The one distribution, and what belongs to it in CloudFront's region; AWS's own list of addresses."""
        assert resources == allowed(stack, "plan")[action]

    def test_reads_functions_by_name(self, stack: Synthesized) -> None:
        """Functions are the stack's; the policies beside them have ids that CloudFront chooses."""
        found = allowed(stack, "plan")["cloudfront:GetFunction"]

        assert [f"arn:aws:cloudfront::{ACCOUNT}:function/{name}*" for name in NAMES] == [
            arn for arn in found if ":function/" in arn
        ]

    def test_reads_deliveries(self, stack: Synthesized) -> None:
        """The delivery of access logs is in CloudFront's region."""
        assert all(
            f"arn:aws:logs:us-east-1:{ACCOUNT}:delivery" in arn for arn in allowed(stack, "plan")["logs:GetDelivery"]
        )

    def test_changes_nothing(self, stack: Synthesized) -> None:
        """Of CloudFront it only reads."""
        actions = [action for action in allowed(stack, "plan") if action.startswith(("cloudfront:", "wafv2:"))]

        assert [] == [action for action in actions if action.split(":")[1][:3] not in ("Get", "Des", "Lis")]

    def test_nothing_without_a_distribution(self, without: Synthesized) -> None:
        """Without one nothing of CloudFront is read, and nothing in its region."""
        found = allowed(without, "plan")

        assert not [action for action in found if action.startswith(("cloudfront:", "wafv2:"))]
        assert not [arn for arns in found.values() for arn in arns if ":us-east-1:" in arn]

    def test_no_excess(self, stack: Synthesized, without: Synthesized) -> None:
        """Exact actions on exact resources: only the role that applies has services whole."""
        roles = [one for one in (*excesses(stack), *excesses(without)) if not one.startswith("github_apply_")]

        assert [] == roles

    def test_in_its_region(self) -> None:
        """A stack in CloudFront's own region names nothing twice."""
        found = allowed(build([DISTRIBUTION], region="us-east-1"), "plan")["acm:DescribeCertificate"]

        assert CERTIFICATES[1:] == found


class TestApply:
    """What an apply makes, changes and deletes."""

    def test_in_its_region(self, stack: Synthesized) -> None:
        """Certificates and web ACLs in CloudFront's region, as well as what is regional in the stack's."""
        statements = [one for one in document(stack, "apply_role", "permissions") if "acm:*" in one["actions"]]
        key = ("StringEquals", "aws:RequestedRegion")

        assert [["eu-west-2"], ["us-east-1"]] == [conditions(one)[key] for one in statements]
        assert ["acm:*", "wafv2:*"] == statements[1]["actions"]

    def test_makes_anywhere(self, stack: Synthesized) -> None:
        """Making a distribution names no resource; changing one does."""
        found = allowed(stack, "apply_role")

        assert ["*"] == found["cloudfront:CreateDistribution"]
        assert "*" not in found["cloudfront:*"]
        assert f"arn:aws:cloudfront::{ACCOUNT}:distribution/*" in found["cloudfront:*"]

    def test_nothing_without_a_distribution(self, without: Synthesized) -> None:
        """Without one it has no rights there."""
        found = allowed(without, "apply_role")

        assert not [action for action in found if action.startswith(("cloudfront:", "wafv2:"))]
        assert not [arn for arns in found.values() for arn in arns if ":us-east-1:" in arn]
        assert "logs:PutResourcePolicy" not in found
