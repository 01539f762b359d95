"""An emulated account with one site in it; helpers are in `site_world.py`."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import botocore.loaders
import botocore.session
import pytest
from moto import mock_aws

from tests.tools.publish.site_world import ACCOUNT, OLD, REGION, Scene, make_scene
from tests.tools.release.doubles import Calls, patch_calls
from tools import project
from tools.publish import target


@cache
def loader(search_path: str | None) -> botocore.loaders.Loader:
    """Let all sessions share what they read about AWS's APIs, which is most of the time a test takes."""
    return botocore.loaders.create_loader(search_path)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Calls]:
    """Emulate AWS in this process, where no stack is synthesized; some calls can be answered as told."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MOTO_ACCOUNT_ID", ACCOUNT)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setattr(botocore.session, "create_loader", loader)
    monkeypatch.setattr(target, "load_stack", lambda name: project.load_stack(name, tmp_path))
    with mock_aws():
        yield patch_calls(monkeypatch)


@pytest.fixture
def empty(calls: Calls, tmp_path: Path) -> Scene:
    """A site that nothing was published to."""
    return make_scene(calls, tmp_path / "dist")


@pytest.fixture
def scene(empty: Scene) -> Scene:
    """A site that serves the old build."""
    assert empty.publish(OLD).ok
    empty.calls.made.clear()
    empty.display.phases.clear()
    return empty
