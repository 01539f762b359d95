"""The stacks that these tests look at, each built once."""

import pytest

from tests.stacks.habit_tracker.sample_habit_tracker import OTHERWISE, build
from tests.support import Synthesized


@pytest.fixture(scope="session")
def habit_tracker() -> Synthesized:
    """Habit Tracker as it is deployed."""
    return build()


@pytest.fixture(scope="session")
def otherwise() -> Synthesized:
    """Habit Tracker with blue/green, endpoints, office hours, sessions, two zones for all data, and no files."""
    return build(**OTHERWISE)


@pytest.fixture(params=["habit_tracker", "otherwise"], scope="session")
def stack(request: pytest.FixtureRequest) -> Synthesized:
    """Either."""
    found: Synthesized = request.getfixturevalue(request.param)
    return found
