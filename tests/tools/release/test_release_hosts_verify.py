"""Whether what was released to hosts is really what serves, and what is said when it does not."""

from types import SimpleNamespace

import pytest

from tests.tools.release.doubles import Calls, FakeClock
from tests.tools.release.fleet import FIRST, SECOND, FakeHost, Fleet
from tools.release.compose import deploying
from tools.release.compose.diagnosis import diagnose
from tools.release.compose.verify import verify
from tools.release.context import Context, ReleaseError

OLD = f"uri/aldeia/backend@sha256:{'0' * 64}"
NEW = f"uri/aldeia/backend@sha256:{'1' * 64}"


class Site(SimpleNamespace):
    """The URL of the service."""

    def __enter__(self) -> "Site":
        return self

    def __exit__(self, *_: object) -> None:
        return


@pytest.fixture(autouse=True)
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    """It answers."""
    site = Site(status=200)
    monkeypatch.setattr("tools.release.site.urlopen", lambda *_, **__: site)
    return site


@pytest.fixture(autouse=True)
def released(fleet: Fleet) -> None:
    """The new image runs on two hosts, well."""
    fleet.hosts[SECOND] = FakeHost()
    fleet.serve(NEW)


def failure(context: Context) -> ReleaseError:
    """Verify what does not stand the test."""
    with pytest.raises(ReleaseError) as caught:
        verify(context, NEW)
    return caught.value


def test_serves(hosts_context: Context, clock: FakeClock) -> None:
    """What serves well is verified at once."""
    verify(hosts_context, NEW)

    assert 1000 == clock.time_s


def test_another_is_to_run(hosts_context: Context, fleet: Fleet, clock: FakeClock) -> None:
    """A parameter that says something else is no success."""
    fleet.serve(OLD)
    error = failure(hosts_context)

    assert "backend: backend@sha256:000000000000 runs, not backend@sha256:111111111111" == str(error)
    assert 1060 == clock.time_s


@pytest.mark.parametrize(
    ("host", "text"),
    [
        (FakeHost(image=OLD, state="running"), "has backend@sha256:000000000000 running, healthy"),
        (FakeHost(image=NEW, state="restarting"), "has backend@sha256:111111111111 restarting, healthy"),
        (FakeHost(image=NEW, state="running", health="unhealthy"), "running, unhealthy"),
        (FakeHost(), "has no container of it"),
        (FakeHost(silent=True), "does not answer within 30 s"),
        (FakeHost(ping="ConnectionLost"), "is out of reach (ConnectionLost)"),
    ],
)
def test_host(hosts_context: Context, fleet: Fleet, host: FakeHost, text: str) -> None:
    """Every host in service must run it, and be well; one that is not is named."""
    fleet.hosts[SECOND] = host
    error = failure(hosts_context)

    assert "backend: backend@sha256:111111111111 runs, but does not serve well" == str(error)
    assert error.reasons[0].startswith(f"host {SECOND} ")
    assert text in error.reasons[0]


@pytest.mark.parametrize("health", ["healthy", "starting", "none"])
def test_not_unhealthy(hosts_context: Context, fleet: Fleet, health: str) -> None:
    """A container without a check, or before its first, is not unhealthy: the load balancer says more."""
    fleet.hosts[SECOND].health = health
    verify(hosts_context, NEW)


def test_becomes_well(hosts_context: Context, fleet: Fleet, clock: FakeClock) -> None:
    """It may take a while."""
    fleet.hosts[SECOND].target = "initial"
    clock.later(60, lambda: vars(fleet.hosts[SECOND]).update(target="healthy"))
    verify(hosts_context, NEW)

    assert 1060 == clock.time_s


def test_unhealthy_target(hosts_context: Context, fleet: Fleet) -> None:
    """Every host must be healthy for the load balancer."""
    fleet.hosts[SECOND].target = "unhealthy"

    assert [f"target {SECOND} is unhealthy (Health checks failed)"] == failure(hosts_context).reasons


