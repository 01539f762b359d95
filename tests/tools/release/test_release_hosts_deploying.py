"""Deployments to hosts, driven by the test."""

from typing import Any

import pytest

from tests.tools.release.doubles import Calls, FakeClock, Told
from tests.tools.release.fleet import FIRST, SECOND, FakeHost, Fleet, words
from tests.tools.release.hosts_account import GROUP, PARAMETER
from tools.release.compose import commands, deploying
from tools.release.context import Context, ReleaseError, UndecidedError

OLD = f"uri/aldeia/backend@sha256:{'0' * 64}"
NEW = f"uri/aldeia/backend@sha256:{'1' * 64}"


@pytest.fixture(autouse=True)
def serving(fleet: Fleet, calls: Calls) -> None:
    """The old image runs on two hosts."""
    fleet.hosts[SECOND] = FakeHost()
    fleet.serve(OLD)
    calls.made.clear()


def failure(context: Context, deployment: str, timeout_s: float = 3600) -> ReleaseError:
    """Watch a deployment until it fails."""
    with pytest.raises(ReleaseError) as caught:
        deploying.watch(context, deployment, timeout_s=timeout_s)
    return caught.value


class TestStart:
    """The parameter, and the command."""

    def test_parameter(self, hosts_context: Context, fleet: Fleet) -> None:
        """The parameter says the new image: hosts that start from now on run it."""
        deploying.start(hosts_context, NEW)

        assert NEW == fleet.image

    def test_parameter_first(self, hosts_context: Context, calls: Calls) -> None:
        """It says so before any host is told to read it."""
        deploying.start(hosts_context, NEW)
        names = [name for name, _ in calls.made if name in ("PutParameter", "SendCommand")]

        assert ["PutParameter", "SendCommand"] == names

    def test_one_after_the_other(self, hosts_context: Context, fleet: Fleet) -> None:
        """The group's hosts are told one after the other, until one fails."""
        deploying.start(hosts_context, NEW)
        asked = fleet.commands[0].asked

        assert ([{"Key": "tag:aws:autoscaling:groupName", "Values": [GROUP]}], "1", "0") == (
            asked["Targets"],
            asked["MaxConcurrency"],
            asked["MaxErrors"],
        )

    def test_words(self, hosts_context: Context, fleet: Fleet) -> None:
        """They start the service; which image is no word of the command."""
        deploying.start(hosts_context, NEW)

        assert [{"Action": "up", "Service": "backend"}] == list(words(fleet, "up"))

    def test_id(self, hosts_context: Context, fleet: Fleet) -> None:
        """The deployment is the command, and its comment says what it is for."""
        name = deploying.start(hosts_context, NEW)

        assert (name, "infra up backend 111111111111") == (fleet.commands[0].name, fleet.commands[0].asked["Comment"])

    def test_twice(self, hosts_context: Context, fleet: Fleet, calls: Calls) -> None:
        """A release that was killed before it could note the command sends no second one."""
        first = deploying.start(hosts_context, NEW)

        assert (first, 1) == (deploying.start(hosts_context, NEW), len(fleet.commands))
        assert 1 == len(calls.of("PutParameter"))

    def test_killed_in_between(self, hosts_context: Context, fleet: Fleet) -> None:
        """A release that was killed after it wrote the parameter sends the command."""
        hosts_context.aws.ssm.put_parameter(Name=PARAMETER, Value=NEW, Type="String", Overwrite=True)
        deploying.start(hosts_context, NEW)

        assert 1 == len(fleet.sent("up"))

    def test_same_image(self, hosts_context: Context, fleet: Fleet, calls: Calls) -> None:
        """The image that runs is released again: a changed Compose file comes onto the hosts, no history is written."""
        deploying.start(hosts_context, OLD)

        assert (1, []) == (len(fleet.sent("up")), calls.of("PutParameter"))

    def test_sent_once(self, hosts_context: Context) -> None:
        """The client that tells hosts something does not try again by itself, which would be a second command."""
        config: Any = hosts_context.aws.ssm_once.meta.config

        assert 1 == config.retries["total_max_attempts"]

    def test_no_parameter(self, hosts_context: Context, fleet: Fleet) -> None:
        """A parameter that is not there is not made: it is Terraform's."""
        hosts_context.aws.ssm.delete_parameter(Name=PARAMETER)
        with pytest.raises(ReleaseError, match="there is no parameter"):
            deploying.start(hosts_context, NEW)

        assert [] == fleet.commands


