"""What the tests of the sample service share: settings, an emulated S3, and an FFmpeg that only copies."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from fastapi.testclient import TestClient
from moto import mock_aws
from nocomelon.api import create_app
from nocomelon.config import Settings
from nocomelon.storage import Storage

BUCKET = "assets"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Leave nothing of the developer's own AWS setup within reach."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_REGION", "S3_BUCKET_NAME"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def fake_ffmpeg(tmp_path: Path) -> Path:
    """Write a program that puts its arguments and environment into its last argument, the output."""
    return write_program(tmp_path, 'for last; do :; done; { echo "$@"; env; } > "${last#file:}"')


@pytest.fixture
def settings(fake_ffmpeg: Path) -> Settings:
    """Build settings for the emulated bucket."""
    return Settings(s3_bucket_name=BUCKET, ffmpeg_path=fake_ffmpeg, max_upload_mib=1)


@pytest.fixture
def bucket(environment: None) -> Iterator[None]:  # noqa: ARG001 the credentials come first
    """Hold an empty bucket in an S3 inside this process."""
    with mock_aws():
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket=BUCKET)
        yield


@pytest.fixture
def storage(bucket: None, settings: Settings) -> Storage:  # noqa: ARG001 the emulator comes first
    """Open the emulated bucket."""
    return Storage(settings)


@pytest.fixture
def client(bucket: None, settings: Settings) -> Iterator[TestClient]:  # noqa: ARG001 the emulator comes first
    """Talk to the service, with the emulated bucket behind it."""
    with TestClient(create_app(settings)) as test_client:
        yield test_client


def write_program(folder: Path, script: str) -> Path:
    """Write an executable shell script."""
    program = folder / "ffmpeg"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program
