"""
Amazon ECR's evaluation of a lifecycle policy, as its documentation describes it.

docs.aws.amazon.com/AmazonECR/latest/userguide: LifecyclePolicies.html, "Lifecycle policy evaluation rules", and
lifecycle_policy_parameters.html, "Lifecycle policy properties". Each sentence that is used here is quoted where it is.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

Rule = dict[str, Any]


class PolicyError(ValueError):
    """ECR would not take the policy."""


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image in a repository."""

    name: str
    """What the tests call it."""

    pushed_at: datetime
    tags: frozenset[str] = frozenset()
    manifest_list: str | None = None
    """The name of the manifest list that refers to it, as `docker buildx` pushes one for each build."""


def survivors(rules: Sequence[Rule], images: Sequence[Image], now: datetime) -> set[str]:
    """Name the images that are left after the policy was applied once."""
    check(rules)
    ordered = sorted(rules, key=lambda rule: int(rule["rulePriority"]))
    # "All rules are evaluated at the same time, regardless of rule priority. After all rules are evaluated, they are
    # then applied based on rule priority."
    marked = [_marked(rule, images, now) for rule in ordered]
    expired: set[str] = set()
    for index, names in enumerate(marked):
        # "An image that matches the tagging requirements of a rule can't be expired by a rule with a lower priority."
        owned = {image.name for rule in ordered[:index] for image in images if selects(rule["selection"], image)}
        expired |= names - owned
    left = {image.name for image in images} - expired
    # "If an image is referenced by a manifest list, it cannot be expired without the manifest list being deleted
    # first."
    return left | {image.name for image in images if image.manifest_list in left}


def check(rules: Sequence[Rule]) -> None:
    """
    Refuse what ECR refuses.

    :raises PolicyError: with the sentence of the documentation that forbids it
    """
    priorities = [rule["rulePriority"] for rule in rules]
    if len(set(priorities)) < len(priorities):
        raise PolicyError("you must give them each a unique value for rulePriority")
    selections = [rule["selection"] for rule in rules]
    statuses = [selection["tagStatus"] for selection in selections]
    if statuses.count("untagged") > 1:
        raise PolicyError("only one rule is allowed to select untagged images")
    for rule in rules:
        if rule["selection"]["tagStatus"] == "any" and rule["rulePriority"] != max(priorities):
            raise PolicyError("a tagStatus value of any must have the highest value for rulePriority")
    patterns = [tuple(selection["tagPatternList"]) for selection in selections if "tagPatternList" in selection]
    if len(set(patterns)) < len(patterns):
        raise PolicyError("the set of rules must contain a unique set of tag prefixes")
    for selection in selections:
        _check_selection(selection)


def _check_selection(selection: Rule) -> None:
    if (selection["tagStatus"] == "tagged") != ("tagPatternList" in selection):
        raise PolicyError("if you specify tagged, then you must also specify a tagPatternList, otherwise omit it")
    if any(pattern.count("*") > 4 for pattern in selection.get("tagPatternList", [])):
        raise PolicyError("there is a maximum limit of four wildcards (*) per string")
    if selection["countNumber"] < 1:
        raise PolicyError("acceptable values are positive integers (0 is not an accepted value)")
    if (selection["countType"] == "sinceImagePushed") != (selection.get("countUnit") == "days"):
        raise PolicyError("an error will occur if you specify a count unit when countType is any other value")


def selects(selection: Rule, image: Image) -> bool:
    """Say whether the image matches the tagging requirements."""
    if selection["tagStatus"] == "any":
        return True
    if selection["tagStatus"] == "untagged":
        return not image.tags
    # "If you specify multiple tags, only the images with all specified tags are selected."
    return all(any(_matches(pattern, tag) for tag in image.tags) for pattern in selection["tagPatternList"])


def _matches(pattern: str, tag: str) -> bool:
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), tag) is not None


def _marked(rule: Rule, images: Sequence[Image], now: datetime) -> set[str]:
    """
    Name the images that a rule alone would expire.

    "Rules can never mark images that are marked by higher priority rules, but can still identify them as if they
    haven't been expired": a count counts all that it selects.
    """
    selection = rule["selection"]
    selected = [image for image in images if selects(selection, image)]
    if selection["countType"] == "sinceImagePushed":
        # "all images whose pushed_at_time is older than the specified number of days based on countNumber are expired"
        oldest = now - timedelta(days=selection["countNumber"])
        return {image.name for image in selected if image.pushed_at < oldest}
    # "images are sorted from youngest to oldest based on pushed_at_time and then all images greater than the specified
    # count are expired"
    youngest_first = sorted(selected, key=lambda image: image.pushed_at, reverse=True)
    return {image.name for image in youngest_first[selection["countNumber"] :]}
