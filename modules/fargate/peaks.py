"""The hours of a day in which a service has other bounds, because more is asked of it."""

from collections.abc import Sequence
from itertools import combinations
from typing import Annotated

from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from modules.fargate.counts import TaskCount
from modules.office_hours.settings import OfficeHoursSettings
from modules.office_hours.week import EVERY_DAY, Days, TimeOfDay, TimeZone, minutes
from modules.settings import Settings, mistake


class PeakSettings(Settings):
    """
    Other bounds from one time to another. Inside of them the targets are followed as ever.

    What the schedule does is to be ready before the requests come: Application Auto Scaling starts tasks up to the new
    minimum at once (its User Guide, "Scheduled scaling").
    """

    name: Annotated[
        str,
        StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$"),
        Field(description="1 to 32 lower-case letters, digits and _, such as morning"),
    ]
    begins: TimeOfDay
    """Some minutes before the load does, which tasks take to start."""

    ends: TimeOfDay
    time_zone: TimeZone
    days: Days = Field(default_factory=lambda: list(EVERY_DAY))
    min_capacity: TaskCount
    max_capacity: TaskCount

    @field_validator("ends")
    @classmethod
    def _is_after_begin(cls, ends: str, info: ValidationInfo) -> str:
        begins = info.data.get("begins")
        if begins is not None and minutes(ends) <= minutes(begins):
            raise mistake(f"must be later than begins, {begins}, on the same day")
        return ends

    @field_validator("max_capacity")
    @classmethod
    def _not_below_min(cls, max_capacity: int, info: ValidationInfo) -> int:
        if max_capacity < info.data.get("min_capacity", 0):
            raise mistake(f"must be at least min_capacity, {info.data['min_capacity']}")
        return max_capacity


def check_peaks(peaks: Sequence[PeakSettings]) -> None:
    """
    Refuse peaks of which one would end another.

    :raises PydanticCustomError: two have a name in common, or a minute, or are in different zones
    """
    for one, other in combinations(peaks, 2):
        if one.name == other.name:
            raise mistake(f"must name each peak differently: {one.name} is there twice")
        if one.time_zone != other.time_zone:
            raise mistake(f"must all be in one time_zone: {one.name} and {other.name} are not")
        # Not even where they meet: which of two actions at one minute comes last nobody says.
        apart = minutes(one.ends) < minutes(other.begins) or minutes(other.ends) < minutes(one.begins)
        if set(one.days) & set(other.days) and not apart:
            raise mistake(f"must not overlap or meet: {one.name} and {other.name} do, and the end of one ends both")


def check_peaks_are_open(peaks: Sequence[PeakSettings], hours: OfficeHoursSettings) -> None:
    """
    Refuse peaks outside of the office hours: their end would start tasks in the night.

    :raises PydanticCustomError: a peak is not inside of the hours, on their days
    """
    for peak in peaks:
        if peak.time_zone != hours.time_zone:
            raise mistake(f"must be in the time_zone of the peaks, {peak.time_zone}")
        inside = minutes(hours.opens) < minutes(peak.begins) and minutes(peak.ends) < minutes(hours.closes)
        if not inside or not set(peak.days) <= set(hours.days):
            raise mistake(f"must have the peak {peak.name} between opens and closes, on its days: its end starts tasks")
