"""Aldeia's stacks: where design 004 is not followed on purpose, and what is done instead."""

import pytest

from tests.stacks.aldeia.sample_aldeia import FILES, rules
from tests.stacks.isms.sample_isms import containers, environment_of, of_service, ref
from tests.support import Synthesized

SERVICES = ["backend", "frontend", "chromadb"]


class TestOnPurpose:
    """Where the design is not followed, and what is done instead."""

    @pytest.mark.parametrize("name", ["production", "otherwise", "staging_on_fargate", "several_hosts"])
    def test_one_chromadb(self, name: str, request: pytest.FixtureRequest) -> None:
        """Production's "2" would corrupt ChromaDB's files; nothing scales it either."""
        stack = request.getfixturevalue(name)
        (block,) = of_service(stack, "aws_ecs_service", "chromadb").values()

        assert 1 == block["desired_count"]
        assert {} == of_service(stack, "aws_appautoscaling_target", "chromadb")

    def test_token(self, tasks: Synthesized) -> None:
        """
        ChromaDB reads the token as CHROMA_SERVER_AUTHN_CREDENTIALS.

        It is of the application's secret; the design's is one of Redis, which the system does not have.
        """
        (secret,) = containers(tasks)["chromadb"]["secrets"]

        assert {
            "name": "CHROMA_SERVER_AUTHN_CREDENTIALS",
            "valueFrom": f"{ref(tasks, 'aws_secretsmanager_secret', 'arn')}:CHROMA_AUTH_TOKEN::",
        } == secret

    def test_token_is_asked_for(self, tasks: Synthesized) -> None:
        """Credentials alone let everybody in: the provider is what compares them."""
        provider = environment_of(containers(tasks)["chromadb"])["CHROMA_SERVER_AUTHN_PROVIDER"]

        assert "chromadb.auth.token_authn.TokenAuthenticationServerProvider" == provider

    def test_backend_has_the_token(self, tasks: Synthesized) -> None:
        """Under the name that it has in the secret."""
        assert "CHROMA_AUTH_TOKEN" in [one["name"] for one in containers(tasks)["backend"]["secrets"]]

    def test_backend_finds_chromadb(self, production: Synthesized) -> None:
        """Which the design does not say: by its private name."""
        found = environment_of(containers(production)["backend"])

        assert ("chromadb.aldeia-prod.internal", "8000") == (found["CHROMA_HOST"], found["CHROMA_PORT"])

    def test_backend_knows_bucket_and_sender(self, production: Synthesized) -> None:
        """Which the design gives it rights to, and no names."""
        found = environment_of(containers(production)["backend"])

        assert ref(production, "aws_s3_bucket", "bucket", "backups_") == found["BACKUPS_BUCKET"]
        assert ("us-east-1", "no-reply@aldeia.com") == (found["AWS_REGION"], found["EMAIL_FROM"])

    def test_no_sender_without_mail(self, otherwise: Synthesized) -> None:
        """A backend that sends none has no address."""
        assert "EMAIL_FROM" not in environment_of(containers(otherwise)["backend"])

    @pytest.mark.parametrize("service", SERVICES)
    def test_no_latest(self, service: str, tasks: Synthesized) -> None:
        """An image has a tag that says what it is."""
        _, _, tag = containers(tasks)[service]["image"].rpartition(":")

        assert ("latest", "") != (tag, "")
        assert tag in ("0.6.3", *FILES)

    def test_chromadb_image(self, tasks: Synthesized) -> None:
        """From Docker Hub, of the line whose variables these are."""
        assert "chromadb/chroma:0.6.3" == containers(tasks)["chromadb"]["image"]

    def test_chromadb_asks_itself(self, tasks: Synthesized) -> None:
        """No load balancer does; the design forgets it."""
        check = containers(tasks)["chromadb"]["healthCheck"]

        assert ["CMD-SHELL", "curl -f http://localhost:8000/api/v2/heartbeat || exit 1"] == check["command"]
        assert (30, 5, 3, 60) == (check["interval"], check["timeout"], check["retries"], check["startPeriod"])

    def test_chromadb_command(self, tasks: Synthesized) -> None:
        """The image's own would log into a file of its read-only file system."""
        assert ["--workers 1 --host 0.0.0.0 --port 8000 --proxy-headers --timeout-keep-alive 30"] == (
            containers(tasks)["chromadb"]["command"]
        )

    @pytest.mark.parametrize("service", SERVICES)
    def test_read_only(self, service: str, tasks: Synthesized) -> None:
        """No container writes to its root file system, only to /tmp."""
        container = containers(tasks)[service]
        paths = [one["containerPath"] for one in container["mountPoints"] if one["sourceVolume"] != "chromadb-data"]

        assert (True, ["/tmp"]) == (container["readonlyRootFilesystem"], paths)

    def test_users(self, tasks: Synthesized) -> None:
        """Backend and pages do not run as root; ChromaDB's image knows nobody else."""
        found = containers(tasks)

        assert ["1000:1000", "1000:1000", None] == [found[name].get("user") for name in SERVICES]

    def test_files_belong_to_somebody(self, tasks: Synthesized) -> None:
        """EFS takes whoever comes through the door for user 1000, whatever the container says."""
        point = tasks.resource("aws_efs_access_point")
        owner = point["root_directory"]["creation_info"]

        assert {"uid": 1000, "gid": 1000} == point["posix_user"]
        assert ("/chromadb-data", 1000, 1000) == (
            point["root_directory"]["path"],
            owner["owner_uid"],
            owner["owner_gid"],
        )

    def test_files_are_encrypted_and_backed_up(self, tasks: Synthesized) -> None:
        """At rest, with EFS's own backups."""
        assert tasks.resource("aws_efs_file_system")["encrypted"] is True
        assert {"status": "ENABLED"} == tasks.resource("aws_efs_backup_policy")["backup_policy"]

    def test_database_is_reached(self, production: Synthesized) -> None:
        """DATABASE_URL is of no use without a way to PostgreSQL."""
        group = ref(production, "aws_security_group", "id", "backend_service_network_group_")

        assert ("10.0.0.0/16", 5432, 5432) in rules(production, "egress", group)

    @pytest.mark.parametrize(("name", "limit"), [("production", "450"), ("staging", "140")])
    def test_budget(self, name: str, limit: str, request: pytest.FixtureRequest) -> None:
        """US dollars a month: the design's figures are those of computing alone."""
        assert limit == request.getfixturevalue(name).resource("aws_budgets_budget")["limit_amount"]
