"""`infra rollback`: which image it goes back to, and the quick way."""

import pytest

from tests.tools.release.deployments import FakeCodeDeploy
from tests.tools.release.doubles import Calls
from tests.tools.release.world import add_task_set, push_image, revision
from tools.release import entry as entries
from tools.release.aws import Aws
from tools.release.context import ReleaseError
from tools.release.entry import HeldError
from tools.release.finding import find_deployment
from tools.release.journal import Journal
from tools.release.manifest import Manifest
from tools.release.rollback import find_goal, take_back
from tools.release.targets import Target


class History:
    """What was released, one after the other."""

    def __init__(self, calls: Calls, aws: Aws, manifest: Manifest) -> None:
        self._calls, self._aws, self._manifest = calls, aws, manifest
        self.images: dict[str, str] = {}
        self.revisions: dict[str, str] = {}

    def release(self, commit: str, *, works: bool = True) -> str:
        """Build an image and release it; one that does not work gets no tag of a release, and does not serve."""
        digest = push_image(self._calls, self._aws, self._manifest, f"sha-{commit}")
        self.images[commit] = f"{self._manifest.image.uri}@{digest}"
        return self.again(commit, works=works)

    def again(self, commit: str, *, works: bool = True) -> str:
        """Release an image that is there."""
        arn = revision(self._aws, self._manifest, f"sha-{commit}", self.images[commit])
        self.revisions[commit] = arn
        if works:
            self.tag(commit, f"staging-{commit}")
            add_task_set(self._aws, self._manifest, arn, "blue")
        return arn

    def tag(self, commit: str, name: str) -> None:
        """Tag an image."""
        ids = [{"imageDigest": self.images[commit].partition("@")[2]}]
        repository = self._manifest.image.repository
        (image,) = self._aws.ecr.batch_get_image(repositoryName=repository, imageIds=ids)["images"]  # type: ignore[arg-type]
        try:
            self._aws.ecr.put_image(repositoryName=repository, imageManifest=image["imageManifest"], imageTag=name)
        except self._aws.ecr.exceptions.ImageAlreadyExistsException:
            return

    def expire(self, commit: str) -> None:
        """Let the registry lose an image."""
        ids = [{"imageDigest": self.images[commit].partition("@")[2]}]
        self._aws.ecr.batch_delete_image(repositoryName=self._manifest.image.repository, imageIds=ids)  # type: ignore[arg-type]


@pytest.fixture
def history(calls: Calls, aws: Aws, manifest: Manifest) -> History:
    """Nothing was released yet."""
    return History(calls, aws, manifest)


