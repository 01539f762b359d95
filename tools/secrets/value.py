"""Where a value comes from: standard input, or chance. Never the command line, which every process can read."""

import getpass
import secrets
import string
import sys

from tools.errors import InfraError

LENGTH = 64
LARGEST_BYTES = 65_536
"""docs.aws.amazon.com/secretsmanager, "AWS Secrets Manager quotas", Secret value size."""

_TERMINAL_LINE_BYTES = 4095
"""A terminal of Linux passes on no more of a line and says nothing about the rest (termios(3), canonical mode)."""

_ALPHABET = string.ascii_letters + string.digits


def read_value(name: str) -> str:
    """
    Read a value from standard input, on a terminal without showing it; one line break at its end is not part of it.

    :raises InfraError: there is none, or it is no text that an environment variable can hold
    """
    try:
        # Python has no such object when the shell closed standard input.
        value = _ask(name) if sys.stdin is not None and sys.stdin.isatty() else _piped()
    except UnicodeDecodeError:
        raise InfraError(f"the value of {name} must be UTF-8 text") from None
    value = value.removesuffix("\r\n") if value.endswith("\r\n") else value.removesuffix("\n")
    if not value:
        raise InfraError(f"the value of {name} is empty: it is read from standard input")
    if "\0" in value:
        raise InfraError(f"the value of {name} must not hold a zero byte: no environment variable can")
    return value


def _ask(name: str) -> str:
    value = getpass.getpass(f"{name} (one line, not shown): ")
    if len(value.encode()) >= _TERMINAL_LINE_BYTES:
        raise InfraError(f"the value of {name} is too long for a terminal, which cuts it: give it as < file")
    return value


def _piped() -> str:
    return "" if sys.stdin is None else sys.stdin.buffer.read().decode()


def generate_value() -> str:
    """Make a random value like those that Terraform makes first."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(LENGTH))
