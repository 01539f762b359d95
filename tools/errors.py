"""The one error that a person sees: a clear line and exit code 1."""


class InfraError(Exception):
    """
    A failure that the operator can act on.

    The message is one clear line that names the file or setting, the value got and what is allowed or what to do.
    `tools.cli` prints it without a traceback and exits with code 1.
    """
