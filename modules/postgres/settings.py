"""What an environment says about its PostgreSQL."""

import re
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from modules.database.names import DatabaseName, DatabaseUser
from modules.database.windows import BackupWindow, MaintenanceWindow, check_apart
from modules.postgres.instance_class import InstanceClass
from modules.settings import Settings, mistake
from modules.types import LogRetentionDays

_OLDEST_MAJOR, _NEWEST_MAJOR = 14, 18
"""RDS for PostgreSQL release calendar: 13 left standard support in February 2026. A new one is a change here."""

StorageGib = Annotated[int, Field(ge=20, le=65_536)]
"""gp3 for PostgreSQL: docs.aws.amazon.com/AmazonRDS, "Amazon RDS DB instance storage", General Purpose SSD storage."""


class PostgresSettings(Settings):
    """One instance of RDS for PostgreSQL, with a standby in another zone if `multi_az` says so."""

    engine_version: str = "17.10"
    """
    The exact version: it changes by a commit, staging before production, and never by itself (automatic minor upgrades
    are off). With them on, the next plan would want to go back to the version in the file, which RDS refuses. RDS
    upgrades by force only what it no longer supports.
    """

    major_upgrade: bool = False
    """
    Whether an `engine_version` of another major version may be applied; False again in the next commit.

    An upgrade takes the database down for minutes and has no way back but a snapshot, which RDS takes before
    (docs.aws.amazon.com/AmazonRDS, "How to perform a major version upgrade for RDS for PostgreSQL").
    """

    instance_class: InstanceClass = "db.t3.micro"
    """Design 003's. db.t4g.micro is the same on ARM, for less. Another class restarts the database."""

    multi_az: bool = False
    """A standby in another zone, at twice the price: a lost zone costs a minute or two instead of a restore."""

    storage_gib: StorageGib = 20
    """How large the volume is made. It never shrinks, and a size that it grew to by itself is left alone."""

    max_storage_gib: StorageGib = 100
    """How far the volume may grow by itself, when less than a tenth of it is free for five minutes."""

    database_name: DatabaseName = "app"
    """Another name replaces the instance."""

    master_user: DatabaseUser = "postgres"
    """Who owns everything. Its password is made, kept and rotated by RDS. Another name replaces the instance."""

    iam_user: DatabaseUser = "app"
    """Whom tasks may be by IAM authentication, once a migration has made the user: `GRANT rds_iam TO app`."""

    backup_retention_days: Annotated[int, Field(ge=1, le=35)] = 7
    backup_window_utc: BackupWindow = "02:00-03:00"
    maintenance_window_utc: MaintenanceWindow = "sun:04:00-sun:05:00"
    ca_certificate: Literal["rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1"] = "rds-ca-rsa2048-g1"
    """Who signs the certificate of the instance: clients verify it with AWS's bundle, which has all three."""

    performance_insights: bool = True
    """
    What Database Insights shows in its standard mode, which costs nothing: seven days of load by statement.

    Only MariaDB and MySQL lack it on the smallest classes: docs.aws.amazon.com/AmazonRDS, "Amazon RDS DB engine,
    Region, and instance class support for Database Insights".
    """

    log_retention_days: LogRetentionDays = 30
    log_slower_than_ms: Annotated[int, Field(ge=1, le=3_600_000)] = 1000
    """How long a statement must take to be written to the log, without the values of its parameters."""

    @field_validator("engine_version")
    @classmethod
    def _is_exact(cls, version: str) -> str:
        if not re.fullmatch(r"[1-9][0-9]\.[0-9]{1,2}", version):
            raise mistake("must be an exact version of PostgreSQL, <major>.<minor>, such as 17.10")
        if not _OLDEST_MAJOR <= int(version.split(".")[0]) <= _NEWEST_MAJOR:
            raise mistake(f"must be a version of {_OLDEST_MAJOR} to {_NEWEST_MAJOR}, which RDS has in standard support")
        return version

    @field_validator("max_storage_gib")
    @classmethod
    def _can_grow(cls, most: int, info: ValidationInfo) -> int:
        first = info.data.get("storage_gib")
        # "At least 10% more": docs.aws.amazon.com/AmazonRDS, "Managing capacity automatically with … autoscaling".
        if first is not None and 10 * most < 11 * first:
            raise mistake(f"must be at least {-(-11 * first // 10)}, 10 % more than storage_gib")
        return most

    @field_validator("maintenance_window_utc")
    @classmethod
    def _is_not_backup_time(cls, window: str, info: ValidationInfo) -> str:
        return check_apart(info.data.get("backup_window_utc"), window, backup_setting="backup_window_utc")

    @property
    def parameter_group_family(self) -> str:
        """The family whose parameters the version knows: that of its major version."""
        return f"postgres{self.engine_version.split('.')[0]}"
