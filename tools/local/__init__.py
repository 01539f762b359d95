"""An AWS control plane on this machine's loopback interface, from Python packages."""

from tools.local.cli import app
from tools.local.control import environment, fresh, up

__all__ = ["app", "environment", "fresh", "up"]
