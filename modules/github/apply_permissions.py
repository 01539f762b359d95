"""
What the job of a pipeline may do that applies a stack, and the boundary of every role that it makes.

Whoever makes roles can give one more rights than their own. So each role of the stack carries a boundary, and the role
that applies may write to no role without it, nor to the boundary, nor to itself (IAM user guide, "Permissions
boundaries for IAM entities", "Delegating responsibility to others"). Those three, and the identity provider, change by
hand only.

Services are allowed whole, by the stack's names or ARNs where they have such: an apply makes, changes and deletes, and
hashicorp/aws calls what it likes to that end. `docs/decisions/0011-pipelines.md` says what is left wide.
"""

from collections.abc import Mapping, Sequence

from modules.arns import Arns
from modules.cdn.edge import EDGE_REGION
from modules.github.plan_permissions import PlanScope, fill, reads_anywhere, scope_values, state_permissions
from modules.iam import ANY_RESOURCE, Statement, allow

_HERE = "{region}:{account_id}"
_EDGE = f"{EDGE_REGION}:{{edge_account_id}}"
_ROLES = "arn:aws:iam::{account_id}:role/{name}*"

REGIONAL = ("acm", "application-autoscaling", "ec2", "elasticloadbalancing", "servicediscovery")
"""Services whose resources have ids of AWS's choice: all that is in the region, the stack's or not."""

EDGE = ("acm", "wafv2")
"""Services whose part for CloudFront is in us-east-1, wherever the stack is (`modules/cdn/edge.py`)."""

OWN: Mapping[str, Sequence[str]] = {
    "budgets": ["arn:aws:budgets::{account_id}:budget/{name}*"],
    "cloudwatch": [f"arn:aws:cloudwatch:{_HERE}:alarm:{{name}}*", "arn:aws:cloudwatch::{account_id}:dashboard/{name}*"],
    # The ids of all but functions are CloudFront's choice: those of the whole account.
    "cloudfront": [
        *(
            f"arn:aws:cloudfront::{{edge_account_id}}:{kind}/*"
            for kind in ("cache-policy", "distribution", "origin-access-control", "response-headers-policy")
        ),
        "arn:aws:cloudfront::{edge_account_id}:function/{name}*",
    ],
    "codedeploy": [
        f"arn:aws:codedeploy:{_HERE}:{kind}:{{name}}*"
        for kind in ("application", "deploymentconfig", "deploymentgroup")
    ],
    "ecr": ["{repository_arn}"],
    "ecs": [f"arn:aws:ecs:{_HERE}:{kind}/{{name}}*" for kind in ("cluster", "service", "task", "task-definition")],
    "logs": [
        f"arn:aws:logs:{_HERE}:log-group:*{{name}}*",
        f"arn:aws:logs:{_EDGE}:log-group:*{{name}}*",
        f"arn:aws:logs:{_EDGE}:delivery:*",
        f"arn:aws:logs:{_EDGE}:delivery-destination:{{name}}*",
        f"arn:aws:logs:{_EDGE}:delivery-source:{{name}}*",
    ],
    "rds": [
        f"arn:aws:rds:{_HERE}:{kind}:{{name}}*"
        for kind in ("cluster", "cluster-pg", "cluster-snapshot", "db", "pg", "subgrp")
    ],
    "route53": ["arn:aws:route53:::hostedzone/{hosted_zone_id}"],
    "s3": ["{bucket_arn}", "{bucket_arn}/*"],
    "sns": [f"arn:aws:sns:{_HERE}:{{name}}*"],
    "ssm": [f"arn:aws:ssm:{_HERE}:parameter/{{stack}}/*"],
}
"""Services that are allowed whole on what is the stack's."""

_ON_SECRETS = (
    "CreateSecret DeleteResourcePolicy DeleteSecret DescribeSecret GetResourcePolicy ListSecretVersionIds"
    " PutResourcePolicy PutSecretValue RestoreSecret TagResource UntagResource UpdateSecret UpdateSecretVersionStage"
)
"""Not GetSecretValue: an apply writes values and reads none."""

