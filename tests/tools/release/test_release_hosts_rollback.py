"""`infra rollback` on hosts: which image it goes back to, read from the parameter's history."""

import pytest

from tests.tools.release.doubles import Calls
from tests.tools.release.fleet import Fleet
from tests.tools.release.hosts_account import STACK
from tests.tools.release.pushing import push_image
from tools.release.compose.revision import older
from tools.release.context import Context, ReleaseError, quiet
from tools.release.mode import mode_of
from tools.release.rollback import find_goal, take_back
from tools.release.targets import Target


class History:
    """What was released, one after the other."""

    def __init__(self, context: Context, calls: Calls, fleet: Fleet) -> None:
        self._context, self._calls, self._fleet = context, calls, fleet
        self.images: dict[str, str] = {}

    def release(self, commit: str, *, works: bool = True) -> None:
        """Build an image and release it; one that does not work gets no tag of a release, and the one before serves."""
        aws, manifest = self._context.aws, self._context.manifest
        before = self._fleet.image
        if commit not in self.images:
            digest = push_image(self._calls, aws, manifest, f"sha-{commit}", "amd64")
            self.images[commit] = f"{manifest.image.uri}@{digest}"
        self._fleet.serve(self.images[commit])
        if not works:
            self._fleet.serve(before)
            return
        (image,) = aws.ecr.batch_get_image(
            repositoryName=manifest.image.repository, imageIds=[{"imageTag": f"sha-{commit}"}]
        )["images"]
        try:
            aws.ecr.put_image(
                repositoryName=manifest.image.repository,
                imageManifest=image["imageManifest"],
                imageTag=f"{STACK}-{commit}",
            )
        except aws.ecr.exceptions.ImageAlreadyExistsException:
            return

    def expire(self, commit: str) -> None:
        """Let the registry lose an image."""
        digest = self.images[commit].partition("@")[2]
        repository = self._context.manifest.image.repository
        self._context.aws.ecr.batch_delete_image(repositoryName=repository, imageIds=[{"imageDigest": digest}])

    def goal(self, to: str | None = None) -> str:
        """The tag of the image to go back to."""
        return find_goal(self._context.aws, self._context.manifest, to).image_tag


@pytest.fixture
def history(hosts_context: Context, calls: Calls, fleet: Fleet) -> History:
    """Nothing was released yet."""
    return History(hosts_context, calls, fleet)


def test_before(history: History) -> None:
    """Of several that were released before, to the youngest."""
    for commit in ("aaaaaaa", "bbbbbbb", "ccccccc"):
        history.release(commit)

    assert f"{STACK}-bbbbbbb" == history.goal()


def test_not_to_a_failed_one(history: History) -> None:
    """Not to one that never served, although the parameter said it."""
    history.release("aaaaaaa")
    history.release("bbbbbbb")
    history.release("ccccccc", works=False)

    assert f"{STACK}-aaaaaaa" == history.goal()


def test_back_and_forth(history: History) -> None:
    """After a rollback, the way leads back to where it came from."""
    history.release("aaaaaaa")
    history.release("bbbbbbb")
    history.release("aaaaaaa")

    assert f"{STACK}-bbbbbbb" == history.goal()


def test_expired(history: History) -> None:
    """Not to an image that the registry does not have any more."""
    for commit in ("aaaaaaa", "bbbbbbb", "ccccccc"):
        history.release(commit)
    history.expire("bbbbbbb")

    assert f"{STACK}-aaaaaaa" == history.goal()


def test_nothing_before(history: History) -> None:
    """What the parameter said before the first release is no image."""
    history.release("aaaaaaa")
    with pytest.raises(ReleaseError, match="no release before sha-aaaaaaa is known"):
        history.goal()


def test_no_image_is_not_looked_up(history: History, hosts_context: Context, calls: Calls) -> None:
    """The registry is not asked for what is no image."""
    history.release("aaaaaaa")
    history.release("bbbbbbb")
    now = mode_of(hosts_context.manifest).serving(quiet(hosts_context.aws, hosts_context.manifest))
    calls.made.clear()
    older(hosts_context.aws, hosts_context.manifest, now)

    digest = history.images["aaaaaaa"].partition("@")[2]
    assert [digest] == [asked["imageIds"][0]["imageDigest"] for asked in calls.of("DescribeImages")]


def test_named(history: History) -> None:
    """To what is named."""
    history.release("aaaaaaa")
    history.release("bbbbbbb")

    assert "aaaaaaa" == history.goal("aaaaaaa")


def test_serves(history: History) -> None:
    """To what serves there is no way back."""
    history.release("aaaaaaa")
    with pytest.raises(ReleaseError, match="aaaaaaa is what serves"):
        history.goal("aaaaaaa")


def test_lock(history: History, hosts_context: Context) -> None:
    """A rollback is the release of an older image, which does not migrate."""
    history.release("aaaaaaa")
    history.release("bbbbbbb")
    (taken,) = take_back([Target(aws=hosts_context.aws, manifest=hosts_context.manifest)], None)
    entry = taken.journal.entry

    assert (False, f"{STACK}-aaaaaaa", True) == (taken.undo, entry.image_tag, entry.migrated)
