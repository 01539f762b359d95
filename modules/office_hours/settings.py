"""When an environment that nobody needs at night is on."""

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from modules.office_hours.week import WORKING_DAYS, Days, TimeOfDay, TimeZone, minutes, shifted
from modules.settings import Settings, mistake

LEAST_OFF_MIN = 180
"""Starting and stopping an instance takes minutes, at times much longer, and a failed call is tried again for an hour
(`modules/office_hours/database_hours.py`). A shorter night would let the evening's stop meet the morning's start."""


class OfficeHoursSettings(Settings):
    """
    From when to when services run, in which days of the week; outside of them there is no task, and no database.

    Load balancer, NAT, Redis and interface endpoints cannot be stopped, and go on. A release, a migration and an apply
    that changes the database belong into the hours: RDS changes no instance that is stopped (RDS User Guide, "Stopping
    an Amazon RDS DB instance temporarily", Limitations).

    So does the apply that takes these hours away, because nothing would start what is off then.

    RDS makes no backups of an instance that is stopped (RDS User Guide, "Backup retention period"), so its
    `backup_window_utc` must be inside the hours, in summer and in winter; point-in-time recovery needs the backups.
    """

    opens: TimeOfDay
    closes: TimeOfDay
    """Every day, not only on `days`: what somebody started on a Saturday, or RDS after seven days, is stopped again."""

    time_zone: TimeZone
    days: Days = Field(default_factory=lambda: list(WORKING_DAYS))
    """On which days it opens."""

    database_lead_min: Annotated[int, Field(ge=0, le=120, validate_default=True)] = 20
    """How long before the services the database starts, and how long after them it stops."""

    @field_validator("closes")
    @classmethod
    def _is_after_opening(cls, closes: str, info: ValidationInfo) -> str:
        opens = info.data.get("opens")
        if opens is not None and minutes(closes) <= minutes(opens):
            raise mistake(f"must be later than opens, {opens}, on the same day")
        return closes

    @field_validator("database_lead_min")
    @classmethod
    def _leaves_a_night(cls, lead_min: int, info: ValidationInfo) -> int:
        opens, closes = info.data.get("opens"), info.data.get("closes")
        if opens is None or closes is None:
            return lead_min
        try:
            off_min = 24 * 60 - minutes(shifted(closes, lead_min)) + minutes(shifted(opens, -lead_min))
        except ValueError:
            raise mistake(f"must be so small that {opens} and {closes} stay on their day") from None
        if off_min < LEAST_OFF_MIN:
            raise mistake(
                f"must leave the database off for {LEAST_OFF_MIN} minutes a night, of which {off_min} are left"
            )
        return lead_min
