"""
What the pipelines on GitHub may do in one account: a role a job, each for the jobs of one GitHub environment.

A job gets an environment's subject only when the environment lets it: its protection rules (reviewers, branches) are
the gate. The subject of pull requests is not trusted at all: whoever may push a branch could take on the role, for
every stack, with code that nobody has read, and a plan runs the code of the pull request. So the plan has an
environment of its own as well, with reviewers who look at the change first, and can read but change nothing.
"""

from collections.abc import Sequence
from typing import Annotated

from cdktf_cdktf_provider_aws.iam_openid_connect_provider import IamOpenidConnectProvider
from constructs import Construct
from pydantic import Field, ValidationInfo, field_validator

from modules.arns import Arns
from modules.deployment.deployable import Deployable
from modules.github.apply_role import ApplyRole
from modules.github.plan_permissions import PlanScope, plan_permissions
from modules.github.promotion_permissions import PromotionSettings, promotion_permissions
from modules.github.publish_permissions import Publishable, publish_permissions
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

SessionHours = Annotated[int, Field(ge=1, le=12)]
"""IAM CreateRole, MaxSessionDuration: 1 to 12 hours."""


class GitHubRolesSettings(Settings):
    """The repository, and the GitHub environment in which each kind of job runs."""

    repository: GitHubRepositorySettings
    create_provider: bool = True
    """False: another stack made the account's identity provider, of which there can be only one."""

    push_environment: GitHubEnvironment
    release_environment: GitHubEnvironment
    migrate_environment: GitHubEnvironment
    publish_environment: GitHubEnvironment | None = None
    """For a stack with a static site. None: no pipeline publishes it."""

    plan_environment: GitHubEnvironment
    """Such as `staging-plan`: an environment of its own, because a plan runs the code of a pull request."""

    apply_environment: GitHubEnvironment | None = None
    """Such as `staging-apply`: an environment of its own, with reviewers. None: no pipeline applies."""

    promotes_from: PromotionSettings | None = None
    """The other account that the push role may pull from. None: images are promoted within this one, or not at all."""

    session_h: SessionHours = 2
    """How long the roles that release and apply may be kept. It has to outlast the longest release, which follows from
    the manifests: `tests/test_workflow_times.py` counts."""

    @field_validator("plan_environment")
    @classmethod
    def _of_its_own(cls, plan_environment: str, info: ValidationInfo) -> str:
        others = [info.data.get(f"{role}_environment") for role in ("push", "release", "migrate", "publish")]
        if plan_environment in others:
            raise mistake("must not be the environment of another role: a plan runs the code of a pull request")
        return plan_environment

    @field_validator("apply_environment")
    @classmethod
    def _of_its_own_too(cls, apply_environment: str | None, info: ValidationInfo) -> str | None:
        others = [info.data.get(f"{role}_environment") for role in ("push", "release", "migrate", "publish", "plan")]
        if apply_environment is not None and apply_environment in others:
            raise mistake("must not be the environment of another role: an apply may do more than all of them")
        return apply_environment


class GitHubRoles(Construct):
    """
    GitHub's identity provider and the roles plan, push, release, migrate, publish and apply.

    Where there is an apply role, all roles that the stack has by now get a boundary: make this part the last one.
    """

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
        repository_names: Sequence[str] = (),
        site: Publishable | None = None,
        settings: GitHubRolesSettings,
    ) -> None:
        """
        Make the roles `<name>-github-<job>`.

        :param stack: the stack's id, which begins the path of its parameters
        :param services: what is released; those that migrate get the role for it
        :param repository_names: of their images, which are promoted from repositories of the same names
        :param site: what is published, when the settings name an environment for that
        """
        super().__init__(scope, id_)
        self._name = name
        self._settings = settings
        self.provider_arn: str = self._provider(account_id)
        arns = Arns(account_id=account_id, region=region)
        self.plan_role_arn = self._role("plan", settings.plan_environment, plan_permissions(plan_scope, stack, arns))
        self.push_role_arn = self._role(
            "push",
            settings.push_environment,
            [
                *push_permissions([one.repository_arn for one in services]),
                *promotion_permissions(settings.promotes_from, repository_names),
            ],
        )
        self.release_role_arn = self._role(
            "release", settings.release_environment, release_permissions(arns, stack, services), settings.session_h
        )
        migrating = [one for one in services if one.migrates]
        self.migrate_role_arn: str | None = None
        """None when no service migrates."""
        if migrating:
            permissions = migrate_permissions(arns, migrating)
            self.migrate_role_arn = self._role("migrate", settings.migrate_environment, permissions)
        self.publish_role_arn: str | None = None
        """None when no pipeline publishes."""
        if site is not None and settings.publish_environment is not None:
            permissions = publish_permissions(arns, stack, site)
            self.publish_role_arn = self._role("publish", settings.publish_environment, permissions)
        self.apply_role_arn: str | None = None
        """None when no pipeline applies."""
        if settings.apply_environment is not None:
            self.apply_role_arn = self._apply_role(stack, settings.apply_environment, plan_scope, arns)

    @property
    def outputs(self) -> dict[str, tuple[str, str]]:
        """What the workflows read after a deployment, of the roles that there are: name → value and description."""
        arns = {
            "plan": self.plan_role_arn,
            "push": self.push_role_arn,
            "release": self.release_role_arn,
            "migrate": self.migrate_role_arn,
            "publish": self.publish_role_arn,
            "apply": self.apply_role_arn,
        }
        return {
            f"github_{job}_role_arn": (arn, f"Who a pipeline is that may {job}")
            for job, arn in arns.items()
            if arn is not None
        }

    def _provider(self, account_id: str) -> str:
        if not self._settings.create_provider:
            return provider_arn(account_id)
        # Without thumbprints: AWS trusts GitHub's certificate by its authority (IAM CreateOpenIDConnectProvider), and
        # the provider does not ask for them since 5.81 (its pull request 37255).
        provider = IamOpenidConnectProvider(self, "provider", url=f"https://{ISSUER}", client_id_list=[AUDIENCE])
        return str(provider.arn)

    def _trust(self, environment: str) -> Statement:
        subject = environment_subject(self._settings.repository, environment)
        return trust_oidc(self.provider_arn, subject_conditions(subject))

    def _role(self, job: str, environment: str, permissions: Sequence[Statement], session_h: int | None = None) -> str:
        name, trust = f"{self._name}-github-{job}", self._trust(environment)
        return Role(self, job, name=name, trust=trust, permissions=permissions, session_h=session_h).arn

    def _apply_role(self, stack: str, environment: str, plan_scope: PlanScope, arns: Arns) -> str:
        role = ApplyRole(
            self,
            "apply",
            name=self._name,
            stack=stack,
            arns=arns,
            plan_scope=plan_scope,
            trust=self._trust(environment),
            session_h=self._settings.session_h,
        )
        role.bound_others()
        return role.arn
