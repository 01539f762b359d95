"""The command lines: what the operator types, reads, and gets as exit code."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner, Result

from tests.tools.release.doubles import Calls
from tests.tools.release.orchestra import NEW, OLD, SERVES_NEW, SERVES_OLD, PlayedSteps, light_manifest
from tools import project
from tools.cli import app
from tools.errors import InfraError
from tools.release import command, targets
from tools.release import entry as entries
from tools.release.aws import Aws
from tools.release.context import ReleaseError
from tools.release.journal import Journal
from tools.release.targets import open_targets

Infra = Callable[..., Result]


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Work where no stack is synthesized."""
    monkeypatch.setattr(targets, "load_stack", lambda name: project.load_stack(name, tmp_path))
    return tmp_path


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> PlayedSteps:
    """What the steps do."""
    played = PlayedSteps()
    monkeypatch.setattr(command, "Steps", lambda: played)
    return played


@pytest.fixture
def infra(aws: Aws, steps: PlayedSteps) -> Infra:  # noqa: ARG001 they are played
    """Run `infra` against an account where backend is deployed."""
    publish(aws, "backend")
    return lambda *words: CliRunner().invoke(app, list(words))


def publish(aws: Aws, service: str, **changes: object) -> None:
    """Publish a manifest as the stack does."""
    document = light_manifest(service).model_dump(by_alias=True) | changes
    aws.ssm.put_parameter(Name=f"/staging/release/{service}", Value=json.dumps(document), Type="String")


def locked(aws: Aws, service: str = "backend") -> bool:
    """Whether the lock is held."""
    return entries.read(aws, light_manifest(service)) is not None


class TestRelease:
    """`infra release`."""

    def test_success(self, infra: Infra) -> None:
        """Exit code 0; what serves is on standard output, in 2 lines."""
        result = infra("release", "staging", "--image-tag", "sha-1")

        assert (0, f"backend: sha-1 is released and serves\n  {SERVES_NEW}\n") == (result.exit_code, result.stdout)

    def test_progress(self, infra: Infra) -> None:
        """Progress is on standard error, one line a phase, as it is in a pipe here."""
        lines = infra("release", "staging", "--image-tag", "sha-1").stderr.splitlines()

        assert [
            "backend: checking (sha-1)",
            "backend: registering",
            "backend: prepared",
            "backend: shifting traffic (1800 s)",
            "backend: verifying",
            "backend: done (sha-1)",
        ] == lines

    def test_failure(self, infra: Infra, steps: PlayedSteps) -> None:
        """Exit code 1; what failed, why, what was done about it and what serves are on standard error."""
        steps.problems["watch"] = ReleaseError("backend: deployment d-1 failed (ALARM_ACTIVE)", ["rolled back by d-9"])
        result = infra("release", "staging", "--image-tag", "sha-1")

        assert (1, "") == (result.exit_code, result.stdout)
        assert [
            "error: backend: deployment d-1 failed (ALARM_ACTIVE)",
            "  rolled back by d-9",
            "  1 task stopped: OutOfMemoryError",
            "  target 10.0.0.7 is unhealthy",
            "  its migration has run, and stays",
            "  rolled back: what served before serves again",
            f"  {SERVES_OLD}",
        ] == result.stderr.splitlines()[-7:]

    def test_one_of_two_fails(self, infra: Infra, aws: Aws, steps: PlayedSteps) -> None:
        """Exit code 1, and both are reported."""
        publish(aws, "frontend", migration_command=None)
        steps.problems["check"] = ReleaseError("there is no image sha-1")
        lines = infra("release", "staging", "--image-tag", "sha-1").stderr.splitlines()

        assert "error: backend: there is no image sha-1" in lines
        assert "error: frontend: there is no image sha-1" in lines

    def test_order_is_said(self, infra: Infra, aws: Aws) -> None:
        """With several services the operator reads that the migration comes first."""
        publish(aws, "frontend", migration_command=None)
        result = infra("release", "staging", "--image-tag", "sha-1")

        assert "first the migration of backend: until it is done, no traffic moves" == result.stderr.splitlines()[0]

    def test_named_service(self, infra: Infra, aws: Aws, steps: PlayedSteps) -> None:
        """Only what is named is released."""
        publish(aws, "frontend")
        infra("release", "staging", "frontend", "--image-tag", "sha-1")

        assert 1 == len(steps.deployed)

    def test_no_migrate(self, infra: Infra, steps: PlayedSteps) -> None:
        """The database is left as it is."""
        infra("release", "staging", "--image-tag", "sha-1", "--no-migrate")

        assert 0 == steps.migrations

    def test_timeout(self, infra: Infra) -> None:
        """The operator says how long it may take."""
        result = infra("release", "staging", "--image-tag", "sha-1", "--timeout", "60")

        assert "backend: shifting traffic (60 s)" in result.stderr.splitlines()

    @pytest.mark.parametrize(
        ("flag", "name", "value"),
        [
            ("--allow-moving-tag", "allow_moving_tag", True),
            ("--despite-alarms", "despite_alarms", True),
            ("--no-url-check", "url", False),
            ("--no-wait", "wait", False),
        ],
    )
    def test_flags(self, infra: Infra, monkeypatch: pytest.MonkeyPatch, flag: str, name: str, value: bool) -> None:
        """Every flag reaches the release."""
        seen = []
        monkeypatch.setattr(command, "_carry_out", lambda _, options: seen.append(options))
        infra("release", "staging", "--image-tag", "sha-1")
        infra("release", "staging", "--resume", flag)

        assert [not value, value] == [getattr(options, name) for options in seen]

    @pytest.mark.parametrize(
        "words",
        [
            [],
            ["--resume", "--image-tag", "sha-1"],
            ["--resume", "--dry-run"],
            ["--resume", "--no-migrate"],
            ["--image-tag", "sha-1", "--timeout", "0"],
            ["--image-tag", ""],
            ["--image-tag", "sha 1"],
            ["--image-tag", "956880242582.dkr.ecr.eu-west-2.amazonaws.com/isms-backend:sha-1"],
            ["--image-tag", "sha256:1"],
        ],
    )
    def test_wrong_usage(self, infra: Infra, words: list[str]) -> None:
        """What makes no sense is wrong usage: exit code 2."""
        assert 2 == infra("release", "staging", *words).exit_code

    def test_held(self, infra: Infra, aws: Aws) -> None:
        """When somebody else releases, nothing is done."""
        Journal.take(aws, light_manifest(), "sha-9")
        result = infra("release", "staging", "--image-tag", "sha-1")

        assert "backend is being released by" in str(result.exception)
        assert isinstance(result.exception, InfraError)

    def test_resume(self, infra: Infra, aws: Aws, steps: PlayedSteps) -> None:
        """A release that was killed is finished."""
        Journal.take(aws, light_manifest(), "sha-1")
        result = infra("release", "staging", "--resume")

        assert (0, NEW, False) == (result.exit_code, steps.serves, locked(aws))


