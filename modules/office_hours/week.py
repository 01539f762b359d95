"""Times of the week, as settings say them and as AWS's schedules take them."""

from collections.abc import Sequence
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field, StringConstraints

from modules.settings import mistake

Day = Literal["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]
"""As cron expressions of AWS call them (EventBridge Scheduler User Guide, "Schedule types")."""

EVERY_DAY: list[Day] = list(get_args(Day))
WORKING_DAYS: list[Day] = EVERY_DAY[:5]

_DAY_MIN = 24 * 60


def _check_distinct(days: list[Day]) -> list[Day]:
    if len(set(days)) < len(days):
        raise mistake("must name each day once")
    return days


Days = Annotated[list[Day], Field(min_length=1), AfterValidator(_check_distinct)]

TimeOfDay = Annotated[
    str,
    StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$"),
    Field(description="a time between 00:00 and 23:59, such as 07:30"),
]

TimeZone = Annotated[
    str,
    StringConstraints(pattern=r"^(UTC|[A-Z][A-Za-z]+(/[A-Z][A-Za-z0-9_+-]+){1,2})$"),
    Field(description="a time zone of the IANA database, such as America/New_York or UTC"),
]
"""
Both Application Auto Scaling (PutScheduledAction) and EventBridge Scheduler (CreateSchedule) know these names, and
follow the zone's changes to summer time. Whether there is such a zone they say in the apply: no list is kept here.
"""


def minutes(time: str) -> int:
    """
    Count the minutes since midnight.

    >>> minutes("07:30")
    450
    """
    hour, minute = time.split(":")
    return 60 * int(hour) + int(minute)


def shifted(time: str, by_min: int) -> str:
    """
    Move a time within its day.

    >>> shifted("07:10", -15)
    '06:55'

    :raises ValueError: the day would be another one, on which other rules hold
    """
    moved = minutes(time) + by_min
    if not 0 <= moved < _DAY_MIN:
        raise ValueError(f"{time} {by_min:+} min is on another day")
    return f"{moved // 60:02}:{moved % 60:02}"


def cron(days: Sequence[Day], time: str) -> str:
    """
    Write a time on some days of each week, in the six fields that both schedulers take.

    >>> cron(["FRI", "MON"], "07:30")
    'cron(30 7 ? * MON,FRI *)'
    """
    hour, minute = time.split(":")
    named = [day for day in EVERY_DAY if day in days]
    on = "*" if named == EVERY_DAY else ",".join(named)
    return f"cron({int(minute)} {int(hour)} ? * {on} *)"
