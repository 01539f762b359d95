"""What the hosts read, and the one thing that they can be told to do."""

import json
import re
from typing import Any

import pytest

from modules.compose_host.command_document import document_content
from modules.compose_host.parameters import LONGEST
from modules.container.application import Application
from modules.deployment.release import NO_IMAGE
from modules.deployment.release_manifest import ReleaseSettings
from tests.modules.compose_host.sample_compose_host import backend, build, only
from tests.support import Block, Synthesized

DIGEST = f"956880242582.dkr.ecr.us-east-1.amazonaws.com/aldeia/backend@sha256:{'a' * 64}"


@pytest.fixture(scope="module")
def host() -> Synthesized:
    """One host."""
    return build()[0]


@pytest.fixture(scope="module")
def document() -> Block:
    """The command document."""
    content: Block = json.loads(document_content())
    return content


class TestParameters:
    """The parameters of Systems Manager."""

    @pytest.mark.parametrize("what", ["file", "agent"])
    def test_of_terraform(self, host: Synthesized, what: str) -> None:
        """File and configuration are Terraform's, shown in a plan, and may be longer than 4 KiB."""
        _, parameter = only(host, "aws_ssm_parameter", what)

        assert (f"/aldeia-staging/compose/{what}", "String", "Intelligent-Tiering") == (
            parameter["name"],
            parameter["type"],
            parameter["tier"],
        )
        assert isinstance(json.loads(parameter["insecure_value"]), dict)

    def test_file_has_the_services(self, host: Synthesized) -> None:
        """The Compose file is of the services that were passed."""
        _, parameter = only(host, "aws_ssm_parameter", "file")

        assert ["backend", "chromadb"] == list(json.loads(parameter["insecure_value"])["services"])

    def test_image(self, host: Synthesized) -> None:
        """Terraform makes the parameter of an image, and a release changes it from then on."""
        _, parameter = only(host, "aws_ssm_parameter", "image_backend")

        assert ("/aldeia-staging/compose/image/backend", NO_IMAGE, {"ignore_changes": ["insecure_value"]}) == (
            parameter["name"],
            parameter["insecure_value"],
            parameter["lifecycle"],
        )

    @pytest.mark.parametrize("what", ["file", "agent"])
    def test_nests_nothing(self, host: Synthesized, what: str) -> None:
        """Parameter Store refuses a value with two braces at both ends of something."""
        _, parameter = only(host, "aws_ssm_parameter", what)

        assert "{{" not in parameter["insecure_value"]

    def test_too_long(self) -> None:
        """What Parameter Store would refuse is refused before, with room for what references become."""
        application = Application(container_name="backend", environment={"LONG": "x" * LONGEST})

        with pytest.raises(ValueError, match=r"^/aldeia-staging/compose/file must have at most 7168 characters, got "):
            build([backend(application=application)])

    def test_longest(self) -> None:
        """Up to there it is taken."""
        probe = self._file_with("")
        longest = self._file_with("x" * (LONGEST - 1024 - len(probe)))

        assert LONGEST - 1024 == len(longest)

    def _file_with(self, value: str) -> str:
        application = Application(container_name="backend", environment={"LONG": value})
        _, parameter = only(build([backend(application=application)])[0], "aws_ssm_parameter", "file")
        text: str = parameter["insecure_value"]
        return text

    def test_fixed_image_has_none(self, host: Synthesized) -> None:
        """No release changes what Terraform fixes."""
        assert 3 == len(host.resources("aws_ssm_parameter"))


class TestDocument:
    """The command document."""

    def test_resource(self, host: Synthesized) -> None:
        """It is a command for machines, named after the stack."""
        found = host.resource("aws_ssm_document")

        assert ("aldeia-staging-compose-host", "Command", "JSON", "/AWS::EC2::Instance") == (
            found["name"],
            found["document_type"],
            found["document_format"],
            found["target_type"],
        )
        assert document_content() == found["content"]

    def test_runs_one_command(self, document: Block) -> None:
        """Whoever may send it runs this, and nothing else."""
        (step,) = document["mainSteps"]

        assert ("2.2", "aws:runShellScript") == (document["schemaVersion"], step["action"])
        assert ["/usr/local/sbin/compose-host {{ Action }} {{ Service }} {{ Image }}"] == step["inputs"]["runCommand"]

    def test_timeout(self, document: Block) -> None:
        """As long as the longest migration that a release waits for, and not the hour of Systems Manager."""
        (step,) = document["mainSteps"]
        longest = ReleaseSettings(migration_timeout_s=86400).migration_timeout_s

        assert str(longest) == step["inputs"]["timeoutSeconds"]

    def test_actions(self, document: Block) -> None:
        """What a host does by itself nobody tells it."""
        assert ["up", "migrate", "look"] == document["parameters"]["Action"]["allowedValues"]

    @pytest.mark.parametrize(
        ("parameter", "value", "allowed"),
        [
            ("Service", "backend", True),
            ("Service", "backend;reboot", False),
            ("Service", "Backend", False),
            ("Service", "", False),
            ("Image", DIGEST, True),
            ("Image", "", True),
            ("Image", DIGEST.replace("@sha256:", ":"), False),
            ("Image", f"{DIGEST} x", False),
            ("Image", "$(reboot)", False),
        ],
    )
    def test_pattern(self, document: Block, parameter: str, value: str, allowed: bool) -> None:
        """No value gets to the shell that the shell would read as more than a word."""
        pattern: Any = document["parameters"][parameter]["allowedPattern"]

        assert allowed == (re.search(pattern, value) is not None)

    def test_defaults_pass_their_patterns(self, document: Block) -> None:
        """What most actions leave out is allowed."""
        assert ["Image"] == sorted(
            name
            for name, one in document["parameters"].items()
            if "default" in one and re.search(one["allowedPattern"], one["default"])
        )
