"""When an environment is on."""

from typing import Any

import pytest
from pydantic import ValidationError

from modules.mistakes import mistakes_in
from modules.office_hours.settings import OfficeHoursSettings


def hours(**changes: Any) -> OfficeHoursSettings:  # noqa: ANN401 settings of any type
    """Seven to eight in New York, with changes."""
    return OfficeHoursSettings(**({"opens": "07:00", "closes": "20:00", "time_zone": "America/New_York"} | changes))


def test_on_working_days() -> None:
    """Without more words it opens on working days, and the database twenty minutes earlier."""
    assert (["MON", "TUE", "WED", "THU", "FRI"], 20) == (hours().days, hours().database_lead_min)


@pytest.mark.parametrize(
    "changes",
    [
        # 180 minutes are left: the database is off from 23:00 until 02:00.
        {"opens": "02:20", "closes": "22:40"},
        {"opens": "00:00", "closes": "20:00", "database_lead_min": 0},
        {"opens": "00:20", "closes": "20:20"},
    ],
)
def test_the_shortest_night(changes: dict[str, Any]) -> None:
    """Three hours without a database are a night."""
    assert changes["opens"] == hours(**changes).opens


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"closes": "07:00"}, "closes must be later than opens, 07:00, on the same day, got '07:00'"),
        ({"closes": "06:00"}, "closes must be later than opens, 07:00"),
        ({"opens": "00:10"}, "database_lead_min must be so small that 00:10 and 20:00 stay on their day, got 20"),
        ({"closes": "23:50"}, "database_lead_min must be so small that 07:00 and 23:50 stay on their day, got 20"),
        (
            {"opens": "02:20", "closes": "22:41"},
            "database_lead_min must leave the database off for 180 minutes a night, of which 179 are left, got 20",
        ),
        ({"database_lead_min": 121}, "database_lead_min must be a whole number between 0 and 120, got 121"),
        ({"opens": "7"}, "opens must be a time between 00:00 and 23:59, such as 07:30, got '7'"),
    ],
)
def test_refused(changes: dict[str, Any], message: str) -> None:
    """Hours that do not leave a night are a mistake, and one mistake makes no second one."""
    with pytest.raises(ValidationError) as error:
        hours(**changes)

    (found,) = mistakes_in(error.value, OfficeHoursSettings)
    assert message in f"{found.path} {found.text}"