_EXACT: Sequence[tuple[str, str, Sequence[str]]] = (
    ("secretsmanager", _ON_SECRETS, ["{secret_arn}"]),
    # RDS makes the secret of a managed master password with the rights of whoever makes the cluster (Amazon RDS user
    # guide, "Password management with Amazon RDS and AWS Secrets Manager").
    ("secretsmanager", "CreateSecret TagResource", [f"arn:aws:secretsmanager:{_HERE}:secret:rds!*"]),
    ("kms", "DescribeKey", [f"arn:aws:kms:{_HERE}:key/*"]),
    ("rds", "DescribeGlobalClusters", ["arn:aws:rds::{account_id}:global-cluster:*"]),
    ("cloudwatch", "DescribeAlarms", [f"arn:aws:cloudwatch:{_HERE}:alarm:*"]),
    ("iam", "GetOpenIDConnectProvider", ["{provider_arn}"]),
    (
        "iam",
        "GetPolicy GetPolicyVersion ListPolicyVersions",
        ["arn:aws:iam::{account_id}:policy/{name}*"],
    ),
    (
        "iam",
        "GetRole GetRolePolicy ListAttachedRolePolicies ListInstanceProfilesForRole ListRolePolicies PassRole TagRole"
        " UntagRole",
        [_ROLES],
    ),
    ("iam", "CreateServiceLinkedRole", ["arn:aws:iam::{account_id}:role/aws-service-role/*"]),
)

_ANYWHERE = (
    "ecs:DeregisterTaskDefinition",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "sns:SetSubscriptionAttributes",
    "sns:Unsubscribe",
)
"""Writes that AWS has no resource type for (docs.aws.amazon.com/service-authorization)."""

_ANYWHERE_FOR_EDGE = (
    "cloudfront:CreateCachePolicy",
    "cloudfront:CreateDistribution",
    "cloudfront:CreateFunction",
    "cloudfront:CreateOriginAccessControl",
    "cloudfront:CreateResponseHeadersPolicy",
    "logs:PutResourcePolicy",
)
"""The same, where the stack has a distribution. The last is for the log of a web ACL (AWS WAF, "Sending web ACL traffic
logs to an Amazon CloudWatch Logs log group")."""

_ROLE_WRITES = (
    "AttachRolePolicy CreateRole DeleteRole DeleteRolePolicy DetachRolePolicy PutRolePermissionsBoundary PutRolePolicy"
    " UpdateAssumeRolePolicy UpdateRole UpdateRoleDescription"
)
"""All know the condition key iam:PermissionsBoundary (service authorization reference, IAM)."""

_DENIED = f"{_ROLE_WRITES} PassRole TagRole UntagRole"
"""What the role that applies may not do to itself; its name is like those of the stack's roles."""

_NEVER = "iam account organizations sts"
"""Services of which no role of the stack may do anything, but for reading and passing the stack's roles."""


def apply_permissions(scope: PlanScope, stack: str, arns: Arns, *, boundary_arn: str, own_arn: str) -> list[Statement]:
    """
    Make, change and delete what the stack holds, and write its state.

    :param boundary_arn: the policy that every role must carry which is made or changed
    :param own_arn: the role that gets these permissions, which it must not touch
    """
    values = scope_values(scope, stack, arns)

    def filled(templates: Sequence[str]) -> list[str]:
        return list(dict.fromkeys(arn for template in templates for arn in fill(template, values)))

    own = [allow([f"{service}:*"], filled(templates)) for service, templates in OWN.items() if filled(templates)]
    exact = [
        allow([f"{service}:{name}" for name in names.split()], filled(templates))
        for service, names, templates in _EXACT
        if filled(templates)
    ]
    bounded = {("ArnEquals", "iam:PermissionsBoundary"): [boundary_arn]}
    return [
        *state_permissions(scope),
        allow(["s3:PutObject"], [f"arn:aws:s3:::{scope.state_bucket}/{scope.state_key}"]),
        reads_anywhere(but=REGIONAL),
        allow(_ANYWHERE, ANY_RESOURCE),
        _whole(REGIONAL, arns.region),
        *([allow(_ANYWHERE_FOR_EDGE, ANY_RESOURCE), _whole(EDGE, EDGE_REGION)] if scope.distribution_arns else []),
        *own,
        *exact,
        allow([f"iam:{name}" for name in _ROLE_WRITES.split()], filled([_ROLES]), bounded),
        Statement(effect="Deny", actions=[f"iam:{name}" for name in _DENIED.split()], resources=[own_arn]),
    ]


def _whole(services: Sequence[str], region: str) -> Statement:
    in_region = {("StringEquals", "aws:RequestedRegion"): [region]}
    return allow([f"{service}:*" for service in services], ANY_RESOURCE, in_region)


def boundary(scope: PlanScope, stack: str, arns: Arns) -> list[Statement]:
    """
    Say what no role of the stack exceeds, whatever its policies allow: everything but to give rights.

    It narrows no role on its own, because a role may do what its policies *and* this allow.
    """
    roles = fill(_ROLES, scope_values(scope, stack, arns))
    return [
        Statement(effect="Allow", not_actions=[f"{one}:*" for one in _NEVER.split()], resources=ANY_RESOURCE),
        allow(["iam:GetOpenIDConnectProvider", "iam:GetPolicy*", "iam:ListPolicyVersions"], ANY_RESOURCE),
        allow(["iam:GetRole*", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies", "iam:PassRole"], roles),
    ]
