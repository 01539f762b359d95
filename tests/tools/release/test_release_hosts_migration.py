"""The migration on a host."""

import pytest

from tests.tools.release.doubles import Calls, FakeClock, Told
from tests.tools.release.fleet import FIRST, SECOND, FakeHost, Fleet, words
from tools.release.compose import commands, migration
from tools.release.context import Context, ReleaseError

IMAGE = f"uri/aldeia/backend@sha256:{'1' * 64}"
OTHER = f"uri/aldeia/backend@sha256:{'2' * 64}"


def run(context: Context, task: str = "") -> list[str]:
    """Migrate, and give the commands that were noted."""
    noted: list[str] = []
    migration.migrate(context, IMAGE, task=task, on_started=noted.append)
    return noted


def failure(context: Context, task: str = "") -> ReleaseError:
    """Migrate in vain."""
    with pytest.raises(ReleaseError) as caught:
        run(context, task)
    return caught.value


class TestStart:
    """A host is told to."""

    def test_noted(self, hosts_context: Context, fleet: Fleet) -> None:
        """The command is noted as soon as there is one."""
        noted = run(hosts_context)

        assert [one.name for one in fleet.commands] == noted

    def test_words(self, hosts_context: Context, fleet: Fleet) -> None:
        """The host gets service and image, and no command: that one stands in the Compose file."""
        run(hosts_context)
        (asked,) = words(fleet, "migrate")

        assert {"Action": "migrate", "Service": "backend", "Image": IMAGE} == asked

    def test_one_host(self, hosts_context: Context, fleet: Fleet) -> None:
        """Of several hosts one is told, which is in reach."""
        fleet.hosts = {FIRST: FakeHost(ping="ConnectionLost"), SECOND: FakeHost(), "i-00000000000000003": FakeHost()}
        run(hosts_context)

        assert [SECOND] == fleet.commands[0].hosts

    def test_comment(self, hosts_context: Context, fleet: Fleet) -> None:
        """The comment says the service and the image."""
        run(hosts_context)

        assert "infra migrate backend 111111111111" == fleet.commands[0].asked["Comment"]

    def test_nobody(self, hosts_context: Context, fleet: Fleet) -> None:
        """Without a host in reach it is not started."""
        fleet.hosts[FIRST].ping = "ConnectionLost"

        assert "backend: the migration could not be started (no host is in reach)" == str(failure(hosts_context))

    def test_nothing_to_migrate(self, hosts_context: Context, fleet: Fleet) -> None:
        """A service without a migration tells no host anything."""
        manifest = hosts_context.manifest.model_copy(update={"migration_command": None})
        context = Context(aws=hosts_context.aws, manifest=manifest, reporter=hosts_context.reporter)
        migration.migrate(context, IMAGE, on_started=lambda _: None)

        assert [] == fleet.commands


class TestFind:
    """A release that was killed."""

    def test_found(self, hosts_context: Context, fleet: Fleet) -> None:
        """A command that was sent and not noted is found, and not sent again."""
        name = commands.send(hosts_context, "migrate", image=IMAGE, hosts=[FIRST])

        assert ([name], 1) == (run(hosts_context), len(fleet.commands))

    def test_noted(self, hosts_context: Context, fleet: Fleet) -> None:
        """A command that was noted is waited for."""
        name = commands.send(hosts_context, "migrate", image=IMAGE, hosts=[FIRST])

        assert ([], 1) == (run(hosts_context, name), len(fleet.commands))

    def test_over(self, hosts_context: Context, fleet: Fleet, clock: FakeClock) -> None:
        """One that is over is not found."""
        commands.send(hosts_context, "migrate", image=IMAGE, hosts=[FIRST])
        clock.sleep(60)

        assert (None, 1) == (migration.find(hosts_context, IMAGE), len(fleet.commands))

    @pytest.mark.usefixtures("fleet")
    def test_another(self, hosts_context: Context) -> None:
        """Another image's is not run beside."""
        name = commands.send(hosts_context, "migrate", image=OTHER, hosts=[FIRST])

        assert (
            "backend: another migration is running, of sha256:222222222222: wait for its end, or stop it: "
            f"aws ssm cancel-command --command-id {name}"
        ) == str(failure(hosts_context))


class TestEnd:
    """How it ends."""

    @pytest.mark.usefixtures("fleet")
    def test_output(self, hosts_context: Context, told: Told) -> None:
        """What it wrote is told, line by line."""
        run(hosts_context)

        assert ["migrated 3", "of 3"] == told.lines

    @pytest.mark.usefixtures("fleet")
    def test_colours(self, hosts_context: Context, calls: Calls, told: Told) -> None:
        """What commands a terminal is left out."""
        answer = {"Status": "Success", "StatusDetails": "Success", "StandardOutputContent": "\x1b[31mred\x1b[0m\n"}
        calls.answers["GetCommandInvocation"] = answer
        run(hosts_context)

        assert ["red"] == told.lines

    @pytest.mark.parametrize("refuses", [True, False])
    def test_known_late(self, hosts_context: Context, fleet: Fleet, clock: FakeClock, refuses: bool) -> None:
        """A command that Systems Manager does not know yet is waited for, and not sent again."""
        fleet.hidden_s, fleet.refuses = 60, refuses
        run(hosts_context)

        assert (1, 1060) == (len(fleet.commands), clock.time_s)

    def test_never_known(self, hosts_context: Context, fleet: Fleet, clock: FakeClock) -> None:
        """One that it never knows is given up, and nobody says how it ended."""
        fleet.hidden_s = 10_000

        assert "does not know the migration's command" in str(failure(hosts_context))
        assert 1120 == clock.time_s

    def test_failed(self, hosts_context: Context, fleet: Fleet, told: Told) -> None:
        """The exit code is read, where it ran, and what it wrote."""
        fleet.exit_code = 3
        error = failure(hosts_context)

        expected = "backend: the migration failed with exit code 3: no traffic has moved"
        assert (expected, [f"it ran on host {FIRST}"]) == (str(error), error.reasons)
        assert "relation exists" == told.lines[-1]

    def test_cancelled(self, hosts_context: Context, fleet: Fleet, clock: FakeClock) -> None:
        """One that somebody cancelled is no success."""
        clock.later(5, lambda: commands.cancel(hosts_context.aws, fleet.commands[0].name))

        assert "backend: the migration ended without an exit code (Cancelled): no traffic has moved" == str(
            failure(hosts_context)
        )

    def test_timeout(self, hosts_context: Context, fleet: Fleet, clock: FakeClock) -> None:
        """After the manifest's time it is cancelled."""
        fleet.run_s = 10_000

        assert "backend: the migration took longer than 900 s and was told to stop" in str(failure(hosts_context))
        assert ("Cancelled", 1900) == (fleet.commands[0].status, clock.time_s)

    @pytest.mark.usefixtures("fleet")
    def test_throttled(self, hosts_context: Context, calls: Calls, clock: FakeClock) -> None:
        """Throttling that passes does not end it."""
        answer = calls.answers["ListCommandInvocations"]
        calls.refuse("ListCommandInvocations", "ThrottlingException")
        clock.later(60, lambda: calls.answers.update(ListCommandInvocations=answer))
        run(hosts_context)

        assert 1060 == clock.time_s


def test_stop(hosts_context: Context, fleet: Fleet) -> None:
    """It is cancelled, and that is no error when it is over."""
    name = commands.send(hosts_context, "migrate", image=IMAGE, hosts=[FIRST])
    migration.stop(hosts_context, name, "stopped by the operator")
    migration.stop(hosts_context, name, "stopped by the operator")

    assert "Cancelled" == fleet.commands[0].status
