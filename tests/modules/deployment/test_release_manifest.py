"""The release manifest: the document that a release reads, and the parts it is made of."""

import dataclasses
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from cdktf import TerraformOutput
from cdktf_cdktf_provider_aws.data_aws_subnets import DataAwsSubnets
from cdktf_cdktf_provider_aws.ecr_repository import EcrRepository
from constructs import Construct
from pydantic import ValidationError

from modules.deployment.release import Alarms, CodeDeploy, Ecs, Image, Logs, Release, Routes, Secret
from modules.deployment.release_manifest import ReleaseManifest, ReleaseSettings
from modules.fargate.capacity import CapacitySettings, capacity_strategy
from modules.load_balancer.target_group import TargetGroup
from modules.mistakes import mistakes_in
from tests.support import Block, Synthesized, synth_scope

SETTINGS = ReleaseSettings(migration_command=["sh", "-c", 'npm run "db:migrate:deploy"'])
CODE_DEPLOY = CodeDeploy(
    application="app",
    deployment_group="dg",
    deployment_config="config",
    shift_min=15,
    approval_wait_min=None,
    termination_wait_min=5,
)


def routes(*colors: Any) -> Routes:  # noqa: ANN401 colors
    """Routes to target groups of these colors."""
    return Routes(
        url="https://trust.demo.paythru.com/api/health",
        listener="listener",
        test_listener=None,
        rules=["rule"],
        target_groups={color: TargetGroup(name=color, arn=f"arn-{color}", arn_suffix="s") for color in colors},
    )


def release(**changes: Any) -> Release:  # noqa: ANN401 parts of any type
    """A release of a service that CodeDeploy rolls out, with some parts changed."""
    parts: dict[str, Any] = {
        "account_id": "956880242582",
        "region": "eu-west-2",
        "deploy_mode": "blue_green",
        "ecs": Ecs(
            cluster="isms-staging",
            service="isms-backend-staging",
            task_definition="arn:7",
            family="isms-backend-staging",
            container="backend",
            port=4000,
            cpu_architecture="ARM64",
            subnets=["subnet-1", "subnet-2"],
            security_groups=["sg-1"],
            assign_public_ip=False,
        ),
        "capacity": capacity_strategy(CapacitySettings(spot_percent=70)),
        "image": Image(repository="isms-backend", uri="registry/isms-backend", registry_id="956880242582"),
        "logs": Logs(group="/ecs/isms-backend-staging", stream_prefix="backend"),
        "alarms": Alarms(service=["cpu"], target_groups={"blue": ["blue-5xx"], "green": ["green-5xx"]}),
        "secrets": [Secret(arn="arn:secret", keys=["JWT_SECRET"])],
        "routes": routes("blue", "green"),
        "code_deploy": CODE_DEPLOY,
        "image_variable": None,
    }
    return Release(**(parts | changes))


def build(make: Callable[[Construct], Release], settings: ReleaseSettings = SETTINGS) -> Synthesized:
    """The manifest of a release, and an output of it."""

    def declare(scope: Construct) -> None:
        manifest = ReleaseManifest(
            scope, "part", stack="staging", service="backend", release=make(scope), settings=settings
        )
        TerraformOutput(scope, "release", value=manifest.json)

    return synth_scope(declare)


def with_references(scope: Construct) -> Release:
    """A release that refers to resources: by strings, by a list of strings, and by one reference to a list."""
    repository = EcrRepository(scope, "repository", name="isms-backend")
    literal = release().ecs
    assert literal is not None
    ecs = dataclasses.replace(
        literal, subnets=DataAwsSubnets(scope, "subnets").ids, security_groups=[repository.id, repository.arn]
    )
    return release(ecs=ecs, image=Image(repository=repository.name, uri=repository.repository_url, registry_id="1"))


@pytest.fixture(scope="module")
def stack() -> Synthesized:
    """A manifest of literals."""
    return build(lambda _: release())


@pytest.fixture(scope="module")
def referring() -> Synthesized:
    """A manifest that refers to resources."""
    return build(with_references)


