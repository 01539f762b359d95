"""Whether what was released is really what serves."""

from email.message import Message
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request

import pytest

from tests.tools.release.deployments import FakeRollouts, healthy
from tests.tools.release.doubles import Calls, FakeClock
from tests.tools.release.tasks import NAME, add_task_set, revision, route, service
from tools.release.context import Context, ReleaseError, UndecidedError
from tools.release.verify import verify

URL = "https://trust.demo.paythru.com/api/health"


class Site:
    """The URL of the service, and who asks for it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, float]] = []
        self.answer: int | Exception = 200

    def open(self, request: Request, *, timeout: float) -> "Site":
        """Stand for `urlopen`."""
        self.asked.append((request.full_url, timeout))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self

    @property
    def status(self) -> object:
        """What the answer says."""
        return self.answer

    def __enter__(self) -> "Site":
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    """Answer in place of the load balancer."""
    site = Site()
    monkeypatch.setattr("tools.release.site.urlopen", site.open)
    return site


@pytest.fixture
def released(context: Context, calls: Calls, site: Site) -> str:  # noqa: ARG001 the URL must answer
    """A revision that was released well: green serves it."""
    arn = revision(context.aws, context.manifest, "sha-1")
    add_task_set(context.aws, context.manifest, arn, "green")
    route(context.aws, context.manifest, {"blue": 0, "green": 100})
    healthy(calls, "healthy")
    return arn


def failure(context: Context, task_definition: str) -> ReleaseError:
    """Verify what does not stand the test."""
    with pytest.raises(ReleaseError) as caught:
        verify(context, task_definition)
    return caught.value


def http_error(status: int) -> HTTPError:
    """What urllib makes of a status that is no success."""
    return HTTPError(URL, status, "", Message(), None)


def test_serves(context: Context, released: str, clock: FakeClock) -> None:
    """What serves well is verified at once."""
    verify(context, released)

    assert 1000 == clock.time_s


def test_url(context: Context, released: str, site: Site) -> None:
    """The health URL is asked, and not for ever."""
    verify(context, released)

    assert [(URL, 10.0)] == site.asked


def test_no_url(context: Context, released: str, site: Site) -> None:
    """Where the URL cannot be reached, it is not asked."""
    site.answer = URLError("no route")
    verify(context, released, url=False)

    assert [] == site.asked


class TestTasks:
    """What ECS says."""

    @pytest.mark.usefixtures("released")
    def test_another_runs(self, context: Context, clock: FakeClock) -> None:
        """A deployment that was rolled back is no success, and waiting for long does not make it one."""
        terraforms = context.manifest.ecs.task_definition
        error = failure(context, terraforms)

        assert (f"backend: {NAME}:2 runs, not {NAME}:1", 1060) == (str(error), clock.time_s)

    def test_noted_late(self, context: Context, released: str, clock: FakeClock) -> None:
        """ECS may say a moment after the traffic has moved what is primary: that is no failure to undo."""
        before, now = service(context.manifest).task_sets
        before.status, now.status = "PRIMARY", "ACTIVE"
        clock.later(40, lambda: vars(before).update(status="ACTIVE"))
        clock.later(40, lambda: vars(now).update(status="PRIMARY"))
        verify(context, released)

        assert 1040 == clock.time_s

    def test_too_few(self, context: Context, released: str) -> None:
        """All tasks have to run."""
        vars(service(context.manifest).task_sets[-1]).update(running_count=1, computed_desired_count=3)
        error = failure(context, released)

        assert f"backend: {NAME}:2 runs, but does not serve well" == str(error)
        assert ["1 of 3 tasks run"] == error.reasons

    def test_none_wanted(self, context: Context, released: str, calls: Calls) -> None:
        """A service without tasks serves nothing."""
        vars(service(context.manifest).task_sets[-1]).update(running_count=0, computed_desired_count=0)
        healthy(calls)

        assert ["0 of 0 tasks run"] == failure(context, released).reasons

    def test_nothing_deployed(self, context: Context, released: str) -> None:
        """A service without a primary task set is an error, not a crash."""
        service(context.manifest).task_sets.clear()

        assert f"backend: nothing is deployed to {NAME}" == str(failure(context, released))

    def test_settles(self, context: Context, released: str, calls: Calls, clock: FakeClock) -> None:
        """What is not well yet gets a while to become so."""
        healthy(calls, "initial")
        clock.later(60, lambda: healthy(calls, "healthy"))
        verify(context, released)

        assert 1060 == clock.time_s


class TestTargets:
    """What the load balancer says of the tasks."""

    def test_unhealthy(self, context: Context, released: str, calls: Calls) -> None:
        """An unhealthy target is named with its reason."""
        healthy(calls, "unhealthy")

        expected = "target 10.0.0.1 is unhealthy (Health checks failed with these codes: [503])"
        assert [expected] == failure(context, released).reasons

    def test_missing(self, context: Context, released: str, calls: Calls) -> None:
        """A task that is no target serves nothing."""
        healthy(calls, "draining")

        assert ["0 of 1 tasks are targets of the load balancer"] == failure(context, released).reasons

    def test_leaving(self, context: Context, released: str, calls: Calls) -> None:
        """Targets of tasks that stop do not count."""
        healthy(calls, "healthy", "draining", "unhealthy.draining")
        verify(context, released)

        group = context.manifest.expect_routes().target_groups["green"]
        assert [{"TargetGroupArn": group.arn}] == calls.of("DescribeTargetHealth")

    def test_strange_group(self, context: Context, released: str) -> None:
        """Tasks behind a target group that is not the service's are noticed."""
        service(context.manifest).task_sets[-1].load_balancers[0]["targetGroupArn"] = "another"

        assert ["the tasks stand behind no target group of the service"] == failure(context, released).reasons


