"""ISMS's stacks: what the roles may do."""

import pytest

from modules.github.plan_permissions import readable_types
from tests.modules.iam_wildcards import excesses
from tests.stacks.isms.sample_isms import GITHUB, build, by_name, ref, statements
from tests.support import Block, Synthesized


class TestRights:
    """What the roles may do."""

    @pytest.mark.parametrize("name", ["staging", "production", "everything"])
    def test_no_wildcard_that_aws_does_not_force(self, name: str, request: pytest.FixtureRequest) -> None:
        """Exact actions on exact resources."""
        assert [] == excesses(request.getfixturevalue(name))

    def test_plan_role_reads_all_types(self, everything: Synthesized) -> None:
        """A plan can refresh every type of resource that the stack has."""
        document = everything.document
        types = {*document["resource"], *document["data"], *document.get("ephemeral", {})}

        assert set() == types - readable_types()

    def test_pipelines(self, everything: Synthesized) -> None:
        """A role for each job of the pipelines."""
        names = {name for name in by_name(everything, "aws_iam_role") if "github" in name}

        assert {f"isms-staging-github-{job}" for job in ("plan", "push", "release", "migrate")} == names

    def test_one_task_role_a_service(self, stack: Synthesized) -> None:
        """Task, execution and CodeDeploy roles are not shared between the services."""
        roles = [
            (block["task_role_arn"], block["execution_role_arn"])
            for block in stack.resources("aws_ecs_task_definition").values()
        ]
        groups = [b["service_role_arn"] for b in stack.resources("aws_codedeploy_deployment_group").values()]

        assert 6 == len({arn for pair in roles for arn in pair} | set(groups))

    @pytest.mark.parametrize("service", ["backend", "frontend"])
    def test_code_deploy_passes_the_services_roles(self, service: str, stack: Synthesized) -> None:
        """CodeDeploy passes the two roles of the service that it deploys, to ECS tasks."""
        (found,) = [
            one
            for one in statements(stack, f"{service}_service_blue_green_role_permissions")
            if "iam:PassRole" in one["actions"]
        ]

        assert {
            ref(stack, "aws_iam_role", "arn", f"{service}_service_task_{role}_") for role in ("role", "execution")
        } == set(found["resources"])
        assert [["ecs-tasks.amazonaws.com"]] == [condition["values"] for condition in found["condition"]]

    def test_no_pipelines_by_default(self, stack: Synthesized) -> None:
        """Without GitHub's settings nobody from outside is let in."""
        assert {} == stack.resources("aws_iam_openid_connect_provider")
        assert not [name for name in by_name(stack, "aws_iam_role") if "github" in name]


class TestPipelines:
    """What the roles of pipelines may touch."""

    def resources(self, stack: Synthesized, job: str, action: str) -> list[str]:
        """What a job may do an action on."""
        found: list[Block] = statements(stack, f"github_{job}_permissions")
        return [resource for one in found if action in one["actions"] for resource in one["resources"]]

    def test_push(self, everything: Synthesized) -> None:
        """Images are pushed to both repositories."""
        assert {
            ref(everything, "aws_ecr_repository", "arn", f"{service}_") for service in ("backend", "frontend")
        } == set(self.resources(everything, "push", "ecr:PutImage"))

    def test_release(self, everything: Synthesized) -> None:
        """A release deploys with both deployment groups of this account and region."""
        expected = set()
        for service in ("backend", "frontend"):
            app = ref(everything, "aws_codedeploy_app", "name", f"{service}_")
            group = ref(everything, "aws_codedeploy_deployment_group", "deployment_group_name", f"{service}_")
            expected.add(f"arn:aws:codedeploy:eu-west-2:956880242582:deploymentgroup:{app}/{group}")

        assert expected == set(self.resources(everything, "release", "codedeploy:CreateDeployment"))

    def test_migrate(self, everything: Synthesized) -> None:
        """Only the backend migrates."""
        family = ref(everything, "aws_ecs_task_definition", "family", "backend_")

        assert [f"arn:aws:ecs:eu-west-2:956880242582:task-definition/{family}:*"] == self.resources(
            everything, "migrate", "ecs:RunTask"
        )

    def test_plan_reads_its_state(self, everything: Synthesized) -> None:
        """The state of this stack, in the bucket of this account."""
        assert "arn:aws:s3:::ecs-stacks-state-956880242582/staging/terraform.tfstate" in self.resources(
            everything, "plan", "s3:GetObject"
        )

    @pytest.mark.parametrize(
        ("action", "type_"),
        [
            ("ecr:DescribeRepositories", "aws_ecr_repository"),
            ("s3:GetBucketPolicy", "aws_s3_bucket"),
            ("secretsmanager:DescribeSecret", "aws_secretsmanager_secret"),
        ],
    )
    def test_plan_reads_what_the_stack_has(self, action: str, type_: str, everything: Synthesized) -> None:
        """Repositories, buckets and secrets are named one by one."""
        expected = {f"${{{type_}.{id_}.arn}}" for id_ in everything.resources(type_)}

        assert expected == set(self.resources(everything, "plan", action))

    def test_plan_reads_the_zone(self, everything: Synthesized) -> None:
        """The hosted zone is the domain's."""
        assert {"arn:aws:route53:::hostedzone/Z0123456789ABC"} == set(
            self.resources(everything, "plan", "route53:ListResourceRecordSets")
        )

    def test_plan_reads_no_zone_without_one(self) -> None:
        """Without a hosted zone there is nothing to read in Route 53."""
        assert [] == self.resources(build(github=GITHUB), "plan", "route53:ListResourceRecordSets")

    @pytest.mark.parametrize("name", ["isms-staging", "isms-backend-staging", "isms-frontend-staging"])
    def test_plan_reads_by_name(self, name: str, everything: Synthesized) -> None:
        """Clusters, services and roles are read by what their names begin with."""
        found = self.resources(everything, "plan", "ecs:DescribeServices")

        assert f"arn:aws:ecs:eu-west-2:956880242582:cluster/{name}*" in found

    def test_plan_reads_the_stacks_parameters(self, everything: Synthesized) -> None:
        """Parameters are read below the stack's own path."""
        assert all(":parameter/staging/" in one for one in self.resources(everything, "plan", "ssm:GetParameter"))
        assert self.resources(everything, "plan", "ssm:GetParameter")

    @pytest.mark.parametrize("job", ["plan", "push", "release", "migrate"])
    def test_output(self, job: str, everything: Synthesized) -> None:
        """The workflows find each role by the stack's output."""
        (role,) = [i for i in everything.resources("aws_iam_role") if i.startswith(f"github_{job}_")]

        assert f"${{aws_iam_role.{role}.arn}}" == everything.output(f"github_{job}_role_arn")
