"""Whom `infra state bootstrap` refuses, each with one clear line."""

from dataclasses import replace
from pathlib import Path
from socket import socket
from time import monotonic
from typing import TYPE_CHECKING

import pytest
from botocore import exceptions
from typer.testing import CliRunner

from tools.errors import InfraError
from tools.project import Stack
from tools.state import app, command
from tools.state.bucket import StateBucket
from tools.state.command import bootstrap

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from tests.tools.state.conftest import Calls


def refusal(stack: Stack) -> str:
    """Give the message with which a bootstrap is refused."""
    with pytest.raises(InfraError) as caught:
        bootstrap(stack)
    return str(caught.value)


@pytest.mark.usefixtures("calls")
def test_a_wrong_account_is_refused(stack: Stack) -> None:
    """Both accounts are named, and who is calling."""
    assert (
        "stack 'dev' belongs to account 999999999999 (its account_id), but these are the credentials of account "
        "956880242582 (arn:aws:sts::956880242582:user/moto): use a profile of 999999999999"
    ) == refusal(replace(stack, account_id="999999999999"))


def test_a_wrong_account_gets_no_bucket(calls: "Calls", stack: Stack) -> None:
    """The account is known before anything is written."""
    refusal(replace(stack, account_id="999999999999"))

    assert [] == calls.writes


