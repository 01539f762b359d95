"""Backup and maintenance: what a window may be, and when the two meet."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from modules.database.windows import (
    BackupWindow,
    CacheBackupWindow,
    CacheMaintenanceWindow,
    MaintenanceWindow,
    windows_meet,
)


@pytest.mark.parametrize(
    ("backup", "maintenance", "meet"),
    [
        ("02:00-03:00", "sun:04:00-sun:05:00", False),
        ("02:00-03:00", "sun:03:00-sun:04:00", False),
        ("03:00-04:00", "sun:02:00-sun:03:00", False),
        ("02:00-03:00", "sun:02:30-sun:03:30", True),
        ("02:00-03:00", "sun:01:30-sun:02:01", True),
        ("02:00-05:00", "wed:03:00-wed:03:30", True),
        ("03:00-03:30", "wed:02:00-wed:05:00", True),
        ("23:30-00:30", "mon:00:00-mon:01:00", True),
        ("00:00-00:30", "sun:23:00-mon:00:15", True),
        ("12:00-12:30", "sun:23:00-mon:00:15", False),
    ],
)
def test_windows_meet(backup: str, maintenance: str, meet: bool) -> None:
    """Also over midnight, and over the end of the week; windows that only touch do not meet."""
    assert meet is windows_meet(backup, maintenance)


@pytest.mark.parametrize(
    ("type_", "shortest", "too_short"),
    [
        (BackupWindow, "02:00-02:30", "02:00-02:29"),
        (BackupWindow, "23:45-00:15", "23:45-00:14"),
        (MaintenanceWindow, "sun:23:45-mon:00:15", "sun:23:45-mon:00:14"),
        (CacheBackupWindow, "02:00-03:00", "02:00-02:59"),
        (CacheMaintenanceWindow, "sun:04:00-sun:05:00", "sun:04:00-sun:04:59"),
    ],
)
def test_shortest(type_: Any, shortest: str, too_short: str) -> None:  # noqa: ANN401 an annotated type
    """RDS wants half an hour, ElastiCache an hour."""
    adapter = TypeAdapter[str](type_)

    assert shortest == adapter.validate_python(shortest)
    with pytest.raises(ValidationError, match=r"must be at least (30|60) minutes"):
        adapter.validate_python(too_short)


@pytest.mark.parametrize("window", ["2-3", "24:00-01:00", "02:00-03:60", "02:00-03:00 "])
def test_no_backup_window(window: str) -> None:
    """What is no time of a day is none here."""
    with pytest.raises(ValidationError, match="must be hh:mm-hh:mm in UTC"):
        TypeAdapter[str](BackupWindow).validate_python(window)


@pytest.mark.parametrize("window", ["Sun:04:00-Sun:05:00", "04:00-05:00", "day:04:00-day:05:00"])
def test_no_maintenance_window(window: str) -> None:
    """Days are written as the provider does."""
    with pytest.raises(ValidationError, match="must be ddd:hh:mm-ddd:hh:mm in UTC and small letters"):
        TypeAdapter[str](MaintenanceWindow).validate_python(window)


def test_a_day_is_too_long() -> None:
    """A maintenance window ends before a day is over."""
    with pytest.raises(ValidationError, match="less than a day"):
        TypeAdapter[str](MaintenanceWindow).validate_python("sun:04:00-mon:04:00")