class TestDryRun:
    """`infra release --dry-run`."""

    def test_plan(self, infra: Infra) -> None:
        """It says what would happen, in order."""
        result = infra("release", "staging", "--image-tag", "sha-1", "--dry-run")

        assert [
            "backend: sha-1 (sha256:111111111111) would be released",
            f"  {SERVES_OLD}",
            "  register a copy of isms-backend-staging:1 with this image",
            "  run npm run db:migrate:deploy in one task, for 900 s at most",
            "  let CodeDeploy move the traffic to green (isms-backend-staging-canary-10-5), for 1800 s at most",
            "  verify that its tasks serve, and https://trust.demo.paythru.com/api/health answers",
            "  stay until CodeDeploy has ended the replaced tasks, after 5 min, and verify it again",
        ] == result.stdout.splitlines()

    def test_flags(self, infra: Infra) -> None:
        """What is left out is not said."""
        words = ["--dry-run", "--no-migrate", "--no-url-check", "--timeout", "60"]
        lines = infra("release", "staging", "--image-tag", "sha-1", *words).stdout.splitlines()

        assert ["  migrate nothing, as asked", "  verify that its tasks serve"] == [lines[3], lines[5]]
        assert lines[4].endswith("for 60 s at most")

    def test_rolling(self, infra: Infra, aws: Aws) -> None:
        """Without CodeDeploy, ECS does it."""
        publish(aws, "worker", deploy_mode="release", code_deploy=None)
        lines = infra("release", "staging", "worker", "--image-tag", "sha-1", "--dry-run").stdout.splitlines()

        assert "  let ECS replace the tasks of isms-worker-staging, for 1500 s at most" in lines

    def test_changes_nothing(self, infra: Infra, aws: Aws, steps: PlayedSteps) -> None:
        """It looks, and takes no lock."""
        infra("release", "staging", "--image-tag", "sha-1", "--dry-run")

        assert (["check sha-1"], False) == (steps.log, locked(aws))

    def test_refused(self, infra: Infra, steps: PlayedSteps) -> None:
        """What would be refused is refused, with all reasons."""
        steps.problems["check"] = ReleaseError("backend: there is no image sha-1", ["backend: alarm cpu is firing"])
        result = infra("release", "staging", "--image-tag", "sha-1", "--dry-run")

        assert (1, "") == (result.exit_code, result.stdout)
        assert ["error: backend: there is no image sha-1", "  backend: alarm cpu is firing"] == (
            result.stderr.splitlines()
        )

    def test_aws_refuses(self, infra: Infra, steps: PlayedSteps) -> None:
        """What AWS refuses on the way is one line."""
        denied = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "DescribeAlarms")
        steps.problems["check"] = denied

        assert isinstance(infra("release", "staging", "--image-tag", "sha-1", "--dry-run").exception, InfraError)

    def test_held(self, infra: Infra, aws: Aws) -> None:
        """So is what somebody else releases."""
        Journal.take(aws, light_manifest(), "sha-9")

        assert isinstance(infra("release", "staging", "--image-tag", "sha-1", "--dry-run").exception, entries.HeldError)


