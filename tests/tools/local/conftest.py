"""One local AWS for the tests of this room, and clients that act as any account."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tools.local import control
from tools.local.instance import LocalAws

ACCOUNT = "956880242582"

Client = Callable[..., Any]


@pytest.fixture(scope="session")
def local_aws() -> Iterator[LocalAws]:
    """Run one instance for all tests; each uses names of its own."""
    with control.fresh() as local:
        yield local


@pytest.fixture(scope="session")
def client(local_aws: LocalAws) -> Client:
    """Make clients with boto3's default retries."""

    def make(service: str, account_id: str = ACCOUNT, region: str = "us-east-1") -> Any:  # noqa: ANN401
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=local_aws.url,
            region_name=region,
            aws_access_key_id=account_id,
            aws_secret_access_key="local",
            config=Config(proxies={}),
        )

    return make
