"""How the steps look at AWS while something takes time: with patience where an answer fails that may come later."""

from collections.abc import Callable

from botocore import exceptions
from botocore.parsers import ResponseParserError

from tools.aws import NO_CREDENTIALS, one_line
from tools.release.context import Context, UndecidedError

PATIENCE_S = 120.0
"""How long AWS may give no usable answer. The client has tried 6 times before that counts as one failure."""

CALLS = (exceptions.ClientError, exceptions.BotoCoreError, ResponseParserError, LookupError, TypeError)
"""What a look raises that fails: refused, unreachable, garbled, or an answer without what it must have."""

_PASSING_CODES = {
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "InternalError",
    "InternalFailure",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServerException",
    "ServiceUnavailable",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}
"""botocore retries these (its `retries/standard.py`), and the common errors of AWS's APIs are among them."""

_FIRST_SERVER_ERROR = 500
_DIGITS = 12
"""Of a digest, as `docker images` shows it."""


def patient(context: Context, look: Callable[[], bool]) -> Callable[[], bool]:
    """
    Make a look for `Context.poll` out of one that may fail now and then.

    What will not pass by itself, such as a missing permission, is raised at once.

    :raises UndecidedError: from the look, when AWS has given no usable answer for PATIENCE_S
    """
    since: float | None = None

    def bear() -> bool:
        nonlocal since
        try:
            done = look()
        except CALLS as error:
            if not _may_pass(error):
                raise
            now = context.clock.now()
            since = now if since is None else since
            if now - since >= PATIENCE_S:
                text = f"AWS has given no usable answer for {now - since:.0f} s ({describe(error)})"
                raise UndecidedError(f"{context.manifest.service}: {text}") from None
            context.reporter.tell(detail=f"AWS does not answer ({describe(error)})")
            return False
        since = None
        return done

    return bear


def describe(error: Exception) -> str:
    """Say in a few words why a look failed."""
    if isinstance(error, exceptions.ClientError):
        return one_line(Exception(f"{code_of(error)}: {error.response['Error'].get('Message', 'no message')}"))
    if isinstance(error, exceptions.BotoCoreError):
        return one_line(error)
    if isinstance(error, KeyError):
        return f"the answer lacks {one_line(error)}"
    return f"the answer makes no sense: {one_line(error)}"


def code_of(error: exceptions.ClientError) -> str:
    """Give AWS's name of an error."""
    return error.response["Error"]["Code"]


def short(revision: str) -> str:
    """Give the end of an ARN (`family:3` of a task definition, the id of a task), or of an image, its digest cut."""
    name, found, digest = revision.rpartition("/")[2].partition("@sha256:")
    return f"{name}{found}{digest[:_DIGITS]}"


def _may_pass(error: Exception) -> bool:
    if isinstance(error, exceptions.ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return code_of(error) in _PASSING_CODES or status >= _FIRST_SERVER_ERROR
    return not isinstance(error, NO_CREDENTIALS)