@pytest.mark.parametrize("target", ["", "draining"])
def test_no_target(hosts_context: Context, fleet: Fleet, target: str) -> None:
    """A host that is no target, or none for long, gets no requests."""
    fleet.hosts[SECOND].target = target

    assert [f"host {SECOND} is no target of the load balancer"] == failure(hosts_context).reasons


def test_leaving_host(hosts_context: Context, fleet: Fleet) -> None:
    """A host that is not in service need not run it, nor be healthy."""
    fleet.hosts[SECOND] = FakeHost(lifecycle="Terminating", target="unhealthy")
    verify(hosts_context, NEW)


def test_nobody(hosts_context: Context, fleet: Fleet) -> None:
    """Without any host nothing serves."""
    fleet.hosts = {}

    assert ["no host is in service"] == failure(hosts_context).reasons


def test_rule(hosts_context: Context, calls: Calls) -> None:
    """The rules must lead to the hosts."""
    (rule,) = hosts_context.manifest.expect_routes().rules
    calls.answers["DescribeRules"] = {"Rules": [{"RuleArn": rule, "Actions": []}]}

    assert failure(hosts_context).reasons[0].endswith("leads nowhere, but the hosts are behind blue")


def test_url(hosts_context: Context, site: Site) -> None:
    """The health URL must answer."""
    site.status = 503

    assert ["https://trust.demo.paythru.com/api/health answers 503"] == failure(hosts_context).reasons


def test_no_url(hosts_context: Context, site: Site) -> None:
    """Where it is out of reach it is not asked."""
    site.status = 503
    verify(hosts_context, NEW, url=False)


def test_no_load_balancer(hosts_context: Context, fleet: Fleet) -> None:
    """Without a load balancer the hosts' word counts."""
    fleet.hosts[SECOND].target = ""
    manifest = hosts_context.manifest.model_copy(update={"routes": None})
    context = Context(aws=hosts_context.aws, manifest=manifest, reporter=hosts_context.reporter)
    verify(context, NEW)


class TestDiagnosis:
    """Why it does not serve."""

    def test_lines(self, hosts_context: Context, fleet: Fleet) -> None:
        """What the hosts wrote when they were told, what they run now, and sick targets."""
        fleet.hosts[FIRST].fails = "no space left on device"
        fleet.hosts[FIRST].target = "unhealthy"
        with pytest.raises(ReleaseError):
            deploying.watch(hosts_context, deploying.start(hosts_context, NEW), timeout_s=600)

        assert [
            f"host {FIRST}: Failed, exit code 1",
            "  no space left on device",
            f"host {SECOND}: Terminated",
            f"host {FIRST} has backend@sha256:111111111111 restarting, healthy, started 2026-11-27T12:00:00Z",
            f"host {SECOND} has backend@sha256:111111111111 running, healthy, started 2026-11-27T12:00:00Z",
            f"blue target {FIRST} is unhealthy (Health checks failed)",
        ] == diagnose(hosts_context, NEW)

    def test_last_time(self, hosts_context: Context, fleet: Fleet, clock: FakeClock) -> None:
        """Of several tries the last one counts."""
        fleet.hosts[FIRST].fails = "first"
        deploying.start(hosts_context, NEW)
        clock.sleep(60)
        fleet.hosts[FIRST].fails = "second"
        deploying.start(hosts_context, NEW)
        clock.sleep(60)

        assert "  second" == diagnose(hosts_context, NEW)[1]

    def test_nobody_told(self, hosts_context: Context) -> None:
        """When no host was told, that is said."""
        assert "no host was told to run it" == diagnose(hosts_context, OLD)[0]

    def test_not_known(self, hosts_context: Context, calls: Calls) -> None:
        """What cannot be found out becomes a line."""
        for name in ("ListCommands", "DescribeAutoScalingGroups", "DescribeTargetHealth"):
            calls.refuse(name, "AccessDeniedException")

        assert [
            f"{what}: not known (AccessDeniedException: refused by the test)"
            for what in ("what the hosts were told", "what the hosts run", "targets")
        ] == diagnose(hosts_context, NEW)
