"""What a web service hands to its scaling and its tasks, and what its deploy mode cannot have."""

from typing import Any

import pytest
from pydantic import ValidationError

from modules.container.application import Application
from modules.deployment.deploy_mode import DeployMode
from modules.fargate.peaks import PeakSettings
from modules.fargate.service_scaling import ServiceScalingSettings
from modules.file_system.mount import Mount
from modules.mistakes import mistakes_in
from modules.office_hours.settings import OfficeHoursSettings
from modules.web_service.settings import WebServiceSettings
from tests.modules.web_service.sample_web_service import build, container, mode_settings, ref, settings_values
from tests.support import Synthesized

HOURS = OfficeHoursSettings(opens="07:00", closes="20:00", time_zone="UTC")
PEAK = PeakSettings(name="morning", begins="08:00", ends="09:00", time_zone="UTC", min_capacity=5, max_capacity=9)
MOUNT = Mount(name="media", path="/srv/media", file_system_id="fs-1", access_point_id="fsap-1")


def scaling(**settings: Any) -> ServiceScalingSettings:  # noqa: ANN401 settings of any type
    """Between 3 and 8 tasks, with more said."""
    return ServiceScalingSettings(min_capacity=3, max_capacity=8, **settings)


@pytest.fixture(scope="module")
def closing() -> Synthesized:
    """A service that counts requests, mounts a folder and is closed at night."""
    return build(
        "release",
        application=Application(container_name="server", mounts=[MOUNT]),
        scaling=scaling(requests_per_target=600, office_hours=HOURS),
    )


def missing_data(stack: Synthesized) -> str:
    """What no data is to the alarm of running tasks."""
    alarms = stack.resources("aws_cloudwatch_metric_alarm").values()
    (found,) = [one for one in alarms if one["alarm_name"].endswith("-running-tasks")]
    return str(found["treat_missing_data"])


def test_requests_of_its_own_target_group(closing: Synthesized) -> None:
    """The requests that count are those that the platform's load balancer sends to the service."""
    (found,) = [
        one for one in closing.resources("aws_appautoscaling_policy").values() if one["name"].endswith("-requests")
    ]
    balancer, group = (ref(closing, type_, "arn_suffix") for type_ in ("aws_lb", "aws_lb_target_group"))

    assert (
        f"{balancer}/{group}"
        == (found["target_tracking_scaling_policy_configuration"]["predefined_metric_specification"]["resource_label"])
    )


def test_quiet_at_night(closing: Synthesized) -> None:
    """That no task runs is no alarm for a service that is closed at times, and is for others."""
    assert ("notBreaching", "breaching") == (
        missing_data(closing),
        missing_data(build("release", scaling=scaling(peaks=[PEAK]))),
    )


def test_mounts(closing: Synthesized) -> None:
    """What the application mounts is in its task."""
    assert {"sourceVolume": "media", "containerPath": "/srv/media", "readOnly": False} in (
        container(closing)["mountPoints"]
    )


@pytest.mark.parametrize(
    ("mode", "settings", "message"),
    [
        ("blue_green", {"requests_per_target": 600}, "scaling must have no requests_per_target under blue_green"),
        ("terraform", {"peaks": [PEAK]}, "scaling must have neither peaks nor office_hours under terraform"),
        ("terraform", {"office_hours": HOURS}, "scaling must have neither peaks nor office_hours under terraform"),
    ],
)
def test_refused(mode: str, settings: dict[str, Any], message: str) -> None:
    """What would not scale as it says is refused."""
    with pytest.raises(ValidationError) as error:
        WebServiceSettings(**(settings_values(mode) | {"scaling": scaling(**settings)}))

    (found,) = mistakes_in(error.value, WebServiceSettings)
    assert f"{found.path} {found.text}".startswith(message)


@pytest.mark.parametrize(
    ("mode", "settings"),
    [
        ("blue_green", {"peaks": [PEAK], "office_hours": None}),
        ("blue_green", {"office_hours": HOURS}),
        ("release", {"requests_per_target": 600, "peaks": [PEAK]}),
        ("terraform", {"requests_per_target": 600}),
    ],
)
def test_accepted(mode: DeployMode, settings: dict[str, Any]) -> None:
    """The other pairs go together."""
    values = settings_values(mode) | mode_settings(mode) | {"scaling": scaling(**settings)}

    assert mode == WebServiceSettings(**values).deploy_mode
