"""No policy asks for more than AWS forces it to, and the check can tell."""

import json

import pytest

from envs import dev
from modules.github.plan_permissions import readable_types
from stacks.nocomelon import NoComelonStack
from tests.modules.iam_wildcards import EXCEPTIONS, excesses, has_resource_type
from tests.support import Block, Synthesized, synth_stack

ROLE = "arn:aws:iam::956880242582:role/isms-staging-task"


@pytest.fixture(scope="module")
def dev_stack() -> Synthesized:
    """The dev stack as it is deployed."""
    return synth_stack(lambda app: NoComelonStack(app, "dev", settings=dev.SETTINGS))


def found(statement: Block) -> list[str]:
    """What the check finds in a stack with this one statement."""
    document = {"data": {"aws_iam_policy_document": {"policy": {"statement": [{"effect": "Allow"} | statement]}}}}
    return excesses(Synthesized(json.dumps(document)))


def pass_role(**changes: object) -> Block:
    """A statement that passes one role to ECS tasks, with changes."""
    condition = {"test": "StringEquals", "variable": "iam:PassedToService", "values": ["ecs-tasks.amazonaws.com"]}
    return {"actions": ["iam:PassRole"], "resources": [ROLE], "condition": [condition]} | changes


class TestCheck:
    """What is found, and what is not."""

    @pytest.mark.parametrize(
        ("statement", "expected"),
        [
            ({"actions": ["s3:GetObject"], "resources": ["*"]}, "policy: s3:GetObject on * could be narrowed"),
            (
                {"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::a", "*"]},
                "policy: s3:GetObject on * could be narrowed",
            ),
            ({"actions": ["s3:Get*"], "resources": ["arn:aws:s3:::a/b"]}, "policy: s3:Get* is a pattern"),
            ({"actions": ["*"], "resources": ["arn:aws:s3:::a/b"]}, "policy: * is a pattern"),
            ({"actions": ["s3:ReadObject"], "resources": ["*"]}, "policy: s3:ReadObject is no action of AWS"),
            ({"not_actions": ["s3:GetObject"], "resources": ["a"]}, "policy: allows all but what it names"),
            ({"actions": ["s3:GetObject"], "not_resources": ["a"]}, "policy: allows all but what it names"),
            (
                pass_role(resources=["arn:aws:iam::956880242582:role/isms-*"]),
                "policy: iam:PassRole on arn:aws:iam::956880242582:role/isms-* is not one role",
            ),
            (pass_role(condition=[]), "policy: iam:PassRole does not say to which service"),
            (
                pass_role(
                    condition=[
                        {"test": "StringLike", "variable": "iam:PassedToService", "values": ["ecs-tasks.amazonaws.com"]}
                    ]
                ),
                "policy: iam:PassRole does not say to which service",
            ),
            (
                pass_role(condition=[{"test": "StringEquals", "variable": "iam:PassedToService", "values": ["*"]}]),
                "policy: iam:PassRole does not say to which service",
            ),
        ],
    )
    def test_excess(self, statement: Block, expected: str) -> None:
        """Each excess is one line that names the document."""
        assert [expected] == found(statement)

    @pytest.mark.parametrize(
        "statement",
        [
            pass_role(),
            {"actions": ["ecr:GetAuthorizationToken"], "resources": ["*"]},
            {"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::a/*"]},
            {"effect": "Deny", "actions": ["s3:*"], "resources": ["*"]},
            {"actions": ["kms:Decrypt"], "resources": ["*"], "principals": [{"type": "AWS", "identifiers": ["a"]}]},
            {"actions": ["sts:AssumeRole"], "principals": [{"type": "Service", "identifiers": ["a"]}]},
        ],
    )
    def test_need(self, statement: Block) -> None:
        """What AWS forces, what is exact, what denies and what is attached to a resource is no excess."""
        assert [] == found(statement)

    def test_stack_without_policies(self) -> None:
        """A stack need not have any."""
        assert [] == excesses(Synthesized("{}"))

    @pytest.mark.parametrize("action", EXCEPTIONS)
    def test_exceptions_are_needed(self, action: str) -> None:
        """An exception for an action that AWS gives no resource type would be noise."""
        assert has_resource_type(action)


def test_dev_stack(dev_stack: Synthesized) -> None:
    """The dev stack allows nothing beyond need."""
    assert [] == excesses(dev_stack)


def test_plan_role_could_read_the_dev_stack(dev_stack: Synthesized) -> None:
    """A plan role knows how to refresh every type that the dev stack has."""
    types = {type_ for kind in ("resource", "data") for type_ in dev_stack.document[kind]}

    assert set() == types - readable_types()
