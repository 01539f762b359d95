"""The roles that GitHub's jobs take on: whom they trust and what they may do."""

from dataclasses import replace
from typing import Any

import pytest
from cdktf import TerraformOutput
from constructs import Construct
from policy_sentry.querying.actions import get_action_data
from pydantic import ValidationError

from modules.deployment.deployable import Deployable
from modules.deployment.release import CodeDeploy
from modules.github.plan_permissions import PlanScope
from modules.github.plan_reads import READS
from modules.github.roles import GitHubRoles, GitHubRolesSettings
from modules.github.subject import GitHubRepositorySettings
from modules.mistakes import mistakes_in
from tests.modules.iam_wildcards import excesses
from tests.support import Block, Synthesized, synth_scope

ACCOUNT = "956880242582"
REPOSITORY = f"arn:aws:ecr:eu-west-2:{ACCOUNT}:repository/isms"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/isms"
SECRET = f"arn:aws:secretsmanager:eu-west-2:{ACCOUNT}:secret:isms-staging-AbCdEf"
ECS = f"arn:aws:ecs:eu-west-2:{ACCOUNT}"
JOBS = ["plan", "push", "release", "migrate"]

BACKEND = Deployable(
    short_name="backend",
    cluster_name="isms-staging",
    service_name="isms-backend-staging",
    family="isms-backend-staging",
    task_role_arn=f"{ROLE}-backend-staging-task",
    execution_role_arn=f"{ROLE}-backend-staging-execution",
    repository_arn=f"{REPOSITORY}-backend",
    log_group_name="/ecs/isms-backend-staging",
    manifest_parameter_arn=f"arn:aws:ssm:eu-west-2:{ACCOUNT}:parameter/staging/release/backend",
    secret_arns=[SECRET],
    code_deploy=CodeDeploy(
        application="isms-backend-staging-app",
        deployment_group="isms-backend-staging-dg",
        deployment_config="isms-backend-staging-canary",
        shift_min=5,
        approval_wait_min=None,
        termination_wait_min=5,
    ),
    migrates=True,
)
FRONTEND = Deployable(
    short_name="frontend",
    cluster_name="isms-staging",
    service_name="isms-frontend-staging",
    family="isms-frontend-staging",
    task_role_arn=f"{ROLE}-frontend-staging-task",
    execution_role_arn=f"{ROLE}-frontend-staging-execution",
    repository_arn=f"{REPOSITORY}-frontend",
    log_group_name="/ecs/isms-frontend-staging",
    manifest_parameter_arn=f"arn:aws:ssm:eu-west-2:{ACCOUNT}:parameter/staging/release/frontend",
)
SCOPE = PlanScope(
    state_bucket="ecs-stacks-state-956880242582",
    state_key="staging/terraform.tfstate",
    names=["isms-staging", "isms-backend-staging", "isms-frontend-staging"],
    repository_arns=[f"{REPOSITORY}-backend", f"{REPOSITORY}-frontend"],
    bucket_arns=["arn:aws:s3:::isms-staging-access-logs-956880242582"],
    secret_arns=[SECRET],
    hosted_zone_ids=["Z0123456789ABC"],
)


def settings(**changes: Any) -> GitHubRolesSettings:  # noqa: ANN401 settings of any type
    """Settings for the repository of GitHub's examples, with changes."""
    arguments: dict[str, Any] = {
        "repository": GitHubRepositorySettings(owner="octo-org", repository="octo-repo"),
        "push_environment": "staging-build",
        "release_environment": "staging",
        "migrate_environment": "staging-database",
        "plan_environment": "staging-plan",
    }
    return GitHubRolesSettings(**arguments | changes)


def build(services: list[Deployable], scope: PlanScope = SCOPE, **changes: Any) -> Synthesized:  # noqa: ANN401 as above
    """The roles alone in a stack, with outputs of their results."""

    def make(parent: Construct) -> None:
        roles = GitHubRoles(
            parent,
            "github",
            name="isms-staging",
            stack="staging",
            account_id=ACCOUNT,
            region="eu-west-2",
            plan_scope=scope,
            services=services,
            settings=settings(**changes),
        )
        for name in ("provider_arn", *(f"{job}_role_arn" for job in JOBS)):
            value = getattr(roles, name)
            if value is not None:
                TerraformOutput(parent, name, value=value)

    return synth_scope(make)


@pytest.fixture(scope="module")
def stack() -> Synthesized:
    """The roles for a backend that CodeDeploy releases and that migrates, and a frontend that ECS rolls out."""
    return build([BACKEND, FRONTEND])


