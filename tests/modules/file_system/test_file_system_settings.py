"""What the settings of a file system and of its doors refuse."""

from typing import Any

import pytest
from pydantic import ValidationError

from modules.file_system.settings import AccessPointSettings, FileSystemSettings
from modules.mistakes import mistakes_in
from modules.settings import Settings

MEDIA = AccessPointSettings(path="/media", user_id=1000, group_id=1001)

REFUSED: list[tuple[type[Settings], dict[str, object], str]] = [
    (
        FileSystemSettings,
        {"infrequent_after_days": 31},
        "infrequent_after_days must be one of 1, 7, 14, 30, 60, 90, 180, 270, 365, got 31",
    ),
    (
        FileSystemSettings,
        {"archive_after_days": 30},
        "archive_after_days must be more than infrequent_after_days, 30, got 30",
    ),
    (
        FileSystemSettings,
        {"throughput": "bursting", "archive_after_days": 90},
        "archive_after_days must be None unless throughput is elastic, got 90",
    ),
    (
        AccessPointSettings,
        {"path": "/"},
        "path must be a path of one to four folders below /, of at most 100 characters, got '/'",
    ),
    (
        AccessPointSettings,
        {"path": "/a/b/c/d/e"},
        "path must be a path of one to four folders below /, of at most 100 characters, got '/a/b/c/d/e'",
    ),
    (
        AccessPointSettings,
        {"path": "/a/.."},
        "path must be a path of one to four folders below /, of at most 100 characters, got '/a/..'",
    ),
    (AccessPointSettings, {"user_id": 0}, "user_id must be a whole number between 1 and 4294967295, got 0"),
    (AccessPointSettings, {"group_id": 0}, "group_id must be a whole number between 1 and 4294967295, got 0"),
    (
        AccessPointSettings,
        {"permissions": "0750"},
        "permissions must be three octal digits, such as 750, got '0750'",
    ),
]


@pytest.mark.parametrize(("kind", "settings", "message"), REFUSED)
def test_refused(kind: type[Settings], settings: dict[str, Any], message: str) -> None:
    """Each rule of EFS that a plan cannot see is a mistake in the file."""
    needed = dict(MEDIA) if kind is AccessPointSettings else {}
    with pytest.raises(ValidationError) as caught:
        kind(**(needed | settings))

    assert [message] == [f"{one.path} {one.text}" for one in mistakes_in(caught.value, kind)]


def test_archive_alone() -> None:
    """Files may go to the cheapest class at once."""
    FileSystemSettings(infrequent_after_days=None, archive_after_days=7)
