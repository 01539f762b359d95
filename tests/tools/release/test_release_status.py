"""`infra status`: what runs where, since when, from which commit."""

import pytest
from rich.console import Console
from typer.testing import CliRunner

from tests.tools.release.doubles import Calls
from tests.tools.release.world import add_task_set, push_image, revision, route, service
from tools.cli import app
from tools.errors import InfraError
from tools.release import targets
from tools.release.aws import Aws
from tools.release.journal import Journal
from tools.release.manifest import Manifest
from tools.release.status import lines, look, table
from tools.release.targets import Target

COMMIT = "4f0a1b2c3d4e5f60718293a4b5c6d7e8f9012345"


@pytest.fixture
def target(aws: Aws, manifest: Manifest) -> Target:
    """The service, which blue serves with a release of the commit."""
    add_task_set(aws, manifest, revision(aws, manifest, f"sha-{COMMIT}"), "blue")
    return Target(aws=aws, manifest=manifest)


class TestRow:
    """One service."""

    def test_image(self, target: Target) -> None:
        """The tag says the commit."""
        assert f"sha-{COMMIT}" == look(target).image

    def test_digest(self, target: Target) -> None:
        """The digest is shortened."""
        assert 12 == len(look(target).digest)

    def test_tasks(self, target: Target) -> None:
        """How many tasks run, of how many."""
        assert ("1 of 1", True) == (look(target).tasks, look(target).ok)

    def test_too_few(self, aws: Aws, target: Target) -> None:
        """Too few are not as they should be."""
        add_task_set(aws, target.manifest, revision(aws, target.manifest, "sha-2"), "blue", running=1, desired=3)

        assert ("1 of 3", False) == (look(target).tasks, look(target).ok)

    def test_side(self, target: Target) -> None:
        """The side that the rules lead to."""
        assert "blue" == look(target).side

    def test_between_sides(self, aws: Aws, target: Target) -> None:
        """In the middle of a shift, or when a rule was made anew, it is said where the tasks are."""
        route(aws, target.manifest, {"blue": 10, "green": 90})

        assert "green (tasks: blue)" == look(target).side

    def test_since(self, target: Target) -> None:
        """Since when they serve, in local time."""
        assert "2" == look(target).since[:1]

    def test_unreadable_journal(self, target: Target) -> None:
        """A journal that cannot be read is shown, and hides nothing: its own message sends the operator here."""
        target.aws.ssm.put_parameter(Name="/staging/release-lock/backend", Value="{", Type="String")
        found = look(target)

        assert (True, False, "1 of 1") == (found.known, found.ok, found.tasks)
        assert found.under_way.startswith("/staging/release-lock/backend is no journal that this infra can read")

    def test_nothing_under_way(self, target: Target) -> None:
        """Without a release under way there is nothing to say of one."""
        assert "" == look(target).under_way

    def test_under_way(self, target: Target) -> None:
        """A release under way: what, how far, and by whom."""
        journal = Journal.take(target.aws, target.manifest, "sha-2")
        journal.write(step="shifting")
        found = look(target)

        assert found.under_way.startswith(f"sha-2, shifting, {journal.entry.owner}, since 2")
        assert not found.ok

    def test_commit_of_a_digest(self, calls: Calls, aws: Aws, target: Target) -> None:
        """What was released by another name gets its commit from the build's tag."""
        digest = push_image(calls, aws, target.manifest, f"sha-{COMMIT}")
        arn = revision(aws, target.manifest, "v1", f"{target.manifest.image.uri}@{digest}")
        add_task_set(aws, target.manifest, arn, "blue")

        assert f"v1 = sha-{COMMIT}" == look(target).image

    def test_expired_image(self, aws: Aws, target: Target) -> None:
        """An image that the registry does not have any more has no other name."""
        add_task_set(aws, target.manifest, revision(aws, target.manifest, "v1"), "blue")

        assert "v1" == look(target).image

    def test_terraforms_own(self, aws: Aws, manifest: Manifest) -> None:
        """Before the first release Terraform's revision runs, with the tag that moves and no digest."""
        found = look(Target(aws=aws, manifest=manifest))

        assert ("staging", "") == (found.image, found.digest)

    def test_no_service(self, aws: Aws, target: Target) -> None:
        """A service that is not there is said, and is no error of the others."""
        service(target.manifest).status = "INACTIVE"
        found = look(Target(aws=aws, manifest=target.manifest))

        assert ("there is no service isms-backend-staging in isms-staging: deploy the stack", False) == (
            found.image,
            found.known,
        )


class TestTable:
    """All services of a stack."""

    def test_table(self, target: Target) -> None:
        """The table has a column for each of it."""
        console = Console(width=200)
        with console.capture() as captured:
            console.print(table("staging", [look(target)]))

        words = ("service", "image", "digest", "since", "tasks", "side", "release under way")
        assert list(words) == [cell.strip() for cell in captured.get().splitlines()[2].split("┃")[1:-1]]

    def test_narrow(self, target: Target) -> None:
        """On a narrow terminal nothing is cut off."""
        console = Console(width=60)
        with console.capture() as captured:
            console.print(table("staging", [look(target)]))

        assert "…" not in captured.get()

    def test_lines(self, target: Target) -> None:
        """For programs each service is a line with 7 fields."""
        (line,) = lines([look(target)])

        assert ["backend", f"sha-{COMMIT}"] == line.split("\t")[:2]
        assert 7 == len(line.split("\t"))


class TestCommand:
    """`infra status`."""

    @pytest.fixture(autouse=True)
    def nowhere(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Work where no stack is synthesized."""

        def refuse(name: str) -> None:
            raise InfraError(name)

        monkeypatch.setattr(targets, "load_stack", refuse)

    def test_pipe(self, target: Target) -> None:  # noqa: ARG002 what runs
        """In a pipe it prints lines: exit code 0."""
        result = CliRunner().invoke(app, ["status", "staging"])

        assert (0, "backend") == (result.exit_code, result.stdout.split("\t")[0])

    def test_no_service(self, target: Target) -> None:
        """When a service is not there the exit code is 1."""
        service(target.manifest).status = "INACTIVE"

        assert 1 == CliRunner().invoke(app, ["status", "staging"]).exit_code
