"""Which image runs where Terraform rolls it out, as Terraform JSON."""

import pytest
from cdktf import TerraformLocal
from cdktf_cdktf_provider_aws.ecs_service import EcsService
from constructs import Construct

from modules.fargate.counts import count_when
from modules.fargate.deployed_image import DeployedImage
from tests.support import Synthesized, synth_scope


def build(default_tag: str | None = None, variable: str = "image_tag") -> Synthesized:
    """An image, and a service that it is remembered after."""

    def declare(scope: Construct) -> None:
        image = DeployedImage(
            scope,
            "deployed",
            path="/dev/deployed/api",
            repository_url="registry/api",
            default_tag=default_tag,
            variable=variable,
        )
        TerraformLocal(scope, "used", image.image)
        service = EcsService(scope, "service", name="api", desired_count=count_when(image.exists, 2))
        image.remember_after(service)

    return synth_scope(declare)


@pytest.fixture(scope="module")
def image() -> Synthesized:
    """An image as it is by default."""
    return build()


def local(stack: Synthesized, prefix: str) -> tuple[str, str]:
    """The name and the value of the one local that begins like this."""
    ((name, value),) = [(n, v) for n, v in stack.document["locals"].items() if n.startswith(prefix)]
    return f"local.{name}", value


def test_variable(image: Synthesized) -> None:
    """Operators type the variable's name, which says nothing of the tree; nobody needs to."""
    assert {"image_tag": ""} == {name: block["default"] for name, block in image.document["variable"].items()}


def test_variable_of_a_second_image() -> None:
    """Each image of a stack has a variable of its own."""
    assert ["worker_tag"] == list(build(variable="worker_tag").document["variable"])


def test_image_of_settings() -> None:
    """A tag in the settings is the variable's default."""
    assert "v1" == build(default_tag="v1").document["variable"]["image_tag"]["default"]


def test_tag(image: Synthesized) -> None:
    """The variable wins, then the image that was deployed last, then none."""
    (remembered,) = image.document["data"]["aws_ssm_parameters_by_path"]
    last = f"nonsensitive(data.aws_ssm_parameters_by_path.{remembered}.values[0])"

    assert f'${{try(coalesce(var.image_tag, try({last}, "")), "")}}' == local(image, "deployed_tag")[1]


def test_reference(image: Synthesized) -> None:
    """What runs is the tag in the repository."""
    tag, _ = local(image, "deployed_tag")
    name, value = local(image, "deployed_image")

    assert f'${{join(":", compact(["registry/api", {tag}]))}}' == value
    assert f"${{{name}}}" == image.document["locals"]["used"]


def test_nothing_runs_before_the_first_image(image: Synthesized) -> None:
    """A service without an image would never become steady."""
    tag, _ = local(image, "deployed_tag")

    assert f'${{{tag} != "" ? 2 : 0}}' == image.resource("aws_ecs_service")["desired_count"]


def test_is_remembered(image: Synthesized) -> None:
    """The tag is written where the next plan looks for it, once the service is steady."""
    tag, _ = local(image, "deployed_tag")
    parameter = image.resource("aws_ssm_parameter")

    assert f"${{{tag}}}" == parameter["insecure_value"]
    assert "/dev/deployed/api/image-tag" == parameter["name"]
    assert "/dev/deployed/api" == image.data("aws_ssm_parameters_by_path")["path"]
    assert ["aws_ecs_service.service"] == parameter["depends_on"]


def test_nothing_is_remembered_before_the_first_image(image: Synthesized) -> None:
    """A parameter cannot be empty, so it exists from the first image on."""
    tag, _ = local(image, "deployed_tag")

    assert f'${{{tag} != "" ? 1 : 0}}' == image.resource("aws_ssm_parameter")["count"]


@pytest.mark.parametrize(
    "condition",
    ['${(var.image_tag != "latest")}', '${can(regex("^([A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?$", var.image_tag))}'],
)
def test_variable_is_checked(image: Synthesized, condition: str) -> None:
    """The tag is one, and names one image."""
    assert condition in [rule["condition"] for rule in image.document["variable"]["image_tag"]["validation"]]
