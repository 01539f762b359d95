"""The assets bucket: upload, download, and links that end."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from nocomelon.config import Settings
from nocomelon.keys import content_type, get_user_prefix

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

__all__ = ["AssetNotFoundError", "Storage", "StorageError", "get_user_prefix"]


class AssetNotFoundError(Exception):
    """No object has this key."""


class StorageError(Exception):
    """S3 refused or could not be reached; the message is one line."""


class Storage:
    """
    The assets bucket. Every method refuses a key outside a user's prefix with `InvalidKeyError`.

    boto3 itself takes the credentials, and `AWS_ENDPOINT_URL` for a local AWS, from the environment.
    """

    def __init__(self, settings: Settings) -> None:
        self._bucket = settings.s3_bucket_name
        self._url_seconds = settings.presigned_url_seconds
        self._client: S3Client = boto3.client(
            "s3",
            region_name=settings.aws_region,
            config=Config(
                signature_version="s3v4",
                # Without it a link outside us-east-1 names the global host, whose redirect breaks the signature.
                s3={"addressing_style": "virtual"},
                connect_timeout=5,
                retries={"mode": "standard"},
            ),
        )

    def upload_file(self, local_path: Path, s3_key: str) -> None:
        """
        Store a file, with the content type of the key's suffix.

        :raises StorageError: S3 refused or could not be reached
        """
        extra = {"ContentType": content_type(s3_key)}
        with _plain_errors(s3_key):
            self._client.upload_file(str(local_path), self._bucket, s3_key, ExtraArgs=extra)

    def download_file(self, s3_key: str, local_path: Path) -> None:
        """
        Fetch an object. boto3 writes beside `local_path` and renames, so the file is complete or not there.

        :raises AssetNotFoundError: no object has this key
        :raises StorageError: S3 refused or could not be reached
        """
        content_type(s3_key)
        with _plain_errors(s3_key):
            self._client.download_file(self._bucket, s3_key, str(local_path))

    def check_exists(self, s3_key: str) -> None:
        """
        Ask S3 whether an object is there.

        :raises AssetNotFoundError: no object has this key
        :raises StorageError: S3 refused or could not be reached
        """
        content_type(s3_key)
        with _plain_errors(s3_key):
            self._client.head_object(Bucket=self._bucket, Key=s3_key)

    def generate_presigned_url(self, s3_key: str) -> str:
        """
        Sign a link that reads one object for the configured time; no call, so the object need not be there.

        :raises StorageError: there are no credentials to sign with
        """
        content_type(s3_key)
        with _plain_errors(s3_key):
            return self._client.generate_presigned_url(
                "get_object", Params={"Bucket": self._bucket, "Key": s3_key}, ExpiresIn=self._url_seconds
            )


@contextmanager
def _plain_errors(s3_key: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in {"404", "NoSuchKey"}:
            raise AssetNotFoundError(f"no asset {s3_key}") from error
        raise StorageError(f"S3 answered {code}") from error
    except (BotoCoreError, Boto3Error) as error:
        raise StorageError(f"S3 failed: {type(error).__name__}") from error
