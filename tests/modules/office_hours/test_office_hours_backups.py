"""A database that is off at night, and the window in which RDS backs it up."""

import pytest
from pydantic_core import PydanticCustomError

from modules.office_hours.backups import check_backups_run
from modules.office_hours.settings import OfficeHoursSettings


def hours(time_zone: str, opens: str = "07:00", closes: str = "20:00") -> OfficeHoursSettings:
    """Hours in a zone."""
    return OfficeHoursSettings(opens=opens, closes=closes, time_zone=time_zone)


@pytest.mark.parametrize(
    ("window", "time_zone"),
    [
        ("12:00-13:00", "America/New_York"),
        ("23:00-00:00", "America/New_York"),
        ("22:30-23:30", "Asia/Tokyo"),
        ("07:00-08:00", "UTC"),
        ("19:00-20:00", "UTC"),
        ("03:00-04:00", "Asia/Nowhere"),
    ],
)
def test_inside(window: str, time_zone: str) -> None:
    """The window is inside in summer and in winter, or nobody here knows the zone."""
    check_backups_run(window, hours(time_zone))


@pytest.mark.parametrize(
    ("window", "time_zone", "begins"),
    [
        ("11:00-12:00", "America/New_York", "06:00"),  # In summer it is 07:00.
        ("00:00-01:00", "America/New_York", "20:00"),  # In winter it is 19:00.
        ("02:00-03:00", "America/New_York", "21:00"),
        ("19:30-20:30", "UTC", "19:30"),
        ("06:59-07:59", "UTC", "06:59"),
        ("23:30-00:30", "UTC", "23:30"),
    ],
)
def test_outside(window: str, time_zone: str, begins: str) -> None:
    """It is outside, at one end or the other, and be it for half a year."""
    with pytest.raises(PydanticCustomError) as caught:
        check_backups_run(window, hours(time_zone))

    expected = f"between 07:00 and 20:00 in {time_zone}, all year: {window} begins there at {begins}"
    assert expected in caught.value.message()
