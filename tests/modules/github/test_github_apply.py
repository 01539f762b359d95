"""The role that applies, the boundary of all others, and how long a session lasts."""

from fnmatch import fnmatchcase

import pytest
from constructs import Construct
from policy_sentry.querying.actions import get_action_data
from pydantic import ValidationError

from modules.github.apply_permissions import EDGE, OWN, REGIONAL
from modules.github.plan_reads import READS
from modules.github.promotion_permissions import PromotionSettings
from modules.github.roles import GitHubRoles, GitHubRolesSettings
from modules.iam import Role, trust_service
from modules.mistakes import mistakes_in
from tests.modules.github.test_github_roles import (
    ACCOUNT,
    BACKEND,
    FRONTEND,
    JOBS,
    SCOPE,
    SECRET,
    allowed,
    build,
    conditions,
    document,
    settings,
)
from tests.support import Block, Synthesized, synth_scope

OWN_ARN = f"arn:aws:iam::{ACCOUNT}:role/isms-staging-github-apply"
STATE = f"arn:aws:s3:::{SCOPE.state_bucket}/{SCOPE.state_key}"
ROLE_WRITES = {
    "AttachRolePolicy",
    "CreateRole",
    "DeleteRole",
    "DeleteRolePolicy",
    "DetachRolePolicy",
    "PutRolePermissionsBoundary",
    "PutRolePolicy",
    "UpdateAssumeRolePolicy",
    "UpdateRole",
    "UpdateRoleDescription",
}


@pytest.fixture(scope="module")
def stack() -> Synthesized:
    """All roles, beside one that the stack made for its tasks."""

    def make(parent: Construct) -> None:
        trust = trust_service("ecs-tasks.amazonaws.com", account_id=ACCOUNT)
        Role(parent, "task", name="isms-backend-staging-task", trust=trust, permissions=[])
        GitHubRoles(
            parent,
            "github",
            name="isms-staging",
            stack="staging",
            account_id=ACCOUNT,
            region="eu-west-2",
            plan_scope=SCOPE,
            services=[BACKEND, FRONTEND],
            repository_names=["isms-backend", "isms-frontend"],
            settings=settings(
                apply_environment="staging-apply",
                promotes_from=PromotionSettings(account_id="641918319442", region="eu-west-1"),
            ),
        )

    return synth_scope(make)


@pytest.fixture(scope="module")
def without() -> Synthesized:
    """The roles where no pipeline applies."""
    return build([BACKEND, FRONTEND])


def role(stack: Synthesized, part: str) -> Block:
    """The one role whose id begins like this."""
    (found,) = [one for id_, one in stack.resources("aws_iam_role").items() if id_.startswith(part)]
    return found


def permissions(stack: Synthesized) -> list[Block]:
    """What the role that applies may do, statement by statement."""
    return document(stack, "apply_role", "permissions")


def containing(stack: Synthesized, action: str) -> list[Block]:
    """The statements that name an action."""
    return [one for one in permissions(stack) if action in one["actions"]]


class TestBoundary:
    """What no role of the stack exceeds."""

    def test_on_all_but_one(self, stack: Synthesized) -> None:
        """Every role carries it but the one that applies, which could make no role with it."""
        (policy,) = stack.resources("aws_iam_policy")
        bounded = {one["name"]: one.get("permissions_boundary") for one in stack.resources("aws_iam_role").values()}

        names = {"isms-backend-staging-task", *(f"isms-staging-github-{job}" for job in JOBS)}

        assert bounded.pop("isms-staging-github-apply") is None
        assert dict.fromkeys(names, f"${{aws_iam_policy.{policy}.arn}}") == bounded

    def test_gives_no_rights(self, stack: Synthesized) -> None:
        """Everything but IAM, and what else could lift the limit."""
        first = document(stack, "apply", "boundary")[0]

        assert ["iam:*", "account:*", "organizations:*", "sts:*"] == first["not_actions"]

    def test_writes_no_role(self, stack: Synthesized) -> None:
        """Of IAM it leaves reading, and passing the stack's roles on."""
        patterns = [action for one in document(stack, "apply", "boundary")[1:] for action in one["actions"]]

        assert [] == [
            action for action in ROLE_WRITES if any(fnmatchcase(f"iam:{action}", pattern) for pattern in patterns)
        ]

    @pytest.mark.parametrize("job", JOBS)
    def test_leaves_the_pipelines_what_they_need(self, stack: Synthesized, job: str) -> None:
        """Whatever IAM action a role of the pipelines has is within the boundary."""
        patterns = [action for one in document(stack, "apply", "boundary")[1:] for action in one["actions"]]
        asked = [action for action in allowed(stack, job) if action.startswith("iam:")]

        assert [] == [action for action in asked if not any(fnmatchcase(action, pattern) for pattern in patterns)]

    def test_none_without_apply(self, without: Synthesized) -> None:
        """Where no pipeline applies, roles stay as they are."""
        assert {} == without.resources("aws_iam_policy")
        assert not [one for one in without.resources("aws_iam_role").values() if "permissions_boundary" in one]


