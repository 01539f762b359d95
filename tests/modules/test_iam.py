"""Roles and the statements of their policies."""

import pytest
from cdktf import TerraformOutput
from cdktf_cdktf_provider_aws.data_aws_iam_policy_document import DataAwsIamPolicyDocument
from constructs import Construct

from modules.iam import ANY_RESOURCE, Role, Statement, allow, share, trust_oidc, trust_service
from modules.names import physical_name
from tests.support import Block, Synthesized, synth_scope

ACCOUNT = "956880242582"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
ECS = f"arn:aws:ecs:eu-west-2:{ACCOUNT}:*"


def build(name: str, trust: Statement, permissions: list[Statement]) -> Synthesized:
    """A stack with one role, and its results as outputs."""

    def fill(scope: Construct) -> None:
        role = Role(scope, "role", name=name, trust=trust, permissions=permissions)
        TerraformOutput(scope, "name", value=role.name)
        TerraformOutput(scope, "arn", value=role.arn)
        TerraformOutput(scope, "ready", value=[one.fqn for one in role.ready])

    return synth_scope(fill)


def condition(test: str, variable: str, *values: str) -> Block:
    """A condition as the document has it."""
    return {"test": test, "variable": variable, "values": list(values)}


def id_of(stack: Synthesized, document: str) -> str:
    """The id of the one policy document that is called this in the role."""
    (id_,) = [id_ for id_ in stack.document["data"]["aws_iam_policy_document"] if id_.startswith(f"role_{document}_")]
    return str(id_)


