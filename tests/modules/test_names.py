"""Physical names fit AWS's limits and stay unique."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.names import Kind, generation_name, physical_name

PART = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=60)


def test_short_name_is_kept() -> None:
    """A name that fits is the parts and nothing else."""
    assert "isms-backend-staging" == physical_name("target_group", "isms", "backend", "staging")


@pytest.mark.parametrize(("kind", "limit"), [("bucket", 63), ("load_balancer", 32), ("role", 64), ("target_group", 32)])
def test_long_name_is_cut(kind: Kind, limit: int) -> None:
    """A name that is too long is cut to the limit."""
    assert limit == len(physical_name(kind, "x" * 100))


def test_name_of_exactly_the_limit_is_kept() -> None:
    """The limit itself is allowed."""
    assert "x" * 32 == physical_name("target_group", "x" * 32)


@given(PART, PART)
def test_cut_names_stay_unique(one: str, other: str) -> None:
    """Two long names that differ only behind the cut differ still."""
    names = {physical_name("target_group", "a" * 40, end) for end in {one, other}}

    assert len({one, other}) == len(names)


def test_no_hyphen_before_the_hash() -> None:
    """A cut behind a hyphen does not double it."""
    assert "--" not in physical_name("load_balancer", "a" * 25, "b" * 20)


def test_generation_changes_with_what_replaces() -> None:
    """Old and new resource exist side by side, so a replaced one has another name."""
    names = {generation_name("target_group", "nocomelon", "dev", replaced_by=(port,)) for port in (8000, 9000)}

    assert 2 == len(names)


def test_generation_is_stable() -> None:
    """Nothing but the given attributes changes the name."""
    assert "nocomelon-dev-7c750a" == generation_name("target_group", "nocomelon", "dev", replaced_by=(8000,))
