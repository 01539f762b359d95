"""The HTTP interface, with an emulated S3 and a fake FFmpeg behind it."""

import re
import threading
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from nocomelon import __version__
from nocomelon.api import create_app
from nocomelon.config import Settings

from tests.apps.nocomelon.conftest import write_program

IMAGES = "/users/test/images"
ORDER = {"image": "cat.png", "audio": "song.mp3"}


def form(name: str = "cat.png", kind: str = "image/png", data: bytes = b"data") -> dict[str, tuple[str, bytes, str]]:
    """Fill in an upload form."""
    return {"file": (name, data, kind)}


@pytest.fixture
def stocked(client: TestClient) -> TestClient:
    """Hold an image and a sound of the user `test`."""
    client.post(IMAGES, files=form())
    client.post("/users/test/audio", files=form("song.mp3", "audio/mpeg"))
    return client


def test_health_needs_no_aws(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The health check answers although nothing answers at the S3 endpoint."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    answer = TestClient(create_app(settings)).get("/health")

    assert (200, {"status": "ok", "version": __version__}) == (answer.status_code, answer.json())


def test_upload_answers_with_the_key(client: TestClient) -> None:
    """An upload is created under the user's prefix."""
    answer = client.post(IMAGES, files=form())

    assert (201, "test/images/cat.png") == (answer.status_code, answer.json()["key"])


def test_uploaded_asset_has_a_link(stocked: TestClient) -> None:
    """Reading an asset gives its key and a signed link to it."""
    answer = stocked.get("/users/test/audio/song.mp3").json()

    assert ("test/audio/song.mp3", True) == (answer["key"], "/test/audio/song.mp3?" in answer["url"])


def test_missing_asset_is_404(client: TestClient) -> None:
    """There is no link to what is not there."""
    answer = client.get("/users/test/images/cat.png")

    assert (404, {"detail": "no asset test/images/cat.png"}) == (answer.status_code, answer.json())


def test_asset_of_another_user_is_404(stocked: TestClient) -> None:
    """The same name in another user's prefix is another asset."""
    assert 404 == stocked.get("/users/other/images/cat.png").status_code


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("cat.png", "text/html"),
        ("cat.png", "audio/mpeg"),
        ("cat.jpg", "image/png"),
        ("cat.html", "image/png"),
        (".png", "image/png"),
        ("cat.svg", "image/svg+xml"),
    ],
)
def test_other_content_type_is_415(client: TestClient, name: str, kind: str) -> None:
    """The declared type must be the one of the suffix, and the suffix one of the kind's."""
    assert 415 == client.post(IMAGES, files=form(name, kind)).status_code


def test_unknown_kind_is_422(client: TestClient) -> None:
    """There are three kinds."""
    assert 422 == client.post("/users/test/secrets", files=form()).status_code


@pytest.mark.parametrize("user_id", ["..%2e", ".hidden", "a%5Cb", "a%00b", "te%D1%95t"])
def test_hostile_user_id_is_422(client: TestClient, user_id: str) -> None:
    """A user id that could lead elsewhere never reaches S3."""
    assert 422 == client.post(f"/users/{user_id}/images", files=form()).status_code


@pytest.mark.parametrize("name", ["../cat.png", "a/b.png", "a\\b.png", "my cat.png"])
def test_hostile_name_is_422(client: TestClient, name: str) -> None:
    """A file name is refused, never cleaned into another one."""
    assert 422 == client.post(IMAGES, files=form(name)).status_code


def test_large_upload_is_413(client: TestClient) -> None:
    """A body over the limit is refused by its length."""
    assert 413 == client.post(IMAGES, files=form(data=bytes(1024**2 + 1))).status_code


def test_large_upload_of_unknown_length_is_413(client: TestClient) -> None:
    """A body over the limit is refused while it arrives, when it does not tell its length."""
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n'
    answer = client.post(
        IMAGES,
        content=iter([head, *[bytes(65536)] * 17, b"\r\n--x--\r\n"]),
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )

    assert 413 == answer.status_code


def test_upload_within_the_limit_is_stored(client: TestClient) -> None:
    """A body just under the limit passes."""
    assert 201 == client.post(IMAGES, files=form(data=bytes(1024**2 - 1024))).status_code


def test_storage_failure_is_502(environment: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    """When S3 is away, the caller gets one line."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    answer = TestClient(create_app(settings)).get("/users/test/images/cat.png")

    assert (502, {"detail": "S3 failed: EndpointConnectionError"}) == (answer.status_code, answer.json())


def test_render_answers_with_a_new_video(stocked: TestClient) -> None:
    """A rendered video lies in the user's videos, under a name nobody chose."""
    answer = stocked.post("/users/test/videos/render", json=ORDER)

    assert (201, True) == (
        answer.status_code,
        bool(re.fullmatch(r"test/videos/[0-9a-f]{32}\.mp4", answer.json()["key"])),
    )


def test_rendered_video_can_be_read(stocked: TestClient) -> None:
    """The answer's key names a stored asset."""
    key = stocked.post("/users/test/videos/render", json=ORDER).json()["key"]

    assert 200 == stocked.get(f"/users/{key}").status_code


def test_render_of_a_missing_image_is_404(client: TestClient) -> None:
    """A video needs both assets."""
    answer = client.post("/users/test/videos/render", json=ORDER)

    assert (404, {"detail": "no asset test/images/cat.png"}) == (answer.status_code, answer.json())


def test_render_takes_only_the_users_own_assets(stocked: TestClient) -> None:
    """A name cannot point into another user's prefix."""
    answer = stocked.post("/users/other/videos/render", json={**ORDER, "image": "../../test/images/cat.png"})

    assert 422 == answer.status_code


def test_render_that_fails_is_422(stocked: TestClient, fake_ffmpeg: Path) -> None:
    """What FFmpeg does not accept is the caller's to mend, and the reason is one line."""
    write_program(fake_ffmpeg.parent, "echo 'image.png: bad data' >&2; exit 1")
    answer = stocked.post("/users/test/videos/render", json=ORDER)

    assert (422, {"detail": "FFmpeg failed: image.png: bad data"}) == (answer.status_code, answer.json())


def test_second_render_at_a_time_is_503(stocked: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one video is made, the next caller is asked to come back."""
    busy = threading.Lock()
    busy.acquire()
    monkeypatch.setattr("nocomelon.api._one_render", busy)
    answer = stocked.post("/users/test/videos/render", json=ORDER)

    assert (503, "10") == (answer.status_code, answer.headers["retry-after"])


def test_render_can_be_asked_for_again_after_a_failure(client: TestClient) -> None:
    """A failed render does not block the next one."""
    client.post("/users/test/videos/render", json=ORDER)

    assert 404 == client.post("/users/test/videos/render", json=ORDER).status_code
