"""
Where an asset lies in the bucket: `<user_id>/<kind>/<name>`.

Ids and names are lists of allowed characters, not of forbidden ones: without dots, slashes, percent signs and
anything beyond ASCII there is nothing left that a URL, a shell or a path could read as leading elsewhere.
"""

import re
from enum import StrEnum

DEFAULT_USER_ID = "test"
"""Whose assets these are until users sign in; then the id is Cognito's `sub`, a UUID."""

_USER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}(\.[a-z0-9]+)")


class Kind(StrEnum):
    """The kinds of assets, which are also their folders."""

    IMAGES = "images"
    AUDIO = "audio"
    VIDEOS = "videos"


CONTENT_TYPES: dict[Kind, dict[str, str]] = {
    Kind.IMAGES: {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp"},
    Kind.AUDIO: {".mp3": "audio/mpeg", ".wav": "audio/wav"},
    Kind.VIDEOS: {".mp4": "video/mp4"},
}
"""What may be stored, by kind and file suffix: nothing that a browser would run."""


class InvalidKeyError(ValueError):
    """A user id, kind, name or key that is not allowed; the message is one line that says what is."""


def get_user_prefix(user_id: str = DEFAULT_USER_ID) -> str:
    """
    Build the prefix of everything that belongs to one user: `<user_id>/`.

    :raises InvalidKeyError: the id is not 1 to 64 ASCII letters, digits, `-` or `_`, starting with a letter or digit
    """
    if not _USER_ID.fullmatch(user_id):
        raise InvalidKeyError(f"user id {user_id[:80]!r}: must be 1 to 64 letters, digits, '-' or '_'")
    return f"{user_id}/"


def asset_key(user_id: str, kind: str, name: str) -> str:
    """
    Build the key of one asset.

    :raises InvalidKeyError: a part is not allowed
    """
    prefix = get_user_prefix(user_id)
    if kind not in CONTENT_TYPES:
        raise InvalidKeyError(f"kind {kind[:80]!r}: must be one of {', '.join(Kind)}")
    suffixes = CONTENT_TYPES[Kind(kind)]
    match = _NAME.fullmatch(name)
    if match is None or match[1] not in suffixes:
        allowed = ", ".join(suffixes)
        raise InvalidKeyError(f"name {name[:80]!r}: must be up to 100 letters, digits, '-' or '_', then {allowed}")
    return f"{prefix}{kind}/{name}"


def content_type(s3_key: str) -> str:
    """
    Tell the content type of a key, and so check it.

    :raises InvalidKeyError: `asset_key` would not have built this key
    """
    parts = s3_key.split("/")
    if len(parts) != 3:
        raise InvalidKeyError(f"key {s3_key[:80]!r}: must be <user_id>/<kind>/<name>")
    asset_key(*parts)
    _, kind, name = parts
    return CONTENT_TYPES[Kind(kind)]["." + name.rpartition(".")[2]]
