"""Reading the environment files, and saying what is wrong with them before anything is built."""

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from modules.mistakes import mistakes_in
from modules.settings import Settings, collecting_mistakes, validation_error


@contextmanager
def loading_environments(package: str = "envs") -> Iterator[None]:
    """
    Import the environment files inside this block; mistakes in any of them end the program after it.

    Every mistake of every file goes to standard error with its path, what is allowed and what came.

    :param package: the package of the environment files, one module with `SETTINGS` each
    :raises SystemExit: with code 1, when there is a mistake or a file does not load
    """
    try:
        with collecting_mistakes():
            yield
    except Exception as error:
        sys.exit(_broken_file(error, package))
    reports = [
        report
        for name, module in sorted(sys.modules.items())
        if name.startswith(f"{package}.") and (report := _report(name, getattr(module, "SETTINGS", None)))
    ]
    if reports:
        sys.exit("\n".join(reports))


def _report(module: str, settings: object) -> str | None:
    file = f"{module.replace('.', '/')}.py"
    if not isinstance(settings, Settings):
        return f"{file}: SETTINGS is missing: must be the settings of the environment"
    error = validation_error(settings)
    if error is None:
        return None
    mistakes = mistakes_in(error, type(settings))
    width = max(len(mistake.path) for mistake in mistakes)
    count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
    return "\n".join([f"{file}: {count}", *(f"  {mistake.path:<{width}}   {mistake.text}" for mistake in mistakes)])


def _broken_file(error: Exception, package: str) -> str:
    if isinstance(error, SyntaxError) and error.filename:
        return f"{package}/{Path(error.filename).name}:{error.lineno}: {type(error).__name__}: {error.msg}"
    frames = traceback.extract_tb(error.__traceback__)
    places = [frame for frame in frames if Path(frame.filename).parent.name == package]
    where = f"{package}/{Path(places[-1].filename).name}:{places[-1].lineno}" if places else package
    return f"{where}: {type(error).__name__}: {error}"
