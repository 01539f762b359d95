"""Whole releases on hosts with the real steps: `infra` against an emulated account whose hosts go as the test says."""

from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from tests.tools.release.doubles import Answer, Calls, FakeClock
from tests.tools.release.fleet import FIRST, SECOND, FakeHost, Fleet
from tests.tools.release.hosts_account import GROUP, PARAMETER, STACK
from tests.tools.release.hosts_scene import OLD_TAG, TAG, HostsWorld, build_hosts_world
from tools.release import aftermath
from tools.release.aws import Aws
from tools.release.interrupt import Interrupt
from tools.release.manifest import NO_IMAGE, Manifest

BACK = "  rolled back: what served before serves again"


@pytest.fixture
def world(
    calls: Calls, aws: Aws, hosts_manifest: Manifest, clock: FakeClock, fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> HostsWorld:
    """Two hosts, on which an older image serves."""
    fleet.hosts[SECOND] = FakeHost()
    return build_hosts_world(calls, aws, hosts_manifest, clock, fleet, monkeypatch)


class TestSuccess:
    """All goes well."""

    def test_serves(self, world: HostsWorld) -> None:
        """The image runs on all hosts, the operator reads it, and the exit code is 0."""
        result = world.release()
        lines = result.stdout.splitlines()

        assert (0, f"backend: {TAG} is released and serves") == (result.exit_code, lines[0])
        assert lines[-1].startswith(f"  serves now: {TAG} (sha256:")
        assert "), 2 of 2 hosts, since 20" in lines[-1]
        assert (world.new, [world.new, world.new], False) == world.state

    def test_order(self, world: HostsWorld) -> None:
        """Nothing is written before the migration, which comes before any host starts the image."""
        world.release()
        written = ("SendCommand", "PutParameter", "PutImage")
        names = [
            asked["Parameters"]["Action"][0] if name == "SendCommand" else name
            for name, asked in world.calls.made
            if name in written and not asked.get("Name", "").startswith(f"/{STACK}/release-lock")
        ]

        assert ["migrate", "PutParameter", "up", "PutImage", "PutImage"] == [name for name in names if name != "look"]

    def test_progress(self, world: HostsWorld) -> None:
        """The operator reads the migration's words and the hosts."""
        lines = world.release().stderr.splitlines()

        assert "backend: migrated 3" in lines
        assert "backend: replacing containers (1 of 2 hosts)" in lines
        assert "backend: verifying" in lines

    def test_tagged(self, world: HostsWorld) -> None:
        """The image has the tags of a release, and of what runs."""
        world.release()
        (found,) = world.aws.ecr.describe_images(repositoryName="aldeia/backend", imageIds=[{"imageTag": TAG}])[
            "imageDetails"
        ]

        assert {TAG, TAG.replace("sha-", f"{STACK}-"), STACK} == set(found["imageTags"])

    def test_no_migrate(self, world: HostsWorld) -> None:
        """Without a migration, as asked, none runs."""
        result = world.release("--no-migrate")

        assert (0, []) == (result.exit_code, world.fleet.sent("migrate"))

    def test_first(self, world: HostsWorld) -> None:
        """The first release finds nothing that serves, and is one all the same."""
        world.fleet.serve(NO_IMAGE)
        for host in world.fleet.hosts.values():
            host.state = "absent"

        assert 0 == world.release().exit_code
        assert (world.new, [world.new, world.new], False) == world.state

    def test_same_again(self, world: HostsWorld) -> None:
        """The image that serves is released again: that brings a changed Compose file onto the hosts."""
        result = world.release(tag=OLD_TAG)

        assert (0, 1) == (result.exit_code, len(world.fleet.sent("up")))


class TestDryRun:
    """`--dry-run`."""

    def test_words(self, world: HostsWorld) -> None:
        """It says what would happen."""
        lines = world.release("--dry-run").stdout.splitlines()

        assert [
            "  run npm run migrate on one host, for 900 s at most",
            f"  write it into {PARAMETER}, and let the hosts of {GROUP} start it, one after the other, "
            "for 1500 s at most",
            "  verify that all of them run it, and https://trust.demo.paythru.com/api/health answers",
        ] == lines[2:]

    def test_changes_nothing(self, world: HostsWorld) -> None:
        """Hosts are told to look, and nothing else; nothing is written."""
        world.release("--dry-run")
        looks = ("Describe", "Get", "List", "BatchGet", "SendCommand")

        assert [] == [name for name, _ in world.calls.made if not name.startswith(looks)]
        assert {"look"} == {one.action for one in world.fleet.commands}


class TestFailure:
    """Something goes wrong."""

    def test_refused(self, world: HostsWorld) -> None:
        """A host out of reach refuses it before anything has changed."""
        world.fleet.hosts[SECOND].ping = "ConnectionLost"
        result = world.release()

        assert 1 == result.exit_code
        assert "  nothing has changed" in result.stderr.splitlines()
        assert ([], [], False) == (world.fleet.sent("migrate"), world.fleet.sent("up"), world.locked)

    def test_migration(self, world: HostsWorld) -> None:
        """A failed migration: the code is read, and no host starts the image."""
        world.fleet.exit_code = 3
        result = world.release()

        assert "error: backend: the migration failed with exit code 3: no traffic has moved" in (
            result.stderr.splitlines()
        )
        assert ((world.old, [world.old, world.old], False), []) == (world.state, world.fleet.sent("up"))

    def test_host_fails(self, world: HostsWorld) -> None:
        """A host that cannot start it: the operator reads why, and all hosts run the older image again."""
        world.fleet.hosts[FIRST].fails = "container backend is unhealthy"
        # The older image starts.
        world.clock.later(60, lambda: vars(world.fleet.hosts[FIRST]).update(fails=""))
        result = world.release()
        lines = result.stderr.splitlines()

        assert 1 == result.exit_code
        assert any(line.endswith("failed (Failed): 0 of 2 hosts did it") for line in lines)
        assert 1 == lines.count("    container backend is unhealthy"), "said twice"
        assert BACK in lines
        assert (world.old, [world.old, world.old], False) == world.state

    def test_verify(self, world: HostsWorld) -> None:
        """Hosts whose new container turns out to be ill run the older image again."""

        def fall_ill(image: str) -> None:
            for host in world.fleet.hosts.values():
                host.target = "unhealthy" if image == world.new else "healthy"

        world.fleet.on_up = fall_ill
        result = world.release()

        assert 1 == result.exit_code
        assert "runs, but does not serve well" in result.stderr
        assert BACK in result.stderr.splitlines()
        assert (world.old, [world.old, world.old], False) == world.state

    def test_verify_first(self, world: HostsWorld) -> None:
        """When the first release fails there is nothing to go back to, as on ECS, and that is said."""
        world.fleet.serve(NO_IMAGE)
        for host in world.fleet.hosts.values():
            host.state, host.target = "absent", "unhealthy"
        result = world.release()

        expected = "  going back failed: backend: nothing served before, so there is nothing to go back to"
        assert (1, True) == (result.exit_code, expected in result.stderr.splitlines())
        assert not world.locked

    def test_timeout(self, world: HostsWorld) -> None:
        """A host that takes longer than the operator gives it: cancelled, and the older image runs again."""
        world.fleet.up_s = 500
        world.clock.later(130, lambda: setattr(world.fleet, "up_s", 20.0))
        result = world.release("--timeout", "120")

        assert "took longer than 120 s" in result.stderr
        assert BACK in result.stderr.splitlines()
        assert ["Cancelled", "Success"] == [one.status for one in world.fleet.sent("up")]
        assert (world.old, [world.old, world.old], False) == world.state

    def test_looks_late(self, world: HostsWorld) -> None:
        """Commands that Systems Manager knows some seconds late are no failure."""
        world.fleet.hidden_s = 8

        assert 0 == world.release().exit_code
        assert (1, 1) == (len(world.fleet.sent("up")), len(world.fleet.sent("migrate")))

    def test_answer_lost(self, world: HostsWorld) -> None:
        """Deployments whose answer got lost are found by their comment."""
        world.calls.answers["SendCommand"] = _losing(world.calls.answers["SendCommand"], "up")

        assert (0, 1) == (world.release().exit_code, len(world.fleet.sent("up")))

    def test_migration_answer_lost(self, world: HostsWorld) -> None:
        """A migration whose answer got lost does not run twice."""
        world.calls.answers["SendCommand"] = _losing(world.calls.answers["SendCommand"], "migrate")

        assert (0, 1) == (world.release().exit_code, len(world.fleet.sent("migrate")))


def _losing(original: Answer, action: str) -> Answer:
    """Let the first answer to one action get lost."""
    lost: list[str] = []

    def answer(asked: dict[str, Any]) -> Any:  # noqa: ANN401 any answer
        assert callable(original)
        found = original(asked)
        if asked["Parameters"]["Action"] == [action] and not lost:
            lost.append(action)
            raise ReadTimeoutError(endpoint_url="https://ssm.invalid")
        return found

    return answer


class TestRollback:
    """`infra rollback`, after a release."""

    @pytest.fixture
    def released(self, world: HostsWorld) -> HostsWorld:
        """Both images were released, the newer one serves."""
        world.release(tag=OLD_TAG)
        world.release()
        world.fleet.commands.clear()
        return world

    def test_back(self, released: HostsWorld) -> None:
        """The image before serves again, without a migration."""
        result = released.infra("rollback", STACK)

        assert (0, []) == (result.exit_code, released.fleet.sent("migrate"))
        assert (released.old, [released.old, released.old], False) == released.state
        assert f"backend: {STACK}-1111111 is released and serves" == result.stdout.splitlines()[0]

    def test_back_and_forth(self, released: HostsWorld) -> None:
        """Done twice, it is a way back and forth."""
        released.infra("rollback", STACK)
        released.infra("rollback", STACK)

        assert (released.new, [released.new, released.new], False) == released.state

    def test_to(self, released: HostsWorld) -> None:
        """By name it goes to any image."""
        third = released.push("sha-2222222")
        result = released.infra("rollback", STACK, "backend", "--to", "2222222")

        assert (0, third) == (result.exit_code, released.fleet.image)

    def test_nothing_before(self, world: HostsWorld) -> None:
        """Before a second release there is nothing to go back to: what is said is what to do."""
        result = world.infra("rollback", STACK)

        assert 1 == result.exit_code
        assert "no release before sha-1111111 is known whose image is still in the registry" in str(result.exception)


def test_status(world: HostsWorld) -> None:
    """A line a service: image, digest, since when, hosts."""
    fields = world.infra("status", STACK).stdout.split("\t")

    assert ["backend", OLD_TAG, "2 of 2 hosts", ""] == [fields[0], fields[1], fields[4], fields[5]]


class TestImpatient:
    """Ctrl-C while hosts are waited for that only say what runs."""

    @pytest.fixture
    def late(self, world: HostsWorld, monkeypatch: pytest.MonkeyPatch) -> HostsWorld:
        """Whoever waits for a look at the end is interrupted."""
        monkeypatch.setattr(aftermath, "describe_serving", _interrupt)
        return world

    def test_released(self, late: HostsWorld) -> None:
        """A release that has succeeded stays one."""
        result = late.release()

        assert (0, False) == (result.exit_code, late.locked)
        assert "  serves now: not known (you did not wait for the hosts)" in result.stdout.splitlines()

    def test_diagnosis(self, world: HostsWorld, monkeypatch: pytest.MonkeyPatch) -> None:
        """Who does not wait for a diagnosis gets none, and the release goes back as it would."""
        world.fleet.hosts[FIRST].fails = "container backend is unhealthy"
        world.clock.later(60, lambda: vars(world.fleet.hosts[FIRST]).update(fails=""))
        monkeypatch.setattr("tools.release.steps.Steps.diagnose", _interrupt)
        result = world.release()

        assert "  no diagnosis: you did not wait for the hosts" in result.stderr.splitlines()
        assert BACK in result.stderr.splitlines()
        assert (world.old, [world.old, world.old], False) == world.state


def _interrupt(*_: object) -> str:
    raise Interrupt("stop")
