"""What the job of a pipeline may do that plans a stack: read the stack's resources and its state, hold its lock."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import Formatter

from modules.arns import Arns
from modules.github.plan_reads import NOTHING_READ, READS, Read
from modules.github.subject import provider_arn
from modules.iam import ANY_RESOURCE, Statement, allow


@dataclass(frozen=True, kw_only=True)
class PlanScope:
    """What belongs to a stack, for the permission to read it."""

    state_bucket: str
    state_key: str
    names: Sequence[str]
    """What the names of the stack's resources begin with, such as `isms-staging`."""

    repository_arns: Sequence[str] = ()
    bucket_arns: Sequence[str] = ()
    secret_arns: Sequence[str] = ()
    hosted_zone_ids: Sequence[str] = ()
    distribution_arns: Sequence[str] = ()
    """Of CloudFront. Without one, nothing of what stands beside a distribution, in CloudFront and in us-east-1."""


def readable_types() -> set[str]:
    """List the types of resources and data sources that a plan role can refresh."""
    return {type_ for read in READS for type_ in read.types} | set(NOTHING_READ)


def plan_permissions(scope: PlanScope, stack: str, arns: Arns) -> list[Statement]:
    """
    Read what a plan refreshes, and no value of Secrets Manager.

    Parameters are read with their values, because Terraform compares them, an origin's secret too: it is in the state
    anyway, which a plan reads (`docs/decisions/0012-origin-secret.md`). Decrypting it takes no permission of its own,
    since the policy of the key `aws/ssm` lets in whoever may use Systems Manager (AWS KMS, GetKeyPolicy of that key,
    "Allow access through SSM for all principals in the account that are authorized to use SSM").

    A plan writes no state; it takes the lock and gives it back (developer.hashicorp.com/terraform, S3 backend,
    "Permissions Required").

    :param stack: the stack's id, which begins the path of its parameters
    """
    return [*state_permissions(scope), *_reads(scope_values(scope, stack, arns))]


def scope_values(scope: PlanScope, stack: str, arns: Arns) -> dict[str, Sequence[str]]:
    """Say what stands for the `{…}` in the ARNs of a table."""
    return {
        "account_id": [arns.account_id],
        "region": [arns.region],
        "stack": [stack],
        "provider_arn": [provider_arn(arns.account_id)],
        "name": scope.names,
        "repository_arn": scope.repository_arns,
        "bucket_arn": scope.bucket_arns,
        "secret_arn": scope.secret_arns,
        "hosted_zone_id": scope.hosted_zone_ids,
        "distribution_arn": scope.distribution_arns,
        "edge_account_id": [arns.account_id] if scope.distribution_arns else [],
    }


def reads_anywhere(*, but: Sequence[str] = ()) -> Statement:
    """
    Read what AWS has no resource type for.

    :param but: services, such as `ec2`, that are left out
    """
    actions = {action for read in READS if _is_anywhere(read) for action in read.actions}
    return allow(sorted(action for action in actions if action.split(":")[0] not in but), ANY_RESOURCE)


def state_permissions(scope: PlanScope) -> list[Statement]:
    """Read the state, and take and give back its lock."""
    bucket = f"arn:aws:s3:::{scope.state_bucket}"
    lock = f"{scope.state_key}.tflock"
    return [
        # Terraform also lists the workspaces, which lie below env:/.
        allow(["s3:ListBucket"], [bucket], {("StringEquals", "s3:prefix"): [scope.state_key, lock, "env:/"]}),
        allow(["s3:GetObject"], [f"{bucket}/{scope.state_key}"]),
        allow(["s3:DeleteObject", "s3:GetObject", "s3:PutObject"], [f"{bucket}/{lock}"]),
    ]


def _reads(values: Mapping[str, Sequence[str]]) -> Iterator[Statement]:
    yield reads_anywhere()
    for read in READS:
        resources = list(dict.fromkeys(arn for template in read.resources for arn in fill(template, values)))
        if resources and not _is_anywhere(read):
            yield allow(read.actions, resources)


def _is_anywhere(read: Read) -> bool:
    return list(read.resources) == ANY_RESOURCE


def fill(template: str, values: Mapping[str, Sequence[str]]) -> list[str]:
    """Write the template once for each value of its fields: none for a field without a value."""
    filled = [template]
    for _, field, _, _ in Formatter().parse(template):
        if field is not None:
            filled = [text.replace(f"{{{field}}}", value) for text in filled for value in values[field]]
    return filled
