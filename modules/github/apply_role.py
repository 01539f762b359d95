"""The role of the job that applies a plan, and the boundary of all other roles of the stack."""

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.data_aws_iam_policy_document import DataAwsIamPolicyDocument
from cdktf_cdktf_provider_aws.iam_policy import IamPolicy
from cdktf_cdktf_provider_aws.iam_role import IamRole
from constructs import Construct

from modules.arns import Arns
from modules.github.apply_permissions import apply_permissions, boundary
from modules.github.plan_permissions import PlanScope
from modules.iam import Role, Statement
from modules.names import physical_name


class ApplyRole(Construct):
    """A role that builds the stack, and gives no role more than the boundary allows (`apply_permissions.py`)."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        stack: str,
        arns: Arns,
        plan_scope: PlanScope,
        trust: Statement,
        session_h: int,
    ) -> None:
        """
        Make the role `<name>-github-apply` and the policy `<name>-boundary`.

        :param name: of the system and environment
        :param stack: the stack's id, which begins the path of its parameters
        """
        super().__init__(scope, id_)
        role_name = physical_name("role", f"{name}-github-apply")
        document = DataAwsIamPolicyDocument(self, "boundary", statement=boundary(plan_scope, stack, arns))
        policy = IamPolicy(self, "boundary_policy", name=f"{name}-boundary", policy=document.json)
        permissions = apply_permissions(
            plan_scope,
            stack,
            arns,
            boundary_arn=policy.arn,
            own_arn=f"arn:aws:iam::{arns.account_id}:role/{role_name}",
        )
        self._role = Role(self, "role", name=role_name, trust=trust, permissions=permissions, session_h=session_h)
        self.arn: str = self._role.arn
        self.boundary_arn: str = policy.arn

    def bound_others(self) -> None:
        """Put the boundary on all other roles that the stack has by now: called when it has all of them."""
        for part in TerraformStack.of(self).node.find_all():
            if isinstance(part, IamRole) and part.node.scope is not self._role:
                part.permissions_boundary = self.boundary_arn
