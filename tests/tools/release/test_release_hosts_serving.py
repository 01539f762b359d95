"""What serves on hosts: what the parameter says, and how many hosts run it."""

import pytest
from botocore.exceptions import ClientError

from tests.tools.release.doubles import Calls, FakeClock
from tests.tools.release.fleet import FIRST, SECOND, FakeHost, Fleet
from tests.tools.release.hosts_account import GROUP, PARAMETER
from tests.tools.release.pushing import push_image
from tools.release import status
from tools.release.compose.hosts import Look, look_at
from tools.release.compose.revision import register, serving
from tools.release.context import Context, ReleaseError
from tools.release.outcome import describe_serving
from tools.release.targets import Target


@pytest.fixture
def image(hosts_context: Context, fleet: Fleet, calls: Calls) -> str:
    """An image that was released, and runs on the one host."""
    manifest = hosts_context.manifest
    made = f"{manifest.image.uri}@{push_image(calls, hosts_context.aws, manifest, 'sha-0123abc', 'amd64')}"
    fleet.serve(made)
    calls.made.clear()
    return made


class TestServing:
    """The parameter, and the hosts."""

    def test_image(self, hosts_context: Context, image: str) -> None:
        """The revision is the image, by digest."""
        now = serving(hosts_context)

        assert (image, image) == (now.task_definition, now.image)

    @pytest.mark.usefixtures("image")
    def test_tag(self, hosts_context: Context) -> None:
        """The build's tag names it."""
        assert "sha-0123abc" == serving(hosts_context).image_tag

    def test_expired(self, hosts_context: Context, fleet: Fleet) -> None:
        """An image that the registry has no more goes by no name, and serves all the same."""
        fleet.serve(f"{hosts_context.manifest.image.uri}@sha256:{'0' * 64}")
        now = serving(hosts_context)

        assert ("", 1) == (now.image_tag, now.running)

    @pytest.mark.usefixtures("image")
    def test_since(self, hosts_context: Context) -> None:
        """It is to run since the parameter was written."""
        written = hosts_context.aws.ssm.get_parameter(Name=PARAMETER)["Parameter"]["LastModifiedDate"]

        assert written == serving(hosts_context).since

    @pytest.mark.usefixtures("image")
    def test_hosts(self, hosts_context: Context) -> None:
        """All hosts run it."""
        now = serving(hosts_context)

        assert (1, 1, "hosts", True) == (now.running, now.desired, now.unit, now.everywhere)

    @pytest.mark.usefixtures("image")
    @pytest.mark.parametrize(
        "other",
        [
            FakeHost(image="x@sha256:1", state="running"),
            FakeHost(),
            FakeHost(silent=True),
            FakeHost(ping="ConnectionLost"),
        ],
        ids=["another image", "no container", "silent", "out of reach"],
    )
    def test_not_everywhere(self, hosts_context: Context, fleet: Fleet, other: FakeHost) -> None:
        """A host that runs something else, or does not say, does not run it."""
        fleet.hosts[SECOND] = other
        now = serving(hosts_context)

        assert (1, 2, False) == (now.running, now.desired, now.everywhere)

    def test_stopped(self, hosts_context: Context, fleet: Fleet, image: str) -> None:
        """A container that has stopped does not run it, whatever its image."""
        fleet.hosts[SECOND] = FakeHost(image=image, state="exited")

        assert 1 == serving(hosts_context).running

    @pytest.mark.usefixtures("image")
    def test_missing_host(self, hosts_context: Context, fleet: Fleet) -> None:
        """A host that should be there counts."""
        fleet.desired = 2

        assert 2 == serving(hosts_context).desired

    def test_nothing(self, hosts_context: Context, fleet: Fleet) -> None:
        """Before the first release nothing serves, and no host is asked."""
        now = serving(hosts_context)

        assert ("", "serves now: nothing", []) == (now.task_definition, describe_serving(now), fleet.commands)

    def test_words(self, hosts_context: Context, image: str) -> None:
        """The operator reads image, digest and hosts."""
        text = describe_serving(serving(hosts_context))

        assert text.startswith(f"serves now: sha-0123abc (sha256:{image[-64:-52]}), 1 of 1 hosts, since 20")

    @pytest.mark.usefixtures("image")
    def test_changes_nothing(self, hosts_context: Context, fleet: Fleet, calls: Calls) -> None:
        """Hosts are told to look, and nothing is written."""
        serving(hosts_context)

        assert ["look"] == [one.action for one in fleet.commands]
        assert [] == calls.of("PutParameter")

    @pytest.mark.usefixtures("image")
    def test_no_group(self, hosts_context: Context, calls: Calls) -> None:
        """A group that is not there is one line."""
        calls.answers["DescribeAutoScalingGroups"] = {"AutoScalingGroups": []}
        with pytest.raises(ReleaseError, match=f"backend: there is no Auto Scaling group {GROUP}: deploy the stack"):
            serving(hosts_context)

    @pytest.mark.usefixtures("fleet")
    def test_no_parameter(self, hosts_context: Context) -> None:
        """A parameter that is not there is one line."""
        hosts_context.aws.ssm.delete_parameter(Name=PARAMETER)
        with pytest.raises(ReleaseError, match=f"backend: there is no parameter {PARAMETER}: deploy the stack"):
            serving(hosts_context)