class TestFind:
    """A deployment under way."""

    def test_found(self, hosts_context: Context) -> None:
        """It is found by its image."""
        name = deploying.start(hosts_context, NEW)

        assert name == deploying.find(hosts_context.aws, hosts_context.manifest, NEW)

    def test_another(self, hosts_context: Context) -> None:
        """That of another image is none."""
        deploying.start(hosts_context, NEW)

        assert "" == deploying.find(hosts_context.aws, hosts_context.manifest, OLD)

    def test_over(self, hosts_context: Context, clock: FakeClock) -> None:
        """One that is over is none."""
        deploying.start(hosts_context, NEW)
        clock.sleep(60)

        assert "" == deploying.find(hosts_context.aws, hosts_context.manifest, NEW)

    def test_over_and_listed(self, hosts_context: Context, fleet: Fleet, clock: FakeClock) -> None:
        """One that is over is none, although it is still listed among those that go on."""
        fleet.filters = False
        deploying.start(hosts_context, NEW)
        clock.sleep(60)

        assert "" == deploying.find(hosts_context.aws, hosts_context.manifest, NEW)

    def test_another_service(self, hosts_context: Context) -> None:
        """Another service of the same hosts is none, even if its name begins like this one's."""
        compose = hosts_context.manifest.expect_compose().model_copy(update={"service": "backend-worker"})
        other = hosts_context.manifest.model_copy(update={"compose": compose})
        context = Context(aws=hosts_context.aws, manifest=other, reporter=hosts_context.reporter)
        commands.send(context, "up", image=NEW)

        assert "" == deploying.find(hosts_context.aws, hosts_context.manifest, NEW)


