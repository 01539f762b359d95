"""The repository as Terraform JSON, made and read."""

import json
from typing import Any

import pytest
from cdktf import TerraformOutput
from constructs import Construct
from pydantic import ValidationError

from modules.images.lifecycle import ImageLifecycleSettings, lifecycle_rules
from modules.images.repository import ImageRepository, ImageRepositorySettings
from modules.mistakes import mistakes_in
from tests.support import Synthesized, synth_scope

PUSH_ROLE = "arn:aws:iam::641918319442:role/isms-production-github-push"


def build(**changes: Any) -> Synthesized:  # noqa: ANN401 arguments of any type
    """A repository alone in a stack, with some arguments changed, and outputs of its results."""
    arguments: dict[str, Any] = {
        "name": "isms-backend",
        "disposable": False,
        "provider_version": "6.33.0",
        "settings": ImageRepositorySettings(),
    } | changes

    def make(scope: Construct) -> None:
        images = ImageRepository(scope, "images", **arguments)
        for name in ("name", "arn", "url", "registry_id"):
            TerraformOutput(scope, name, value=getattr(images, name))

    return synth_scope(make)


@pytest.fixture(scope="module")
def stack() -> Synthesized:
    """The repository with its defaults, and outputs of its results."""
    return build()


@pytest.fixture(scope="module")
def old_provider() -> Synthesized:
    """The same for a provider without exclusion filters, disposable, with settings of its own."""
    settings = ImageRepositorySettings(lifecycle=ImageLifecycleSettings(environments=["live"], keep_releases=7))
    return build(provider_version="5.100.0", disposable=True, settings=settings)


@pytest.fixture(scope="module")
def shared() -> Synthesized:
    """The repository that another environment made."""
    return build(settings=ImageRepositorySettings(create=False))


@pytest.fixture(scope="module")
def pulled() -> Synthesized:
    """The repository that production's pipeline, in an account of its own, promotes from."""
    return build(settings=ImageRepositorySettings(pulled_by_role_arns=[PUSH_ROLE]))


class TestMade:
    """A repository of the stack's own."""

    def test_name(self, stack: Synthesized) -> None:
        """The name is the caller's."""
        assert "isms-backend" == stack.resource("aws_ecr_repository")["name"]

    def test_scans_on_push(self, stack: Synthesized) -> None:
        """Every pushed image is scanned."""
        assert {"scan_on_push": True} == stack.resource("aws_ecr_repository")["image_scanning_configuration"]

    def test_is_encrypted(self, stack: Synthesized) -> None:
        """Images are encrypted with a key of the service."""
        assert [{"encryption_type": "AES256"}] == stack.resource("aws_ecr_repository")["encryption_configuration"]

    def test_keeps_its_images(self, stack: Synthesized) -> None:
        """A repository that is not disposable cannot be destroyed with images in it."""
        assert stack.resource("aws_ecr_repository")["force_delete"] is False

    def test_disposable(self, old_provider: Synthesized) -> None:
        """A disposable one can."""
        assert old_provider.resource("aws_ecr_repository")["force_delete"] is True

    def test_tags_are_immutable(self, stack: Synthesized) -> None:
        """All tags name one image for good but those that move: no filter has a wildcard."""
        repository = stack.resource("aws_ecr_repository")

        assert "IMMUTABLE_WITH_EXCLUSION" == repository["image_tag_mutability"]
        assert [
            {"filter": tag, "filter_type": "WILDCARD"} for tag in ("production", "staging", "latest")
        ] == repository["image_tag_mutability_exclusion_filter"]

    def test_old_provider(self, old_provider: Synthesized) -> None:
        """A provider that does not know the filters sees none, not even an empty list."""
        repository = old_provider.resource("aws_ecr_repository")

        assert "MUTABLE" == repository["image_tag_mutability"]
        assert "image_tag_mutability_exclusion_filter" not in repository

    def test_lifecycle(self, stack: Synthesized) -> None:
        """The repository has the policy of its settings."""
        policy = stack.resource("aws_ecr_lifecycle_policy")
        (id_,) = stack.resources("aws_ecr_repository")

        assert f"${{aws_ecr_repository.{id_}.name}}" == policy["repository"]
        assert lifecycle_rules(ImageLifecycleSettings()) == json.loads(policy["policy"])["rules"]

    def test_lifecycle_of_settings(self, old_provider: Synthesized) -> None:
        """What is kept is a setting."""
        rules = json.loads(old_provider.resource("aws_ecr_lifecycle_policy")["policy"])["rules"]

        assert (["live-*"], 7) == (rules[1]["selection"]["tagPatternList"], rules[1]["selection"]["countNumber"])

    def test_stateful_address(self, stack: Synthesized) -> None:
        """A changed address replaces the repository, and its images are gone."""
        assert ["images_repository_F169625C"] == list(stack.resources("aws_ecr_repository"))


