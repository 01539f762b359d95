"""What a database of PostgreSQL and its users may be called."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from modules.settings import mistake

DatabaseName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$"),
    Field(description="a small letter and up to 62 small letters, digits and _"),
]
"""RDS CreateDBInstance, DBName, and CreateDBCluster, DatabaseName, less the capitals, which SQL would have to quote."""


def _check_user(name: str) -> str:
    if name in {"admin", "rdsadmin"} or name.startswith("pg_"):
        raise mistake("must be neither admin nor rdsadmin nor pg_…, which PostgreSQL and RDS keep for themselves")
    return name


DatabaseUser = Annotated[DatabaseName, AfterValidator(_check_user)]
"""RDS CreateDBInstance and CreateDBCluster, MasterUsername."""
