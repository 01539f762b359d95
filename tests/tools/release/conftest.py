"""An emulated account with one service in it, for all tests of a release; helpers are in `world.py`."""

from collections.abc import Iterator
from functools import cache

import boto3
import botocore.loaders
import botocore.session
import pytest
from moto import mock_aws
from moto.ecs.models import EC2ContainerServiceBackend

from tests.tools.release import world
from tests.tools.release.fleet import Fleet
from tests.tools.release.hosts_account import build_hosts
from tests.tools.release.world import ACCOUNT, REGION, Calls, FakeClock, Told
from tools.release.aws import Aws
from tools.release.context import Context
from tools.release.manifest import Manifest
from tools.release.progress import Reporter


@cache
def loader(search_path: str | None) -> botocore.loaders.Loader:
    """Let all sessions share what they read about AWS's APIs, which is most of the time a test takes."""
    return botocore.loaders.create_loader(search_path)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[Calls]:
    """Emulate AWS in this process; the calls are written down, and some can be answered as told."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MOTO_ACCOUNT_ID", ACCOUNT)
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")  # nearly all of a test's time, and nobody asks for them
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setattr(botocore.session, "create_loader", loader)
    with mock_aws():
        calls = world.patch_calls(monkeypatch)
        monkeypatch.setattr("tools.release.images.urlopen", calls.open)
        # The emulator wants to know how much memory each container takes, which Fargate does not.
        monkeypatch.setattr(EC2ContainerServiceBackend, "_calculate_task_resource_requirements", lambda *_: {})
        yield calls


@pytest.fixture
def aws(calls: Calls) -> Aws:  # noqa: ARG001 the emulated account must be there first
    """Clients of the emulated account, 956880242582 in eu-west-2."""
    return Aws(boto3.Session(region_name=REGION))


@pytest.fixture
def manifest(aws: Aws, calls: Calls) -> Manifest:
    """A service `isms-backend-staging` in deploy mode blue_green, which blue serves with Terraform's own revision."""
    made = world.build(aws, "blue_green")
    calls.made.clear()
    return made


@pytest.fixture
def rolling_manifest(aws: Aws, calls: Calls) -> Manifest:
    """The same service in deploy mode release, in steady state."""
    made = world.build(aws, "release")
    calls.made.clear()
    return made


@pytest.fixture
def clock() -> FakeClock:
    """A clock that no test waits for."""
    return FakeClock()


@pytest.fixture
def told() -> Told:
    """What the operator was told."""
    return Told()


@pytest.fixture
def context(aws: Aws, manifest: Manifest, clock: FakeClock, told: Told) -> Context:
    """What each step of a blue_green release gets."""
    reporter = Reporter(manifest.service, told.states.append, told.lines.append)
    return Context(aws=aws, manifest=manifest, reporter=reporter, clock=clock.clock)


@pytest.fixture
def rolling_context(aws: Aws, rolling_manifest: Manifest, clock: FakeClock, told: Told) -> Context:
    """What each step of a release in deploy mode release gets."""
    reporter = Reporter(rolling_manifest.service, told.states.append, told.lines.append)
    return Context(aws=aws, manifest=rolling_manifest, reporter=reporter, clock=clock.clock)


@pytest.fixture
def hosts_manifest(aws: Aws, calls: Calls) -> Manifest:
    """A service of `aldeia-staging` on hosts, of which nothing was released yet."""
    made = build_hosts(aws)
    calls.made.clear()
    return made


@pytest.fixture
def fleet(calls: Calls, aws: Aws, hosts_manifest: Manifest, clock: FakeClock) -> Fleet:
    """Its one host."""
    return Fleet(calls, aws, hosts_manifest, clock)


@pytest.fixture
def hosts_context(aws: Aws, hosts_manifest: Manifest, clock: FakeClock, told: Told) -> Context:
    """What each step of a release on hosts gets."""
    reporter = Reporter(hosts_manifest.service, told.states.append, told.lines.append)
    return Context(aws=aws, manifest=hosts_manifest, reporter=reporter, clock=clock.clock)