class TestShared:
    """A repository that roles of other accounts pull from."""

    def test_pull_only(self, pulled: Synthesized) -> None:
        """They may pull, and nothing else."""
        (statement,) = pulled.data("aws_iam_policy_document")["statement"]

        assert ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"] == statement[
            "actions"
        ]

    def test_narrowed_to_the_role(self, pulled: Synthesized) -> None:
        """The account is let in, because its role need not exist yet; of the account, only this role."""
        (statement,) = pulled.data("aws_iam_policy_document")["statement"]

        assert [{"identifiers": ["arn:aws:iam::641918319442:root"], "type": "AWS"}] == statement["principals"]
        assert [{"test": "ArnEquals", "variable": "aws:PrincipalArn", "values": [PUSH_ROLE]}] == statement["condition"]

    def test_is_the_repositorys(self, pulled: Synthesized) -> None:
        """The policy is attached to the repository."""
        (id_,) = pulled.resources("aws_ecr_repository")

        assert f"${{aws_ecr_repository.{id_}.name}}" == pulled.resource("aws_ecr_repository_policy")["repository"]

    def test_nobody_by_default(self, stack: Synthesized) -> None:
        """Without the setting no other account is let in."""
        assert {} == stack.resources("aws_ecr_repository_policy")

    def test_not_where_it_is_read(self) -> None:
        """A repository that is only read gets no policy, so it takes no setting of it."""
        with pytest.raises(ValidationError) as caught:
            ImageRepositorySettings(create=False, pulled_by_role_arns=[PUSH_ROLE])

        (mistake,) = mistakes_in(caught.value, ImageRepositorySettings)
        assert "must be set where the repository is made: here create is False" in mistake.text

    @pytest.mark.parametrize(
        "arn", ["*", "641918319442", "arn:aws:iam::641918319442:root", "arn:aws:iam::641918319442:role/*"]
    )
    def test_only_roles(self, arn: str) -> None:
        """Whole accounts and patterns are refused."""
        with pytest.raises(ValidationError):
            ImageRepositorySettings(pulled_by_role_arns=[arn])


class TestRead:
    """A repository that exists already."""

    def test_is_only_read(self, shared: Synthesized) -> None:
        """Nothing is made and no policy is set: both are the other environment's."""
        assert {} == shared.document.get("resource", {})
        assert "isms-backend" == shared.data("aws_ecr_repository")["name"]


@pytest.mark.parametrize(
    ("attribute", "reference"),
    [("name", "name"), ("arn", "arn"), ("url", "repository_url"), ("registry_id", "registry_id")],
)
class TestResults:
    """What others refer to."""

    def test_made(self, stack: Synthesized, attribute: str, reference: str) -> None:
        """The results of a repository that is made."""
        (id_,) = stack.resources("aws_ecr_repository")

        assert f"${{aws_ecr_repository.{id_}.{reference}}}" == stack.output(attribute)

    def test_read(self, shared: Synthesized, attribute: str, reference: str) -> None:
        """The results of a repository that is read are the same."""
        (id_,) = shared.document["data"]["aws_ecr_repository"]

        assert f"${{data.aws_ecr_repository.{id_}.{reference}}}" == shared.output(attribute)
