"""Which image a rollback goes back to, and the quick way while CodeDeploy still keeps the replaced tasks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tools.release.aws import Aws
from tools.release.context import ReleaseError, quiet
from tools.release.finding import find_deployment
from tools.release.images import resolve_image, tags_of
from tools.release.journal import Journal
from tools.release.manifest import Manifest
from tools.release.mode import mode_of
from tools.release.resume import Taken, expect_free, give_back, take
from tools.release.revision import Serving, describe_image, find_service, serving
from tools.release.targets import Target


@dataclass(frozen=True, kw_only=True)
class Goal:
    """The image to go back to."""

    image: str
    image_tag: str


def find_goal(aws: Aws, manifest: Manifest, to: str | None) -> Goal:
    """
    Find what to go back to: what the operator names, or what served before.

    :param to: a tag, a commit or a digest
    :raises ReleaseError: there is no such image, it serves already, or nothing served before
    """
    now = mode_of(manifest).serving(quiet(aws, manifest))
    if to is None:
        return _previous(aws, manifest, now)
    goal = _named(aws, manifest, to)
    if goal.image == now.image:
        raise ReleaseError(f"{manifest.service}: {to} is what serves")
    return goal


def take_back(targets: Sequence[Target], to: str | None) -> list[Taken]:
    """
    Take the locks for going back.

    :param to: a tag or a commit; None: what served before
    :raises InfraError: somebody has a lock, or it is not known what to go back to; then none is taken
    """
    expect_free(targets)
    goals = [find_goal(target.aws, target.manifest, to) for target in targets]
    taken = take(targets, [goal.image_tag for goal in goals], migrated=True)
    try:
        return [
            replace(one, undo=_is_quick(one.target.aws, one.target.manifest, one.journal, goal))
            for one, goal in zip(taken, goals, strict=True)
        ]
    except BaseException:
        give_back(taken)
        raise


def _is_quick(aws: Aws, manifest: Manifest, journal: Journal, goal: Goal) -> bool:
    """
    See whether the last release can be undone at once: CodeDeploy still keeps the tasks to go back to.

    The journal then says that this release is being rolled back, and that is all that is left to do.
    """
    if manifest.deploy_mode != "blue_green":
        return False
    now = serving(aws, manifest)
    sets = find_service(aws, manifest).get("taskSets", [])
    kept = [one["taskDefinition"] for one in sets if one["status"] == "ACTIVE" and one.get("runningCount", 0) > 0]
    before = next((arn for arn in kept if describe_image(aws, manifest, arn)[0] == goal.image), "")
    deployment = find_deployment(aws, manifest, now.task_definition) if before else ""
    if not deployment:
        return False
    journal.write(
        step="rolling_back",
        image_tag=now.image_tag,
        image=now.image,
        task_definition=now.task_definition,
        deployment=deployment,
        previous=before,
    )
    return True


def _named(aws: Aws, manifest: Manifest, to: str) -> Goal:
    """
    Find an image by a tag or a commit; released ones have the tag `<stack>-<commit>` when `sha-` has expired.

    A tag that moves, such as `latest`, means the image that it is on now, which goes by a name that stays.
    """
    try:
        image = resolve_image(aws, manifest, to)
        moves = to in ("latest", manifest.stack)
        return Goal(image=image, image_tag=_name(manifest, image, tags_of(aws, manifest, image)) if moves else to)
    except ReleaseError as first:
        try:
            tag = f"{manifest.stack}-{to}"
            return Goal(image=resolve_image(aws, manifest, tag), image_tag=tag)
        except ReleaseError:
            raise first from None


def _previous(aws: Aws, manifest: Manifest, now: Serving) -> Goal:
    """
    Find the image of the youngest revision before the one that serves which was released, and runs another image.

    A verified release leaves the tag `<stack>-<commit>`. Where nothing has one, because tagging was refused, any
    image that the registry still has will do.
    """
    goals = []
    for image, tags in mode_of(manifest).older(aws, manifest, now):
        goal = Goal(image=image, image_tag=_name(manifest, image, tags))
        if any(tag.startswith(f"{manifest.stack}-") for tag in tags):
            return goal
        goals.append(goal)
    if not goals:
        name = now.image_tag if now.image_tag else "what serves"
        raise ReleaseError(
            f"{manifest.service}: no release before {name} is known whose image is still in the registry: release "
            f"another image, or name one, infra rollback {manifest.stack} {manifest.service} --to SHA"
        )
    return goals[0]


def _name(manifest: Manifest, image: str, tags: Sequence[str]) -> str:
    """Name an image by a tag that stays, the release's before the build's; else by its digest."""
    released = [tag for tag in tags if tag.startswith(f"{manifest.stack}-")]
    built = [tag for tag in tags if tag.startswith("sha-")]
    return next(iter([*released, *built]), image.rpartition("@")[2])
