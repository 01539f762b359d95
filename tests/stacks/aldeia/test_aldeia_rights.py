"""Aldeia's stacks: what the roles may do, action by action."""

import pytest

from modules.email_identity import EmailIdentitySettings
from tests.modules.iam_wildcards import excesses
from tests.stacks.aldeia.sample_aldeia import build, rights
from tests.stacks.isms.sample_isms import of_service, ref, statements
from tests.support import Synthesized

PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
SEND = ("ses:SendEmail", "ses:SendRawEmail")


def test_no_wildcard_that_aws_does_not_force(stack: Synthesized) -> None:
    """Exact actions on exact resources, wherever the services run."""
    assert [] == excesses(stack)


class TestBackend:
    """What the backend itself may do."""

    START = "backend_service_task_role_permissions"

    def test_all(self, production: Synthesized) -> None:
        """The design's four actions, on one bucket and one identity instead of everything."""
        objects = [f"{ref(production, 'aws_s3_bucket', 'arn', 'backups_')}/*"]
        identity = ["arn:aws:ses:us-east-1:641918319442:identity/aldeia.com"]

        assert {
            "s3:GetObject": objects,
            "s3:PutObject": objects,
            "ses:SendEmail": identity,
            "ses:SendRawEmail": identity,
        } == rights(production, self.START)

    def test_sender(self, production: Synthesized) -> None:
        """As one address."""
        (mail,) = [one for one in statements(production, self.START) if set(SEND) & set(one["actions"])]

        assert [{"test": "StringEquals", "variable": "ses:FromAddress", "values": ["no-reply@aldeia.com"]}] == (
            mail["condition"]
        )

    def test_sender_is_a_setting(self) -> None:
        """Another domain, and another address."""
        stack = build(email=EmailIdentitySettings(domain_name="aldeia.org", sender="bot"))
        (mail,) = [one for one in statements(stack, self.START) if set(SEND) & set(one["actions"])]

        assert ["arn:aws:ses:us-east-1:641918319442:identity/aldeia.org"] == mail["resources"]
        assert ["bot@aldeia.org"] == mail["condition"][0]["values"]

    def test_no_mail(self) -> None:
        """Without an identity it sends none."""
        assert {"s3:GetObject", "s3:PutObject"} == set(rights(build(email=None), self.START))

    def test_never_deletes(self, stack: Synthesized) -> None:
        """Nobody may delete backups, or hang rules over them."""
        documents = stack.document["data"]["aws_iam_policy_document"]
        bucket = ref(stack, "aws_s3_bucket", "arn", "backups_")
        found = {
            action
            for block in documents.values()
            for one in block["statement"]
            if one["effect"] == "Allow" and [arn for arn in one.get("resources", []) if arn.startswith(bucket)]
            for action in one["actions"]
        }

        assert {"s3:GetObject", "s3:PutObject"} == found


class TestOthers:
    """What pages and ChromaDB may do."""

    def test_pages_may_do_nothing(self, production: Synthesized) -> None:
        """They call nothing of AWS."""
        assert {} == rights(production, "frontend_service_task_role_permissions")
        assert {} == of_service(production, "aws_iam_role_policy", "frontend_service_task_role")

    def test_chromadb_mounts(self, chromadb_apart: Synthesized) -> None:
        """And writes, on its file system."""
        files = [ref(chromadb_apart, "aws_efs_file_system", "arn")]

        assert {"elasticfilesystem:ClientMount": files, "elasticfilesystem:ClientWrite": files} == {
            action: resources
            for action, resources in rights(chromadb_apart, "chromadb_task_role_permissions").items()
            if not action.startswith(("ssmmessages:", "logs:"))
        }

    def test_chromadb_comes_through_its_door(self, chromadb_apart: Synthesized) -> None:
        """Through the access point, and no other."""
        (mount,) = [
            one
            for one in statements(chromadb_apart, "chromadb_task_role_permissions")
            if "elasticfilesystem:ClientMount" in one["actions"]
        ]
        door = ref(chromadb_apart, "aws_efs_access_point", "arn")

        assert [{"test": "StringEquals", "variable": "elasticfilesystem:AccessPointArn", "values": [door]}] == (
            mount["condition"]
        )


class TestExecution:
    """What starting a task takes."""

    @pytest.mark.parametrize("service", ["backend", "frontend"])
    def test_web_services(self, service: str, production: Synthesized) -> None:
        """To pull their own image, to write to their own log, and the backend to read the application's secret."""
        log = [f"{ref(production, 'aws_cloudwatch_log_group', 'arn', f'{service}_')}:*"]
        repository = [ref(production, "aws_ecr_repository", "arn", f"{service}_")]
        secret = [ref(production, "aws_secretsmanager_secret", "arn")]
        expected = {"logs:CreateLogStream": log, "logs:PutLogEvents": log, "ecr:GetAuthorizationToken": ["*"]}
        expected |= dict.fromkeys(PULL, repository)
        expected |= {"secretsmanager:GetSecretValue": secret} if service == "backend" else {}

        assert expected == rights(production, f"{service}_service_task_execution_permissions")

    def test_chromadb(self, chromadb_apart: Synthesized) -> None:
        """Its token and its log; its image, anybody may pull."""
        log = [f"{ref(chromadb_apart, 'aws_cloudwatch_log_group', 'arn', 'chromadb_')}:*"]
        secret = [ref(chromadb_apart, "aws_secretsmanager_secret", "arn")]

        assert {
            "logs:CreateLogStream": log,
            "logs:PutLogEvents": log,
            "secretsmanager:GetSecretValue": secret,
        } == rights(chromadb_apart, "chromadb_task_execution_permissions")

    def test_roles_are_not_shared(self, on_fargate: Synthesized) -> None:
        """Two of each service's own."""
        tasks = on_fargate.resources("aws_ecs_task_definition").values()

        assert 6 == len({task[role] for task in tasks for role in ("task_role_arn", "execution_role_arn")})

    def test_for_ecs_only(self, on_fargate: Synthesized) -> None:
        """Only tasks of this account and region take them on."""
        trusts = [
            one
            for i, b in on_fargate.document["data"]["aws_iam_policy_document"].items()
            if "_task_" in i and "_trust_" in i
            for one in b["statement"]
        ]
        conditions = [{one["variable"]: one["values"] for one in trust["condition"]} for trust in trusts]

        assert [["ecs-tasks.amazonaws.com"]] * 6 == [trust["principals"][0]["identifiers"] for trust in trusts]
        assert [
            {"aws:SourceAccount": ["641918319442"], "aws:SourceArn": ["arn:aws:ecs:us-east-1:641918319442:*"]}
        ] * 6 == conditions
