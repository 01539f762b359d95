"""The lock of a site, which is also its journal: who publishes, how far it is, and what CloudFront must still drop."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal
from uuid import uuid4

from botocore.exceptions import ClientError
from pydantic import Field

from tools.errors import InfraError
from tools.parameter_lock import LockEntry, ParameterLock, read
from tools.publish.invalidation import EVERYTHING
from tools.publish.manifest import Manifest
from tools.release.entry import owner

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

_LARGEST_BYTES = 3000
"""What the paths may take of the 4 KB that a standard parameter holds (SSM API, PutParameter: Value)."""

_ATTEMPTS = 3


class Entry(LockEntry):
    """What the journal says."""

    step: Literal["comparing", "uploading", "placing", "invalidating", "removing", "ended"] = "comparing"
    pending: list[str] = Field(default_factory=list)
    """Paths that CloudFront must still drop from its caches, whoever publishes next."""


class HeldError(InfraError):
    """Somebody else publishes this site, or was killed while doing so."""

    def __init__(self, stack: str, entry: Entry) -> None:
        super().__init__(
            f"the site of {stack} is being published by {entry.owner} since "
            f"{entry.started.astimezone():%Y-%m-%d %H:%M} ({entry.step}): wait for it; if it was killed, "
            f"publish again with --resume"
        )


Journal = ParameterLock[Entry]


def parameter_name(stack: str) -> str:
    """Where the lock is."""
    return f"/{stack}/publish-lock/site"


def expect_free(ssm: "SSMClient", manifest: Manifest) -> None:
    """:raises HeldError: somebody publishes"""
    found = read(ssm, parameter_name(manifest.stack), Entry)
    if found is not None and found[0].step != "ended":
        raise HeldError(manifest.stack, found[0])


def pending(ssm: "SSMClient", manifest: Manifest) -> list[str]:
    """Tell which paths CloudFront must still drop since somebody ended before it had."""
    found = read(ssm, parameter_name(manifest.stack), Entry)
    return [] if found is None else found[0].pending


def take(ssm: "SSMClient", manifest: Manifest, *, resume: bool) -> Journal:
    """
    Take the lock.

    What somebody ended before CloudFront had dropped all paths is taken over with these paths.

    :param resume: take it over from somebody who was killed, too
    :raises HeldError: somebody has it
    """
    name = parameter_name(manifest.stack)
    entry = Entry(owner=owner(), holder=uuid4().hex, started=datetime.now(UTC))
    for _ in range(_ATTEMPTS):
        lock = ParameterLock.create(ssm, name, entry)
        if lock is not None:
            return lock
        found = read(ssm, name, Entry)
        if found is None:  # it was given back in this moment
            continue
        if found[0].step != "ended" and not resume:
            raise HeldError(manifest.stack, found[0])
        entry = entry.model_copy(update={"pending": found[0].pending})
        return ParameterLock.take_over(ssm, name, entry, found[1])
    raise InfraError(f"{name} is taken and given back all the time: try again")


def expect_invalidation(journal: Journal, step: Literal["uploading", "placing", "removing"], paths: list[str]) -> None:
    """Note which paths change now, beside those that are noted."""
    pending = sorted({*journal.entry.pending, *paths})
    if EVERYTHING in pending or sum(len(path.encode()) + 3 for path in pending) > _LARGEST_BYTES:
        pending = [EVERYTHING]
    journal.write(step=step, pending=pending)


def end(journal: Journal) -> None:
    """Give the lock back; or leave it for whoever publishes next, also when CloudFront must still drop something."""
    if not journal.entry.pending:
        with suppress(ClientError):
            journal.give_back()
            return
    journal.write(step="ended")
