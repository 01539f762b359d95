"""What an environment says about its Aurora cluster."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from modules.aurora.version import check_runs_serverless, largest_capacity_acu, smallest_capacity_acu
from modules.database.names import DatabaseName, DatabaseUser
from modules.database.windows import BackupWindow, MaintenanceWindow, check_apart
from modules.network.cidr_plan import ZoneLetter
from modules.settings import Settings, mistake
from modules.types import LogRetentionDays

Acu = Annotated[float, Field(ge=0, le=256, multiple_of=0.5)]
"""Aurora capacity units of about 2 GiB of memory each, in half steps."""

_ZONES: list[ZoneLetter] = ["a", "b"]


class AuroraSettings(Settings):
    """A cluster of Aurora Serverless v2 for PostgreSQL, whose instances all scale within one range."""

    engine_version: str = "15.18"
    """
    The exact version: it changes by a commit, staging before production, and never by itself (automatic minor upgrades
    are off). With them on, the next plan would want to go back to the version in the file, which RDS refuses
    (terraform-aws-modules/terraform-aws-rds-aurora#228). RDS upgrades by force only what it no longer supports.
    """

    min_capacity_acu: Acu
    """0: an instance without connections pauses, and the next connection waits about 15 seconds for it."""

    max_capacity_acu: Acu
    auto_pause_after_s: Annotated[int, Field(ge=300, le=86_400)] = 300
    """Seconds without connections until an instance pauses; only where the minimum is 0, as no other ever does."""

    reader_count: Annotated[int, Field(ge=0, le=15)] = 0
    """Instances beside the writer. With one, a lost zone costs a failover of a minute; without, a new instance."""

    zones: Annotated[list[ZoneLetter], Field(min_length=1, max_length=6, description="a list of 1 to 6 letters")] = (
        Field(default_factory=_ZONES.copy)
    )
    """
    The last letters of the zones that the instances take in turn, out of those of the network.

    Another order replaces instances.
    """

    database_name: DatabaseName = "app"
    master_user: DatabaseUser = "postgres"
    """Who owns everything. Its password is made, kept and rotated by RDS."""

    iam_user: DatabaseUser = "app"
    """Whom tasks may be by IAM authentication, once a migration has made the user: `GRANT rds_iam TO app`."""

    backup_retention_days: Annotated[int, Field(ge=1, le=35)] = 7
    backup_window_utc: BackupWindow = "02:00-03:00"
    maintenance_window_utc: MaintenanceWindow = "sun:04:00-sun:05:00"
    ca_certificate: Literal["rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1"] = "rds-ca-rsa2048-g1"
    """Who signs the certificates of the instances: clients verify them with AWS's bundle, which has all three."""

    performance_insights: bool = True
    """What Database Insights shows in its standard mode, which costs nothing: seven days of load by statement."""

    enhanced_monitoring_s: Literal[0, 1, 5, 10, 15, 30, 60] = 0
    """
    Seconds between two looks at the operating system; 0 for none.

    CloudWatch has capacity, CPU and memory anyway; the looks are paid as logs, and keep an instance from its minimum.
    """

    log_retention_days: LogRetentionDays = 30
    log_slower_than_ms: Annotated[int, Field(ge=1, le=3_600_000)] = 1000
    """How long a statement must take to be written to the log, without the values of its parameters."""

    @field_validator("engine_version")
    @classmethod
    def _runs_serverless(cls, version: str) -> str:
        return check_runs_serverless(version)

    @field_validator("min_capacity_acu")
    @classmethod
    def _can_pause(cls, minimum: float, info: ValidationInfo) -> float:
        version = info.data.get("engine_version")
        if version is not None and minimum < smallest_capacity_acu(version):
            raise mistake(f"must be at least 0.5 with engine_version {version}, which cannot pause")
        return minimum

    @field_validator("max_capacity_acu")
    @classmethod
    def _fits(cls, maximum: float, info: ValidationInfo) -> float:
        version, minimum = info.data.get("engine_version"), info.data.get("min_capacity_acu", 0)
        # "The maximum capacity must be at least 1.0", says RDS.
        if maximum < max(1, minimum):
            raise mistake(f"must be at least {max(1, minimum):g}: min_capacity_acu, and 1")
        if version is not None and maximum > largest_capacity_acu(version):
            raise mistake(f"must be at most {largest_capacity_acu(version)} with engine_version {version}")
        return maximum

    @field_validator("auto_pause_after_s")
    @classmethod
    def _pauses(cls, seconds: int, info: ValidationInfo) -> int:
        if info.data.get("min_capacity_acu", 0) > 0:
            raise mistake("must be left out unless min_capacity_acu is 0: the instances never pause")
        return seconds

    @field_validator("zones")
    @classmethod
    def _are_apart(cls, zones: list[ZoneLetter], info: ValidationInfo) -> list[ZoneLetter]:
        if len(set(zones)) < len(zones):
            raise mistake("must name each zone once")
        if info.data.get("reader_count", 0) > 0 and len(zones) == 1:
            raise mistake("must name two zones or more when there are readers")
        return zones

    @field_validator("maintenance_window_utc")
    @classmethod
    def _is_not_backup_time(cls, window: str, info: ValidationInfo) -> str:
        return check_apart(info.data.get("backup_window_utc"), window, backup_setting="backup_window_utc")
