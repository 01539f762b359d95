"""The subjects of GitHub's tokens, in both forms."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from modules.github.subject import (
    GitHubEnvironment,
    GitHubRepositorySettings,
    environment_subject,
    provider_arn,
    subject_conditions,
)
from modules.mistakes import mistakes_in


def repository(**changes: Any) -> GitHubRepositorySettings:  # noqa: ANN401 settings of any type
    """A repository, with changes."""
    return GitHubRepositorySettings(**{"owner": "octo-org", "repository": "octo-repo"} | changes)


def texts(**changes: Any) -> list[str]:  # noqa: ANN401 settings of any type
    """What is said about the mistakes of such a repository."""
    with pytest.raises(ValidationError) as caught:
        repository(**changes)
    return [f"{one.path} {one.text}" for one in mistakes_in(caught.value, GitHubRepositorySettings)]


class TestSubject:
    """What GitHub writes into a token."""

    def test_names(self) -> None:
        """An older repository is named, which is the example of GitHub's page."""
        assert "repo:octo-org/octo-repo:environment:prod" == environment_subject(repository(), "prod")

    def test_ids(self) -> None:
        """A newer one has its ids too, as in GitHub's example octocat@123456/my-repo@456789."""
        immutable = repository(owner="octocat", repository="my-repo", owner_id=123456, repository_id=456789)

        assert "repo:octocat@123456/my-repo@456789:environment:prod" == environment_subject(immutable, "prod")

    def test_conditions(self) -> None:
        """Audience and subject are compared letter by letter."""
        assert {
            ("StringEquals", "token.actions.githubusercontent.com:aud"): ["sts.amazonaws.com"],
            ("StringEquals", "token.actions.githubusercontent.com:sub"): ["repo:a/b:environment:c"],
        } == subject_conditions("repo:a/b:environment:c")

    def test_provider_arn(self) -> None:
        """The one provider of an account has a name that is known beforehand."""
        assert "arn:aws:iam::956880242582:oidc-provider/token.actions.githubusercontent.com" == provider_arn(
            "956880242582"
        )


class TestSettings:
    """The settings and their mistakes."""

    @pytest.mark.parametrize("ids", [{"owner_id": 1}, {"repository_id": 1}])
    def test_one_id(self, ids: dict[str, int]) -> None:
        """GitHub issues both ids or none."""
        (text,) = texts(**ids)

        assert text.startswith("repository_id must be given together with owner_id, or not at all")

    def test_wrong_owner_id_is_one_mistake(self) -> None:
        """A bad id of the owner is not also a missing one."""
        assert ["owner_id must be a whole number of at least 1, got 0"] == texts(owner_id=0, repository_id=1)

    @pytest.mark.parametrize(
        "changes",
        [
            {"owner": "octo-org/octo-repo"},
            {"owner": "*"},
            {"owner": "-octo"},
            {"owner": "octo--org"},
            {"owner": "o" * 40},
            {"repository": "octo-org/octo-repo"},
            {"repository": "octo*"},
            {"repository": "r" * 101},
            {"repository": ""},
        ],
    )
    def test_names_are_exact(self, changes: dict[str, str]) -> None:
        """A name is one name: no pattern, no owner before it."""
        assert 1 == len(texts(**changes))

    @pytest.mark.parametrize("name", ["Production", "a:b", "a b", "*", "", "staging*", "e" * 256])
    def test_environment_is_refused(self, name: str) -> None:
        """What GitHub would write differently into the subject is refused."""
        with pytest.raises(ValidationError):
            TypeAdapter(GitHubEnvironment).validate_python(name)

    @pytest.mark.parametrize("name", ["staging", "staging-plan", "e" * 255])
    def test_environment(self, name: str) -> None:
        """An environment's name stays as it is."""
        assert name == TypeAdapter(GitHubEnvironment).validate_python(name)
