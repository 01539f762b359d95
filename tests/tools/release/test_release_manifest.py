"""The manifest: what is read of it, and what is refused."""

import json
from typing import Any

import pytest

from tests.tools.release.world import Calls
from tools.errors import InfraError
from tools.release.aws import Aws
from tools.release.manifest import Manifest, parse, read

NAME = "/staging/release/backend"


def document(aws: Aws) -> dict[str, Any]:
    """The published document."""
    loaded: dict[str, Any] = json.loads(aws.ssm.get_parameter(Name=NAME)["Parameter"]["Value"])
    return loaded


def message(text: str) -> str:
    """What the operator reads when a document is refused."""
    with pytest.raises(InfraError) as caught:
        parse(text, NAME)
    return str(caught.value)


def publish(aws: Aws, service: str, **changes: object) -> None:
    """Publish another service's manifest."""
    text = json.dumps(document(aws) | {"service": service} | changes)
    aws.ssm.put_parameter(Name=f"/staging/release/{service}", Value=text, Type="String", Overwrite=True)


class TestParse:
    """One document."""

    def test_newer_writer(self, aws: Aws, manifest: Manifest) -> None:
        """What a newer writer added is not read."""
        text = json.dumps(document(aws) | {"added": {"later": True}})

        assert manifest == parse(text, NAME)

    def test_missing(self, aws: Aws, manifest: Manifest) -> None:  # noqa: ARG002 it is published
        """What is missing is named by its path."""
        broken = document(aws)
        del broken["ecs"]["cluster"]

        assert f"{NAME}: ecs.cluster: Field required: deploy the stack again" == message(json.dumps(broken))

    def test_wrong_type(self, aws: Aws, manifest: Manifest) -> None:  # noqa: ARG002 it is published
        """A number as text is refused, because a token was not filled in as it should."""
        broken = document(aws) | {"migration_timeout_s": "900"}

        assert "migration_timeout_s" in message(json.dumps(broken))

    def test_schema(self, aws: Aws, manifest: Manifest) -> None:  # noqa: ARG002 it is published
        """A document of another schema is left to the command of its commit."""
        broken = document(aws) | {"schema": 2}

        assert f"{NAME}: schema must be 1, got 2: use the infra of the commit that made it" == message(
            json.dumps(broken)
        )

    @pytest.mark.parametrize("text", ["", "{", "<html>"])
    def test_no_json(self, text: str) -> None:
        """Something else than JSON is refused."""
        assert f"{NAME}: is no JSON" in message(text)

    @pytest.mark.parametrize("text", ["[]", "null", '"text"', "{}"])
    def test_no_manifest(self, text: str) -> None:
        """JSON that is no manifest is refused by its schema."""
        assert f"{NAME}: schema must be 1, got None: use the infra of the commit that made it" == message(text)


class TestParts:
    """Parts that a deploy mode may not have."""

    def test_no_code_deploy(self, rolling_manifest: Manifest) -> None:
        """Whoever needs CodeDeploy says that there is none."""
        with pytest.raises(InfraError, match="backend: the manifest has no code_deploy, but deploy_mode is release"):
            rolling_manifest.expect_code_deploy()

    def test_no_routes(self, manifest: Manifest) -> None:
        """Whoever needs routes says that there are none."""
        with pytest.raises(InfraError, match="backend: the manifest has no routes, but deploy_mode is blue_green"):
            manifest.model_copy(update={"routes": None}).expect_routes()


class TestRead:
    """The manifests of a stack."""

    def test_all(self, aws: Aws, manifest: Manifest) -> None:  # noqa: ARG002 it is published
        """Without names all services are read, by name."""
        publish(aws, "frontend")
        publish(aws, "admin")

        assert ["admin", "backend", "frontend"] == [one.service for one in read(aws.ssm, "staging", [])]

    def test_many(self, aws: Aws, manifest: Manifest) -> None:  # noqa: ARG002 it is published
        """Services beyond one page of answers are found."""
        for number in range(15):
            publish(aws, f"worker{number}")

        assert 16 == len(read(aws.ssm, "staging", []))

    def test_order(self, aws: Aws, manifest: Manifest) -> None:  # noqa: ARG002 it is published
        """Services are released in the order that the operator gave, each once."""
        publish(aws, "frontend")

        assert ["frontend", "backend"] == [
            one.service for one in read(aws.ssm, "staging", ["frontend", "backend", "frontend"])
        ]

    def test_unknown_service(self, aws: Aws, manifest: Manifest) -> None:  # noqa: ARG002 it is published
        """An unknown service is refused with those that there are."""
        with pytest.raises(InfraError, match=r"unknown service 'backnd' of staging: must be one of backend"):
            read(aws.ssm, "staging", ["backnd"])

    def test_unknown_stack(self, aws: Aws) -> None:
        """A stack without manifests is not deployed."""
        with pytest.raises(InfraError, match="no manifests below /other/release: deploy the stack first"):
            read(aws.ssm, "other", [])

    def test_garbled(self, aws: Aws, calls: Calls) -> None:
        """One garbled manifest is named."""
        calls.answers["GetParametersByPath"] = {"Parameters": [{"Name": NAME, "Value": "{"}]}
        with pytest.raises(InfraError, match=f"{NAME}: is no JSON"):
            read(aws.ssm, "staging", [])
