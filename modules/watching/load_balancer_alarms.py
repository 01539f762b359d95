"""What is watched of a load balancer itself: the errors that no target answered."""

from typing import Annotated

from constructs import Construct
from pydantic import Field

from modules.settings import Settings
from modules.watching.alarm import Alarms, Metric, Rule

_WINDOW_MIN = 5


class LoadBalancerAlarmsSettings(Settings):
    """When a load balancer is in trouble."""

    errors_per_min: Annotated[int, Field(ge=0, le=100_000)] = 10
    """How many 5xx of its own in a minute are no trouble."""

    error_minutes: Annotated[int, Field(ge=1, le=_WINDOW_MIN)] = 2
    """How many of the last 5 minutes must have more."""


class LoadBalancerAlarms(Construct):
    """
    The alarm on `HTTPCode_ELB_5XX_Count`: 502, 503 and 504, which no target group counts.

    It rolls no deployment back, because it cannot tell whose target was missing.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        load_balancer_arn_suffix: str,
        topic_arn: str,
        settings: LoadBalancerAlarmsSettings,
    ) -> None:
        super().__init__(scope, id_)
        alarms = Alarms(self, name=name, topic_arn=topic_arn)
        alarms.add(
            "elb_5xx",
            Metric(
                namespace="AWS/ApplicationELB",
                name="HTTPCode_ELB_5XX_Count",
                dimensions={"LoadBalancer": load_balancer_arn_suffix},
                statistic="Sum",
            ),
            Rule(threshold=settings.errors_per_min, periods=settings.error_minutes, window=_WINDOW_MIN),
            description=(
                f"The load balancer of {name} answers requests with 502, 503 or 504 itself. Look first whether every "
                "service has healthy tasks; then at the access log, whose elb_status_code and target say which one."
            ),
        )
        self.names: list[str] = alarms.names
        self.arns: list[str] = alarms.arns
