"""What every step of publishing gets."""

from dataclasses import dataclass, field

from tools.publish.display import Display
from tools.publish.stop import Stop
from tools.publish.target import Target
from tools.release.context import Clock


@dataclass(frozen=True, kw_only=True)
class Context:
    """The site, who is told, and who may end it."""

    target: Target
    display: Display
    stop: Stop
    clock: Clock = field(default_factory=Clock)
    poll_s: float = 5.0
    """Between two looks at something that takes time."""
