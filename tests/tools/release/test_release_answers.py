"""Answers that cannot be used."""

import pytest

from tools.errors import InfraError
from tools.release.answers import usable_answers

EMPTY: dict[str, object] = {}


def test_lacks() -> None:
    """What an answer lacks is named in one line."""
    with (
        pytest.raises(InfraError, match=r"^AWS gave an answer that cannot be used: it lacks 'services'$"),
        usable_answers(),
    ):
        EMPTY["services"]


def test_again() -> None:
    """Who looks again after an incomplete answer does so after this error too."""
    with pytest.raises(LookupError), usable_answers(), usable_answers():
        EMPTY["services"]


def test_others() -> None:
    """Other errors stay what they are."""
    with pytest.raises(ZeroDivisionError), usable_answers():
        _ = 1 / 0