class TestRules:
    """Where the load balancer leads requests."""

    def test_other_side(self, context: Context, released: str) -> None:
        """A rule that leads to the side without these tasks is noticed, such as one that was made anew."""
        route(context.aws, context.manifest, {"blue": 100, "green": 0})
        (reason,) = failure(context, released).reasons

        assert reason.startswith("rule ")
        assert reason.endswith(" leads to blue, but the tasks are behind green")

    def test_both_sides(self, context: Context, released: str) -> None:
        """A rule that leads to both is noticed, however little the other side gets."""
        route(context.aws, context.manifest, {"blue": 1, "green": 99})

        assert failure(context, released).reasons[0].endswith(" leads to blue, but the tasks are behind green")

    def test_made_anew(self, context: Context, released: str) -> None:
        """A rule as Terraform makes it, with one target group and no weights, is read rightly."""
        manifest = context.manifest
        blue = manifest.expect_routes().target_groups["blue"].arn
        for rule in manifest.expect_routes().rules:
            context.aws.elb.modify_rule(RuleArn=rule, Actions=[{"Type": "forward", "TargetGroupArn": blue}])

        assert failure(context, released).reasons[0].endswith(" leads to blue, but the tasks are behind green")

    def test_nowhere(self, context: Context, released: str) -> None:
        """A rule that answers by itself leads nowhere."""
        answer: Any = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}
        context.aws.elb.modify_rule(RuleArn=context.manifest.expect_routes().rules[0], Actions=[answer])

        assert failure(context, released).reasons[0].endswith(" leads nowhere, but the tasks are behind green")

    def test_testers(self, context: Context, released: str) -> None:
        """Where the test listener leads does not matter to clients."""
        routes = context.manifest.expect_routes()
        blue = routes.target_groups["blue"].arn
        context.aws.elb.modify_rule(RuleArn=routes.rules[1], Actions=[{"Type": "forward", "TargetGroupArn": blue}])
        verify(context, released)

    def test_no_rules(self, context: Context, released: str) -> None:
        """A manifest without a rule of the listener verifies nothing, and that is said."""
        routes = context.manifest.expect_routes().model_copy(update={"rules": []})
        bare = Context(
            aws=context.aws,
            manifest=context.manifest.model_copy(update={"routes": routes}),
            reporter=context.reporter,
            clock=context.clock,
        )

        expected = "no rule of the listener that clients come to is in the manifest: deploy the stack again"
        assert [expected] == failure(bare, released).reasons


class TestAnswer:
    """What clients get."""

    def test_no_success(self, context: Context, released: str, site: Site) -> None:
        """Tasks, targets and rules may all be well while clients get nothing."""
        site.answer = http_error(503)

        assert [f"{URL} answers 503"] == failure(context, released).reasons

    def test_not_asked_before(self, context: Context, released: str, site: Site, calls: Calls) -> None:
        """While something before it is wrong, that is the reason, and the URL is not asked."""
        healthy(calls, "unhealthy")
        failure(context, released)

        assert [] == site.asked

    def test_after_a_while(self, context: Context, released: str, site: Site, clock: FakeClock) -> None:
        """A service that answers after a while serves."""
        site.answer = http_error(503)
        clock.later(30, lambda: setattr(site, "answer", 204))
        verify(context, released)

        assert 1030 == clock.time_s


class TestRolling:
    """The same in deploy mode release."""

    @pytest.fixture
    def rolled(self, rolling_context: Context, calls: Calls, site: Site) -> str:  # noqa: ARG002 the URL must answer
        """A revision that was rolled out well."""
        arn = revision(rolling_context.aws, rolling_context.manifest, "sha-1")
        rollouts = FakeRollouts(calls, rolling_context.manifest)
        rollouts.complete(rollouts.begin(arn))
        healthy(calls, "healthy", "healthy")
        return arn

    def test_serves(self, rolling_context: Context, rolled: str) -> None:
        """What serves well is verified."""
        verify(rolling_context, rolled)

    @pytest.mark.usefixtures("rolled")
    def test_another_runs(self, rolling_context: Context) -> None:
        """A rollback is no success."""
        assert f"backend: {NAME}:2 runs, not {NAME}:1" == str(
            failure(rolling_context, rolling_context.manifest.ecs.task_definition)
        )

    def test_unfinished(self, rolling_context: Context, rolled: str) -> None:
        """A deployment that goes on may still fail."""
        service(rolling_context.manifest).deployments[0]["rolloutState"] = "IN_PROGRESS"

        assert ["the deployment is IN_PROGRESS"] == failure(rolling_context, rolled).reasons

    def test_no_load_balancer(self, rolling_context: Context, rolled: str, site: Site) -> None:
        """Without a load balancer only ECS is asked."""
        alone = Context(
            aws=rolling_context.aws,
            manifest=rolling_context.manifest.model_copy(update={"routes": None}),
            reporter=rolling_context.reporter,
            clock=rolling_context.clock,
        )
        verify(alone, rolled)

        assert [] == site.asked


def test_throttled(context: Context, released: str, calls: Calls) -> None:
    """Without any answer of AWS nothing is known, which is not the same as a failure."""
    calls.refuse("DescribeServices", "ThrottlingException")

    assert UndecidedError is type(failure(context, released))


def test_throttled_late(context: Context, released: str, calls: Calls, clock: FakeClock) -> None:
    """Throttling that passes does no harm."""
    look = calls.answers["DescribeTargetHealth"]
    calls.refuse("DescribeTargetHealth", "Throttling")
    clock.later(40, lambda: calls.answers.update(DescribeTargetHealth=look))
    verify(context, released)

    assert 1040 == clock.time_s