@pytest.fixture(scope="module")
def guest() -> Synthesized:
    """The roles where another stack made the provider, for a frontend and a repository with immutable subjects."""
    repository = GitHubRepositorySettings(owner="octo-org", repository="octo-repo", owner_id=65, repository_id=74)
    return build(
        [FRONTEND],
        PlanScope(state_bucket="b", state_key="k", names=["n"]),
        create_provider=False,
        repository=repository,
    )


def document(stack: Synthesized, job: str, kind: str) -> list[Block]:
    """The statements of a role's trust or permissions."""
    documents = stack.document["data"]["aws_iam_policy_document"]
    (id_,) = [id_ for id_ in documents if id_.startswith(f"github_{job}_{kind}_")]
    return stack.statements(id_)


def conditions(statement: Block) -> dict[tuple[str, str], list[str]]:
    """The conditions of a statement, by test and variable."""
    return {(one["test"], one["variable"]): one["values"] for one in statement.get("condition", [])}


def allowed(stack: Synthesized, job: str) -> dict[str, list[str]]:
    """The resources of every action that a role may take, without their conditions."""
    found: dict[str, list[str]] = {}
    for statement in document(stack, job, "permissions"):
        for action in statement["actions"]:
            found.setdefault(action, []).extend(statement["resources"])
    return found


def statement(stack: Synthesized, job: str, action: str) -> Block:
    """The one statement of a role with this action."""
    (found,) = [one for one in document(stack, job, "permissions") if action in one["actions"]]
    return found


class TestProvider:
    """GitHub's identity provider."""

    def test_made(self, stack: Synthesized) -> None:
        """The provider is GitHub's, for AWS, without a thumbprint that would go stale."""
        assert {
            "url": "https://token.actions.githubusercontent.com",
            "client_id_list": ["sts.amazonaws.com"],
        } == stack.resource("aws_iam_openid_connect_provider")

    def test_is_trusted(self, stack: Synthesized) -> None:
        """The roles trust the provider that the stack made."""
        (id_,) = stack.resources("aws_iam_openid_connect_provider")

        arn = f"${{aws_iam_openid_connect_provider.{id_}.arn}}"
        assert [{"identifiers": [arn], "type": "Federated"}] == document(stack, "push", "trust")[0]["principals"]
        assert arn == stack.output("provider_arn")

    def test_of_another_stack(self, guest: Synthesized) -> None:
        """An account has one provider: where it exists it is only named."""
        arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"

        assert {} == guest.resources("aws_iam_openid_connect_provider")
        assert [{"identifiers": [arn], "type": "Federated"}] == document(guest, "push", "trust")[0]["principals"]


class TestTrust:
    """Which jobs get a role."""

    @pytest.mark.parametrize(
        ("job", "environment"),
        [
            ("plan", "staging-plan"),
            ("push", "staging-build"),
            ("release", "staging"),
            ("migrate", "staging-database"),
        ],
    )
    def test_exact_subject(self, stack: Synthesized, job: str, environment: str) -> None:
        """Each role is for the jobs of one environment of one repository, and for nobody else."""
        (trust,) = document(stack, job, "trust")

        assert ["sts:AssumeRoleWithWebIdentity"] == trust["actions"]
        assert {
            ("StringEquals", "token.actions.githubusercontent.com:aud"): ["sts.amazonaws.com"],
            ("StringEquals", "token.actions.githubusercontent.com:sub"): [
                f"repo:octo-org/octo-repo:environment:{environment}"
            ],
        } == conditions(trust)

    def test_immutable_subject(self, guest: Synthesized) -> None:
        """With both ids the subject has them."""
        (trust,) = document(guest, "release", "trust")

        assert ["repo:octo-org@65/octo-repo@74:environment:staging"] == conditions(trust)[
            "StringEquals", "token.actions.githubusercontent.com:sub"
        ]

    @pytest.mark.parametrize("job", JOBS)
    def test_name(self, stack: Synthesized, job: str) -> None:
        """A role is named after its job."""
        (role,) = [role for id_, role in stack.resources("aws_iam_role").items() if id_.startswith(f"github_{job}_")]

        assert f"isms-staging-github-{job}" == role["name"]

    @pytest.mark.parametrize("job", JOBS)
    def test_result(self, stack: Synthesized, job: str) -> None:
        """The pipeline gets the role's ARN."""
        assert stack.output(f"{job}_role_arn").startswith(f"${{aws_iam_role.github_{job}_role_")

    def test_no_migration(self, guest: Synthesized) -> None:
        """Where nothing migrates there is no role for it."""
        assert not [id_ for id_ in guest.resources("aws_iam_role") if id_.startswith("github_migrate_")]


