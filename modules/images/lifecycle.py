"""
Which images a repository keeps, as the rules of an ECR lifecycle policy. `docs/decisions/0010-image-tags.md` says why.

The tags: `sha-<commit>` on every build, `<environment>-<commit>` on every release, and `<environment>` and `latest`,
which move. The source of what the rules rely on is docs.aws.amazon.com/AmazonECR, "Lifecycle policy evaluation rules"
and "Lifecycle policy properties".
"""

import json
from itertools import permutations
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from modules.settings import Settings, mistake

COMMIT_PREFIX = "sha-"
"""What the tag of a commit's image begins with, because a pattern cannot say "40 hexadecimal digits"."""

LATEST = "latest"
"""The tag of the newest build. It moves, and nothing runs by it."""

Rule = dict[str, Any]
"""One rule as the policy's JSON has it."""

EnvironmentTag = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=32),
    Field(description="1 to 32 lower-case letters, digits and single hyphens, beginning with a letter"),
]
"""The id of a stack, which is what a release tags images with."""

Count = Annotated[int, Field(ge=1, le=1000)]
Days = Annotated[int, Field(ge=1, le=3650)]
"""ECR takes any positive number; the upper bounds only catch slips."""

_NOT_ENVIRONMENTS = (COMMIT_PREFIX.rstrip("-"), LATEST)


class ImageLifecycleSettings(Settings):
    """What a repository keeps. The numbers are those of design 001."""

    environments: Annotated[list[EnvironmentTag], Field(min_length=1, max_length=4)] = Field(
        default_factory=lambda: ["production", "staging"]
    )
    """Whose releases are kept, the most precious first: an image that two of them released is kept as the first one's.
    At most 4, because with `latest` they fill the 5 exclusion filters of a repository (ECR PutImageTagMutability)."""

    keep_releases: Count = 10
    """How many of an environment's newest images are kept, beside the one that its moving tag is on."""

    keep_commits: Count = 5
    """How many of the newest images with a commit's tag are kept."""

    untagged_days: Days = 7
    """The age at which an image without a tag expires."""

    other_days: Days = 30
    """The age at which an image expires that has only other tags."""

    @field_validator("environments")
    @classmethod
    def _are_tags_of_their_own(cls, environments: list[str]) -> list[str]:
        if len(set(environments)) < len(environments):
            raise mistake("must name every environment once")
        taken = [name for name in environments if name in _NOT_ENVIRONMENTS or name.startswith(COMMIT_PREFIX)]
        if taken:
            raise mistake(f"must not contain {taken[0]!r}, which is a tag of every build")
        for shorter, longer in permutations(environments, 2):
            if longer.startswith(f"{shorter}-"):
                rule = f"whose rule {shorter}-* selects its tags too"
                raise mistake(f"must not contain {longer!r} beside {shorter!r}, {rule}")
        return environments

    @field_validator("keep_commits")
    @classmethod
    def _not_above_releases(cls, keep_commits: int, info: ValidationInfo) -> int:
        # A released image has a commit's tag too, but belongs to the release's rule, which then must keep as many.
        if keep_commits > info.data.get("keep_releases", keep_commits):
            raise mistake(f"must be at most keep_releases, {info.data['keep_releases']}")
        return keep_commits


def moving_tags(settings: ImageLifecycleSettings) -> list[str]:
    """List the tags that may move from image to image."""
    return [*settings.environments, LATEST]


def lifecycle_rules(settings: ImageLifecycleSettings) -> list[Rule]:
    """
    Make the rules, in the order of their priority, which is also the order that ECR answers with.

    An image belongs to the first rule that selects it, whether that rule expires it or not. So what runs comes first
    (a moving tag is on one image, and a rule that keeps one never expires it), then the releases, then the commits.
    Each environment has its own rule, because all entries of one pattern list must match. `any` must be the last rule.
    """
    selections: list[tuple[str, Rule]] = []
    for name in settings.environments:
        selections.append((f"keep the image that is tagged {name}", _newest(name, 1)))
    for name in settings.environments:
        kept = settings.keep_releases
        selections.append((f"keep {kept} images released to {name}", _newest(f"{name}-*", kept)))
    commits = settings.keep_commits
    selections.append((f"keep {commits} images of commits", _newest(f"{COMMIT_PREFIX}*", commits)))
    for status, days in (("untagged", settings.untagged_days), ("any", settings.other_days)):
        what = "untagged images" if status == "untagged" else "all other images"
        selections.append((f"expire {what} after {days} days", _younger(status, days)))
    return [
        {"rulePriority": priority, "description": description, "selection": selection, "action": {"type": "expire"}}
        for priority, (description, selection) in enumerate(selections, start=1)
    ]


def lifecycle_policy(settings: ImageLifecycleSettings) -> str:
    """Write the rules as the JSON of a lifecycle policy."""
    return json.dumps({"rules": lifecycle_rules(settings)})


def _newest(pattern: str, count: int) -> Rule:
    return {
        "tagStatus": "tagged",
        "tagPatternList": [pattern],
        "countType": "imageCountMoreThan",
        "countNumber": count,
    }


def _younger(status: str, days: int) -> Rule:
    return {"tagStatus": status, "countType": "sinceImagePushed", "countUnit": "days", "countNumber": days}


Mutability = Literal["IMMUTABLE_WITH_EXCLUSION", "MUTABLE"]

_FIRST_WITH_EXCLUSION = (6, 8)


def tag_mutability(provider_version: str) -> Mutability:
    """
    Say how a repository protects its tags with this version of hashicorp/aws.

    Exclusion filters came with 6.8.0 (its changelog, pull request 43642). Before, a repository with tags that move must
    let all of them move, and only a digest names one image for good.

    :param provider_version: the exact version, such as `6.33.0`
    """
    major, minor, *_ = (int(part) for part in provider_version.split("."))
    return "IMMUTABLE_WITH_EXCLUSION" if (major, minor) >= _FIRST_WITH_EXCLUSION else "MUTABLE"
