"""
When AWS works on what holds data: the daily backup window and the weekly maintenance window, in UTC.

RDS wants at least 30 minutes of each (CreateDBInstance and CreateDBCluster, PreferredBackupWindow and
PreferredMaintenanceWindow), ElastiCache 60 (CreateReplicationGroup, SnapshotWindow and PreferredMaintenanceWindow). The
two must not meet. The provider writes days in small letters.
"""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from modules.settings import mistake

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_MIN = 24 * 60
_WEEK_MIN = 7 * _DAY_MIN
_RDS_SHORTEST_MIN = 30
_CACHE_SHORTEST_MIN = 60
_TIME = r"([01][0-9]|2[0-3]):([0-5][0-9])"
_BACKUP = re.compile(rf"{_TIME}-{_TIME}")
_MAINTENANCE = re.compile(rf"({'|'.join(_DAYS)}):{_TIME}-({'|'.join(_DAYS)}):{_TIME}")


def _check_backup(window: str, shortest_min: int) -> str:
    if _BACKUP.fullmatch(window) is None:
        raise mistake("must be hh:mm-hh:mm in UTC, such as 02:00-03:00")
    if backup_minutes(window)[1] < shortest_min:
        raise mistake(f"must be at least {shortest_min} minutes long")
    return window


def _check_maintenance(window: str, shortest_min: int) -> str:
    if _MAINTENANCE.fullmatch(window) is None:
        raise mistake("must be ddd:hh:mm-ddd:hh:mm in UTC and small letters, such as sun:04:00-sun:05:00")
    if not shortest_min <= _maintenance(window)[1] < _DAY_MIN:
        raise mistake(f"must be at least {shortest_min} minutes and less than a day long")
    return window


_DAILY = Field(description="a daily window, hh:mm-hh:mm in UTC")
_WEEKLY = Field(description="a weekly window, ddd:hh:mm-ddd:hh:mm in UTC")

BackupWindow = Annotated[str, AfterValidator(lambda window: _check_backup(window, _RDS_SHORTEST_MIN)), _DAILY]
MaintenanceWindow = Annotated[
    str, AfterValidator(lambda window: _check_maintenance(window, _RDS_SHORTEST_MIN)), _WEEKLY
]
CacheBackupWindow = Annotated[str, AfterValidator(lambda window: _check_backup(window, _CACHE_SHORTEST_MIN)), _DAILY]
CacheMaintenanceWindow = Annotated[
    str, AfterValidator(lambda window: _check_maintenance(window, _CACHE_SHORTEST_MIN)), _WEEKLY
]


def check_apart(backup: str | None, maintenance: str, *, backup_setting: str) -> str:
    """
    Let a maintenance window pass that no backup runs in.

    :param backup: None when it has a mistake of its own
    :param backup_setting: what the setting of the backup window is called
    :raises PydanticCustomError: the two meet
    """
    if backup is not None and windows_meet(backup, maintenance):
        raise mistake(f"must not meet {backup_setting}, {backup}")
    return maintenance


def windows_meet(backup: str, maintenance: str) -> bool:
    """
    Say whether a backup would run during the maintenance window.

    >>> windows_meet("02:00-03:00", "sun:02:30-sun:03:30")
    True
    """
    daily_start, daily_length = backup_minutes(backup)
    start, length = _maintenance(maintenance)
    for day in range(len(_DAYS)):
        until_backup = (day * _DAY_MIN + daily_start - start) % _WEEK_MIN
        if until_backup < length or _WEEK_MIN - until_backup < daily_length:
            return True
    return False


def backup_minutes(window: str) -> tuple[int, int]:
    """
    Give the first minute of the day and the length in minutes.

    >>> backup_minutes("23:30-00:30")
    (1410, 60)
    """
    start, end = (_minutes(*time.split(":")) for time in window.split("-"))
    return start, (end - start) % _DAY_MIN


def _maintenance(window: str) -> tuple[int, int]:
    """Give the first minute of the week and the length in minutes."""
    start, end = (
        _DAYS.index(day) * _DAY_MIN + _minutes(hour, minute)
        for day, hour, minute in (moment.split(":") for moment in window.split("-"))
    )
    return start, (end - start) % _WEEK_MIN


def _minutes(hour: str, minute: str) -> int:
    return int(hour) * 60 + int(minute)
