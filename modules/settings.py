"""
Settings: the literals that an environment file writes down, checked before anything is built.

Every settings class is frozen, refuses names it does not know and takes exact types: `"512"` is not a number. A
mistake raises `pydantic.ValidationError` at once, except inside `collecting_mistakes`, where an environment file is
read to its end so that all of its mistakes can be shown together.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

_collecting: ContextVar[bool] = ContextVar("_collecting", default=False)
_UNCHECKED = "arguments that did not pass"


@contextmanager
def collecting_mistakes() -> Iterator[None]:
    """
    Let settings with mistakes be made inside this block, for `validation_error` to find afterwards.

    Pydantic raises for a nested part before the outer settings are looked at, which would show one part's mistakes
    at a time.
    """
    with _set_collecting(True):
        yield


@contextmanager
def _set_collecting(collecting: bool) -> Iterator[None]:
    token = _collecting.set(collecting)
    try:
        yield
    finally:
        _collecting.reset(token)


def mistake(message: str) -> PydanticCustomError:
    """
    Make the error that a validator raises for a rule of its own.

    :param message: what is allowed, as it follows the name of the setting: `must be one of 1, 2 when cpu is 256`
    """
    # Braces are pydantic's template syntax, and a value may contain them.
    return PydanticCustomError("setting", "{message}", {"message": message})


class Settings(BaseModel):
    """The base of every settings class: frozen, closed, exact types, no Terraform expressions."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    def __init__(self, **arguments: Any) -> None:  # noqa: ANN401 pydantic checks the values
        """:raises ValidationError: a setting is missing, unknown or not allowed."""
        if not _collecting.get():
            super().__init__(**arguments)
            return
        try:
            # The parts are checked on the way, and those with mistakes must not reach the validators of this class.
            with _set_collecting(False):
                super().__init__(**arguments)
        except ValidationError:
            self.__dict__[_UNCHECKED] = arguments

    @model_validator(mode="wrap")
    @classmethod
    def _check_collected(cls, value: Any, check: ModelWrapValidatorHandler[Self]) -> Self:  # noqa: ANN401 as above
        if isinstance(value, cls) and _UNCHECKED in value.__dict__:
            return check(value.__dict__[_UNCHECKED])
        return check(value)

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_expressions(cls, value: Any) -> Any:  # noqa: ANN401 any field
        # CDKTF writes strings into the JSON as they are, so Terraform would evaluate these.
        if any("${" in text or "%{" in text for text in _strings(value)):
            raise mistake("must not contain a Terraform expression (${ or %{)")
        return value


def validation_error(settings: Settings) -> ValidationError | None:
    """Check settings made inside `collecting_mistakes`, parts and all: the error they hide, or None."""
    try:
        with _set_collecting(False):
            type(settings).model_validate(settings)
    except ValidationError as error:
        return error
    return None


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _strings([*value.keys(), *value.values()])
    elif isinstance(value, list | tuple | set | frozenset):
        for element in value:
            yield from _strings(element)
