"""Peaks: which may stand beside one another, and in the office hours."""

from typing import Any

import pytest
from pydantic import ValidationError

from modules.fargate.peaks import PeakSettings
from modules.fargate.service_scaling import ServiceScalingSettings
from modules.mistakes import mistakes_in
from modules.office_hours.settings import OfficeHoursSettings

HOURS = OfficeHoursSettings(opens="07:00", closes="20:00", time_zone="UTC")


def peak(**changes: Any) -> PeakSettings:  # noqa: ANN401 settings of any type
    """A morning, with changes."""
    morning = {"name": "morning", "begins": "07:30", "ends": "09:30", "time_zone": "UTC"}
    return PeakSettings(**(morning | {"min_capacity": 3, "max_capacity": 8} | changes))


def scaling(*peaks: PeakSettings, hours: OfficeHoursSettings | None = None) -> ServiceScalingSettings:
    """Scaling with these peaks."""
    return ServiceScalingSettings(min_capacity=1, max_capacity=4, peaks=list(peaks), office_hours=hours)


@pytest.mark.parametrize(
    "other",
    [
        {"begins": "09:31", "ends": "10:00"},
        {"begins": "06:00", "ends": "07:29"},
        {"days": ["SAT"]},
    ],
)
def test_side_by_side(other: dict[str, Any]) -> None:
    """Peaks may follow one another, or be on different days."""
    assert 2 == len(scaling(peak(days=["MON"]), peak(**({"name": "other", "days": ["MON"]} | other))).peaks)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"name": "morning", "begins": "17:00", "ends": "18:00"}, "must name each peak differently: morning is there"),
        ({"time_zone": "Europe/Berlin", "begins": "17:00", "ends": "18:00"}, "must all be in one time_zone: morning"),
        ({"begins": "09:30", "ends": "10:00"}, "must not overlap or meet: morning and other do"),
        ({"begins": "06:00", "ends": "07:30"}, "must not overlap or meet: morning and other do"),
        ({"begins": "08:00", "ends": "08:10"}, "must not overlap or meet: morning and other do"),
        ({"begins": "07:00", "ends": "10:00"}, "must not overlap or meet: morning and other do"),
    ],
)
def test_refused_beside_one_another(other: dict[str, Any], message: str) -> None:
    """Where one peak's end would end another, or two actions meet, it is a mistake."""
    with pytest.raises(ValidationError) as error:
        scaling(peak(), peak(**({"name": "other", "days": ["SUN"]} | other)))

    (found,) = mistakes_in(error.value, ServiceScalingSettings)
    assert message in found.text


@pytest.mark.parametrize("changes", [{"begins": "07:01"}, {"ends": "19:59"}, {"days": ["FRI"]}])
def test_within_the_office_hours(changes: dict[str, Any]) -> None:
    """A peak on working days, after opening and before closing, is one."""
    assert HOURS == scaling(peak(**({"days": ["MON", "TUE"]} | changes)), hours=HOURS).office_hours


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"begins": "07:00"}, "must have the peak morning between opens and closes, on its days"),
        ({"ends": "20:00"}, "must have the peak morning between opens and closes, on its days"),
        ({"days": ["FRI", "SAT"]}, "must have the peak morning between opens and closes, on its days"),
        ({"time_zone": "Europe/Berlin"}, "must be in the time_zone of the peaks, Europe/Berlin"),
    ],
)
def test_refused_in_the_office_hours(changes: dict[str, Any], message: str) -> None:
    """A peak that ends when nothing is to run would start tasks."""
    with pytest.raises(ValidationError) as error:
        scaling(peak(**({"days": ["MON"]} | changes)), hours=HOURS)

    (found,) = mistakes_in(error.value, ServiceScalingSettings)
    assert ("office_hours", True) == (found.path, message in found.text)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ends": "07:30"}, "ends must be later than begins, 07:30, on the same day"),
        ({"max_capacity": 2}, "max_capacity must be at least min_capacity, 3, got 2"),
        ({"min_capacity": 0}, "min_capacity must be a whole number between 1 and 5000, got 0"),
        ({"name": "Morning"}, "name must be 1 to 32 lower-case letters, digits and _, such as morning"),
    ],
)
def test_refused(changes: dict[str, Any], message: str) -> None:
    """Times and bounds that cross are mistakes."""
    with pytest.raises(ValidationError) as error:
        peak(**changes)

    (found,) = mistakes_in(error.value, PeakSettings)
    assert message in f"{found.path} {found.text}"
