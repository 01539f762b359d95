"""What a release tells while it goes on: one state a service, drawn by whoever shows it."""

from collections.abc import Callable
from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class State:
    """Where the release of one service stands."""

    service: str
    phase: str
    """In words: checking, registering, migrating, starting tasks, shifting traffic, verifying, done, failed."""

    detail: str = ""
    traffic_percent: int | None = None
    """How much of the traffic the new tasks get."""

    healthy: int | None = None
    """How many of the new tasks the load balancer calls healthy, or ECS calls running where there is none."""

    total: int | None = None
    """How many new tasks there are to be."""


Report = Callable[[State], None]
Line = Callable[[str], None]
"""For whole lines, such as the log of a migration."""


class Reporter:
    """The current state of one service, which is told whenever it changes."""

    def __init__(self, service: str, report: Report, line: Line) -> None:
        self.state = State(service=service, phase="checking")
        self._report = report
        self.line = line

    def tell(self, **changes: object) -> None:
        """Change the state and tell it, unless nothing changed."""
        after = replace(self.state, **changes)  # type: ignore[arg-type]
        if after != self.state:
            self.state = after
            self._report(after)
