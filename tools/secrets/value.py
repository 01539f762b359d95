"""Where a value comes from: standard input, or chance. Never the command line, which every process can read."""

import getpass
import secrets
import string
import sys

from tools.errors import InfraError

LENGTH = 64
LARGEST_BYTES = 65_536
"""docs.aws.amazon.com/secretsmanager, "AWS Secrets Manager quotas", Secret value size."""

_ALPHABET = string.ascii_letters + string.digits


def read_value(name: str) -> str:
    """
    Read a value from standard input, on a terminal without showing it; one line break at its end is not part of it.

    :raises InfraError: there is none, or it is no text
    """
    if sys.stdin.isatty():
        value = getpass.getpass(f"{name}: ")
    else:
        try:
            value = sys.stdin.buffer.read().decode()
        except UnicodeDecodeError:
            raise InfraError(f"the value of {name} must be UTF-8 text") from None
    value = value.removesuffix("\r\n") if value.endswith("\r\n") else value.removesuffix("\n")
    if not value:
        raise InfraError(f"the value of {name} is empty: it is read from standard input")
    return value


def generate_value() -> str:
    """Make a random value like those that Terraform makes first."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(LENGTH))
