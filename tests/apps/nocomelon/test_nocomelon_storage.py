"""The assets bucket, on an emulated S3."""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
import urllib3
from moto.server import ThreadedMotoServer
from nocomelon.config import Settings
from nocomelon.keys import InvalidKeyError
from nocomelon.storage import AssetNotFoundError, Storage, StorageError

BUCKET = "assets"
KEY = "test/images/cat.png"
OUTSIDE = "test/../other/images/cat.png"


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """Write something to upload."""
    path = tmp_path / "picture"
    path.write_bytes(b"a picture")
    return path


@pytest.fixture
def s3_on_loopback(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Serve an S3 on a free loopback port, named as any local AWS is: by AWS_ENDPOINT_URL."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    try:
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket=BUCKET)
        yield
    finally:
        server.stop()


def test_download_brings_what_was_uploaded(storage: Storage, picture: Path, tmp_path: Path) -> None:
    """The bytes come back as they went."""
    storage.upload_file(picture, KEY)
    storage.download_file(KEY, tmp_path / "copy")
    expected = b"a picture"

    assert expected == (tmp_path / "copy").read_bytes()


def test_upload_sets_the_content_type(storage: Storage, picture: Path) -> None:
    """A browser that follows a link is told what the object is."""
    storage.upload_file(picture, KEY)
    expected = "image/png"

    assert expected == boto3.client("s3", region_name="us-east-1").head_object(Bucket=BUCKET, Key=KEY)["ContentType"]


def test_download_of_nothing_is_not_found(storage: Storage, tmp_path: Path) -> None:
    """A key without an object is named in the error."""
    with pytest.raises(AssetNotFoundError, match=KEY):
        storage.download_file(KEY, tmp_path / "copy")


def test_check_of_nothing_is_not_found(storage: Storage) -> None:
    """A link can be refused before it is given out."""
    with pytest.raises(AssetNotFoundError):
        storage.check_exists(KEY)


def test_broken_download_leaves_the_old_file(
    storage: Storage, picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the connection breaks in the middle, the file is what it was and nothing lies beside it."""
    storage.upload_file(picture, KEY)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "copy").write_bytes(b"old")

    def break_off(*_: object, **__: object) -> bytes:
        raise OSError("connection lost")

    monkeypatch.setattr("botocore.response.StreamingBody.read", break_off)
    with pytest.raises(OSError, match="connection lost"):
        storage.download_file(KEY, folder / "copy")

    assert {"copy": b"old"} == {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.mark.parametrize(
    "method",
    [
        lambda storage: storage.upload_file(Path("unread"), OUTSIDE),
        lambda storage: storage.download_file(OUTSIDE, Path("unwritten")),
        lambda storage: storage.check_exists(OUTSIDE),
        lambda storage: storage.generate_presigned_url(OUTSIDE),
    ],
    ids=["upload", "download", "check", "presign"],
)
def test_key_outside_a_prefix_is_refused(storage: Storage, method: Callable[[Storage], None]) -> None:
    """No method of the storage takes a key that leads out of a user's prefix."""
    with pytest.raises(InvalidKeyError):
        method(storage)


@pytest.mark.usefixtures("bucket")
def test_missing_bucket_is_one_line(picture: Path) -> None:
    """What S3 answers is told in one line."""
    with pytest.raises(StorageError, match=r"^S3"):
        Storage(Settings(s3_bucket_name="another")).upload_file(picture, KEY)


def test_missing_credentials_are_one_line(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without credentials there is no link, and no traceback from deep inside boto3."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it remembers the credentials of the test before
    with pytest.raises(StorageError, match="NoCredentials"):
        Storage(settings).generate_presigned_url(KEY)


def test_url_names_the_bucket_and_its_region() -> None:
    """Outside us-east-1 the global host would answer with a redirect, which the signature does not survive."""
    settings = Settings(s3_bucket_name=BUCKET, aws_region="eu-central-1")
    expected = f"https://{BUCKET}.s3.eu-central-1.amazonaws.com/{KEY}"

    assert expected == Storage(settings).generate_presigned_url(KEY).partition("?")[0]


def test_url_ends_when_the_settings_say() -> None:
    """A link is signed with version 4 for the configured number of seconds."""
    settings = Settings(s3_bucket_name=BUCKET, presigned_url_seconds=60)
    query = parse_qs(urlsplit(Storage(settings).generate_presigned_url(KEY)).query)

    assert (["60"], ["AWS4-HMAC-SHA256"]) == (query["X-Amz-Expires"], query["X-Amz-Algorithm"])


@pytest.mark.usefixtures("s3_on_loopback")
def test_url_can_be_followed(picture: Path, settings: Settings) -> None:
    """A plain GET of the link brings the bytes and their type."""
    storage = Storage(settings)
    storage.upload_file(picture, KEY)
    answer = urllib3.request("GET", storage.generate_presigned_url(KEY))

    assert (200, b"a picture", "image/png") == (answer.status, answer.data, answer.headers["content-type"])
