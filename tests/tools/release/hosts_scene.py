"""A whole release on hosts: `infra` with its real steps, in an account whose hosts go as the test says."""

import pytest
from typer.testing import CliRunner, Result

from tests.tools.release.doubles import Calls, FakeClock
from tests.tools.release.fleet import Fleet
from tests.tools.release.hosts_account import STACK
from tests.tools.release.pushing import push_image
from tests.tools.release.scene import stand_in
from tools.cli import app
from tools.release import entry
from tools.release.aws import Aws
from tools.release.manifest import Manifest

OLD_TAG, TAG = "sha-1111111", "sha-4f0a1b2c3d4e5f60718293a4b5c6d7e8f9012345"


class HostsWorld:
    """An account in which one image serves, and another is there to be released."""

    def __init__(self, calls: Calls, aws: Aws, manifest: Manifest, clock: FakeClock, fleet: Fleet) -> None:
        self.calls, self.aws, self.manifest, self.clock, self.fleet = calls, aws, manifest, clock, fleet
        self.old, self.new = (self.push(tag) for tag in (OLD_TAG, TAG))
        fleet.serve(self.old)
        calls.made.clear()

    def push(self, tag: str) -> str:
        """Push an image, and give it by digest."""
        return f"{self.manifest.image.uri}@{push_image(self.calls, self.aws, self.manifest, tag, 'amd64')}"

    def infra(self, *words: str) -> Result:
        """Run `infra`."""
        return CliRunner().invoke(app, list(words))

    def release(self, *words: str, tag: str = TAG) -> Result:
        """Release an image."""
        return self.infra("release", STACK, "backend", "--image-tag", tag, *words)

    @property
    def locked(self) -> bool:
        """Whether the lock is held."""
        return entry.read(self.aws, self.manifest) is not None

    @property
    def state(self) -> tuple[str, list[str], bool]:
        """What is to run, what runs, and whether the lock is held."""
        return self.fleet.image, self.fleet.runs, self.locked


def build_hosts_world(
    calls: Calls, aws: Aws, manifest: Manifest, clock: FakeClock, fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> HostsWorld:
    """Make the account, and a site that answers."""
    stand_in(clock, monkeypatch)
    return HostsWorld(calls, aws, manifest, clock, fleet)
