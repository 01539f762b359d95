"""
What the pipelines on GitHub may do in one account: four roles, each for the jobs of one GitHub environment.

A job gets an environment's subject only when the environment lets it: its protection rules (reviewers, branches) are
the gate. The subject of pull requests is not trusted at all: whoever may push a branch could take on the role, for
every stack, with code that nobody has read, and a plan runs the code of the pull request. So the plan has an
environment of its own as well, with reviewers who look at the change first, and can read but change nothing.
"""

from collections.abc import Sequence

from cdktf_cdktf_provider_aws.iam_openid_connect_provider import IamOpenidConnectProvider
from constructs import Construct
from pydantic import ValidationInfo, field_validator

from modules.arns import Arns
from modules.deployment.deployable import Deployable
from modules.github.plan_permissions import PlanScope, plan_permissions
from modules.github.release_permissions import migrate_permissions, push_permissions, release_permissions
from modules.github.subject import (
    AUDIENCE,
    ISSUER,
    GitHubEnvironment,
    GitHubRepositorySettings,
    environment_subject,
    provider_arn,
    subject_conditions,
)
from modules.iam import Role, Statement, trust_oidc
from modules.settings import Settings, mistake


class GitHubRolesSettings(Settings):
    """The repository, and the GitHub environment in which each kind of job runs."""

    repository: GitHubRepositorySettings
    create_provider: bool = True
    """False: another stack made the account's identity provider, of which there can be only one."""

    push_environment: GitHubEnvironment
    release_environment: GitHubEnvironment
    migrate_environment: GitHubEnvironment
    plan_environment: GitHubEnvironment
    """Such as `staging-plan`: an environment of its own, because a plan runs the code of a pull request."""

    @field_validator("plan_environment")
    @classmethod
    def _of_its_own(cls, plan_environment: str, info: ValidationInfo) -> str:
        others = [info.data.get(f"{role}_environment") for role in ("push", "release", "migrate")]
        if plan_environment in others:
            raise mistake("must not be the environment of another role: a plan runs the code of a pull request")
        return plan_environment


class GitHubRoles(Construct):
    """GitHub's identity provider and the roles plan, push, release and migrate."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        stack: str,
        account_id: str,
        region: str,
        plan_scope: PlanScope,
        services: Sequence[Deployable],
        settings: GitHubRolesSettings,
    ) -> None:
        """
        Make the roles `<name>-github-<job>`.

        :param stack: the stack's id, which begins the path of its parameters
        :param services: what is released; those that migrate get the role for it
        """
        super().__init__(scope, id_)
        self._name = name
        self._settings = settings
        self.provider_arn: str = self._provider(account_id)
        arns = Arns(account_id=account_id, region=region)
        self.plan_role_arn = self._role("plan", settings.plan_environment, plan_permissions(plan_scope, stack, arns))
        self.push_role_arn = self._role(
            "push", settings.push_environment, push_permissions([one.repository_arn for one in services])
        )
        self.release_role_arn = self._role(
            "release", settings.release_environment, release_permissions(arns, stack, services)
        )
        migrating = [one for one in services if one.migrates]
        self.migrate_role_arn: str | None = None
        """None when no service migrates."""
        if migrating:
            permissions = migrate_permissions(arns, migrating)
            self.migrate_role_arn = self._role("migrate", settings.migrate_environment, permissions)

    def _provider(self, account_id: str) -> str:
        if not self._settings.create_provider:
            return provider_arn(account_id)
        # Without thumbprints: AWS trusts GitHub's certificate by its authority (IAM CreateOpenIDConnectProvider), and
        # the provider does not ask for them since 5.81 (its pull request 37255).
        provider = IamOpenidConnectProvider(self, "provider", url=f"https://{ISSUER}", client_id_list=[AUDIENCE])
        return str(provider.arn)

    def _role(self, job: str, environment: str, permissions: Sequence[Statement]) -> str:
        subject = environment_subject(self._settings.repository, environment)
        trust = trust_oidc(self.provider_arn, subject_conditions(subject))
        return Role(self, job, name=f"{self._name}-github-{job}", trust=trust, permissions=permissions).arn
