"""Talking to AWS as the operator: the right account, few seconds, and each failure as one clear line."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import boto3
from botocore import exceptions
from botocore.config import Config

from tools.errors import InfraError
from tools.project import Stack

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient

CONFIG = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 2})
"""A dead endpoint fails in seconds. botocore's own defaults are 60 seconds a try and five tries."""

NO_CREDENTIALS = (
    exceptions.NoCredentialsError,
    exceptions.PartialCredentialsError,
    exceptions.CredentialRetrievalError,
    exceptions.TokenRetrievalError,
    exceptions.NoAuthTokenError,
    exceptions.SSOError,
    exceptions.LoginError,
    exceptions.ProfileNotFound,
    exceptions.RefreshWithMFAUnsupportedError,
)
UNREACHABLE = (exceptions.ConnectionError, exceptions.HTTPClientError)

EXPIRED_CODES = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
REJECTED_CODES = {
    "AuthFailure",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
"""The common errors of AWS's APIs: https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html"""

LOG_IN = "log in again, or check AWS_PROFILE and the AWS_… variables"


@contextmanager
def clear_errors() -> Iterator[None]:
    """
    Turn the failure of a call to AWS into a line that says what to do.

    :raises InfraError: a call failed
    """
    try:
        yield
    except NO_CREDENTIALS as error:
        raise InfraError(f"no usable AWS credentials ({one_line(error)}): {LOG_IN}") from None
    except UNREACHABLE as error:
        raise InfraError(f"AWS does not answer ({one_line(error)}): check the network and AWS_ENDPOINT_URL") from None
    except exceptions.ClientError as error:
        code = error.response["Error"]["Code"]
        if code in EXPIRED_CODES:
            raise InfraError(f"the AWS credentials have expired ({code}): {LOG_IN}") from None
        if code in REJECTED_CODES:
            raise InfraError(f"AWS does not accept the credentials ({code}): {LOG_IN}") from None
        raise InfraError(one_line(error)) from None
    except exceptions.BotoCoreError as error:
        raise InfraError(one_line(error)) from None


def one_line(error: Exception) -> str:
    """Give an error's message without its line breaks."""
    return " ".join(str(error).split()).rstrip(".")


def account_session(stack: Stack) -> boto3.Session:
    """
    Give a session in the account and the region of a stack; its clients take `CONFIG`.

    :raises InfraError: the credentials are those of another account
    """
    session = boto3.Session(region_name=stack.region)
    identity = session.client("sts", config=CONFIG).get_caller_identity()
    if identity["Account"] != stack.account_id:
        raise InfraError(
            f"stack {stack.name!r} belongs to account {stack.account_id} (its account_id), but these are the "
            f"credentials of account {identity['Account']} ({identity['Arn']}): use a profile of {stack.account_id}"
        )
    return session


def s3_client(stack: Stack) -> "S3Client":
    """
    Give an S3 client for the account and the region of a stack.

    :raises InfraError: the credentials are those of another account
    """
    return account_session(stack).client("s3", config=CONFIG)


def secrets_client(stack: Stack) -> "SecretsManagerClient":
    """
    Give a Secrets Manager client for the account and the region of a stack.

    :raises InfraError: the credentials are those of another account
    """
    return account_session(stack).client("secretsmanager", config=CONFIG)
