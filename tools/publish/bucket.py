"""The site's bucket: what is in it, and each way to change it."""

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, BinaryIO

from botocore.exceptions import ClientError

from tools.errors import InfraError
from tools.publish.files import LocalFile
from tools.release.looking import code_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

STAGING = ".publish/"
"""
Where files lie before they are put in place, and what they replace, each below a name that nobody can guess.

CloudFront would serve them, as it serves all of the bucket. That does no harm: they are what it serves a moment later
or a moment before. No published file can be there, because names that begin with a dot are not published.
"""

_SHA256 = "sha256"
_RETIRED = "retired"
"""Keys of an object's metadata. The hash is stored, because an ETag is no hash of an object that was sent in parts or
is encrypted with KMS (S3 API, "Object": ETag), and S3's own checksum of parts is none of the whole."""

_HEADERS = ("ContentType", "CacheControl", "ContentEncoding", "ContentDisposition", "ContentLanguage", "Expires")
"""What an object says of itself to whoever gets it: lost in a copy that replaces metadata, unless it is named again
(S3 API, CopyObject: x-amz-metadata-directive)."""

_CHANGED_CODES = {"BadDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch", "IncompleteBody"}
_MISSING_CODES = {"404", "NoSuchKey", "NotFound"}


@dataclass(frozen=True, kw_only=True)
class Remote:
    """One object, as it is served."""

    key: str
    sha256: str | None
    """None when somebody else than this command made it."""

    headers: dict[str, Any] = field(default_factory=dict)
    """Those of `_HEADERS` that it has."""

    metadata: dict[str, str] = field(default_factory=dict)

    @property
    def content_type(self) -> str:
        """What it is."""
        return str(self.headers.get("ContentType", ""))

    @property
    def cache_control(self) -> str:
        """How long it is kept."""
        return str(self.headers.get("CacheControl", ""))

    @property
    def retired(self) -> datetime | None:
        """When a build did not have it any more for the first time."""
        try:
            return datetime.fromisoformat(self.metadata.get(_RETIRED, "")).astimezone(UTC)
        except ValueError:
            return None


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """One bucket; all threads may use it."""

    s3: "S3Client"
    name: str

    def list_keys(self) -> list[str]:
        """List all objects."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        return [one["Key"] for page in pages for one in page.get("Contents", [])]

    def look(self, key: str) -> Remote | None:
        """Look at an object; None when there is none."""
        try:
            found: Any = self.s3.head_object(Bucket=self.name, Key=key)
        except ClientError as error:
            if code_of(error) in _MISSING_CODES:
                return None
            raise
        metadata = found.get("Metadata", {})
        return Remote(
            key=key,
            sha256=metadata.get(_SHA256),
            headers={name: found[name] for name in _HEADERS if name in found},
            metadata=dict(metadata),
        )

    def send(self, file: LocalFile, key: str, told: "Callable[[int], None]", check: Callable[[], None]) -> None:
        """
        Send a file; S3 refuses it when its bytes are not those that were hashed.

        :param told: gets how many more bytes were sent
        :param check: raises what is to end it
        :raises InfraError: the file has changed since it was hashed
        """
        try:
            with file.path.open("rb") as opened:
                body: Any = _Body(opened, told, check)
                self.s3.put_object(
                    Bucket=self.name,
                    Key=key,
                    Body=body,
                    ChecksumSHA256=base64.b64encode(bytes.fromhex(file.sha256)).decode(),
                    ContentType=file.content_type,
                    CacheControl=file.cache_control,
                    Metadata={_SHA256: file.sha256},
                )
        except OSError as error:
            raise InfraError(f"{file.path} cannot be read: {error}") from None
        except ClientError as error:
            if code_of(error) in _CHANGED_CODES:
                raise InfraError(f"{file.path} has changed while it was being published: publish again") from None
            raise

    def copy(self, source: str, key: str) -> None:
        """Copy an object with all that belongs to it, within S3."""
        self.s3.copy_object(Bucket=self.name, Key=key, CopySource={"Bucket": self.name, "Key": source})

    def retire(self, remote: Remote, now: datetime) -> None:
        """Note in an object that a build does not have it any more. S3 changes metadata by a copy onto itself only."""
        self.s3.copy_object(
            Bucket=self.name,
            Key=remote.key,
            CopySource={"Bucket": self.name, "Key": remote.key},
            MetadataDirective="REPLACE",
            Metadata=remote.metadata | {_RETIRED: now.isoformat(timespec="seconds")},
            **remote.headers,
        )

    def delete(self, key: str) -> None:
        """Delete an object; it is no error when there is none."""
        self.s3.delete_object(Bucket=self.name, Key=key)


class _Body(io.RawIOBase):
    """A file that tells how much of it was read, and stops being read when it is to end."""

    def __init__(self, file: BinaryIO, told: "Callable[[int], None]", check: Callable[[], None]) -> None:
        self._file = file
        self._told = told
        self._check = check
        self._counted = 0

    def read(self, size: int = -1, /) -> bytes:
        self._check()
        data = self._file.read(size)
        self._count(self._counted + len(data))
        return data

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go elsewhere: what lies before it has been sent, what lies behind it has not."""
        position = self._file.seek(offset, whence)
        self._count(min(self._counted, position))
        return position

    def tell(self) -> int:
        return self._file.tell()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def _count(self, position: int) -> None:
        self._told(position - self._counted)
        self._counted = position
