"""How mistakes in settings are said."""

from typing import Annotated, Literal

import pytest
from pydantic import Field, ValidationError

from modules.mistakes import mistakes_in
from modules.settings import Settings
from modules.types import AccountId


class Size(Settings):
    """A nested part."""

    memory_mib: Annotated[int, Field(ge=512)] = 512


class Example(Settings):
    """One setting of each kind."""

    account_id: AccountId = "956880242582"
    capacity_acu: Annotated[float, Field(ge=0.5, le=128, multiple_of=0.5)] = 0.5
    maximum: Annotated[int, Field(le=10)] = 1
    mode: Literal["rolling", "blue_green"] = "rolling"
    enabled: bool = True
    name: str = "name"
    size: Size | None = None
    sizes: list[Size] = Field(default_factory=list)
    labels: dict[str, str] = Field(default_factory=dict)


class Required(Settings):
    """A setting and a part without a default."""

    account_id: AccountId
    size: Size


def said(settings: type[Settings], **arguments: object) -> list[tuple[str, str]]:
    """The mistakes in these arguments."""
    with pytest.raises(ValidationError) as caught:
        settings(**arguments)
    return [(mistake.path, mistake.text) for mistake in mistakes_in(caught.value, settings)]


@pytest.mark.parametrize(
    ("arguments", "path", "text"),
    [
        ({"capacity_acu": 0.3}, "capacity_acu", "must be a multiple of 0.5 between 0.5 and 128, got 0.3"),
        ({"maximum": 11}, "maximum", "must be a whole number of at most 10, got 11"),
        ({"mode": "canary"}, "mode", "must be one of rolling, blue_green, got 'canary'"),
        ({"account_id": "12"}, "account_id", "must be an AWS account id of 12 digits, got '12'"),
        ({"enabled": "yes"}, "enabled", "must be True or False, got 'yes'"),
        ({"name": 7}, "name", "must be a string, got 7"),
        ({"labels": {"key": 7}}, "labels.key", "must be a string, got 7"),
        ({"labels": []}, "labels", "must be a dictionary, got []"),
        ({"size": {"memory_mib": 1}}, "size.memory_mib", "must be a whole number of at least 512, got 1"),
        ({"sizes": [{"memory_mib": 1}]}, "sizes.0.memory_mib", "must be a whole number of at least 512, got 1"),
        ({"sizes": 1}, "sizes", "must be a list, got 1"),
        ({"size": 1}, "size", "must be Size(…), got 1"),
        ({"naem": "x"}, "naem", "is not a setting: did you mean name?"),
        ({"name": "${x}"}, "name", "must not contain a Terraform expression (${ or %{), got '${x}'"),
    ],
)
def test_text(arguments: dict[str, object], path: str, text: str) -> None:
    """A mistake names its setting, what is allowed and what came."""
    assert [(path, text)] == said(Example, **arguments)


def test_unknown_setting_lists_the_known() -> None:
    """A name that resembles none is answered with all."""
    assert [("size.xyz", "is not a setting: must be one of memory_mib")] == said(Example, size={"xyz": 1})


def test_missing_settings() -> None:
    """What is missing is said with what it must be."""
    assert [
        ("account_id", "is missing: must be an AWS account id of 12 digits"),
        ("size", "is missing: must be Size(…)"),
    ] == said(Required)


def test_all_at_once() -> None:
    """Every mistake is listed, in the order of the paths."""
    paths = [path for path, _ in said(Example, mode="x", capacity_acu=0, size={"memory_mib": 0})]

    assert ["capacity_acu", "mode", "size.memory_mib"] == paths


def test_parts_are_named() -> None:
    """A part of the settings is shown by its name: its values would hide what is wrong with it."""
    ((_, text),) = said(Example, sizes=Size(memory_mib=1024))

    assert "must be a list, got Size(…)" == text


def test_long_values_are_cut() -> None:
    """A value of many characters does not fill the screen."""
    ((_, text),) = said(Example, mode="x" * 1000)

    assert len(text) < 150
