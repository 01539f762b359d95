"""
Who a token of GitHub Actions is about: the subject that a role's trust names, in the exact form GitHub issues.

docs.github.com, "OpenID Connect reference", "Example subject claims": `repo:OWNER/REPO:environment:NAME` for a job that
refers to an environment. A repository made, renamed or transferred after 2026-07-15, or switched over by its owner,
says `repo:OWNER@OWNER_ID/REPO@REPO_ID:environment:NAME` instead, which nobody can take over who registers an abandoned
name (github.blog/changelog, 2026-04-23, "Immutable subject claims for GitHub Actions OIDC tokens").
"""

from typing import Annotated

from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from modules.settings import Settings, mistake

ISSUER = "token.actions.githubusercontent.com"
"""The host of the identity provider, which is also its name in ARNs and conditions."""

AUDIENCE = "sts.amazonaws.com"
"""Whom a token is for when the action configure-aws-credentials asks for it."""

Conditions = dict[tuple[str, str], list[str]]

GitHubId = Annotated[int, Field(ge=1)]

GitHubEnvironment = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]{0,254}$"),
    Field(description="the name of a GitHub environment: lower-case letters, digits, _, . and -"),
]
"""Lower case, because GitHub ignores the case of an environment's name and IAM does not; other characters are escaped
in the subject."""


class GitHubRepositorySettings(Settings):
    """One repository on github.com, named as GitHub shows it: IAM compares letter by letter."""

    owner: Annotated[
        str,
        StringConstraints(pattern=r"^[A-Za-z0-9](-?[A-Za-z0-9]){0,38}$", max_length=39),
        Field(description="a GitHub user or organization"),
    ]
    repository: Annotated[
        str,
        StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,100}$"),
        Field(description="the name of a GitHub repository, without its owner"),
    ]
    owner_id: GitHubId | None = None
    """`gh api repos/OWNER/REPO --jq .owner.id`: for a repository with immutable subjects."""

    repository_id: GitHubId | None = Field(default=None, validate_default=True)
    """`gh api repos/OWNER/REPO --jq .id`: for a repository with immutable subjects."""

    @field_validator("repository_id")
    @classmethod
    def _with_owner_id(cls, repository_id: int | None, info: ValidationInfo) -> int | None:
        if "owner_id" in info.data and (repository_id is None) != (info.data["owner_id"] is None):
            raise mistake("must be given together with owner_id, or not at all: GitHub issues both ids or none")
        return repository_id


def environment_subject(repository: GitHubRepositorySettings, environment: str) -> str:
    """Write the subject of a job that runs in this environment of the repository."""
    owner, name = repository.owner, repository.repository
    if repository.owner_id is not None:
        owner, name = f"{owner}@{repository.owner_id}", f"{name}@{repository.repository_id}"
    return f"repo:{owner}/{name}:environment:{environment}"


def subject_conditions(subject: str) -> Conditions:
    """
    Say what must hold for a token: it is for AWS, and its subject is exactly this one.

    Without a condition on the subject, every repository on GitHub could take on the role (docs.github.com, "Configuring
    OpenID Connect in Amazon Web Services").
    """
    return {("StringEquals", f"{ISSUER}:aud"): [AUDIENCE], ("StringEquals", f"{ISSUER}:sub"): [subject]}


def provider_arn(account_id: str) -> str:
    """Name GitHub's identity provider in an account, which has at most one of each URL."""
    return f"arn:aws:iam::{account_id}:oidc-provider/{ISSUER}"
