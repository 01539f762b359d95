"""What an environment says about a file system, and about a door into it."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from modules.settings import Settings, mistake

UnusedDays = Literal[1, 7, 14, 30, 60, 90, 180, 270, 365]
"""EFS PutLifecycleConfiguration, LifecyclePolicy."""

ThroughputMode = Literal["bursting", "elastic"]


class FileSystemSettings(Settings):
    """A file system in all zones, encrypted with AWS's own key for EFS, that grows with what is in it."""

    throughput: ThroughputMode = "elastic"
    """
    `elastic` is as fast as what is asked of it, and paid by what is read and written; `bursting` costs nothing more,
    and is 50 KiB/s for each GiB stored, but for what was saved up (EFS User Guide, "Amazon EFS performance").
    """

    infrequent_after_days: UnusedDays | None = 30
    """When a file that nobody opened moves to a cheaper class, out of which reading is paid. None: never."""

    archive_after_days: UnusedDays | None = None
    """When such a file moves on to the cheapest class."""

    back_on_access: bool = True
    """Whether a file moves back to the standard class when it is read."""

    backups: bool = True
    """Whether AWS Backup keeps a copy of each day for five weeks (EFS User Guide, "Automatic backups")."""

    @field_validator("archive_after_days")
    @classmethod
    def _comes_later(cls, archive: UnusedDays | None, info: ValidationInfo) -> UnusedDays | None:
        if archive is None:
            return None
        # EFS User Guide, "Managing storage lifecycle for EFS file systems": Archive needs elastic throughput.
        if info.data.get("throughput", "elastic") != "elastic":
            raise mistake("must be None unless throughput is elastic")
        infrequent = info.data.get("infrequent_after_days")
        if infrequent is not None and archive <= infrequent:
            raise mistake(f"must be more than infrequent_after_days, {infrequent}")
        return archive


PosixId = Annotated[int, Field(ge=1, le=4_294_967_295)]
"""EFS CreateAccessPoint, PosixUser, less 0: root needs a permission that nobody has here."""


class AccessPointSettings(Settings):
    """One folder of a file system, and as whom everybody who comes this way reads and writes."""

    path: Annotated[
        str,
        StringConstraints(pattern=r"^(/[A-Za-z0-9][A-Za-z0-9._-]*){1,4}$", max_length=100),
        Field(description="a path of one to four folders below /, of at most 100 characters"),
    ]
    """
    The folder, which EFS makes when it is first mounted. EFS CreateAccessPoint, RootDirectory.

    Another path is another access point, and the old folder stays.
    """

    user_id: PosixId
    group_id: PosixId
    permissions: Annotated[
        str,
        StringConstraints(pattern=r"^[0-7]{3}$"),
        Field(description="three octal digits, such as 750"),
    ] = "750"
    """Those of the folder, when EFS makes it."""
