"""A web service that Terraform rolls out: a variable says what runs."""

import pytest

from modules.deployment.deploy_mode import DeployMode
from tests.modules.web_service.sample_web_service import build, container
from tests.support import Synthesized

SERVICE = "aws_ecs_service"


@pytest.fixture(scope="module")
def terraform() -> Synthesized:
    """A service that Terraform rolls out and that scales."""
    return build("terraform")


def test_variable(terraform: Synthesized) -> None:
    """The variable is called by the service's short name, and has no tag of its own."""
    assert {"backend_image_tag": ""} == {n: one["default"] for n, one in terraform.document["variable"].items()}


def test_path(terraform: Synthesized) -> None:
    """What was deployed last is looked up at a path of this service alone."""
    assert "/staging/deployed/backend" == terraform.data("aws_ssm_parameters_by_path")["path"]


def test_image(terraform: Synthesized) -> None:
    """The container's image is the variable's, not the tag of the settings."""
    (local,) = [name for name in terraform.document["locals"] if name.startswith("api_image_") and "_tag_" not in name]

    assert f"${{local.{local}}}" == container(terraform)["image"]


def test_remembered_after_the_service(terraform: Synthesized) -> None:
    """The tag is written down when the service is steady."""
    (parameter,) = [one for one in terraform.resources("aws_ssm_parameter").values() if "/deployed/" in one["name"]]
    (service,) = terraform.resources(SERVICE)

    assert ("/staging/deployed/backend/image-tag", [f"{SERVICE}.{service}"]) == (
        parameter["name"],
        parameter["depends_on"],
    )


def test_nothing_runs_before_the_first_image(terraform: Synthesized) -> None:
    """Neither the service nor its scaling asks for a task without an image."""
    (tag,) = [name for name in terraform.document["locals"] if "_tag_" in name]
    target = terraform.resource("aws_appautoscaling_target")

    counts = [terraform.resource(SERVICE)["desired_count"], target["min_capacity"], target["max_capacity"]]

    assert [f'${{local.{tag} != "" ? {count} : 0}}' for count in (3, 3, 8)] == counts


def test_no_alarm_before_the_first_image(terraform: Synthesized) -> None:
    """That no task runs is no trouble while there is no image."""
    (tag,) = [name for name in terraform.document["locals"] if "_tag_" in name]
    alarms = terraform.resources("aws_cloudwatch_metric_alarm").values()
    (alarm,) = [one for one in alarms if one["alarm_name"] == "isms-backend-staging-running-tasks"]

    assert f'${{local.{tag} != "" ? "breaching" : "notBreaching"}}' == alarm["treat_missing_data"]


@pytest.mark.parametrize("mode", ["release", "blue_green"])
def test_other_modes_have_no_variable(mode: DeployMode) -> None:
    """A release says what runs, so nothing is asked and nothing remembered."""
    document = build(mode).document

    assert (False, False) == ("variable" in document, "locals" in document)
    assert "aws_ssm_parameters_by_path" not in document["data"]