def test_a_bucket_in_another_region_is_refused(s3: "S3Client", stack: Stack) -> None:
    """Both regions are named."""
    s3.create_bucket(Bucket="dev-state", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

    assert (
        "bucket 'dev-state' is in eu-west-1, but stack 'dev' is in us-east-1: choose another name, or delete that "
        "bucket"
    ) == refusal(stack)


def test_a_bucket_of_another_account_is_refused(calls: "Calls", stack: Stack) -> None:
    """S3 answers 403 when the owner is not the expected one."""
    calls.refuse("HeadBucket", "403", "Forbidden")

    assert (
        "bucket 'dev-state' belongs to another account than 956880242582, or these credentials may not read it "
        "(s3:ListBucket): grant that, or choose another name"
    ) == refusal(stack)


def test_a_name_taken_by_another_account_is_refused(calls: "Calls", stack: Stack) -> None:
    """The names of all accounts are one space."""
    calls.refuse("CreateBucket", "BucketAlreadyExists")

    assert (
        "bucket 'dev-state' belongs to another account: bucket names are shared by all of AWS, choose another one"
    ) == refusal(stack)


def test_a_bucket_that_is_being_deleted_is_refused(calls: "Calls", stack: Stack) -> None:
    """S3 frees a name some time after its bucket is gone."""
    calls.refuse("CreateBucket", "OperationAborted")

    assert "bucket 'dev-state' is being created or deleted: wait some minutes, then try again" == refusal(stack)


def test_a_bucket_that_another_run_just_created_is_used(
    calls: "Calls", s3: "S3Client", stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two runs at the same time both succeed."""
    s3.create_bucket(Bucket="dev-state")
    calls.refuse("CreateBucket", "BucketAlreadyOwnedByYou")
    monkeypatch.setattr(StateBucket, "exists", lambda _self: False)
    bootstrap(stack)

    assert "Enabled" == s3.get_bucket_versioning(Bucket="dev-state")["Status"]


@pytest.mark.parametrize("code", ["ExpiredToken", "ExpiredTokenException", "RequestExpired"])
def test_expired_credentials_are_refused(calls: "Calls", stack: Stack, code: str) -> None:
    """The operator is told to log in again."""
    calls.refuse("GetCallerIdentity", code)

    assert (
        f"the AWS credentials have expired ({code}): log in again, or check AWS_PROFILE and the AWS_… variables"
        == refusal(stack)
    )


@pytest.mark.parametrize("code", ["InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClientException"])
def test_wrong_credentials_are_refused(calls: "Calls", stack: Stack, code: str) -> None:
    """A key that AWS does not know."""
    calls.refuse("GetCallerIdentity", code)

    assert refusal(stack).startswith(f"AWS does not accept the credentials ({code}): ")


@pytest.mark.parametrize(
    "error",
    [
        exceptions.NoCredentialsError(),
        exceptions.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
        exceptions.TokenRetrievalError(provider="sso", error_msg="Token has expired and refresh failed"),
        exceptions.SSOTokenLoadError(error_msg="not found"),
        exceptions.UnauthorizedSSOTokenError(),
        exceptions.CredentialRetrievalError(provider="process", error_msg="it failed"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_missing_credentials_are_refused(calls: "Calls", stack: Stack, error: Exception) -> None:
    """Whatever keeps botocore from having credentials."""
    calls.answers["GetCallerIdentity"] = error

    assert refusal(stack).startswith("no usable AWS credentials (")


@pytest.mark.usefixtures("calls")
def test_an_unknown_profile_is_refused(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The profile is named."""
    monkeypatch.setenv("AWS_PROFILE", "none")

    assert refusal(stack).startswith("no usable AWS credentials (The config profile (none) could not be found): ")


def test_no_credentials_at_all_are_refused(stack: Stack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The real chain of botocore, with nothing in it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    assert refusal(stack).startswith("no usable AWS credentials (Unable to locate credentials")


@pytest.fixture
def dead_endpoint(monkeypatch: pytest.MonkeyPatch) -> str:
    """Point botocore to a port of the loopback interface on which nothing listens."""
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    return url


def test_an_unreachable_endpoint_is_refused(stack: Stack, dead_endpoint: str) -> None:
    """The address is named."""
    assert (
        f'AWS does not answer (Could not connect to the endpoint URL: "{dead_endpoint}/"): '
        "check the network and AWS_ENDPOINT_URL"
    ) == refusal(stack)


@pytest.mark.usefixtures("dead_endpoint")
def test_an_unreachable_endpoint_fails_in_seconds(stack: Stack) -> None:
    """Botocore's own defaults would try for minutes."""
    started = monotonic()
    refusal(stack)

    assert monotonic() - started < 5


def test_a_missing_permission_names_the_call(calls: "Calls", stack: Stack) -> None:
    """What AWS says is passed on in one line."""
    calls.refuse("PutBucketPolicy", "AccessDenied", "no\nentry")

    assert "An error occurred (AccessDenied) when calling the PutBucketPolicy operation: no entry" == refusal(stack)


def test_what_was_done_before_a_failure_is_printed(
    calls: "Calls", stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    """The operator sees how far it came."""
    calls.refuse("PutBucketPolicy", "AccessDenied")
    refusal(stack)
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("│")]

    assert ["versioning", "encryption", "ownership", "public"] == [row.split()[1] for row in rows]


@pytest.mark.usefixtures("calls")
def test_a_name_that_is_no_bucket_name_is_refused(stack: Stack) -> None:
    """Botocore's own check is one line too."""
    message = refusal(replace(stack, state_bucket="Not a bucket"))

    assert (True, False) == ('"Not a bucket"' in message, "\n" in message)


@pytest.mark.usefixtures("calls")
def test_the_command_synthesizes_first(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bucket's name, account and region are those of the environment file as it is now."""
    steps: list[str] = []

    def load(name: str) -> Stack:
        steps.append(name)
        return stack

    monkeypatch.setattr(command, "synthesize", lambda: steps.append("synthesize"))
    monkeypatch.setattr(command, "load_stack", load)
    CliRunner().invoke(app, ["bootstrap", "dev"])

    assert ["synthesize", "dev"] == steps


@pytest.mark.parametrize(("arguments", "made"), [([], ["CreateBucket"]), (["--check"], [])])
def test_the_check_option_only_checks(
    calls: "Calls", stack: Stack, monkeypatch: pytest.MonkeyPatch, arguments: list[str], made: list[str]
) -> None:
    """Without it the bucket is created."""
    monkeypatch.setattr(command, "synthesize", lambda: None)
    monkeypatch.setattr(command, "load_stack", lambda _name: stack)
    CliRunner().invoke(app, ["bootstrap", "dev", *arguments])

    assert made == calls.writes[:1]
