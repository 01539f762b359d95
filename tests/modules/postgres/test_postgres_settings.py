"""What the settings of PostgreSQL refuse."""

from typing import Any

import pytest
from pydantic import ValidationError

from modules.mistakes import mistakes_in
from modules.postgres.settings import PostgresSettings

REFUSED: list[tuple[dict[str, object], str]] = [
    (
        {"engine_version": "17"},
        "engine_version must be an exact version of PostgreSQL, <major>.<minor>, such as 17.10, got '17'",
    ),
    (
        {"engine_version": "13.22"},
        "engine_version must be a version of 14 to 18, which RDS has in standard support, got '13.22'",
    ),
    (
        {"engine_version": "19.1"},
        "engine_version must be a version of 14 to 18, which RDS has in standard support, got '19.1'",
    ),
    (
        {"instance_class": "db.t3.nano"},
        "instance_class must have one of the sizes micro, small, medium, large, xlarge, 2xlarge in the family t3, "
        "got 'db.t3.nano'",
    ),
    ({"storage_gib": 19}, "storage_gib must be a whole number between 20 and 65536, got 19"),
    (
        {"storage_gib": 20, "max_storage_gib": 21},
        "max_storage_gib must be at least 22, 10 % more than storage_gib, got 21",
    ),
    (
        {"storage_gib": 25, "max_storage_gib": 27},
        "max_storage_gib must be at least 28, 10 % more than storage_gib, got 27",
    ),
    (
        {"database_name": "My-App"},
        "database_name must be a small letter and up to 62 small letters, digits and _, got 'My-App'",
    ),
    (
        {"master_user": "admin"},
        "master_user must be neither admin nor rdsadmin nor pg_…, which PostgreSQL and RDS keep for themselves, "
        "got 'admin'",
    ),
    (
        {"iam_user": "pg_app"},
        "iam_user must be neither admin nor rdsadmin nor pg_…, which PostgreSQL and RDS keep for themselves, "
        "got 'pg_app'",
    ),
    ({"backup_retention_days": 0}, "backup_retention_days must be a whole number between 1 and 35, got 0"),
    ({"backup_window_utc": "02:00-02:29"}, "backup_window_utc must be at least 30 minutes long, got '02:00-02:29'"),
    (
        {"maintenance_window_utc": "sun:02:30-sun:03:30"},
        "maintenance_window_utc must not meet backup_window_utc, 02:00-03:00, got 'sun:02:30-sun:03:30'",
    ),
    ({"log_slower_than_ms": 0}, "log_slower_than_ms must be a whole number between 1 and 3600000, got 0"),
]


@pytest.mark.parametrize(("settings", "message"), REFUSED)
def test_refused(settings: dict[str, Any], message: str) -> None:
    """Each rule of AWS that a plan cannot see is a mistake in the file."""
    with pytest.raises(ValidationError) as caught:
        PostgresSettings(**settings)

    assert [message] == [f"{one.path} {one.text}" for one in mistakes_in(caught.value, PostgresSettings)]


@pytest.mark.parametrize(
    "settings",
    [
        {"engine_version": "14.20"},
        {"engine_version": "18.4"},
        {"storage_gib": 20, "max_storage_gib": 22},
        {"storage_gib": 50_000, "max_storage_gib": 65_536},
        {"backup_window_utc": "23:30-00:30"},
    ],
)
def test_accepted(settings: dict[str, Any]) -> None:
    """The corners of what AWS allows."""
    PostgresSettings(**settings)