class TestWatch:
    """A deployment goes on."""

    def test_success(self, hosts_context: Context, fleet: Fleet, told: Told) -> None:
        """All hosts run it, and the operator sees them one by one."""
        deploying.watch(hosts_context, deploying.start(hosts_context, NEW), timeout_s=3600)

        assert [NEW, NEW] == fleet.runs
        assert ["", "0 of 2 hosts", "1 of 2 hosts", "2 of 2 hosts"] == [state.detail for state in told.states]
        assert ["replacing containers"] == told.phases

    @pytest.mark.parametrize("refuses", [True, False])
    def test_known_late(self, hosts_context: Context, fleet: Fleet, clock: FakeClock, refuses: bool) -> None:
        """A command that Systems Manager does not know yet is waited for."""
        fleet.hidden_s, fleet.refuses = 100, refuses
        deploying.watch(hosts_context, deploying.start(hosts_context, NEW), timeout_s=3600)

        assert 1100 == clock.time_s

    def test_never_known(self, hosts_context: Context, fleet: Fleet, clock: FakeClock) -> None:
        """One that it never knows is given up."""
        fleet.hidden_s = 10_000
        name = deploying.start(hosts_context, NEW)

        assert f"backend: Systems Manager does not know command {name}" == str(failure(hosts_context, name))
        assert 1120 == clock.time_s

    def test_failure(self, hosts_context: Context, fleet: Fleet) -> None:
        """A host that cannot start it: the next is not told, and the operator reads why."""
        fleet.hosts[FIRST].fails = "pulling\ncontainer backend is unhealthy\n"
        name = deploying.start(hosts_context, NEW)
        error = failure(hosts_context, name)

        assert f"backend: command {name} failed (Failed): 0 of 2 hosts did it" == str(error)
        assert [
            f"host {FIRST}: Failed, exit code 1",
            "  pulling",
            "  container backend is unhealthy",
            f"host {SECOND}: Terminated",
        ] == error.reasons
        assert OLD == fleet.hosts[SECOND].image

    def test_second_fails(self, hosts_context: Context, fleet: Fleet) -> None:
        """It is counted how many did it."""
        fleet.hosts[SECOND].fails = "no space left on device"
        name = deploying.start(hosts_context, NEW)

        assert str(failure(hosts_context, name)).endswith("failed (Failed): 1 of 2 hosts did it")

    def test_last_lines(self, hosts_context: Context, fleet: Fleet) -> None:
        """Of many lines the last are shown."""
        fleet.hosts[FIRST].fails = "\n".join(f"line {number}" for number in range(100))
        error = failure(hosts_context, deploying.start(hosts_context, NEW))

        assert ["  line 80", "  line 99"] == [error.reasons[1], error.reasons[20]]

    def test_why_is_not_known(self, hosts_context: Context, fleet: Fleet, calls: Calls) -> None:
        """When it cannot be read what a host wrote, the failure is told all the same."""
        fleet.hosts[FIRST].fails = "no space left on device"
        calls.refuse("GetCommandInvocation", "AccessDeniedException")
        error = failure(hosts_context, deploying.start(hosts_context, NEW))

        assert error.reasons[0].startswith(f"host {FIRST}: Failed (why is not known: AccessDeniedException")

    @pytest.mark.parametrize("details", ["NoInstancesInTag", "Success"])
    def test_nobody_was_told(self, hosts_context: Context, fleet: Fleet, details: str) -> None:
        """A command without any host is over at once, and no success, however it is called."""
        fleet.hosts = {}
        name = deploying.start(hosts_context, NEW)
        fleet.commands[0].details = details

        assert f"backend: command {name} failed ({details}): 0 of 0 hosts did it" == str(failure(hosts_context, name))

    def test_host_has_gone(self, hosts_context: Context, fleet: Fleet, clock: FakeClock) -> None:
        """A host that the group took away meanwhile is no failure."""
        fleet.hosts[SECOND].fails = "the machine is shutting down"
        name = deploying.start(hosts_context, NEW)
        clock.later(30, lambda: vars(fleet.hosts[SECOND]).update(lifecycle="Terminating"))
        deploying.watch(hosts_context, name, timeout_s=3600)

        assert "Failed" == fleet.commands[0].status

    def test_timeout(self, hosts_context: Context, fleet: Fleet, clock: FakeClock) -> None:
        """A command that takes too long is given up, and goes on."""
        fleet.hosts[FIRST].silent = True
        error = failure(hosts_context, deploying.start(hosts_context, NEW), timeout_s=600)

        assert (UndecidedError, 1600, "InProgress") == (type(error), clock.time_s, fleet.commands[0].status)

    def test_throttled(self, hosts_context: Context, calls: Calls, clock: FakeClock) -> None:
        """Throttling that does not pass is one clear error."""
        name = deploying.start(hosts_context, NEW)
        calls.refuse("ListCommands", "ThrottlingException")

        assert "backend: AWS has given no usable answer for 120 s (ThrottlingException: refused by the test)" == str(
            failure(hosts_context, name)
        )
        assert 1120 == clock.time_s


class TestStop:
    """A deployment is cancelled."""

    def test_cancelled(self, hosts_context: Context, fleet: Fleet, told: Told) -> None:
        """Hosts that have not begun do not begin."""
        name = deploying.start(hosts_context, NEW)
        deploying.stop(hosts_context, name)

        assert ("Cancelled", [OLD, OLD], "rolling back") == (fleet.commands[0].status, fleet.runs, told.phases[-1])

    def test_waits(self, hosts_context: Context, fleet: Fleet, calls: Calls, clock: FakeClock) -> None:
        """It is waited for until no host works on it any more."""
        name = deploying.start(hosts_context, NEW)
        calls.answers["CancelCommand"] = {}
        deploying.stop(hosts_context, name)

        assert ("Success", 1040) == (fleet.commands[0].status, clock.time_s)

    def test_over_already(self, hosts_context: Context, calls: Calls, clock: FakeClock) -> None:
        """One that is over is left as it is."""
        name = deploying.start(hosts_context, NEW)
        clock.sleep(60)
        deploying.stop(hosts_context, name)

        assert [] == calls.of("CancelCommand")

    def test_does_not_end(self, hosts_context: Context, fleet: Fleet, calls: Calls) -> None:
        """One that does not end leaves it open."""
        name = deploying.start(hosts_context, NEW)
        fleet.hosts[FIRST].silent = True
        calls.answers["CancelCommand"] = {}
        with pytest.raises(UndecidedError, match=f"backend: stopping command {name} took longer than 900 s"):
            deploying.stop(hosts_context, name)
