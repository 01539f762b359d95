"""Environment variables: set for a while, or written for a shell. An empty value stands for one that must be absent."""

import os
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


@contextmanager
def applied(variables: Mapping[str, str]) -> Iterator[None]:
    """Set variables for this process and those it starts, and put back what was there."""
    before = {name: os.environ.get(name, "") for name in variables}
    _set(variables)
    try:
        yield
    finally:
        _set(before)


def export_lines(variables: Mapping[str, str]) -> list[str]:
    """Write variables as shell commands, to be evaluated: `eval "$(infra local env)"`."""
    absent = sorted(name for name, value in variables.items() if not value)
    present = sorted((name, value) for name, value in variables.items() if value)
    unset = [f"unset {' '.join(absent)}"] if absent else []
    return [*unset, *(f"export {name}={shlex.quote(value)}" for name, value in present)]


def _set(variables: Mapping[str, str]) -> None:
    for name, value in variables.items():
        if value:
            os.environ[name] = value
        else:
            os.environ.pop(name, None)