@pytest.fixture(scope="module")
def task() -> Synthesized:
    """The role of tasks that may do two things."""
    return build(
        "isms-staging-task",
        trust_service("ecs-tasks.amazonaws.com", account_id=ACCOUNT, source_arn=ECS),
        [
            allow(["s3:GetObject", "s3:PutObject"], ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"]),
            allow(
                ["ecs:ListTasks"],
                ANY_RESOURCE,
                {
                    ("ArnEquals", "ecs:cluster"): ["one", "two"],
                    ("StringEquals", "aws:ResourceTag/Stack"): ["staging"],
                },
            ),
        ],
    )


@pytest.fixture(scope="module")
def pipeline() -> Synthesized:
    """The role of a pipeline, which may do nothing."""
    return build(
        "isms-staging-pipeline",
        trust_oidc(
            PROVIDER,
            {
                ("StringEquals", "token.actions.githubusercontent.com:aud"): ["sts.amazonaws.com"],
                ("StringEquals", "token.actions.githubusercontent.com:sub"): ["repo:octo-org/octo-repo:environment:a"],
            },
        ),
        [],
    )


class TestRole:
    """The role itself."""

    def test_name(self, task: Synthesized) -> None:
        """A name that IAM takes stays as it is."""
        assert "isms-staging-task" == task.resource("aws_iam_role")["name"]

    def test_long_name_is_cut(self) -> None:
        """IAM takes 64 characters, and two names that begin alike stay apart."""
        trust = trust_service("ecs-tasks.amazonaws.com", account_id=ACCOUNT)
        names = [build(f"{'long-' * 14}{end}", trust, []).resource("aws_iam_role")["name"] for end in ("a", "b")]

        assert [64, 64] == [len(name) for name in names]
        assert [physical_name("role", f"{'long-' * 14}{end}") for end in ("a", "b")] == names
        assert names[0] != names[1]

    def test_trust(self, task: Synthesized) -> None:
        """Who takes on the role stands in the document of trust."""
        assert (
            f"${{data.aws_iam_policy_document.{id_of(task, 'trust')}.json}}"
            == (task.resource("aws_iam_role")["assume_role_policy"])
        )

    def test_results(self, task: Synthesized) -> None:
        """Others pass on the role's own name and ARN, which wait for the role."""
        (id_,) = task.resources("aws_iam_role")

        assert [f"${{aws_iam_role.{id_}.name}}", f"${{aws_iam_role.{id_}.arn}}"] == [
            task.output("name"),
            task.output("arn"),
        ]


class TestPermissions:
    """What a role may do."""

    def test_policy(self, task: Synthesized) -> None:
        """One inline policy of the role, made of the document of permissions."""
        (role,) = task.resources("aws_iam_role")

        assert {
            "name": "permissions",
            "policy": f"${{data.aws_iam_policy_document.{id_of(task, 'permissions')}.json}}",
            "role": f"${{aws_iam_role.{role}.id}}",
        } == task.resource("aws_iam_role_policy")

    def test_ready_is_the_policy(self, task: Synthesized) -> None:
        """A role without its policy is of no use yet."""
        (id_,) = task.resources("aws_iam_role_policy")

        assert [f"${{aws_iam_role_policy.{id_}}}"] == task.output("ready")

    def test_no_permissions_no_policy(self, pipeline: Synthesized) -> None:
        """IAM refuses a policy without statements."""
        assert {} == pipeline.resources("aws_iam_role_policy")

    def test_ready_without_permissions(self, pipeline: Synthesized) -> None:
        """There is nothing to wait for."""
        assert [] == pipeline.output("ready")

    def test_statements(self, task: Synthesized) -> None:
        """Every statement allows all of its actions on all of its resources, under all of its conditions."""
        assert [
            {
                "effect": "Allow",
                "actions": ["s3:GetObject", "s3:PutObject"],
                "resources": ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"],
                "condition": [],
            },
            {
                "effect": "Allow",
                "actions": ["ecs:ListTasks"],
                "resources": ["*"],
                "condition": [
                    condition("ArnEquals", "ecs:cluster", "one", "two"),
                    condition("StringEquals", "aws:ResourceTag/Stack", "staging"),
                ],
            },
        ] == task.statements(id_of(task, "permissions"))


@pytest.mark.parametrize(("session_h", "seconds"), [(None, None), (12, 43_200)])
def test_session(session_h: int | None, seconds: int | None) -> None:
    """IAM counts a session in seconds, and has an hour where nothing is said."""
    trust = trust_service("ecs-tasks.amazonaws.com", account_id=ACCOUNT)
    stack = synth_scope(
        lambda scope: Role(scope, "role", name="role", trust=trust, permissions=[], session_h=session_h)
    )

    assert seconds == stack.resource("aws_iam_role").get("max_session_duration")


def test_share() -> None:
    """Another account as a whole is let in, and the conditions say who of it; there is no resource but the own one."""
    by_role = {("ArnEquals", "aws:PrincipalArn"): ["arn:aws:iam::641918319442:role/isms-production-github-release"]}
    statement = share(["ecr:BatchGetImage"], "641918319442", by_role)

    stack = synth_scope(lambda scope: DataAwsIamPolicyDocument(scope, "policy", statement=[statement]))

    assert [
        {
            "effect": "Allow",
            "actions": ["ecr:BatchGetImage"],
            "principals": [{"type": "AWS", "identifiers": ["arn:aws:iam::641918319442:root"]}],
            "condition": [
                condition(
                    "ArnEquals", "aws:PrincipalArn", "arn:aws:iam::641918319442:role/isms-production-github-release"
                )
            ],
        }
    ] == stack.statements("policy")


class TestTrust:
    """Who takes on a role."""

    def test_service(self, task: Synthesized) -> None:
        """The service, for this account and for resources like the ARN alone."""
        assert [
            {
                "effect": "Allow",
                "actions": ["sts:AssumeRole"],
                "principals": [{"type": "Service", "identifiers": ["ecs-tasks.amazonaws.com"]}],
                "condition": [
                    condition("StringEquals", "aws:SourceAccount", ACCOUNT),
                    condition("ArnLike", "aws:SourceArn", ECS),
                ],
            }
        ] == task.statements(id_of(task, "trust"))

    def test_service_that_names_no_source(self) -> None:
        """The account is asked for all the same."""
        stack = build("role", trust_service("vpc-flow-logs.amazonaws.com", account_id=ACCOUNT), [])

        assert [[condition("StringEquals", "aws:SourceAccount", ACCOUNT)]] == [
            one["condition"] for one in stack.statements(id_of(stack, "trust"))
        ]

    def test_oidc(self, pipeline: Synthesized) -> None:
        """Tokens of the one provider, for which all conditions hold."""
        assert [
            {
                "effect": "Allow",
                "actions": ["sts:AssumeRoleWithWebIdentity"],
                "principals": [{"type": "Federated", "identifiers": [PROVIDER]}],
                "condition": [
                    condition("StringEquals", "token.actions.githubusercontent.com:aud", "sts.amazonaws.com"),
                    condition(
                        "StringEquals",
                        "token.actions.githubusercontent.com:sub",
                        "repo:octo-org/octo-repo:environment:a",
                    ),
                ],
            }
        ] == pipeline.statements(id_of(pipeline, "trust"))
