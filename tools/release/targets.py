"""What a command works on: the services of a stack, each with clients of its own."""

from dataclasses import dataclass

import boto3

from tools.errors import InfraError
from tools.project import Stack, load_stack
from tools.release import manifest as manifests
from tools.release.aws import PATIENT, Aws, connect
from tools.release.manifest import Manifest


@dataclass(frozen=True, kw_only=True)
class Target:
    """One service."""

    aws: Aws
    """Its own, because a boto3 session is not made for several threads (boto3 guide, "Session", multithreading)."""

    manifest: Manifest


def open_targets(stack: str, services: list[str]) -> list[Target]:
    """
    Find the services of a stack: those named, or all.

    A checkout in which the stack is synthesized says account and region. Without one, the shell's region counts, and
    the account is the one that the manifests name.

    :raises InfraError: a service is unknown, or the credentials are those of another account
    """
    known = _find_stack(stack)
    aws = connect(None if known is None else known.account_id, None if known is None else known.region)
    try:
        found = manifests.read(aws.ssm, stack, services)
    except InfraError as error:
        raise InfraError(f"{error} (looked in {aws.session.region_name})") from None
    _expect_account(aws, found[0])
    return [Target(aws=Aws(boto3.Session(region_name=one.region)), manifest=one) for one in found]


def _find_stack(name: str) -> Stack | None:
    try:
        return load_stack(name)
    except (InfraError, OSError, ValueError, LookupError):  # not synthesized, or by another version
        return None


def _expect_account(aws: Aws, found: Manifest) -> None:
    """:raises InfraError: the manifest lies in another account or region than it is of, such as a copied one."""
    account = aws.session.client("sts", config=PATIENT).get_caller_identity()["Account"]
    if (account, aws.session.region_name) != (found.account_id, found.region):
        raise InfraError(
            f"the manifest of {found.service} is of account {found.account_id} in {found.region}, but was found in "
            f"account {account} in {aws.session.region_name}"
        )