class TestRollback:
    """`infra rollback`; which image it goes back to is shown in test_release_rollback.py."""

    def test_resume(self, infra: Infra, aws: Aws, steps: PlayedSteps) -> None:
        """A release that was left is undone, which is what was asked for: exit code 0."""
        journal = Journal.take(aws, light_manifest(), "sha-1")
        journal.write(step="shifting", previous=OLD, task_definition=NEW, migrated=True, deployment="d-1")
        steps.under_way["d-1"] = steps.deployed["d-1"] = NEW
        result = infra("rollback", "staging", "--resume")

        assert (0, OLD, False) == (result.exit_code, steps.serves, locked(aws))
        assert ["backend: sha-1 is rolled back", f"  {SERVES_OLD}"] == result.stdout.splitlines()

    @pytest.mark.parametrize("words", [["--resume", "--to", "sha-0"], ["--to", ""], ["--timeout", "0"]])
    def test_wrong_usage(self, infra: Infra, words: list[str]) -> None:
        """Where to is in the journal, or must be a tag: exit code 2."""
        assert 2 == infra("rollback", "staging", *words).exit_code

    def test_no_wait(self, infra: Infra, monkeypatch: pytest.MonkeyPatch, aws: Aws) -> None:
        """The operator may leave before the replaced tasks are gone."""
        seen = []
        monkeypatch.setattr(command, "_carry_out", lambda _, options: seen.append(options.wait))
        Journal.take(aws, light_manifest(), "sha-1")
        infra("rollback", "staging", "--resume", "--no-wait")
        infra("rollback", "staging", "--resume")

        assert [False, True] == seen


class TestTargets:
    """Which account, region and services."""

    def test_unknown_service(self, infra: Infra) -> None:
        """An unknown service is named, with those that there are, and where was looked."""
        result = infra("release", "staging", "worker", "--image-tag", "sha-1")

        assert "unknown service 'worker' of staging: must be one of backend (looked in eu-west-2)" == str(
            result.exception
        )

    def test_unknown_stack(self, infra: Infra) -> None:
        """So is a stack that is not deployed here."""
        result = infra("release", "production", "--image-tag", "sha-1")

        assert str(result.exception).endswith("cdktf deploy production (looked in eu-west-2)")

    def test_no_region(self, infra: Infra, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without a region, that is said."""
        monkeypatch.delenv("AWS_DEFAULT_REGION")
        monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")

        assert "no AWS region" in str(infra("status", "staging").exception)

    def test_own_sessions(self, aws: Aws) -> None:
        """Each service has a session of its own, because they are released by several threads."""
        publish(aws, "backend")
        publish(aws, "frontend")
        backend, frontend = open_targets("staging", [])

        assert backend.aws.session is not frontend.aws.session

    def test_another_account(self, aws: Aws) -> None:
        """A manifest of another account than the credentials' is refused."""
        publish(aws, "backend", account_id="641918319442")

        with pytest.raises(InfraError, match="is of account 641918319442 in eu-west-2, but was found in account 9568"):
            open_targets("staging", [])

    def test_another_region(self, aws: Aws) -> None:
        """So is one of another region."""
        publish(aws, "backend", region="us-east-1")

        with pytest.raises(InfraError, match="in us-east-1, but was found in account 956880242582 in eu-west-2"):
            open_targets("staging", [])

    @pytest.fixture
    def checkout(self, nowhere: Path) -> Callable[[str, str], None]:
        """Synthesize staging for an account and a region."""

        def write(account_id: str, region: str) -> None:
            directory = nowhere / "stacks" / "staging"
            directory.mkdir(parents=True)
            (nowhere / "manifest.json").write_text('{"stacks": {"staging": {}}}')
            document = {
                "provider": {"aws": [{"allowed_account_ids": [account_id], "region": region}]},
                "terraform": {
                    "backend": {"s3": {"bucket": "state", "key": "staging"}},
                    "required_providers": {"aws": {"version": "5.100.0"}},
                },
            }
            (directory / "cdk.tf.json").write_text(json.dumps(document))

        return write

    def test_checkout_says_account(self, aws: Aws, checkout: Callable[[str, str], None]) -> None:
        """Where the stack is synthesized, credentials of another account are refused before anything is read."""
        publish(aws, "backend")
        checkout("641918319442", "eu-west-2")

        with pytest.raises(InfraError, match=r"credentials of account 956880242582 .*: must be 641918319442"):
            open_targets("staging", [])

    def test_checkout_says_region(
        self, aws: Aws, checkout: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """And the region is the stack's, whatever the shell's is."""
        publish(aws, "backend")
        checkout("956880242582", "eu-west-2")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")

        assert "eu-west-2" == open_targets("staging", [])[0].aws.session.region_name


def test_without_terraform(infra: Infra, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands need no Terraform providers: a mirror that is none does not matter."""
    monkeypatch.setenv("TF_PLUGIN_MIRROR", "nowhere")

    assert 0 == infra("release", "staging", "--image-tag", "sha-1").exit_code


def test_clear_errors(infra: Infra, calls: Calls) -> None:
    """What AWS refuses before a release has begun is one line."""
    calls.refuse("GetParametersByPath", "ExpiredTokenException")

    assert str(infra("status", "staging").exception).startswith("the AWS credentials have expired")
