"""NoComelon's settings: the rules that a plan cannot see, and any input whatever."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from envs import dev
from modules.mistakes import Mistake, mistakes_in
from stacks.nocomelon import AutoscalingSettings, NoComelonSettings

CERTIFICATE = "arn:aws:acm:{}:956880242582:certificate/11111111-2222-3333-4444-555555555555"

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def said(settings_class: type[Any] = NoComelonSettings, /, **changes: object) -> list[str]:
    """The mistakes that these changes to the dev settings make, as a person reads them."""
    return [f"{mistake.path} {mistake.text}" for mistake in mistakes(settings_class, changes)]


def mistakes(settings_class: type[Any], changes: dict[str, object]) -> list[Mistake]:
    """The mistakes that these changes to the dev settings make."""
    before = dict(dev.SETTINGS) if settings_class is NoComelonSettings else {}
    try:
        settings_class(**(before | changes))
    except ValidationError as error:
        return mistakes_in(error, settings_class)
    return []


DEFAULTS = NoComelonSettings(account_id="956880242582", region="us-east-1", aws_provider_version="6.33.0")


@pytest.mark.parametrize("values", [dev.SETTINGS, DEFAULTS], ids=["dev", "defaults"])
def test_values_are_the_designs(values: NoComelonSettings) -> None:
    """The dev environment, and whatever an environment leaves out, has the values of design 002."""
    assert ("us-east-1", "6.33.0") == (values.region, values.aws_provider_version)
    assert (512, 1024, 1) == (values.cpu, values.memory_mib, values.desired_count)
    assert (None, None) == (values.https, values.autoscaling)


@pytest.mark.parametrize(
    ("changes", "mistake"),
    [
        ({"memory_mib": 512}, "memory_mib must be one of 1024, 2048, 3072, 4096 when cpu is 512, got 512"),
        ({"cpu": 300}, "cpu must be one of 256, 512, 1024, 2048, 4096, 8192, 16384, got 300"),
        ({"desired_count": 0}, "desired_count must be a whole number between 1 and 10, got 0"),
        (
            {"image_tag": "latest"},
            "image_tag must name one image, such as a commit SHA: latest could be any, got 'latest'",
        ),
        (
            {"region": "cn-north-1"},
            "region must be the code of an AWS region, such as us-east-1, got 'cn-north-1'",
        ),
        (
            {"tags": {"aws:x": "y"}},
            "tags must not contain 'aws:x': aws:… is AWS's, Stack and ManagedBy are set for every resource, "
            "got {'aws:x': 'y'}",
        ),
        (
            {"tags": {"Stack": "other"}},
            "tags must not contain 'Stack': aws:… is AWS's, Stack and ManagedBy are set for every resource, "
            "got {'Stack': 'other'}",
        ),
        (
            {"health_check_path": "health"},
            "health_check_path must be a path that begins with /, of at most 1024 characters, got 'health'",
        ),
        (
            {"image_tag": "a:b"},
            "image_tag must be an image tag of at most 128 letters, digits, _, . and -, got 'a:b'",
        ),
        ({"region": "London"}, "region must be the code of an AWS region, such as us-east-1, got 'London'"),
        (
            {"secret_recovery_days": 3},
            "secret_recovery_days must be 0 (deleted at once, for disposable environments) or between 7 and 30, got 3",
        ),
    ],
)
def test_rule(changes: dict[str, object], mistake: str) -> None:
    """AWS's rule is said before AWS is asked."""
    assert [mistake] == said(**changes)


def test_certificate_of_another_region() -> None:
    """A load balancer takes certificates of its own region only."""
    (mistake,) = said(https={"domain_name": "trust.paythru.com", "certificate_arn": CERTIFICATE.format("eu-west-2")})

    assert mistake.startswith("https must have a certificate_arn of the stack's own region and account")


def test_certificate_of_the_region() -> None:
    """A certificate of the stack's region and account passes."""
    assert [] == said(https={"domain_name": "trust.paythru.com", "certificate_arn": CERTIFICATE.format("us-east-1")})


def test_autoscaling_bounds() -> None:
    """The maximum is not below the minimum."""
    assert ["max_capacity must be at least min_capacity, 3, got 2"] == said(
        AutoscalingSettings, min_capacity=3, max_capacity=2
    )


def test_autoscaling_starts_within_its_bounds() -> None:
    """A service does not start with more tasks than autoscaling allows."""
    (mistake,) = said(desired_count=5, autoscaling={"max_capacity": 2})

    assert mistake.startswith("autoscaling must have a max_capacity of at least desired_count, 5")


def test_tags_are_limited() -> None:
    """AWS takes 50 tags, of which two are set for every resource."""
    (mistake,) = said(tags={f"key{index}": "" for index in range(49)})

    assert mistake.startswith("tags must be a dictionary of at most 48 tags")


def test_retention_is_one_of_cloudwatchs() -> None:
    """CloudWatch Logs keeps logs for certain numbers of days only."""
    (mistake,) = said(log_retention_days=31)

    assert mistake.startswith("log_retention_days must be one of 1, 3, 5, 7, 14, 30,")


@pytest.mark.slow
@settings(max_examples=1500, deadline=None)
@given(st.dictionaries(st.sampled_from([*NoComelonSettings.model_fields, "unknown"]), ANYTHING, max_size=6))
def test_any_input_is_valid_or_cleanly_refused(changes: dict[str, object]) -> None:
    """Whatever an environment file says, it passes or every mistake names a setting and says what is wrong."""
    for mistake in mistakes(NoComelonSettings, changes):
        assert mistake.path.split(".")[0] in {*NoComelonSettings.model_fields, "unknown"}
        assert mistake.text.startswith(("must ", "is missing", "is not a setting"))
        assert "Pydantic" not in mistake.text
