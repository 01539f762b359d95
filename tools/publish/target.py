"""What is published to: one stack's site, with the clients that reach it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from botocore.config import Config

from tools.errors import InfraError
from tools.project import Stack, load_stack
from tools.publish import manifest as manifests
from tools.publish.manifest import Manifest
from tools.release.aws import PATIENT, connect

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_ssm import SSMClient

THREADS = 16
"""How many files are sent at once."""

_CONFIG = Config(
    connect_timeout=5,
    read_timeout=60,
    retries={"mode": "standard", "total_max_attempts": 6},
    max_pool_connections=THREADS,
)
"""botocore waits and tries again where S3 or CloudFront asks for it (boto3 guide, "Retries", standard mode)."""


class CloudFront(Protocol):
    """What is used of CloudFront's client, of which boto3-stubs has no types here."""

    def create_invalidation(self, *, DistributionId: str, InvalidationBatch: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        """Begin to invalidate paths."""

    def get_invalidation(self, *, DistributionId: str, Id: str) -> dict[str, Any]:  # noqa: N803
        """Ask how far it is."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """One site. Clients, unlike sessions, may be shared by threads (boto3 guide, "Clients", multithreading)."""

    manifest: Manifest
    ssm: "SSMClient"
    s3: "S3Client"
    cloudfront: CloudFront


def open_target(stack: str) -> Target:
    """
    Find the site of a stack.

    A checkout in which the stack is synthesized says account and region. Without one, the shell's region counts, and
    the account is the one that the manifest names.

    :raises InfraError: there is none, or the credentials are those of another account
    """
    known = _find_stack(stack)
    aws = connect(None if known is None else known.account_id, None if known is None else known.region)
    region = aws.session.region_name
    try:
        manifest = manifests.read(aws.ssm, stack)
    except InfraError as error:
        raise InfraError(f"{error} (looked in {region})") from None
    account = aws.session.client("sts", config=PATIENT).get_caller_identity()["Account"]
    if (account, region) != (manifest.account_id, manifest.region):
        raise InfraError(
            f"the manifest of the site is of account {manifest.account_id} in {manifest.region}, but was found in "
            f"account {account} in {region}"
        )
    cloudfront: Any = aws.session.client("cloudfront", config=_CONFIG)
    s3 = aws.session.client("s3", config=_CONFIG)
    return Target(manifest=manifest, ssm=aws.ssm, s3=s3, cloudfront=cloudfront)


def _find_stack(name: str) -> Stack | None:
    try:
        return load_stack(name)
    except (InfraError, OSError, ValueError, LookupError):  # not synthesized, or by another version
        return None