class TestPolicies:
    """What holds for all roles."""

    def test_no_excess(self, stack: Synthesized, guest: Synthesized) -> None:
        """Every `*` is forced by AWS, every passed role is exact."""
        assert [] == excesses(stack) + excesses(guest)

    @pytest.mark.parametrize("job", JOBS)
    def test_no_secret_value(self, stack: Synthesized, job: str) -> None:
        """No role of a pipeline reads a secret's value."""
        assert not {"secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue"} & allowed(stack, job).keys()

    @pytest.mark.parametrize("job", JOBS)
    def test_fits(self, stack: Synthesized, job: str) -> None:
        """The inline policies of a role have at most 10,240 characters, white space aside (IAM quotas)."""
        statements = document(stack, job, "permissions")
        text = repr([[one["actions"], one["resources"], conditions(one)] for one in statements]).replace(" ", "")

        # Effect, Action, Resource, Sid and their quotes, which Terraform writes for each statement.
        assert len(text) + 60 * len(statements) < 10240

    def test_only_the_services_roles_are_passed(self, stack: Synthesized) -> None:
        """Release and migration pass exactly the roles of the services' tasks, and only to tasks."""
        passed = statement(stack, "release", "iam:PassRole")

        assert [
            f"{ROLE}-backend-staging-task",
            f"{ROLE}-backend-staging-execution",
            f"{ROLE}-frontend-staging-task",
            f"{ROLE}-frontend-staging-execution",
        ] == passed["resources"]
        assert {("StringEquals", "iam:PassedToService"): ["ecs-tasks.amazonaws.com"]} == conditions(passed)
        assert [f"{ROLE}-backend-staging-task", f"{ROLE}-backend-staging-execution"] == statement(
            stack, "migrate", "iam:PassRole"
        )["resources"]


class TestPush:
    """Building and pushing."""

    def test_pushes_to_these_repositories(self, stack: Synthesized) -> None:
        """Images go to the services' repositories and nowhere else."""
        assert [f"{REPOSITORY}-backend", f"{REPOSITORY}-frontend"] == allowed(stack, "push")["ecr:PutImage"]

    def test_does_nothing_else(self, stack: Synthesized) -> None:
        """A build has no business outside of ECR, and deletes nothing."""
        actions = allowed(stack, "push").keys()

        assert {"ecr"} == {action.split(":")[0] for action in actions}
        assert not [action for action in actions if "Delete" in action]