class TestApply:
    """What the role may do."""

    def test_subject(self, stack: Synthesized) -> None:
        """Only jobs of its own environment get it."""
        (trust,) = document(stack, "apply_role", "trust")

        assert ["repo:octo-org/octo-repo:environment:staging-apply"] == conditions(trust)[
            "StringEquals", "token.actions.githubusercontent.com:sub"
        ]

    def test_writes_bounded_roles_only(self, stack: Synthesized) -> None:
        """A role is written to when it carries the boundary, and when its name is the stack's."""
        (writes, _) = containing(stack, "iam:CreateRole")

        assert {f"iam:{name}" for name in ROLE_WRITES} == set(writes["actions"])
        assert {f"arn:aws:iam::{ACCOUNT}:role/{name}*" for name in SCOPE.names} == set(writes["resources"])
        ((key, (value,)),) = conditions(writes).items()
        assert ("ArnEquals", "iam:PermissionsBoundary") == key
        assert value.startswith("${aws_iam_policy.github_apply_boundary_policy_")

    def test_not_itself(self, stack: Synthesized) -> None:
        """Its own name is like those of the stack's roles: it is denied to write to it, or to hand it on."""
        (deny,) = [one for one in permissions(stack) if one["effect"] == "Deny"]

        assert [OWN_ARN] == deny["resources"]
        assert {f"iam:{name}" for name in (*ROLE_WRITES, "PassRole", "TagRole", "UntagRole")} == set(deny["actions"])

    def test_all_of_them_know_the_condition(self) -> None:
        """AWS evaluates the boundary for each of these actions, as policy_sentry's copy of its reference says."""
        unknown = [
            name
            for name in ROLE_WRITES
            if not any(
                "iam:PermissionsBoundary" in row["condition_keys"] for row in get_action_data("iam", name)["iam"]
            )
        ]

        assert [] == unknown

    def test_writes_no_policy_of_its_own(self, stack: Synthesized) -> None:
        """The boundary is a managed policy, and it changes none."""
        actions = {action for one in permissions(stack) if one["effect"] == "Allow" for action in one["actions"]}

        assert not actions & {"iam:*", "*", "iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicyVersion"}
        assert not actions & {"iam:SetDefaultPolicyVersion", "iam:DeleteRolePermissionsBoundary"}

    def test_regional(self, stack: Synthesized) -> None:
        """Services without names are allowed in the stack's region only."""
        (one,) = containing(stack, "ec2:*")

        assert {("StringEquals", "aws:RequestedRegion"): ["eu-west-2"]} == conditions(one)
        assert [f"{service}:*" for service in REGIONAL] == one["actions"]

    def test_own_names(self, stack: Synthesized) -> None:
        """All other services are allowed whole on what is the stack's: never on everything."""
        whole = {a: one["resources"] for one in permissions(stack) for a in one["actions"] if a.endswith(":*")}

        assert {f"{service}:*" for service in (*OWN, *REGIONAL)} - {"cloudfront:*"} == set(whole)
        assert not [service for service in OWN if "*" in whole.get(f"{service}:*", [])]

    def test_all_services_of_a_plan(self) -> None:
        """What a plan reads an apply can make: a service in the one table is in the other."""
        services = {read.actions[0].split(":")[0] for read in READS}

        assert {"iam", "secretsmanager"} == services - {*OWN, *REGIONAL, *EDGE}

    def test_reads_no_secret(self, stack: Synthesized) -> None:
        """It writes a secret's value and reads none."""
        actions = allowed(stack, "apply_role")

        assert SECRET in actions["secretsmanager:PutSecretValue"]
        assert not {"secretsmanager:*", "secretsmanager:GetSecretValue"} & actions.keys()

    def test_state(self, stack: Synthesized) -> None:
        """It writes this stack's state."""
        assert [STATE] == [arn for one in containing(stack, "s3:PutObject") for arn in one["resources"]][1:]

    def test_fits(self, stack: Synthesized) -> None:
        """The inline policies of a role have at most 10,240 characters, white space aside (IAM quotas)."""
        statements = permissions(stack)
        text = repr([[one["actions"], one["resources"], conditions(one)] for one in statements]).replace(" ", "")

        assert len(text) + 60 * len(statements) < 10240


class TestSessions:
    """How long credentials last."""

    def test_release_and_apply(self, stack: Synthesized) -> None:
        """Both outlast a release: two hours."""
        assert [7200, 7200] == [role(stack, f"github_{job}_")["max_session_duration"] for job in ("release", "apply")]

    def test_others(self, stack: Synthesized) -> None:
        """The others keep IAM's own hour."""
        assert not [
            job for job in ("plan", "push", "migrate") if "max_session_duration" in role(stack, f"github_{job}")
        ]

    @pytest.mark.parametrize("hours", [0, 13])
    def test_limits(self, hours: int) -> None:
        """IAM takes 1 to 12 hours."""
        with pytest.raises(ValidationError):
            settings(session_h=hours)


class TestPromotion:
    """Pulling from the account of another environment."""

    def test_pulls_there(self, stack: Synthesized) -> None:
        """The push role pulls from the repositories of the same names in the other account."""
        (pull,) = [one for one in document(stack, "push", "permissions") if "641918319442" in str(one["resources"])]

        assert [
            f"arn:aws:ecr:eu-west-1:641918319442:repository/isms-{name}" for name in ("backend", "frontend")
        ] == pull["resources"]
        assert ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"] == pull["actions"]

    def test_pushes_nothing_there(self, stack: Synthesized) -> None:
        """It puts no image into the other account."""
        assert not [arn for arn in allowed(stack, "push")["ecr:PutImage"] if "641918319442" in arn]

    def test_not_by_default(self, without: Synthesized) -> None:
        """Without the setting it pulls from its own account only."""
        assert all(f":{ACCOUNT}:" in arn for arn in allowed(without, "push")["ecr:BatchGetImage"])


@pytest.mark.parametrize("name", ["staging", "staging-build", "staging-database", "staging-plan"])
def test_apply_stands_alone(name: str) -> None:
    """The role that may do most has an environment that no other role has."""
    with pytest.raises(ValidationError) as caught:
        settings(apply_environment=name)

    (mistake,) = mistakes_in(caught.value, GitHubRolesSettings)
    assert "apply_environment" == mistake.path
