"""When backup and maintenance meet."""

import pytest

from modules.aurora.windows import windows_meet


@pytest.mark.parametrize(
    ("backup", "maintenance", "meet"),
    [
        ("02:00-03:00", "sun:04:00-sun:05:00", False),
        ("02:00-03:00", "sun:03:00-sun:04:00", False),
        ("03:00-04:00", "sun:02:00-sun:03:00", False),
        ("02:00-03:00", "sun:02:30-sun:03:30", True),
        ("02:00-03:00", "sun:01:30-sun:02:01", True),
        ("02:00-05:00", "wed:03:00-wed:03:30", True),
        ("03:00-03:30", "wed:02:00-wed:05:00", True),
        ("23:30-00:30", "mon:00:00-mon:01:00", True),
        ("00:00-00:30", "sun:23:00-mon:00:15", True),
        ("12:00-12:30", "sun:23:00-mon:00:15", False),
    ],
)
def test_windows_meet(backup: str, maintenance: str, meet: bool) -> None:
    """Also over midnight, and over the end of the week; windows that only touch do not meet."""
    assert meet is windows_meet(backup, maintenance)