class TestLook:
    """One host says what it runs."""

    def test_known_late(self, hosts_context: Context, fleet: Fleet, clock: FakeClock) -> None:
        """A command that Systems Manager does not know yet is waited for."""
        fleet.hidden_s = 7
        (look,) = look_at(hosts_context, [FIRST])

        assert ("absent", 1007) == (look.state, clock.time_s)

    def test_never_answers(self, hosts_context: Context, fleet: Fleet, clock: FakeClock) -> None:
        """A host that does not answer is waited for half a minute."""
        fleet.hosts[FIRST].silent = True
        (look,) = look_at(hosts_context, [FIRST])

        assert (f"host {FIRST} does not answer within 30 s", 1030) == (str(look), clock.time_s)

    def test_out_of_reach(self, hosts_context: Context, fleet: Fleet) -> None:
        """A host out of reach is not asked."""
        fleet.hosts[FIRST].ping = "ConnectionLost"
        (look,) = look_at(hosts_context, [FIRST])

        assert (f"host {FIRST} is out of reach (ConnectionLost)", []) == (str(look), fleet.commands)

    @pytest.mark.usefixtures("fleet")
    def test_gone_in_this_moment(self, hosts_context: Context, calls: Calls) -> None:
        """A host that goes between two calls is one that does not answer."""
        calls.refuse("SendCommand", "InvalidInstanceId")

        assert [True] == [look.problem != "" for look in look_at(hosts_context, [FIRST])]

    @pytest.mark.usefixtures("fleet")
    def test_refused(self, hosts_context: Context, calls: Calls) -> None:
        """A missing permission is an error."""
        calls.refuse("SendCommand", "AccessDeniedException")
        with pytest.raises(ClientError):
            look_at(hosts_context, [FIRST])

    @pytest.mark.parametrize("text", ["", "no JSON", "[]", "{}", '"text"'])
    @pytest.mark.usefixtures("fleet")
    def test_garbled(self, hosts_context: Context, calls: Calls, text: str) -> None:
        """An answer that is none is said."""
        answer = {"Status": "Failed", "StatusDetails": "Failed", "ResponseCode": 127, "StandardOutputContent": text}
        calls.answers["GetCommandInvocation"] = answer
        (look,) = look_at(hosts_context, [FIRST])

        assert f"host {FIRST} does not say what it runs (Failed, exit code 127)" == str(look)

    @pytest.mark.parametrize(
        ("look", "text"),
        [
            (Look(host=FIRST, state="absent"), "has no container of it"),
            (
                Look(host=FIRST, image="x/y@sha256:0123456789abcdef", state="running"),
                "has y@sha256:0123456789ab running",
            ),
            (
                Look(host=FIRST, image="x/y@sha256:01", state="running", health="unhealthy", started="12:00"),
                "has y@sha256:01 running, unhealthy, started 12:00",
            ),
            (Look(host=FIRST, image="x/y@sha256:01", state="exited", health="none"), "has y@sha256:01 exited"),
        ],
    )
    def test_words(self, look: Look, text: str) -> None:
        """What the operator reads of it."""
        assert f"host {FIRST} {text}" == str(look)


def test_register(hosts_context: Context, calls: Calls) -> None:
    """There is nothing to register: no call is made."""
    assert "image" == register(hosts_context.aws, hosts_context.manifest, "image", "sha-1")
    assert [] == calls.made


class TestStatus:
    """A row of `infra status`."""

    def row(self, context: Context) -> status.Row:
        """Look at the service."""
        return status.look(Target(aws=context.aws, manifest=context.manifest))

    def test_row(self, hosts_context: Context, image: str) -> None:
        """Image, digest and hosts."""
        row = self.row(hosts_context)

        assert ("sha-0123abc", image[-64:-52], "1 of 1 hosts", "", True) == (
            row.image,
            row.digest,
            row.tasks,
            row.side,
            row.ok,
        )

    @pytest.mark.usefixtures("image")
    def test_too_few(self, hosts_context: Context, fleet: Fleet) -> None:
        """A host that does not run it is not as it should be."""
        fleet.hosts[SECOND] = FakeHost()
        row = self.row(hosts_context)

        assert ("1 of 2 hosts", False) == (row.tasks, row.ok)

    @pytest.mark.usefixtures("fleet")
    def test_never_released(self, hosts_context: Context) -> None:
        """Before the first release no host runs it."""
        row = self.row(hosts_context)

        assert ("", "0 of 1 hosts", False, True) == (row.image, row.tasks, row.ok, row.known)

    @pytest.mark.usefixtures("fleet")
    def test_not_there(self, hosts_context: Context) -> None:
        """A service that is not there is said, and is no error of the others."""
        hosts_context.aws.ssm.delete_parameter(Name=PARAMETER)
        row = self.row(hosts_context)

        assert (f"there is no parameter {PARAMETER}: deploy the stack", False) == (row.image, row.known)
