"""Keys: nothing that a user types leads out of the user's prefix."""

import posixpath
from urllib.parse import unquote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from nocomelon.keys import InvalidKeyError, asset_key, content_type, get_user_prefix

HOSTILE = [
    "",
    ".",
    "..",
    ".hidden",
    "a.b",
    "../test",
    "test/../other",
    "test/",
    "/test",
    "test\\other",
    "test\n",
    "test\x00",
    "te st",
    "%2e%2e",
    "..%2f",
    "te\u0455t",
    "\uff0e\uff0e",
    "\u2025",
    "te\u200bst",
    "\u0661",
    "-test",
    "a" * 65,
]
NAME = "cat.png"

anything = st.text() | st.text(alphabet="./\\%2ef\x00-_aZ9\n\uff0e\u2215") | st.from_regex(r"[A-Za-z0-9._-]{1,70}")


def test_prefix_of_the_default_user() -> None:
    """Until users sign in, all assets belong to `test`."""
    expected = "test/"

    assert expected == get_user_prefix()


def test_prefix_of_a_cognito_user() -> None:
    """A Cognito `sub` is an allowed user id."""
    sub = "9f1c2f6e-5c5e-4c3b-8f3e-0a1b2c3d4e5f"
    expected = f"{sub}/"

    assert expected == get_user_prefix(sub)


@pytest.mark.parametrize("user_id", HOSTILE)
def test_hostile_user_id_is_refused(user_id: str) -> None:
    """A user id that could lead elsewhere is refused."""
    with pytest.raises(InvalidKeyError):
        get_user_prefix(user_id)


@pytest.mark.parametrize("stem", HOSTILE)
def test_hostile_name_is_refused(stem: str) -> None:
    """A file name that could lead elsewhere is refused, whatever its suffix."""
    if len(stem) == 65:
        stem *= 2
    with pytest.raises(InvalidKeyError):
        asset_key("test", "images", f"{stem}.png")


@pytest.mark.parametrize(
    "name", ["cat", "cat.exe", "cat.html", "cat.svg", "cat.PNG", "cat.png\n", "cat.png.html", ".png"]
)
def test_other_suffix_is_refused(name: str) -> None:
    """A name without a suffix of its kind is refused."""
    with pytest.raises(InvalidKeyError):
        asset_key("test", "images", name)


@pytest.mark.parametrize("kind", ["", "image", "IMAGES", "..", "images/x"])
def test_other_kind_is_refused(kind: str) -> None:
    """Only the three kinds have a folder."""
    with pytest.raises(InvalidKeyError):
        asset_key("test", kind, NAME)


def test_key_of_an_asset() -> None:
    """A key is user, kind and name."""
    expected = "test/audio/song_1.mp3"

    assert expected == asset_key("test", "audio", "song_1.mp3")


@pytest.mark.parametrize(
    ("key", "expected"),
    [("u/images/a.jpeg", "image/jpeg"), ("u/audio/a.mp3", "audio/mpeg"), ("u/videos/a.mp4", "video/mp4")],
)
def test_content_type_follows_the_suffix(key: str, expected: str) -> None:
    """What S3 is told about an object depends on its key alone."""
    assert expected == content_type(key)


@pytest.mark.parametrize(
    "key", ["", NAME, f"test/{NAME}", f"/test/images/{NAME}", f"test/images/../{NAME}", f"test//{NAME}", "a/b/c/d.png"]
)
def test_key_of_another_shape_is_refused(key: str) -> None:
    """A key that `asset_key` would not build has no content type."""
    with pytest.raises(InvalidKeyError):
        content_type(key)


@given(user_id=anything)
@example(user_id="..")
@example(user_id="test")
@settings(max_examples=1000, deadline=None)
def test_any_user_id_is_refused_or_stays_inside(user_id: str) -> None:
    """Whatever the user id, the key is refused or starts with it, also after decoding and normalising."""
    try:
        key = asset_key(user_id, "images", NAME)
    except InvalidKeyError:
        return
    expected = f"{user_id}/images/{NAME}"

    assert (expected, expected) == (key, posixpath.normpath(unquote(key)))


@given(name=anything.map(lambda text: f"{text}.png") | anything)
@example(name=NAME)
@example(name="../../other/images/cat.png")
@settings(max_examples=1000, deadline=None)
def test_any_name_is_refused_or_stays_inside(name: str) -> None:
    """Whatever the name, the key is refused or lies directly in the user's folder of that kind."""
    try:
        key = asset_key("test", "images", name)
    except InvalidKeyError:
        return

    assert ("test/images", name) == posixpath.split(posixpath.normpath(unquote(key)))
