"""Which versions Serverless v2 runs, and how far they scale: the table of AWS, line by line."""

import pytest
from pydantic_core import PydanticCustomError

from modules.aurora.version import (
    check_runs_serverless,
    largest_capacity_acu,
    parameter_group_family,
    smallest_capacity_acu,
)


@pytest.mark.parametrize("version", ["13.6", "14.3", "15.2", "16.1", "17.4", "18.3", "15.18", "13.23"])
def test_runs(version: str) -> None:
    """The first version of each major one that Serverless v2 runs, and what came after."""
    assert version == check_runs_serverless(version)


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("13.5", "must be at least 13.6, the oldest 13 that Serverless v2 runs"),
        ("14.2", "must be at least 14.3, the oldest 14 that Serverless v2 runs"),
        ("15.1", "must be at least 15.2, the oldest 15 that Serverless v2 runs"),
        ("16.0", "must be at least 16.1, the oldest 16 that Serverless v2 runs"),
        ("17.3", "must be at least 17.4, the oldest 17 that Serverless v2 runs"),
        ("18.2", "must be at least 18.3, the oldest 18 that Serverless v2 runs"),
        ("19.1", "must be a version of 13 to 18, which are those that Serverless v2 runs"),
        ("99.1", "must be a version of 13 to 18, which are those that Serverless v2 runs"),
        ("12.22", "must be at least 13.6, the oldest that Serverless v2 runs"),
        ("11.21", "must be at least 13.6, the oldest that Serverless v2 runs"),
        ("15", "must be an exact version of Aurora PostgreSQL, <major>.<minor>, such as 15.18"),
        ("16.8-limitless", "must be an exact version of Aurora PostgreSQL, <major>.<minor>, such as 15.18"),
        ("8.0.mysql_aurora.3.08.0", "must be an exact version of Aurora PostgreSQL, <major>.<minor>, such as 15.18"),
    ],
)
def test_does_not_run(version: str, message: str) -> None:
    """The versions just before, older major ones, and what is no exact version."""
    with pytest.raises(PydanticCustomError) as caught:
        check_runs_serverless(version)

    assert message == caught.value.message()


@pytest.mark.parametrize(
    ("version", "smallest"),
    [
        ("13.14", 0.5),
        ("13.15", 0),
        ("14.11", 0.5),
        ("14.12", 0),
        ("15.6", 0.5),
        ("15.7", 0),
        ("16.2", 0.5),
        ("16.3", 0),
        ("17.4", 0),
        ("18.3", 0),
    ],
)
def test_smallest_capacity(version: str, smallest: float) -> None:
    """An instance can pause from the second patch wave of 2024 on."""
    assert smallest == smallest_capacity_acu(version)


@pytest.mark.parametrize(
    ("version", "largest"),
    [
        ("13.12", 128),
        ("13.13", 256),
        ("14.9", 128),
        ("14.10", 256),
        ("15.4", 128),
        ("15.5", 256),
        ("16.1", 256),
        ("17.4", 256),
        ("18.3", 256),
    ],
)
def test_largest_capacity(version: str, largest: int) -> None:
    """256 ACU need a version of December 2023 or later."""
    assert largest == largest_capacity_acu(version)


@pytest.mark.parametrize(("version", "family"), [("15.18", "aurora-postgresql15"), ("17.4", "aurora-postgresql17")])
def test_parameter_group_family(version: str, family: str) -> None:
    """The family is that of the major version."""
    assert family == parameter_group_family(version)
