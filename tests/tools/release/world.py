"""All that tests of a release import: an emulated account with one service in it, a clock, and who is told."""

from tests.tools.release.doubles import Calls, FakeClock, Told, patch_calls
from tests.tools.release.emulated import build
from tests.tools.release.pushing import digest_of, push_image
from tests.tools.release.tasks import ACCOUNT, NAME, REGION, add_task_set, revision, route, service

__all__ = [
    "ACCOUNT",
    "NAME",
    "REGION",
    "Calls",
    "FakeClock",
    "Told",
    "add_task_set",
    "build",
    "digest_of",
    "patch_calls",
    "push_image",
    "revision",
    "route",
    "service",
]
