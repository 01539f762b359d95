"""Which images a repository keeps, by a simulation of ECR's documented evaluation."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from modules.images.lifecycle import (
    ImageLifecycleSettings,
    Rule,
    lifecycle_policy,
    lifecycle_rules,
    moving_tags,
    tag_mutability,
)
from modules.mistakes import mistakes_in
from tests.modules.images.ecr_lifecycle_simulator import Image, PolicyError, check, survivors

NOW = datetime(2026, 11, 21, tzinfo=UTC)
DEFAULTS = ImageLifecycleSettings()
RULES = lifecycle_rules(DEFAULTS)


def image(name: str, age_days: float, tags: Iterable[str] = (), manifest_list: str | None = None) -> Image:
    """An image of this age."""
    pushed_at = NOW - timedelta(days=age_days)
    return Image(name=name, pushed_at=pushed_at, tags=frozenset(tags), manifest_list=manifest_list)


def build(number: int, age_days: float, *tags: str) -> Image:
    """The image of commit `number`, with more tags."""
    return image(f"c{number}", age_days, [f"sha-c{number}", *tags])


def released(number: int, age_days: float, environment: str, *tags: str) -> Image:
    """The image of commit `number` after its release."""
    return build(number, age_days, f"{environment}-c{number}", *tags)


def kept(images: Sequence[Image], rules: Sequence[Rule] = RULES) -> set[str]:
    """The images that the policy leaves."""
    return survivors(rules, images, NOW)


def commits(*numbers: int) -> set[str]:
    """The names of these commits' images."""
    return {f"c{number}" for number in numbers}


@pytest.fixture
def repository() -> list[Image]:
    """
    A year of a repository that staging and production share: 60 commits, one every 6 days, c60 the newest.

    Every commit from c31 on was released to staging, every fifth from c5 on to production. Production was rolled back
    to c5, and staging runs c58, because c59 and c60 were never released.
    """
    images = []
    for number in range(1, 61):
        tags = [f"sha-c{number}"]
        if 31 <= number <= 58:
            tags.append(f"staging-c{number}")
        if number % 5 == 0 and number <= 55:
            tags.append(f"production-c{number}")
        tags += {60: ["latest"], 58: ["staging"], 5: ["production"]}.get(number, [])
        images.append(image(f"c{number}", 6 * (60 - number), tags))
    return [
        *images,
        image("untagged 6 days", 6),
        image("untagged 8 days", 8),
        image("platform of c60", 40, manifest_list="c60"),
        image("platform of c1", 400, manifest_list="c1"),
        image("experiment 29 days", 29, ["try-arm"]),
        image("experiment 31 days", 31, ["try-musl"]),
    ]


class TestRepository:
    """The made-up repository after one evaluation."""

    def test_survivors(self, repository: list[Image]) -> None:
        """Exactly these images are left of 66."""
        production = commits(10, 15, 20, 25, 30, 35, 40, 45, 50, 55)
        # c50 and c55 are among staging's 10 newest too, and count there.
        staging = commits(49, 51, 52, 53, 54, 56, 57, 58)
        newest_commits = commits(56, 57, 58, 59, 60)

        assert (
            production
            | staging
            | newest_commits
            | commits(5)  # runs in production
            | {"untagged 6 days", "platform of c60", "experiment 29 days"}
        ) == kept(repository)

    def test_rolled_back_production_stays(self, repository: list[Image]) -> None:
        """The image that production was rolled back to is kept, though ten newer ones were released."""
        assert "c5" in kept(repository)

    def test_promoted_image_outlives_its_staging_rule(self, repository: list[Image]) -> None:
        """An image that staging has long left behind is kept for production."""
        assert "c35" in kept(repository)

    def test_promoted_image_is_lost_the_other_way_round(self, repository: list[Image]) -> None:
        """With staging named first, its rule owns what both released, and takes it from production."""
        rules = lifecycle_rules(ImageLifecycleSettings(environments=["staging", "production"]))

        assert "c35" not in kept(repository, rules)

    def test_platforms_go_with_their_manifest_list(self, repository: list[Image]) -> None:
        """What buildx pushes beside an image has no tag, and is kept as long as the image."""
        assert ("platform of c60" in kept(repository), "platform of c1" in kept(repository)) == (True, False)

    def test_second_evaluation_changes_nothing(self, repository: list[Image]) -> None:
        """What is left once is left for good, as long as nothing is pushed and no time passes."""
        left = [image for image in repository if image.name in kept(repository)]

        assert {image.name for image in left} == kept(left)


