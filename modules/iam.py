"""Roles and the statements of their policies, written as policy documents so that a scanner can read them."""

from collections.abc import Mapping, Sequence

from cdktf_cdktf_provider_aws.data_aws_iam_policy_document import (
    DataAwsIamPolicyDocument,
    DataAwsIamPolicyDocumentStatement,
    DataAwsIamPolicyDocumentStatementCondition,
    DataAwsIamPolicyDocumentStatementPrincipals,
)
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from constructs import Construct

from modules.names import physical_name

Statement = DataAwsIamPolicyDocumentStatement
Conditions = Mapping[tuple[str, str], Sequence[str]]
"""`{("StringEquals", "aws:SourceAccount"): ["…"]}`: test and variable, and the values."""

ANY_RESOURCE = ["*"]
"""For the actions that AWS gives no resource type: docs.aws.amazon.com/service-authorization. A test checks them."""


def allow(actions: Sequence[str], resources: Sequence[str], conditions: Conditions | None = None) -> Statement:
    """Allow these actions on these resources."""
    return Statement(
        effect="Allow", actions=list(actions), resources=list(resources), condition=_conditions(conditions or {})
    )


def share(actions: Sequence[str], account_id: str, conditions: Conditions) -> Statement:
    """
    Let another account use the resource that the policy is attached to, where the conditions hold.

    The principal is the account, and the conditions name who in it: a role that does not exist yet makes a policy
    invalid, and one that is made anew is another principal (aws/aws-cdk#16376; IAM user guide, "AWS JSON policy
    elements: Principal").
    """
    return Statement(
        effect="Allow",
        actions=list(actions),
        principals=[
            DataAwsIamPolicyDocumentStatementPrincipals(type="AWS", identifiers=[f"arn:aws:iam::{account_id}:root"])
        ],
        condition=_conditions(conditions),
    )


def trust_service(service: str, *, account_id: str, source_arn: str | None = None) -> Statement:
    """
    Let an AWS service take on a role, for this account's resources only (IAM, "The confused deputy problem").

    :param service: such as `ecs-tasks.amazonaws.com`
    :param source_arn: narrows it to resources like this ARN, where the service says which one it acts for
    """
    conditions: dict[tuple[str, str], Sequence[str]] = {("StringEquals", "aws:SourceAccount"): [account_id]}
    if source_arn is not None:
        conditions["ArnLike", "aws:SourceArn"] = [source_arn]
    return Statement(
        effect="Allow",
        actions=["sts:AssumeRole"],
        principals=[DataAwsIamPolicyDocumentStatementPrincipals(type="Service", identifiers=[service])],
        condition=_conditions(conditions),
    )


def trust_oidc(provider_arn: str, conditions: Conditions) -> Statement:
    """Let somebody with a token of this identity provider take on a role, when the conditions hold for the token."""
    return Statement(
        effect="Allow",
        actions=["sts:AssumeRoleWithWebIdentity"],
        principals=[DataAwsIamPolicyDocumentStatementPrincipals(type="Federated", identifiers=[provider_arn])],
        condition=_conditions(conditions),
    )


def _conditions(conditions: Conditions) -> list[DataAwsIamPolicyDocumentStatementCondition]:
    return [
        DataAwsIamPolicyDocumentStatementCondition(test=test, variable=variable, values=list(values))
        for (test, variable), values in conditions.items()
    ]


class Role(Construct):
    """A role with one trust statement and one inline policy."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        trust: Statement,
        permissions: Sequence[Statement],
        session_h: int | None = None,
    ) -> None:
        """
        Make the role.

        :param name: the role's name, cut when it is too long
        :param permissions: none for a role that may do nothing
        :param session_h: how many hours a session may last, 1 to 12; None: one, as IAM has it
        """
        super().__init__(scope, id_)
        document = DataAwsIamPolicyDocument(self, "trust", statement=[trust])
        role = IamRole(
            self,
            "role",
            name=physical_name("role", name),
            assume_role_policy=document.json,
            max_session_duration=None if session_h is None else 3600 * session_h,
        )
        self.name: str = role.name
        self.arn: str = role.arn
        self.ready: list[IamRolePolicy] = []
        """What must exist before the role is of use, for `depends_on`."""
        if permissions:
            allowed = DataAwsIamPolicyDocument(self, "permissions", statement=list(permissions))
            policy = IamRolePolicy(self, "policy", name="permissions", role=role.id, policy=allowed.json)
            self.ready.append(policy)
