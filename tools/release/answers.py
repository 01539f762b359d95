"""Answers of AWS that are none."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.parsers import ResponseParserError

from tools.aws import one_line
from tools.errors import InfraError


class GarbledError(InfraError, LookupError):
    """An answer lacks what it must have. A `LookupError` too, for whoever looks again after one."""


@contextmanager
def usable_answers() -> Iterator[None]:
    """
    Turn an answer that cannot be used into a line; as a decorator too.

    botocore takes a garbled JSON answer for an empty one, in which what is looked for is missing (its
    `parsers.BaseJSONParser`), and raises an error that is none of its own for garbled XML.

    :raises GarbledError: an answer was garbled
    """
    try:
        yield
    except GarbledError:
        raise
    except LookupError as error:
        raise GarbledError(f"AWS gave an answer that cannot be used: it lacks {one_line(error)}") from error
    except ResponseParserError as error:
        raise GarbledError(f"AWS gave an answer that cannot be used: {one_line(error)}") from error
