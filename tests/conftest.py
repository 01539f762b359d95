"""Fixtures that every room's tests share."""

import lazy_bindings  # noqa: F401 makes every test start fast

from collections.abc import Callable

import hypothesis
import pytest
from constructs import Construct

from tests.support import Synthesized
from tests.support import synth_scope as _synth_scope

# A busy machine is no fault of the code: speed is measured by benchmarks.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


@pytest.fixture(scope="session")
def synth_scope() -> Callable[[Callable[[Construct], object]], Synthesized]:
    """A function that synthesizes what another function puts into an empty stack."""
    return _synth_scope
