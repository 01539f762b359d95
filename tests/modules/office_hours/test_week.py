"""Times of the week."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from modules.office_hours.week import EVERY_DAY, WORKING_DAYS, Days, TimeOfDay, TimeZone, cron, minutes, shifted


@pytest.mark.parametrize(
    ("days", "time", "expected"),
    [
        (EVERY_DAY, "20:00", "cron(0 20 ? * * *)"),
        (WORKING_DAYS, "07:05", "cron(5 7 ? * MON,TUE,WED,THU,FRI *)"),
        (["SUN", "SAT"], "00:59", "cron(59 0 ? * SAT,SUN *)"),
    ],
)
def test_cron(days: list[Any], time: str, expected: str) -> None:
    """Six fields, without leading zeros, the days in the order of the week."""
    assert expected == cron(days, time)


@pytest.mark.parametrize(("time", "expected"), [("00:00", 0), ("07:30", 450), ("23:59", 1439)])
def test_minutes(time: str, expected: int) -> None:
    """Minutes are counted from midnight."""
    assert expected == minutes(time)


@pytest.mark.parametrize(
    ("time", "by_min", "expected"),
    [("07:10", -15, "06:55"), ("20:50", 15, "21:05"), ("00:20", -20, "00:00"), ("23:39", 20, "23:59")],
)
def test_shifted(time: str, by_min: int, expected: str) -> None:
    """A time is moved in both directions, up to the ends of its day."""
    assert expected == shifted(time, by_min)


@pytest.mark.parametrize(("time", "by_min"), [("00:10", -11), ("23:50", 10)])
def test_shifted_to_another_day(time: str, by_min: int) -> None:
    """The day before is another day of the week, so that a schedule would be wrong."""
    with pytest.raises(ValueError, match="another day"):
        shifted(time, by_min)


@pytest.mark.parametrize(
    ("type_", "value", "valid"),
    [
        (TimeOfDay, "00:00", True),
        (TimeOfDay, "23:59", True),
        (TimeOfDay, "24:00", False),
        (TimeOfDay, "7:30", False),
        (TimeOfDay, "07:60", False),
        (TimeZone, "UTC", True),
        (TimeZone, "America/New_York", True),
        (TimeZone, "America/Argentina/Buenos_Aires", True),
        (TimeZone, "EST5EDT", False),
        (TimeZone, "new york", False),
        (Days, ["MON"], True),
        (Days, [], False),
        (Days, ["MON", "MON"], False),
        (Days, ["Monday"], False),
    ],
)
def test_types(type_: Any, value: object, valid: bool) -> None:  # noqa: ANN401 types and a row of the table
    """What settings may say."""
    try:
        TypeAdapter(type_).validate_python(value)
    except ValidationError:
        assert not valid
    else:
        assert valid
