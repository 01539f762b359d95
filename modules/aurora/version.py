"""
Which versions of Aurora PostgreSQL run on Serverless v2, and within which range of capacity.

The table is that of docs.aws.amazon.com/AmazonRDS, "How Aurora Serverless v2 works", Aurora Serverless v2 capacity, to
which "Requirements and limitations for Aurora Serverless v2" refers; that 17 began with 17.4 and 18 with 18.3 says
"Supported Regions and Aurora DB engines for Aurora serverless". A new major version is a new line here. Which versions
a region has today says
`aws rds describe-orderable-db-instance-options --engine aurora-postgresql --db-instance-class db.serverless`.
"""

import re
from dataclasses import dataclass

from modules.settings import mistake


@dataclass(frozen=True, kw_only=True)
class _FirstMinors:
    """From which minor version of a major one on Serverless v2 has something."""

    runs: int
    scales_to_256_acu: int
    pauses_at_0_acu: int


_FIRST = {
    13: _FirstMinors(runs=6, scales_to_256_acu=13, pauses_at_0_acu=15),
    14: _FirstMinors(runs=3, scales_to_256_acu=10, pauses_at_0_acu=12),
    15: _FirstMinors(runs=2, scales_to_256_acu=5, pauses_at_0_acu=7),
    16: _FirstMinors(runs=1, scales_to_256_acu=1, pauses_at_0_acu=3),
    17: _FirstMinors(runs=4, scales_to_256_acu=4, pauses_at_0_acu=4),
    18: _FirstMinors(runs=3, scales_to_256_acu=3, pauses_at_0_acu=3),
}


def check_runs_serverless(version: str) -> str:
    """
    Let a version pass that Serverless v2 runs.

    :raises PydanticCustomError: it is no exact version, or one that Serverless v2 cannot run
    """
    if not re.fullmatch(r"[1-9][0-9]\.[0-9]{1,2}", version):
        raise mistake("must be an exact version of Aurora PostgreSQL, <major>.<minor>, such as 15.18")
    major, minor = _parse(version)
    oldest, newest = min(_FIRST), max(_FIRST)
    if major < oldest:
        raise mistake(f"must be at least {oldest}.{_FIRST[oldest].runs}, the oldest that Serverless v2 runs")
    if major > newest:
        raise mistake(f"must be a version of {oldest} to {newest}, which are those that Serverless v2 runs")
    if minor < _FIRST[major].runs:
        raise mistake(f"must be at least {major}.{_FIRST[major].runs}, the oldest {major} that Serverless v2 runs")
    return version


def smallest_capacity_acu(version: str) -> float:
    """Say how little the minimum may be: 0, where an idle instance can pause, else 0.5."""
    major, minor = _parse(version)
    return 0 if minor >= _FIRST[major].pauses_at_0_acu else 0.5


def largest_capacity_acu(version: str) -> int:
    """Say how much the maximum may be: 256 or 128."""
    major, minor = _parse(version)
    return 256 if minor >= _FIRST[major].scales_to_256_acu else 128


def parameter_group_family(version: str) -> str:
    """
    Name the family whose parameters a version knows: that of its major version.

    >>> parameter_group_family("15.18")
    'aurora-postgresql15'
    """
    return f"aurora-postgresql{_parse(version)[0]}"


def _parse(version: str) -> tuple[int, int]:
    major, minor = version.split(".")
    return int(major), int(minor)
