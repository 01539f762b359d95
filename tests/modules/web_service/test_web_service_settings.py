"""The settings of a web service: which go together."""

from typing import Any

import pytest
from pydantic import ValidationError

from modules.deployment.blue_green import BlueGreenSettings
from modules.deployment.deploy_mode import DeployMode
from modules.mistakes import mistakes_in
from modules.web_service.settings import WebServiceSettings, check_deployment
from tests.modules.web_service.sample_web_service import mode_settings, settings_values

CANARY = BlueGreenSettings(type="canary", traffic_percent=10, interval_min=5)


def said(**changes: object) -> list[str]:
    """The mistakes that these changes make, as a person reads them."""
    try:
        WebServiceSettings(**(settings_values() | changes))
    except ValidationError as error:
        return [f"{mistake.path} {mistake.text}" for mistake in mistakes_in(error, WebServiceSettings)]
    return []


@pytest.mark.parametrize("mode", ["terraform", "release", "blue_green"])
def test_accepted(mode: str) -> None:
    """Every deploy mode has settings that fit it."""
    assert [] == said(**mode_settings(mode))


@pytest.mark.parametrize(
    ("changes", "mistakes"),
    [
        ({"deployment": None}, ["deployment must be given when deploy_mode is blue_green, got None"]),
        (
            {"deploy_mode": "by_hand"},
            ["deploy_mode must be one of terraform, release, blue_green, got 'by_hand'"],
        ),
        (
            {"image_tag": "latest"},
            ["image_tag must name one image, such as a commit SHA: latest could be any, got 'latest'"],
        ),
        ({"colour": "red"}, ["colour is not a setting: must be one of deploy_mode, image_tag, service, route, "]),
    ],
)
def test_refused(changes: dict[str, object], mistakes: list[str]) -> None:
    """A mistake is said once, and by its setting."""
    found = said(**changes)

    assert len(mistakes) == len(found)
    assert all(one.startswith(text) for one, text in zip(found, mistakes, strict=True))


@pytest.mark.parametrize("mode", ["terraform", "release"])
def test_superfluous_deployment(mode: str) -> None:
    """What CodeDeploy would do is refused where there is none, rather than ignored."""
    (found,) = said(deploy_mode=mode, deployment=CANARY)

    assert found.startswith(
        f"deployment must be left out when deploy_mode is {mode}: it says how CodeDeploy moves traffic, got "
    )


def test_left_out_deployment_is_a_mistake_too() -> None:
    """The default is checked like a value."""
    values = {key: value for key, value in settings_values().items() if key != "deployment"}
    with pytest.raises(ValidationError, match="must be given when deploy_mode is blue_green"):
        WebServiceSettings(**values)


@pytest.mark.parametrize(
    ("deployment", "mode"),
    [(CANARY, "blue_green"), (None, "terraform"), (None, "release"), (CANARY, None), (None, None)],
)
def test_fitting_deployment_is_returned(deployment: BlueGreenSettings | None, mode: DeployMode | None) -> None:
    """A fitting deployment passes as it is, and a mode with a mistake of its own causes no second one."""
    assert deployment is check_deployment(deployment, mode)


@pytest.mark.parametrize("missing", ["deploy_mode", "image_tag", "service", "route", "capacity", "scaling"])
def test_required(missing: str) -> None:
    """What differs between services has no default."""
    values: dict[str, Any] = settings_values("release")
    del values[missing]
    with pytest.raises(ValidationError) as error:
        WebServiceSettings(**values)

    assert [missing] == [mistake.path for mistake in mistakes_in(error.value, WebServiceSettings)]
