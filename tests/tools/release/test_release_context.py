"""Waiting, telling, and the clients of the right account."""

import pytest

from tests.tools.release.world import ACCOUNT, REGION, Calls, FakeClock, Told
from tools.errors import InfraError
from tools.release.aws import connect
from tools.release.context import Context, ReleaseError, UndecidedError


class TestPoll:
    """Looking again and again."""

    def test_at_once(self, context: Context, clock: FakeClock) -> None:
        """What is there already is not waited for."""
        context.poll(lambda: True, timeout_s=60, what="nothing")

        assert clock.time_s == 1000

    def test_later(self, context: Context, clock: FakeClock) -> None:
        """Between two looks it waits, and ends with the first that finds it."""
        context.poll(lambda: clock.time_s >= 1012, timeout_s=60, what="something")

        assert clock.time_s == 1015

    def test_timeout(self, context: Context, clock: FakeClock) -> None:
        """What takes too long ends, undecided."""
        with pytest.raises(UndecidedError, match=r"^backend: something took longer than 60 s$"):
            context.poll(lambda: False, timeout_s=60, what="something")

        assert clock.time_s == 1060

    def test_last_look(self, context: Context, clock: FakeClock) -> None:
        """It looks once more at the end of the time."""
        context.poll(lambda: clock.time_s >= 1060, timeout_s=60, what="something")

        assert clock.time_s == 1060


def test_reasons() -> None:
    """An error without reasons has none, and its message is one line."""
    assert ("failed", []) == (str(ReleaseError("failed")), ReleaseError("failed").reasons)


def test_tell(context: Context, told: Told) -> None:
    """A state is told when it changes, and only then."""
    context.reporter.tell(phase="migrating", detail="running")
    context.reporter.tell(detail="running")
    context.reporter.tell(detail="stopped")

    assert [("migrating", "running"), ("migrating", "stopped")] == [(one.phase, one.detail) for one in told.states]


class TestConnect:
    """Clients for one account and region."""

    def test_account(self, calls: Calls) -> None:  # noqa: ARG002 the emulated account
        """Clients are those of the region that was asked for."""
        assert "eu-west-1" == connect(ACCOUNT, "eu-west-1").ecs.meta.region_name

    def test_other_account(self, calls: Calls) -> None:  # noqa: ARG002 the emulated account
        """Credentials of another account are refused, with whose they are."""
        with pytest.raises(InfraError, match=f"credentials of account {ACCOUNT} .*: must be 641918319442"):
            connect("641918319442", REGION)

    def test_any_account(self, calls: Calls) -> None:
        """Where any account will do, nobody is asked."""
        connect(None, REGION)

        assert [] == calls.made

    def test_no_region(self, calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG002
        """Without a region there are no clients."""
        monkeypatch.delenv("AWS_DEFAULT_REGION")
        monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
        with pytest.raises(InfraError, match="no AWS region: set AWS_REGION"):
            connect(ACCOUNT, None)
