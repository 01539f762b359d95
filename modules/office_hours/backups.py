"""Whether a database that is off at night is on when RDS backs it up."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from modules.database.windows import backup_minutes
from modules.office_hours.settings import OfficeHoursSettings
from modules.office_hours.week import minutes
from modules.settings import mistake

_DAY_MIN = 24 * 60
_SOME_YEAR = 2026


def check_backups_run(window: str, hours: OfficeHoursSettings) -> None:
    """
    Refuse a daily window that is not inside of the hours, in summer and in winter.

    RDS backs up no instance that is stopped (RDS User Guide, "Backup retention period"), and says nothing about it.
    Where Python knows no such time zone nothing is checked: some systems have no list of them.

    :param window: such as `16:00-17:00`, in UTC
    :raises PydanticCustomError: it begins before they open or ends after they close, at least for a part of the year
    """
    start, length = backup_minutes(window)
    for offset in sorted(_offsets(hours.time_zone)):
        begins = (start + offset) % _DAY_MIN
        if begins < minutes(hours.opens) or begins + length > minutes(hours.closes):
            raise mistake(
                f"must have a backup_window_utc between {hours.opens} and {hours.closes} in {hours.time_zone}, all "
                f"year: {window} begins there at {begins // 60:02}:{begins % 60:02}"
            )


def _offsets(time_zone: str) -> set[int]:
    """Give by how many minutes the zone is ahead of UTC, in the months of a year."""
    try:
        zone = ZoneInfo(time_zone)
    except ZoneInfoNotFoundError:
        return set()
    ahead = [datetime(_SOME_YEAR, month, 1, tzinfo=UTC).astimezone(zone).utcoffset() for month in range(1, 13)]
    return {int(offset.total_seconds()) // 60 for offset in ahead if offset is not None}