class TestGoal:
    """Where to."""

    def goal(self, aws: Aws, manifest: Manifest, to: str | None = None) -> str:
        """The tag of the image to go back to."""
        return find_goal(aws, manifest, to).image_tag

    def test_before(self, aws: Aws, manifest: Manifest, history: History) -> None:
        """To the release before."""
        history.release("aaaaaaa")
        history.release("bbbbbbb")

        assert "staging-aaaaaaa" == self.goal(aws, manifest)

    def test_image(self, aws: Aws, manifest: Manifest, history: History) -> None:
        """To its very image."""
        history.release("aaaaaaa")
        history.release("bbbbbbb")

        assert history.images["aaaaaaa"] == find_goal(aws, manifest, None).image

    def test_not_to_a_failed_one(self, aws: Aws, manifest: Manifest, history: History) -> None:
        """Not to one that never served, although it has a revision."""
        history.release("aaaaaaa")
        history.release("bbbbbbb", works=False)
        history.release("ccccccc")

        assert "staging-aaaaaaa" == self.goal(aws, manifest)

    def test_not_to_a_younger_one(self, aws: Aws, manifest: Manifest, history: History) -> None:
        """Not to a revision that is younger than the one that serves."""
        history.release("aaaaaaa")
        history.release("bbbbbbb")
        history.release("ccccccc", works=False)
        history.tag("ccccccc", "staging-ccccccc")

        assert "staging-aaaaaaa" == self.goal(aws, manifest)

    def test_same_image(self, aws: Aws, manifest: Manifest, history: History) -> None:
        """Not to the same image with an older configuration."""
        history.release("aaaaaaa")
        history.release("bbbbbbb")
        history.again("bbbbbbb")

        assert "staging-aaaaaaa" == self.goal(aws, manifest)

    def test_back_and_forth(self, aws: Aws, manifest: Manifest, history: History) -> None:
        """After a rollback, the way leads back to where it came from."""
        history.release("aaaaaaa")
        history.release("bbbbbbb")
        history.again("aaaaaaa")

        assert "staging-bbbbbbb" == self.goal(aws, manifest)

    def test_expired(self, aws: Aws, manifest: Manifest, history: History) -> None:
        """Not to an image that the registry does not have any more."""
        for commit in ("aaaaaaa", "bbbbbbb", "ccccccc"):
            history.release(commit)
        history.expire("bbbbbbb")

        assert "staging-aaaaaaa" == self.goal(aws, manifest)

    def test_without_tags_of_releases(self, aws: Aws, manifest: Manifest, history: History) -> None:
        """Where nothing was tagged as released, to the revision before."""
        history.release("aaaaaaa", works=False)
        add_task_set(aws, manifest, history.release("bbbbbbb", works=False), "blue")

        assert "sha-aaaaaaa" == self.goal(aws, manifest)

    def test_nothing_before(self, aws: Aws, manifest: Manifest, history: History) -> None:
        """Before the first release there is nothing: Terraform's own revision was none."""
        history.release("aaaaaaa")

        with pytest.raises(
            ReleaseError,
            match=r"no release before sha-aaaaaaa is known .*: release another image, or name one, infra rollback",
        ):
            self.goal(aws, manifest)

    @pytest.mark.parametrize(
        ("to", "tag"),
        [("aaaaaaa", "aaaaaaa"), ("sha-aaaaaaa", "sha-aaaaaaa"), ("staging-aaaaaaa", "staging-aaaaaaa")],
    )
    def test_named(self, aws: Aws, manifest: Manifest, history: History, to: str, tag: str) -> None:
        """To what is named: a commit or a tag."""
        for commit in ("aaaaaaa", "bbbbbbb", "ccccccc"):
            history.release(commit)

        assert tag == self.goal(aws, manifest, to)

    @pytest.mark.parametrize("to", ["latest", "staging"])
    def test_moving_tag(self, aws: Aws, manifest: Manifest, history: History, to: str) -> None:
        """A tag that moves is what it means now, by a name that stays: it is not looked up twice."""
        history.release("aaaaaaa")
        history.tag("aaaaaaa", to)
        history.release("bbbbbbb")

        assert "staging-aaaaaaa" == self.goal(aws, manifest, to)

    def test_named_only_released(self, aws: Aws, manifest: Manifest, history: History) -> None:
        """A commit whose `sha-` tag has expired is found by the tag of its release."""
        history.release("aaaaaaa")
        history.release("bbbbbbb")
        aws.ecr.batch_delete_image(repositoryName="isms-backend", imageIds=[{"imageTag": "sha-aaaaaaa"}])

        assert "staging-aaaaaaa" == self.goal(aws, manifest, "aaaaaaa")

    def test_unknown(self, aws: Aws, manifest: Manifest, history: History) -> None:
        """What is not in the registry is named, as the operator named it."""
        history.release("aaaaaaa")

        with pytest.raises(ReleaseError, match="there is no image fffffff in isms-backend"):
            self.goal(aws, manifest, "fffffff")

    def test_serves(self, aws: Aws, manifest: Manifest, history: History) -> None:
        """To what serves there is no way back."""
        history.release("aaaaaaa")

        with pytest.raises(ReleaseError, match="aaaaaaa is what serves"):
            self.goal(aws, manifest, "aaaaaaa")