def document(stack: Synthesized) -> Block:
    """The document that is stored."""
    return dict(json.loads(stack.resource("aws_ssm_parameter")["insecure_value"]))


class TestParameter:
    """Where the document is."""

    def test_name(self, stack: Synthesized) -> None:
        """The release command finds it by stack and service."""
        assert "/staging/release/backend" == stack.resource("aws_ssm_parameter")["name"]

    def test_is_readable_in_a_plan(self, stack: Synthesized) -> None:
        """It is no secret, and a plan shows what changes in it."""
        parameter = stack.resource("aws_ssm_parameter")

        assert ("String", False, False) == (parameter["type"], "value" in parameter, "value_wo" in parameter)

    def test_costs_nothing(self, stack: Synthesized) -> None:
        """The tier is the free one, whatever the account's default is."""
        assert "Standard" == stack.resource("aws_ssm_parameter")["tier"]

    def test_output(self, stack: Synthesized) -> None:
        """The output is the same document."""
        (id_,) = stack.resources("aws_ssm_parameter")

        assert f"${{aws_ssm_parameter.{id_}.insecure_value}}" == stack.output("release")


class TestDocument:
    """What the document says."""

    def test_head(self, stack: Synthesized) -> None:
        """A reader knows first whether it understands the rest, and where it belongs."""
        assert {
            "schema": 1,
            "stack": "staging",
            "service": "backend",
            "account_id": "956880242582",
            "region": "eu-west-2",
            "deploy_mode": "blue_green",
        } == dict(list(document(stack).items())[:6])

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            (
                "ecs",
                {
                    "cluster": "isms-staging",
                    "service": "isms-backend-staging",
                    "task_definition": "arn:7",
                    "family": "isms-backend-staging",
                    "container": "backend",
                    "port": 4000,
                    "cpu_architecture": "ARM64",
                    "subnets": ["subnet-1", "subnet-2"],
                    "security_groups": ["sg-1"],
                    "assign_public_ip": False,
                    "platform_version": "LATEST",
                },
            ),
            (
                "capacity",
                [
                    {"capacity_provider": "FARGATE", "weight": 30, "base": 1},
                    {"capacity_provider": "FARGATE_SPOT", "weight": 70, "base": 0},
                ],
            ),
            (
                "image",
                {"repository": "isms-backend", "uri": "registry/isms-backend", "registry_id": "956880242582"},
            ),
            ("logs", {"group": "/ecs/isms-backend-staging", "stream_prefix": "backend"}),
            ("alarms", {"service": ["cpu"], "target_groups": {"blue": ["blue-5xx"], "green": ["green-5xx"]}}),
            ("secrets", [{"arn": "arn:secret", "keys": ["JWT_SECRET"]}]),
            (
                "routes",
                {
                    "url": "https://trust.demo.paythru.com/api/health",
                    "listener": "listener",
                    "test_listener": None,
                    "rules": ["rule"],
                    "target_groups": {
                        "blue": {"name": "blue", "arn": "arn-blue", "arn_suffix": "s"},
                        "green": {"name": "green", "arn": "arn-green", "arn_suffix": "s"},
                    },
                },
            ),
            (
                "code_deploy",
                {
                    "application": "app",
                    "deployment_group": "dg",
                    "deployment_config": "config",
                    "shift_min": 15,
                    "approval_wait_min": None,
                    "termination_wait_min": 5,
                },
            ),
            ("image_variable", None),
            ("migration_command", ["sh", "-c", 'npm run "db:migrate:deploy"']),
            ("migration_timeout_s", 900),
            ("healthy_timeout_s", 900),
        ],
    )
    def test_says(self, stack: Synthesized, key: str, value: object) -> None:
        """Each part of a release is there under its name."""
        assert value == document(stack)[key]

    def test_names_of_all_parts(self, stack: Synthesized) -> None:
        """Another name is another version of the document."""
        assert {
            "schema", "stack", "service", "account_id", "region", "deploy_mode", "ecs", "compose", "capacity", "image",
            "logs", "alarms", "secrets", "routes", "code_deploy", "image_variable", "migration_command",
            "migration_timeout_s", "healthy_timeout_s",
        } == set(document(stack))  # fmt: skip

    def test_terraform_owns_the_image(self) -> None:
        """Where Terraform rolls out, the document names the variable, and CodeDeploy and migrations are absent."""
        owned = release(deploy_mode="terraform", routes=routes("blue"), code_deploy=None, image_variable="image_tag")
        says = document(build(lambda _: owned, ReleaseSettings()))

        assert ("image_tag", None, None) == (says["image_variable"], says["code_deploy"], says["migration_command"])

    def test_without_a_load_balancer(self) -> None:
        """A service that no request reaches has no routes."""
        hidden = release(deploy_mode="release", routes=None, code_deploy=None)

        assert document(build(lambda _: hidden))["routes"] is None


