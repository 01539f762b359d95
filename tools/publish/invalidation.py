"""What CloudFront must drop from its caches."""

import re
from collections.abc import Callable, Iterable
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from tools.aws import EXPIRED_CODES, REJECTED_CODES
from tools.errors import InfraError
from tools.publish.context import Context
from tools.publish.files import INDEX
from tools.release.looking import code_of, describe

EVERYTHING = "/*"

MOST_PATHS = 50
"""With more, everything is invalidated, which is one path. 1,000 paths a month cost nothing, 3,000 may be in progress
(docs.aws.amazon.com/AmazonCloudFront, "Pay for file invalidation", "Concurrent invalidation request maximum")."""

_PLAIN = re.compile(r"[A-Za-z0-9/._-]+")
"""Other characters must be encoded just as browsers do ("What you need to know when invalidating files")."""

TIMEOUT_S = 900.0
_REFUSED = {"AccessDenied", "NoSuchDistribution", "NoSuchInvalidation"} | EXPIRED_CODES | REJECTED_CODES
"""What does not pass by itself."""


def paths_of(keys: Iterable[str]) -> list[str]:
    """
    Name the paths of files as CloudFront keeps them.

    The routes of a single-page application need none: the function that turns them into `/index.html` runs before
    CloudFront looks into its cache (docs.aws.amazon.com/AmazonCloudFront, "Determine function purpose"). `/` is named
    too, as AWS recommends for URIs before and after such a change.
    """
    keys = list(keys)
    paths = [f"/{key}" for key in keys] + (["/"] if INDEX in keys else [])
    if len(paths) > MOST_PATHS or any(_PLAIN.fullmatch(path) is None for path in paths):
        return [EVERYTHING]
    return sorted(paths)


def create(context: Context, paths: list[str]) -> str:
    """Begin an invalidation, and give its id."""
    answer = context.target.cloudfront.create_invalidation(
        DistributionId=context.target.manifest.distribution_id,
        InvalidationBatch={"Paths": {"Quantity": len(paths), "Items": paths}, "CallerReference": uuid4().hex},
    )
    return str(answer["Invalidation"]["Id"])


def wait(context: Context, invalidation: str, tell: Callable[[str], None]) -> None:
    """
    Wait until CloudFront has dropped the paths everywhere.

    :raises InfraError: it takes too long
    """
    distribution = context.target.manifest.distribution_id
    began = context.clock.now()
    while True:
        waited = context.clock.now() - began
        try:
            answer = context.target.cloudfront.get_invalidation(DistributionId=distribution, Id=invalidation)
            status = str(answer["Invalidation"]["Status"])
        except (ClientError, BotoCoreError, LookupError, TypeError) as error:
            if isinstance(error, ClientError) and code_of(error) in _REFUSED:
                raise
            status = f"CloudFront does not answer ({describe(error)})"
        if status.casefold() == "completed":
            return
        if waited >= TIMEOUT_S:
            raise InfraError(f"invalidation {invalidation} of {distribution} took longer than {TIMEOUT_S:.0f} s")
        tell(f"{status}, {waited:.0f} s")
        context.clock.sleep(context.poll_s)