class TestTakeBack:
    """What the lock says then."""

    @pytest.fixture
    def target(self, aws: Aws, manifest: Manifest, history: History) -> Target:
        """Two releases were made; the tasks of the first are still there."""
        history.release("aaaaaaa")
        history.release("bbbbbbb")
        return Target(aws=aws, manifest=manifest)

    @pytest.fixture
    def waiting(self, calls: Calls, target: Target, history: History) -> str:
        """CodeDeploy has moved the traffic of the second, and waits with the end of the first one's tasks."""
        fake = FakeCodeDeploy(calls, target.manifest)
        fake.add("d-1", "InProgress", description=f"infra release: {history.revisions['bbbbbbb']}")
        calls.answers["ListDeployments"] = {"deployments": ["d-1"]}
        return "d-1"

    def test_release(self, target: Target) -> None:
        """Usually a rollback is the release of an older image, which does not migrate."""
        (taken,) = take_back([target], None)

        assert (False, "staging-aaaaaaa", True) == (
            taken.undo,
            taken.journal.entry.image_tag,
            taken.journal.entry.migrated,
        )

    def test_quick(self, target: Target, waiting: str, history: History) -> None:
        """While the replaced tasks are there, the last release is undone instead."""
        (taken,) = take_back([target], None)
        entry = taken.journal.entry

        assert (True, "rolling_back", waiting) == (taken.undo, entry.step, entry.deployment)
        assert (history.revisions["aaaaaaa"], "sha-bbbbbbb") == (entry.previous, entry.image_tag)

    def test_quick_to_another(self, target: Target, waiting: str, history: History) -> None:  # noqa: ARG002
        """Not when it is to go elsewhere than to the replaced tasks."""
        history.release("ccccccc", works=False)
        (taken,) = take_back([target], "ccccccc")

        assert not taken.undo

    def test_held(self, target: Target) -> None:
        """When somebody releases, it is refused."""
        Journal.take(target.aws, target.manifest, "sha-ccccccc")

        with pytest.raises(HeldError):
            take_back([target], None)

    def test_lock_is_given_back(self, target: Target, calls: Calls) -> None:
        """When AWS does not answer, no lock is left."""
        calls.refuse("ListDeployments", "AccessDeniedException")
        with pytest.raises(Exception, match="AccessDenied"):
            take_back([target], None)

        assert entries.read(target.aws, target.manifest) is None


class TestFind:
    """The deployment of a revision that is under way."""

    def test_by_description(self, calls: Calls, aws: Aws, manifest: Manifest) -> None:
        """It is known by what it is said to deploy."""
        fake = FakeCodeDeploy(calls, manifest)
        fake.add("d-1", description="by hand")
        fake.add("d-2", description="infra release: arn:2")
        calls.answers["ListDeployments"] = {"deployments": ["d-1", "d-2"]}

        assert "d-2" == find_deployment(aws, manifest, "arn:2")

    def test_only_unfinished(self, calls: Calls, aws: Aws, manifest: Manifest) -> None:
        """Only those count that go on."""
        find_deployment(aws, manifest, "arn:2")
        (asked,) = calls.of("ListDeployments")

        assert not {"Succeeded", "Failed", "Stopped"} & set(asked["includeOnlyStatuses"])

    def test_none(self, aws: Aws, manifest: Manifest) -> None:
        """There may be none."""
        assert "" == find_deployment(aws, manifest, "arn:2")

    def test_another_revision_of_the_same_digits(self, calls: Calls, aws: Aws, manifest: Manifest) -> None:
        """Revision 2 is not revision 22."""
        FakeCodeDeploy(calls, manifest).add("d-1", description="infra release: arn:22")
        calls.answers["ListDeployments"] = {"deployments": ["d-1"]}

        assert "" == find_deployment(aws, manifest, "arn:2")

    def test_rolling(self, aws: Aws, rolling_manifest: Manifest) -> None:
        """A rolling update is found by its revision."""
        found = find_deployment(aws, rolling_manifest, rolling_manifest.ecs.task_definition)

        assert found.startswith("ecs-svc/")