class TestRules:
    """The rules one by one."""

    def test_order(self) -> None:
        """What runs, then releases, then commits, then images without a tag, and the rest last."""
        selections = [(rule["rulePriority"], rule["selection"].get("tagPatternList")) for rule in RULES]

        assert [
            (1, ["production"]),
            (2, ["staging"]),
            (3, ["production-*"]),
            (4, ["staging-*"]),
            (5, ["sha-*"]),
            (6, None),
            (7, None),
        ] == selections

    def test_numbers_are_the_designs(self) -> None:
        """10 images an environment, 5 commits, 7 days without a tag, 30 days otherwise."""
        numbers = [rule["selection"]["countNumber"] for rule in RULES]

        assert [1, 1, 10, 10, 5, 7, 30] == numbers

    def test_numbers_are_settings(self) -> None:
        """Every number and every environment is a setting."""
        settings = ImageLifecycleSettings(
            environments=["live"], keep_releases=3, keep_commits=2, untagged_days=1, other_days=4
        )

        numbers = [rule["selection"]["countNumber"] for rule in lifecycle_rules(settings)]

        assert [1, 3, 2, 1, 4] == numbers

    def test_all_expire(self) -> None:
        """A rule can do nothing else that is wanted here."""
        assert {"expire"} == {rule["action"]["type"] for rule in RULES}

    def test_one_pattern_a_rule(self) -> None:
        """All entries of a list must match, so that a list of two environments would select next to nothing."""
        lists = [rule["selection"]["tagPatternList"] for rule in RULES if "tagPatternList" in rule["selection"]]

        assert {1} == {len(patterns) for patterns in lists}

    def test_policy_is_the_rules(self) -> None:
        """The JSON holds the rules in ascending priority, as ECR answers with them (else every plan would differ)."""
        rules = json.loads(lifecycle_policy(DEFAULTS))["rules"]

        assert RULES == rules == sorted(rules, key=lambda rule: int(rule["rulePriority"]))

    def test_ecr_takes_the_policy(self) -> None:
        """The documented constraints hold with as many environments as there may be."""
        check(lifecycle_rules(ImageLifecycleSettings(environments=["a", "b", "c", "d"])))


class TestOrderMatters:
    """Each wrong order loses an image: the simulation can tell."""

    @pytest.mark.parametrize("last", [1, 3, 5])
    def test_rule_moved_behind_the_others(self, repository: list[Image], last: int) -> None:
        """A rule that comes after the other tag rules keeps less."""
        rules = [dict(rule) for rule in RULES]
        (moved,) = [rule for rule in rules if rule["rulePriority"] == last]
        moved["rulePriority"] = 5.5
        if last == 5:
            moved["rulePriority"] = 0

        assert kept(repository) != kept(repository, rules)

    def test_any_before_the_rest(self) -> None:
        """ECR refuses `any` before another rule."""
        rules = [dict(rule) for rule in RULES]
        rules[-1]["rulePriority"] = 0

        with pytest.raises(PolicyError, match="any"):
            check(rules)

    def test_one_rule_for_both_environments(self, repository: list[Image]) -> None:
        """One list with both environments selects only what both released, and loses what one of them did."""
        rules = [dict(rule) for rule in RULES if rule["rulePriority"] not in (1, 2, 4)]
        rules[0] = rules[0] | {"selection": rules[0]["selection"] | {"tagPatternList": ["production-*", "staging-*"]}}

        assert commits(10, 15, 20, 25, 30, 51, 52).isdisjoint(kept(repository, rules))


@st.composite
def repositories(draw: st.DrawFn) -> list[Image]:
    """Repositories as our releases leave them: a released image has its commit's tag, a moving tag is on one image."""
    ages = draw(st.lists(st.integers(0, 4000), min_size=1, max_size=40, unique=True))
    moving = {tag: draw(st.sampled_from(ages)) for tag in moving_tags(DEFAULTS) if draw(st.booleans())}
    images = []
    for number, age in enumerate(ages):
        kind = draw(st.sampled_from(["untagged", "other", "commit", "commit", "commit"]))
        tags = {tag for tag, owner in moving.items() if owner == age}
        if kind == "other":
            tags.add(f"try-{number}")
        if kind == "commit" or tags & set(DEFAULTS.environments):
            tags.add(f"sha-{number}")
            environments = draw(st.sets(st.sampled_from(DEFAULTS.environments)))
            tags |= {f"{name}-{number}" for name in environments | (tags & set(DEFAULTS.environments))}
        images.append(image(f"i{number}", age / 10, tags))
    return images


def newest(images: Sequence[Image], prefix: str, count: int) -> set[str]:
    """The youngest images with such a tag."""
    tagged = [image for image in images if any(tag.startswith(prefix) for tag in image.tags)]
    return {image.name for image in sorted(tagged, key=lambda image: image.pushed_at, reverse=True)[:count]}


