"""The values of a stack's secrets: set by a person, seen by nobody."""

from tools.secrets.command import app

__all__ = ["app"]
