"""The command of a release's one-off task."""

import shlex
from collections.abc import Sequence

_SHELL = ["/bin/sh", "-xc"]


def in_order(*commands: Sequence[str]) -> list[str]:
    """
    Write several commands as one, for `migration_command`: each runs when those before it have succeeded.

    They run in one task, so a release notes, waits for and resumes one thing: it has succeeded when all have, and who
    runs it again runs all of it, which migrations and `collectstatic` are made for. The image must have a shell, which
    writes each command into the log before it runs it.

    >>> in_order(["manage.py", "migrate"], ["manage.py", "collectstatic", "--noinput"])
    ['/bin/sh', '-xc', 'manage.py migrate && manage.py collectstatic --noinput']

    :raises ValueError: there is no command, or an empty one, which a shell would take for a mistake or for success
    """
    if not commands or not all(commands):
        raise ValueError("in_order takes one command or more, of one word or more each")
    if len(commands) == 1:
        return list(commands[0])
    return [*_SHELL, " && ".join(shlex.join(command) for command in commands)]
