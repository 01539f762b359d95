"""What every step of a release of one service gets."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tools.errors import InfraError
from tools.release.aws import Aws
from tools.release.manifest import Manifest
from tools.release.progress import Reporter


class ReleaseError(InfraError):
    """A step failed. The message is one line that says what; `reasons` are lines that say why."""

    def __init__(self, message: str, reasons: list[str] | None = None) -> None:
        super().__init__(message)
        self.reasons = reasons if reasons is not None else []


class UndecidedError(ReleaseError):
    """How a step ends is not known: it takes too long, or AWS does not answer. What was started goes on."""


@dataclass(frozen=True, kw_only=True)
class Clock:
    """Time, for tests to replace."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, kw_only=True)
class Context:
    """The service, the clients, and who is told."""

    aws: Aws
    manifest: Manifest
    reporter: Reporter
    clock: Clock = field(default_factory=Clock)
    poll_s: float = 5.0
    """Between two looks at something that takes time."""

    def poll(self, look: Callable[[], bool], *, timeout_s: float, what: str) -> None:
        """
        Look again and again until there is nothing to wait for any more.

        :param look: returns True at the end
        :raises UndecidedError: it takes too long
        """
        deadline = self.clock.now() + timeout_s
        while not look():
            if self.clock.now() >= deadline:
                raise UndecidedError(f"{self.manifest.service}: {what} took longer than {timeout_s:.0f} s")
            self.clock.sleep(self.poll_s)


def quiet(aws: Aws, manifest: Manifest) -> Context:
    """Make a context for a look at a service, of which nobody is told."""
    return Context(aws=aws, manifest=manifest, reporter=Reporter(manifest.service, lambda _: None, lambda _: None))