class TestProperties:
    """What holds for every repository."""

    @given(repositories())
    def test_what_runs_stays(self, images: list[Image]) -> None:
        """The images tagged production and staging are never expired."""
        running = {image.name for image in images if image.tags & {"production", "staging"}}

        assert running <= kept(images)

    @given(repositories())
    def test_newest_commits_stay(self, images: list[Image]) -> None:
        """The 5 newest images of commits survive."""
        assert newest(images, "sha-", 5) <= kept(images)

    @given(repositories())
    def test_production_can_be_rolled_back(self, images: list[Image]) -> None:
        """The 10 newest images that were released to production survive."""
        assert newest(images, "production-", 10) <= kept(images)

    @given(repositories())
    def test_untagged_go_after_a_week(self, images: list[Image]) -> None:
        """Nothing without a tag that is older than 7 days survives."""
        old = {image.name for image in images if not image.tags and NOW - image.pushed_at > timedelta(days=7)}

        assert old.isdisjoint(kept(images))

    @given(repositories())
    def test_young_images_without_a_commit_stay(self, images: list[Image]) -> None:
        """Nothing that is younger than 7 days expires, but commits and releases beyond their number."""
        young = {
            image.name
            for image in images
            if NOW - image.pushed_at <= timedelta(days=7) and not any(tag.startswith("sha-") for tag in image.tags)
        }

        assert young <= kept(images)

    @given(repositories())
    def test_is_bounded(self, images: list[Image]) -> None:
        """A repository does not grow: what is older than 30 days is a release, a commit or what runs, 27 at most."""
        old = {image.name for image in images if NOW - image.pushed_at > timedelta(days=30)}

        assert len(old & kept(images)) <= 1 + 1 + 10 + 10 + 5


class TestSettings:
    """The settings and their mistakes."""

    def test_moving_tags(self) -> None:
        """The environments' tags and `latest` move."""
        assert ["production", "staging", "latest"] == moving_tags(DEFAULTS)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"environments": ["staging", "staging"]}, "must name every environment once"),
            ({"environments": ["latest"]}, "must not contain 'latest', which is a tag of every build"),
            ({"environments": ["sha"]}, "must not contain 'sha', which is a tag of every build"),
            ({"environments": ["sha-b"]}, "must not contain 'sha-b', which is a tag of every build"),
            (
                {"environments": ["staging", "staging-eu"]},
                "must not contain 'staging-eu' beside 'staging', whose rule staging-* selects its tags too",
            ),
            (
                {"environments": ["staging-eu", "staging"]},
                "must not contain 'staging-eu' beside 'staging', whose rule staging-* selects its tags too",
            ),
            ({"keep_releases": 4}, "must be at most keep_releases, 4"),
        ],
    )
    def test_own_rules(self, arguments: dict[str, Any], message: str) -> None:
        """What only we know is refused with a sentence."""
        settings = {"keep_commits": 5, **arguments}

        with pytest.raises(ValidationError) as caught:
            ImageLifecycleSettings(**settings)

        texts = [found.text for found in mistakes_in(caught.value, ImageLifecycleSettings)]
        assert [message] == [text.split(", got")[0] for text in texts]

    @pytest.mark.parametrize("names", [["habit-tracker"], ["live-eu", "live-us"], ["live", "liveeu"], ["a" * 32]])
    def test_names_of_stacks(self, names: list[str]) -> None:
        """A stack's id may have hyphens, as long as its releases are told from another one's."""
        assert names == ImageLifecycleSettings(environments=names).environments

    @pytest.mark.parametrize(
        "arguments",
        [
            {"environments": []},
            {"environments": ["a", "b", "c", "d", "e"]},
            {"environments": ["staging-"]},
            {"environments": ["staging--eu"]},
            {"environments": ["a" * 33]},
            {"keep_releases": 0},
            {"keep_commits": 0},
            {"untagged_days": 0},
            {"other_days": 0},
        ],
    )
    def test_bounds(self, arguments: dict[str, Any]) -> None:
        """What ECR refuses, or what would make tags ambiguous, is refused here."""
        with pytest.raises(ValidationError):
            ImageLifecycleSettings(**arguments)


@pytest.mark.parametrize(
    ("provider_version", "expected"),
    [
        ("5.100.0", "MUTABLE"),
        ("6.7.0", "MUTABLE"),
        ("6.7.99", "MUTABLE"),
        ("6.8", "IMMUTABLE_WITH_EXCLUSION"),
        ("6.8.0", "IMMUTABLE_WITH_EXCLUSION"),
        ("6.33.0", "IMMUTABLE_WITH_EXCLUSION"),
        ("7.0.0", "IMMUTABLE_WITH_EXCLUSION"),
    ],
)
def test_tag_mutability(provider_version: str, expected: str) -> None:
    """Exclusion filters are used where the provider has them, from 6.8.0 on."""
    assert expected == tag_mutability(provider_version)
