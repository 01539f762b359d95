"""What is watched of a distribution: answers that are errors, whoever made them."""

from typing import Annotated

from constructs import Construct
from pydantic import Field

from modules.cdn.edge import EDGE_REGION
from modules.settings import Settings
from modules.watching.alarm import Alarms, Metric, Rule

_WINDOW_MIN = 5


class StaticSiteAlarmsSettings(Settings):
    """When a site is in trouble."""

    error_percent: Annotated[float, Field(gt=0, lt=100)] = 5
    """Which share of 5xx answers in a minute is no trouble."""

    error_minutes: Annotated[int, Field(ge=1, le=_WINDOW_MIN)] = 3
    """How many of the last 5 minutes must have more. With few visitors one bad answer is a large share."""


class StaticSiteAlarms(Construct):
    """
    The alarm on `5xxErrorRate`, the share of all requests that CloudFront answers with 5xx, the backend's included.

    For stacks in us-east-1: the metric exists there only, and an alarm can tell only a topic of its own region
    (CloudFront, "Monitor CloudFront metrics with Amazon CloudWatch"; CloudWatch, PutMetricAlarm).
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        region: str,
        distribution_id: str,
        topic_arn: str,
        settings: StaticSiteAlarmsSettings,
    ) -> None:
        """
        Make the alarm.

        :param region: the stack's own
        :param topic_arn: a topic in that region
        :raises ValueError: the stack is in another region than us-east-1
        """
        super().__init__(scope, id_)
        if region != EDGE_REGION:
            raise ValueError(f"CloudFront can be watched in {EDGE_REGION} only, got {region}")
        alarms = Alarms(self, name=name, topic_arn=topic_arn)
        alarms.add(
            "cdn_5xx",
            Metric(
                namespace="AWS/CloudFront",
                name="5xxErrorRate",
                dimensions={"DistributionId": distribution_id, "Region": "Global"},
                statistic="Average",
            ),
            Rule(threshold=settings.error_percent, periods=settings.error_minutes, window=_WINDOW_MIN),
            description=(
                f"Visitors of {name} get 5xx answers. Look first whether the backend's load balancer has an alarm too; "
                "then at CloudFront's access log, whose x-edge-detailed-result-type says what failed."
            ),
        )
        self.names: list[str] = alarms.names
        self.arns: list[str] = alarms.arns