class TestReferences:
    """Values that Terraform fills in."""

    def test_strings(self, referring: Synthesized) -> None:
        """A reference stands in a JSON string, also within a list."""
        value = referring.resource("aws_ssm_parameter")["insecure_value"]

        assert '"uri":"${aws_ecr_repository.repository.repository_url}"' in value
        assert (
            '"security_groups":["${aws_ecr_repository.repository.id}","${aws_ecr_repository.repository.arn}"]' in value
        )

    def test_a_reference_to_a_list(self, referring: Synthesized) -> None:
        """A list that is one reference becomes a list in the document, not a string."""
        value = referring.resource("aws_ssm_parameter")["insecure_value"]

        assert '"subnets":${jsonencode(data.aws_subnets.subnets.ids)},' in value

    def test_is_json_once_filled_in(self, referring: Synthesized) -> None:
        """With values in place of the references the document can be read."""
        value = referring.resource("aws_ssm_parameter")["insecure_value"]
        filled = re.sub(r"\$\{[^}]*\}", "x", value.replace("${jsonencode(data.aws_subnets.subnets.ids)}", '["s"]'))

        assert (["s"], ["x", "x"]) == (
            json.loads(filled)["ecs"]["subnets"],
            json.loads(filled)["ecs"]["security_groups"],
        )


class TestParts:
    """The parts are those of the deploy mode."""

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"code_deploy": None}, "code_deploy is for blue_green and only for it, got blue_green"),
            ({"deploy_mode": "release"}, "code_deploy is for blue_green and only for it, got release"),
            ({"image_variable": "image_tag"}, "image_variable is for terraform and only for it, got blue_green"),
            (
                {"deploy_mode": "terraform", "code_deploy": None},
                "image_variable is for terraform and only for it, got terraform",
            ),
            ({"routes": None}, r"blue_green has the target groups \('blue', 'green'\), got \(\)"),
            ({"routes": routes("blue")}, r"blue_green has the target groups \('blue', 'green'\), got \('blue',\)"),
            (
                {"deploy_mode": "release", "code_deploy": None},
                r"release has the target groups \('blue',\), got \('blue', 'green'\)",
            ),
        ],
    )
    def test_mismatch(self, changes: dict[str, Any], message: str) -> None:
        """A manifest that would mislead a release is not made."""
        with pytest.raises(ValueError, match=message):
            release(**changes)


class TestSettings:
    """The rules that a plan cannot see."""

    @pytest.mark.parametrize(
        ("arguments", "mistake"),
        [
            ({"migration_command": []}, "migration_command must be"),
            ({"migration_command": ["echo ${x}"]}, "migration_command must not contain a Terraform expression"),
            ({"migration_timeout_s": 29}, "migration_timeout_s must be a whole number between 30 and 86400, got 29"),
            ({"healthy_timeout_s": 3601}, "healthy_timeout_s must be a whole number between 30 and 3600, got 3601"),
        ],
    )
    def test_mistake(self, arguments: dict[str, Any], mistake: str) -> None:
        """What cannot work is said at once."""
        with pytest.raises(ValidationError) as caught:
            ReleaseSettings(**arguments)
        (found,) = mistakes_in(caught.value, ReleaseSettings)

        assert f"{found.path} {found.text}".startswith(mistake)
