"""The base of all settings: frozen, closed, exact, and collected when an environment file is read."""

from typing import Annotated

import pytest
from pydantic import Field, ValidationError

from modules.settings import Settings, collecting_mistakes, validation_error


class Part(Settings):
    """A nested part."""

    capacity_acu: Annotated[float, Field(ge=0.5, le=128, multiple_of=0.5)] = 0.5


class Whole(Settings):
    """Settings with a part."""

    part: Part
    count: int = 1
    labels: dict[str, str] = Field(default_factory=dict)


def test_frozen() -> None:
    """Settings do not change after they are made."""
    part = Part()

    with pytest.raises(ValidationError, match="frozen"):
        part.capacity_acu = 1


def test_unknown_name_is_refused() -> None:
    """A misspelt setting is not silently ignored."""
    with pytest.raises(ValidationError, match="capacity_acus"):
        Part.model_validate({"capacity_acus": 1})


def test_numbers_are_not_read_from_text() -> None:
    """A string is not a number, however it looks."""
    with pytest.raises(ValidationError, match="valid integer"):
        Whole.model_validate({"part": Part(), "count": "1"})


@pytest.mark.parametrize("value", ["${aws_vpc.main.id}", "%{ if true }", "a${b}"])
def test_expressions_are_refused(value: str) -> None:
    """Terraform would evaluate a literal with an expression in it."""
    with pytest.raises(ValidationError, match="Terraform expression"):
        Whole(part=Part(), labels={"key": value})


def test_expression_as_a_key_is_refused() -> None:
    """Terraform evaluates keys too."""
    with pytest.raises(ValidationError, match="Terraform expression"):
        Whole(part=Part(), labels={"${key}": "value"})


def test_a_mistake_raises_at_once() -> None:
    """Outside an environment file a part with a mistake cannot be made."""
    with pytest.raises(ValidationError, match=r"0\.5"):
        Part(capacity_acu=0.3)


def test_collected_mistakes_keep_their_paths() -> None:
    """Inside an environment file all mistakes are found, in the parts and beside them."""
    with collecting_mistakes():
        settings = Whole(part=Part(capacity_acu=0.3), count="1")  # type: ignore[arg-type]

    error = validation_error(settings)

    assert error is not None
    assert {("part", "capacity_acu"), ("count",)} == {details["loc"] for details in error.errors()}


def test_collected_settings_without_mistakes_are_whole() -> None:
    """Collecting changes nothing when there is nothing to collect."""
    with collecting_mistakes():
        settings = Whole(part=Part(capacity_acu=2), count=3)

    assert validation_error(settings) is None
    assert (2, 3) == (settings.part.capacity_acu, settings.count)


def test_collecting_ends() -> None:
    """After the block mistakes raise again."""
    with collecting_mistakes():
        pass

    with pytest.raises(ValidationError):
        Part(capacity_acu=0.3)