class TestRelease:
    """Releasing."""

    @pytest.mark.parametrize(
        ("action", "resources"),
        [
            (
                "ecs:RegisterTaskDefinition",
                [f"{ECS}:task-definition/isms-{s}-staging:*" for s in ("backend", "frontend")],
            ),
            ("ecs:UpdateService", [f"{ECS}:service/isms-staging/isms-frontend-staging"]),
            ("ecs:DescribeServices", [f"{ECS}:service/isms-staging/isms-{s}-staging" for s in ("backend", "frontend")]),
            ("ecs:DescribeTasks", [f"{ECS}:task/isms-staging/*"]),
            (
                "codedeploy:CreateDeployment",
                [
                    f"arn:aws:codedeploy:eu-west-2:{ACCOUNT}:"
                    "deploymentgroup:isms-backend-staging-app/isms-backend-staging-dg"
                ],
            ),
            (
                "codedeploy:RegisterApplicationRevision",
                [f"arn:aws:codedeploy:eu-west-2:{ACCOUNT}:application:isms-backend-staging-app"],
            ),
            (
                "codedeploy:GetDeploymentConfig",
                [f"arn:aws:codedeploy:eu-west-2:{ACCOUNT}:deploymentconfig:isms-backend-staging-canary"],
            ),
            (
                "codedeploy:UpdateDeploymentGroup",
                [
                    f"arn:aws:codedeploy:eu-west-2:{ACCOUNT}:"
                    "deploymentgroup:isms-backend-staging-app/isms-backend-staging-dg"
                ],
            ),
            *(
                (
                    action,
                    [
                        f"arn:aws:ssm:eu-west-2:{ACCOUNT}:parameter/staging/release-lock/backend",
                        f"arn:aws:ssm:eu-west-2:{ACCOUNT}:parameter/staging/release-lock/frontend",
                    ],
                )
                for action in ("ssm:DeleteParameter", "ssm:GetParameter", "ssm:PutParameter")
            ),
            ("ecs:RunTask", [f"{ECS}:task-definition/isms-backend-staging:*"]),
            ("ecs:StopTask", [f"{ECS}:task/isms-staging/*"]),
            ("ecr:PutImage", [f"{REPOSITORY}-backend", f"{REPOSITORY}-frontend"]),
            ("ssm:GetParametersByPath", [f"arn:aws:ssm:eu-west-2:{ACCOUNT}:parameter/staging/release"]),
            ("ecr:DescribeImages", [f"{REPOSITORY}-backend", f"{REPOSITORY}-frontend"]),
            ("secretsmanager:DescribeSecret", [SECRET]),
            (
                "logs:GetLogEvents",
                [
                    f"arn:aws:logs:eu-west-2:{ACCOUNT}:log-group:/ecs/isms-backend-staging:log-stream:*",
                    f"arn:aws:logs:eu-west-2:{ACCOUNT}:log-group:/ecs/isms-frontend-staging:log-stream:*",
                ],
            ),
        ],
    )
    def test_exact_resources(self, stack: Synthesized, action: str, resources: list[str]) -> None:
        """Each action is for the services' own resources; CodeDeploy's service is not updated past it."""
        assert resources == allowed(stack, "release")[action]

    def test_tags_only_what_it_registers(self, stack: Synthesized) -> None:
        """Tags come with a new revision, and cannot be put on another one."""
        (tags,) = [
            one
            for one in document(stack, "release", "permissions")
            if "ecs:TagResource" in one["actions"] and "task-definition/" in one["resources"][0]
        ]

        assert {("StringEquals", "ecs:CreateAction"): ["RegisterTaskDefinition"]} == conditions(tags)

    def test_lists_the_clusters_tasks(self, stack: Synthesized) -> None:
        """The tasks that are listed are those of the services' cluster."""
        tasks = statement(stack, "release", "ecs:ListTasks")

        assert {("ArnEquals", "ecs:cluster"): [f"{ECS}:cluster/isms-staging"]} == conditions(tasks)

    def test_migrates_in_the_services_cluster(self, stack: Synthesized) -> None:
        """The one-off task of a release runs in the service's own cluster."""
        run = statement(stack, "release", "ecs:RunTask")

        assert {("ArnEquals", "ecs:cluster"): [f"{ECS}:cluster/isms-staging"]} == conditions(run)

    def test_pushes_nothing(self, stack: Synthesized) -> None:
        """It tags images that are there; layers are another role's business."""
        pushing = {"ecr:GetAuthorizationToken", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart"}

        assert not pushing & allowed(stack, "release").keys()

    def test_without_migrations(self, guest: Synthesized) -> None:
        """Where no service migrates, a release runs no task."""
        assert not {"ecs:RunTask", "ecs:StopTask"} & allowed(guest, "release").keys()

    def test_may_watch_the_side_that_comes_in(self, stack: Synthesized) -> None:
        """A deployment with the alarms of one color takes two permissions on the group, and on no other group."""
        actions = allowed(stack, "release")

        assert actions["codedeploy:CreateDeployment"] == actions.get("codedeploy:UpdateDeploymentGroup")

    def test_without_codedeploy(self, guest: Synthesized) -> None:
        """Where no service is released by CodeDeploy, no job may use it."""
        assert not [action for action in allowed(guest, "release") if action.startswith("codedeploy:")]

    def test_without_secrets(self, guest: Synthesized) -> None:
        """Where no service has a secret, there is no statement about none."""
        assert "secretsmanager:DescribeSecret" not in allowed(guest, "release")

    def test_without_rolling(self) -> None:
        """Where CodeDeploy releases all services, no job may update one."""
        assert "ecs:UpdateService" not in allowed(build([BACKEND]), "release")


class TestMigrate:
    """Migrating."""

    def test_runs_the_family_in_its_cluster(self, stack: Synthesized) -> None:
        """A one-off task is of the backend's family, in its cluster, any revision."""
        run = statement(stack, "migrate", "ecs:RunTask")

        assert [f"{ECS}:task-definition/isms-backend-staging:*"] == run["resources"]
        assert {("ArnEquals", "ecs:cluster"): [f"{ECS}:cluster/isms-staging"]} == conditions(run)

    def test_watches_and_stops(self, stack: Synthesized) -> None:
        """It watches and stops tasks of that cluster."""
        assert [f"{ECS}:task/isms-staging/*"] == allowed(stack, "migrate")["ecs:StopTask"]

    def test_sees_what_runs(self, stack: Synthesized) -> None:
        """Who migrates by hand sees first whether a migration runs in that cluster."""
        tasks = statement(stack, "migrate", "ecs:ListTasks")

        assert {("ArnEquals", "ecs:cluster"): [f"{ECS}:cluster/isms-staging"]} == conditions(tasks)

    def test_actions(self, stack: Synthesized) -> None:
        """It may do what docs/operations.md does by hand: read the manifest, run, watch, stop, read the log."""
        assert {
            "ssm:GetParameter",
            "ecs:RunTask",
            "ecs:TagResource",
            "ecs:StopTask",
            "ecs:ListTasks",
            "ecs:DescribeTasks",
            "logs:FilterLogEvents",
            "iam:PassRole",
        } == allowed(stack, "migrate").keys()

    def test_registers_and_releases_nothing(self, stack: Synthesized) -> None:
        """What runs afterwards is the release's business."""
        assert (
            not {"ecs:RegisterTaskDefinition", "ecs:UpdateService", "codedeploy:CreateDeployment"}
            & allowed(stack, "migrate").keys()
        )


class TestPlan:
    """Planning."""

    def test_only_reads(self, stack: Synthesized) -> None:
        """Everything but the lock is an action that AWS itself calls reading or listing."""
        lock = f"arn:aws:s3:::{SCOPE.state_bucket}/{SCOPE.state_key}.tflock"
        writes = {
            action: resources
            for action, resources in allowed(stack, "plan").items()
            if get_action_data(*action.split(":"))[action.split(":")[0]][0]["access_level"] not in ("Read", "List")
        }

        assert {"s3:DeleteObject": [lock], "s3:PutObject": [lock]} == writes

    def test_state(self, stack: Synthesized) -> None:
        """The state is read, never written, and it is this stack's only."""
        state = f"arn:aws:s3:::{SCOPE.state_bucket}/{SCOPE.state_key}"

        assert [state, f"{state}.tflock"] == allowed(stack, "plan")["s3:GetObject"]

    def test_lists_no_other_state(self, stack: Synthesized) -> None:
        """In the state's bucket it sees its own objects, and the place of the workspaces that it has none of."""
        listing = document(stack, "plan", "permissions")[0]

        assert [f"arn:aws:s3:::{SCOPE.state_bucket}"] == listing["resources"]
        assert {("StringEquals", "s3:prefix"): [SCOPE.state_key, f"{SCOPE.state_key}.tflock", "env:/"]} == conditions(
            listing
        )

    @pytest.mark.parametrize(
        ("action", "resources"),
        [
            ("ssm:GetParameter", [f"arn:aws:ssm:eu-west-2:{ACCOUNT}:parameter/staging/*"]),
            ("secretsmanager:ListSecretVersionIds", [SECRET]),
            ("iam:GetRolePolicy", [f"arn:aws:iam::{ACCOUNT}:role/{name}*" for name in SCOPE.names]),
            ("ecr:DescribeRepositories", list(SCOPE.repository_arns)),
            ("s3:GetBucketPolicy", list(SCOPE.bucket_arns)),
            ("route53:ListResourceRecordSets", ["arn:aws:route53:::hostedzone/Z0123456789ABC"]),
            (
                "iam:GetOpenIDConnectProvider",
                [f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"],
            ),
        ],
    )
    def test_reads_this_stack(self, stack: Synthesized, action: str, resources: list[str]) -> None:
        """What has a name or an ARN is read only when it is the stack's."""
        assert resources == allowed(stack, "plan")[action]

    def test_reads_all_types(self) -> None:
        """Nothing of the table is lost on the way into the policy of a stack that has everything."""
        everything = replace(SCOPE, distribution_arns=[f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1ABCDEF2GHIJK"])

        assert {action for read in READS for action in read.actions} <= allowed(build([], everything), "plan").keys()

    def test_without_some_resources(self, guest: Synthesized) -> None:
        """A stack without buckets, secrets, zones and repositories gets no statement about them."""
        actions = allowed(guest, "plan").keys()

        assert not [action for action in actions if action.split(":")[0] in ("ecr", "route53")]
        assert all(one["resources"] for one in document(guest, "plan", "permissions"))


class TestSettings:
    """The settings and their mistakes."""

    @pytest.mark.parametrize("job", ["push", "release", "migrate"])
    def test_plan_stands_alone(self, job: str) -> None:
        """Code of a pull request must not get a role that changes something."""
        with pytest.raises(ValidationError) as caught:
            settings(**{f"{job}_environment": "staging-plan"})

        (mistake,) = mistakes_in(caught.value, GitHubRolesSettings)
        assert "plan_environment" == mistake.path
        assert mistake.text.startswith("must not be the environment of another role")

    def test_others_may_share(self) -> None:
        """One environment may push, migrate and release."""
        shared = settings(push_environment="staging", migrate_environment="staging")

        assert "staging" == shared.release_environment
