"""Writes of a journal whose answer is lost, or that meet somebody else's."""

from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from tests.tools.release.chaos import Chaos, lost
from tests.tools.release.world import Calls
from tools.release.aws import Aws
from tools.release.entry import Entry, parameter_name, read
from tools.release.journal import Journal, LostError
from tools.release.manifest import Manifest


def noted(aws: Aws, manifest: Manifest) -> Entry:
    """What stands in the journal."""
    entry = read(aws, manifest)
    assert entry is not None
    return entry


def answers(first: Any) -> Any:  # noqa: ANN401 an answer of AWS
    """Answer once as told, and then as it is."""
    once = iter([first])
    return lambda _: next(once, None)


class TestLostAnswers:
    """No answer comes to a write, although it was made."""

    @pytest.fixture
    def journal(self, aws: Aws, manifest: Manifest, monkeypatch: pytest.MonkeyPatch) -> Journal:
        """A lock whose last write was made, as nobody knows."""
        journal = Journal.take(aws, manifest, "sha-1")
        with monkeypatch.context() as patch:
            Chaos(at=0, moment="after", problem=lost).patch(patch)
            with pytest.raises(ReadTimeoutError):
                journal.write(step="shifting", deployment="d-1")
        return journal

    def test_written_again(self, aws: Aws, manifest: Manifest, journal: Journal) -> None:
        """It can be made again, and is not taken for somebody else's."""
        journal.write(step="shifting", deployment="d-1")
        journal.write(step="verifying")

        assert ("verifying", "d-1") == (noted(aws, manifest).step, noted(aws, manifest).deployment)

    def test_remembered(self, aws: Aws, manifest: Manifest, journal: Journal) -> None:
        """What it has noted is known when something else is noted."""
        journal.write(step="rolling_back")

        assert "d-1" == noted(aws, manifest).deployment

    def test_given_back(self, aws: Aws, manifest: Manifest, journal: Journal) -> None:
        """The lock is given back all the same, as nobody else has it."""
        journal.give_back()

        assert read(aws, manifest) is None

    def test_taken_over(self, aws: Aws, manifest: Manifest, journal: Journal) -> None:
        """Somebody who resumes then is noticed as ever."""
        Journal.resume(aws, manifest)

        with pytest.raises(LostError):
            journal.write(step="shifting")


class TestOverwritten:
    """Somebody else has written in the same moment: who comes second leaves no trace."""

    def test_put_back(self, aws: Aws, manifest: Manifest, calls: Calls) -> None:
        """What they have written stands again, and they can go on."""
        slow = Journal.take(aws, manifest, "sha-1")
        stale = aws.ssm.get_parameter(Name=parameter_name(manifest))
        fast = Journal.resume(aws, manifest)
        calls.answers["GetParameter"] = answers(stale)
        with pytest.raises(LostError):
            slow.write(step="shifting")
        assert fast is not None
        fast.write(step="migrating")

        assert "migrating" == noted(aws, manifest).step

    def test_ended(self, aws: Aws, manifest: Manifest, calls: Calls) -> None:
        """Where they have ended, no lock is left that nobody holds."""
        slow = Journal.take(aws, manifest, "sha-1")
        stale = aws.ssm.get_parameter(Name=parameter_name(manifest))
        slow.give_back()
        calls.answers["GetParameter"] = answers(stale)
        with pytest.raises(LostError):
            slow.write(step="shifting")

        assert read(aws, manifest) is None
