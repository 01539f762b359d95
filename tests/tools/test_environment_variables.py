"""Variables set for a while, or written for a shell."""

import os

import pytest

from tools.environment import applied, export_lines


def test_applied_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Inside the block the variable has its value."""
    monkeypatch.delenv("EXAMPLE", raising=False)

    with applied({"EXAMPLE": "1"}):
        assert "1" == os.environ["EXAMPLE"]


def test_applied_unsets(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty value takes the variable away."""
    monkeypatch.setenv("EXAMPLE", "1")

    with applied({"EXAMPLE": ""}):
        assert "EXAMPLE" not in os.environ


@pytest.mark.parametrize("before", ["old", ""])
def test_applied_puts_back(monkeypatch: pytest.MonkeyPatch, before: str) -> None:
    """After the block everything is as it was, also when it failed."""
    monkeypatch.setenv("EXAMPLE", before) if before else monkeypatch.delenv("EXAMPLE", raising=False)

    with pytest.raises(KeyError), applied({"EXAMPLE": "new"}):
        raise KeyError

    assert before == os.environ.get("EXAMPLE", "")


def test_export_lines() -> None:
    """A shell reads values as they are, and unsets what must be absent."""
    lines = export_lines({"B": "it's", "A": "1", "GONE": "", "LOST": ""})

    assert ["unset GONE LOST", "export A=1", "export B='it'\"'\"'s'"] == lines


def test_export_lines_without_absent() -> None:
    """Nothing is unset when nothing must be absent."""
    assert ["export A=1"] == export_lines({"A": "1"})
