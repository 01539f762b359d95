"""An emulated AWS account that writes down every call, and answers some of them as told."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import botocore.loaders
import botocore.session
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from moto import mock_aws

from tools.project import Stack

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ACCOUNT = "956880242582"


@cache
def loader(search_path: str | None) -> botocore.loaders.Loader:
    """Let all sessions share what they read about AWS's APIs, which is most of the time a test takes."""
    return botocore.loaders.create_loader(search_path)


@dataclass
class Calls:
    """The calls to AWS since the test began or `clear` was called."""

    made: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answers: dict[str, Exception | dict[str, Any]] = field(default_factory=dict)
    """What some operations answer in place of the emulator."""

    @property
    def writes(self) -> list[str]:
        """The operations that change something."""
        return [name for name, _ in self.made if not name.startswith(("Get", "Head", "List"))]

    def refuse(self, operation: str, code: str, message: str = "") -> None:
        """Let an operation fail with an error of AWS."""
        self.answers[operation] = ClientError({"Error": {"Code": code, "Message": message}}, operation)

    def clear(self) -> None:
        """Forget the calls."""
        self.made.clear()


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[Calls]:
    """Emulate AWS in this process."""
    calls, original = Calls(), BaseClient._make_api_call  # type: ignore[attr-defined]

    def record(client: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:  # noqa: ANN401
        calls.made.append((operation, parameters))
        match calls.answers.get(operation):
            case Exception() as error:
                raise error
            case dict() as answer:
                return answer
        if operation == "PutBucketLifecycleConfiguration":  # The emulator forgets NewerNoncurrentVersions.
            calls.answers["GetBucketLifecycleConfiguration"] = parameters["LifecycleConfiguration"]
        return original(client, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", record)
    monkeypatch.setattr(botocore.session, "create_loader", loader)
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MOTO_ACCOUNT_ID", ACCOUNT)
    with mock_aws():
        yield calls


@pytest.fixture
def stack() -> Stack:
    """Give a stack whose account is the emulated one."""
    return Stack(
        name="dev",
        directory=Path(),
        account_id=ACCOUNT,
        region="us-east-1",
        state_bucket="dev-state",
        state_key="dev/terraform.tfstate",
        provider_version="5.100.0",
    )


@pytest.fixture
def s3(calls: Calls) -> "S3Client":  # noqa: ARG001 the emulated account must be there first
    """Give a client for what others do to the bucket."""
    return boto3.Session(region_name="us-east-1").client("s3")
