"""What is watched of a target group: its errors, its health and its speed."""

from collections.abc import Mapping
from typing import Annotated

from constructs import Construct
from pydantic import Field

from modules.deployment.deploy_mode import Color
from modules.load_balancer.target_group import TargetGroup
from modules.settings import Settings
from modules.types import Percent
from modules.watching.alarm import Alarms, Formula, Metric, Rule

_WINDOW_MIN = 5
_LATENCY_PERIOD_MIN = 5

WindowMinutes = Annotated[int, Field(ge=1, le=_WINDOW_MIN)]


class TargetGroupAlarmsSettings(Settings):
    """When a target group is in trouble."""

    error_rate_percent: Percent = 5
    """How many of a minute's requests may end in a 5xx of a target's own."""

    errors_per_min_tolerated: Annotated[int, Field(ge=0, le=100_000)] = 4
    """5xx in a minute that are no trouble whatever their rate, so that one stray error at night is none."""

    error_minutes: WindowMinutes = 2
    """How many of the last 5 minutes must be over both limits."""

    unhealthy_minutes: WindowMinutes = 2
    """In how many of the last 5 minutes a target must be unhealthy: ELB recommends more than one."""

    latency_p95_s: Annotated[float, Field(gt=0, le=4000)] = 1.0
    """What 19 of 20 requests should stay under; 4000 s is the longest idle timeout."""

    latency_for_min: Annotated[int, Field(ge=5, le=60, multiple_of=_LATENCY_PERIOD_MIN)] = 15
    """How long they must not."""


class TargetGroupAlarms(Construct):
    """
    The alarms of one target group. Under CodeDeploy both groups of a service need them, as they swap their roles.

    A group without tasks or requests has no data, which is no trouble: the group that waits for the next deployment
    is such a one.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        load_balancer_arn_suffix: str,
        target_group: TargetGroup,
        topic_arn: str,
        settings: TargetGroupAlarmsSettings,
    ) -> None:
        """
        Make the alarms.

        :param name: service and colour, such as `isms-backend-staging-blue`
        """
        super().__init__(scope, id_)
        self._name = name
        self._settings = settings
        self._dimensions = {"LoadBalancer": load_balancer_arn_suffix, "TargetGroup": target_group.arn_suffix}
        self._alarms = Alarms(self, name=name, topic_arn=topic_arn)
        self.rollback_names: list[str] = [self._add_errors(), self._add_unhealthy()]
        """The alarms that should stop a deployment and roll it back, as literals."""
        self._add_latency()
        self.names: list[str] = self._alarms.names
        self.arns: list[str] = self._alarms.arns

    def _add_errors(self) -> str:
        """A rate, because a count means nothing under load; and a count, because a rate means nothing without."""
        settings = self._settings
        rate = Formula(
            expression=(
                f"IF(FILL(errors, 0) > {settings.errors_per_min_tolerated}, 100 * FILL(errors, 0) / requests, 0)"
            ),
            label="5xx in percent of the requests",
            metrics={
                "errors": self._metric("HTTPCode_Target_5XX_Count", "Sum"),
                "requests": self._metric("RequestCount", "Sum"),
            },
        )
        return self._alarms.add(
            "5xx",
            rate,
            Rule(threshold=settings.error_rate_percent, periods=settings.error_minutes, window=_WINDOW_MIN),
            description=(
                f"More than {settings.error_rate_percent} % of the requests to {self._name} fail in the application. "
                "Look first at the service's log for the error, and whether a deployment is under way."
            ),
        )

    def _add_unhealthy(self) -> str:
        """
        The minimum over the load balancer's nodes, as ELB recommends: all of them find a target unhealthy.

        docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
        """
        return self._alarms.add(
            "unhealthy",
            self._metric("UnHealthyHostCount", "Minimum"),
            Rule(threshold=0, periods=self._settings.unhealthy_minutes, window=_WINDOW_MIN),
            description=(
                f"A task of {self._name} fails its health check. Look first at the stopped tasks' reasons and the "
                "service's log, then try the health check's path from inside the network."
            ),
        )

    def _add_latency(self) -> str:
        settings = self._settings
        return self._alarms.add(
            "latency",
            self._metric("TargetResponseTime", "p95", period_s=_LATENCY_PERIOD_MIN * 60),
            Rule(threshold=settings.latency_p95_s, periods=settings.latency_for_min // _LATENCY_PERIOD_MIN),
            description=(
                f"1 of 20 requests to {self._name} takes longer than {settings.latency_p95_s} s. Look first at the "
                "service's CPU, then at the database's capacity and connections, on the dashboard."
            ),
        )

    def _metric(self, name: str, statistic: str, period_s: int = 60) -> Metric:
        return Metric(
            namespace="AWS/ApplicationELB",
            name=name,
            dimensions=self._dimensions,
            statistic=statistic,
            period_s=period_s,
        )


def watch_sides(
    scope: Construct,
    *,
    name: str,
    load_balancer_arn_suffix: str,
    target_groups: Mapping[Color, TargetGroup],
    topic_arn: str,
    settings: TargetGroupAlarmsSettings,
) -> dict[Color, TargetGroupAlarms]:
    """
    Make the alarms of each side of a service, under the ids `<color>_alarms`.

    :param name: the service's
    """
    return {
        color: TargetGroupAlarms(
            scope,
            f"{color}_alarms",
            name=f"{name}-{color}",
            load_balancer_arn_suffix=load_balancer_arn_suffix,
            target_group=target_group,
            topic_arn=topic_arn,
            settings=settings,
        )
        for color, target_group in target_groups.items()
    }
