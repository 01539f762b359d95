"""What a step tells GitHub Actions, through the files that it names in variables; elsewhere nothing is written."""

import os
from pathlib import Path

from tools.console import out
from tools.errors import InfraError


def set_output(name: str, value: str) -> None:
    """
    Give the step an output, and print it.

    :raises InfraError: the value has more than one line, which would make further outputs of it
    """
    if "\n" in value or "\r" in value:
        raise InfraError(f"output {name}: must be one line, got {value!r}")
    out.print(f"{name}={value}", markup=False)
    _append("GITHUB_OUTPUT", f"{name}={value}\n")


def add_summary(markdown: str) -> None:
    """Show something on the page of the run."""
    _append("GITHUB_STEP_SUMMARY", f"{markdown}\n")


def _append(variable: str, text: str) -> None:
    name = os.environ.get(variable)
    if name:
        with Path(name).open("a") as file:
            file.write(text)
