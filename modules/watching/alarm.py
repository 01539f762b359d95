"""CloudWatch alarms: what they measure, and the one way in which every part here makes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import (
    CloudwatchMetricAlarm,
    CloudwatchMetricAlarmMetricQuery,
    CloudwatchMetricAlarmMetricQueryMetric,
)
from constructs import Construct

from modules.names import physical_name

Missing = Literal["breaching", "ignore", "notBreaching"]
"""What a period without data is to an alarm: CloudWatch, "Configuring how CloudWatch alarms treat missing data"."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One statistic of one metric. The values of the dimensions may be references."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str
    """`Average`, `Maximum`, `Minimum`, `Sum` or a percentile such as `p95`."""

    period_s: int = 60


@dataclass(frozen=True, kw_only=True)
class Formula:
    """A number computed from metrics: CloudWatch, "Using math expressions with CloudWatch metrics"."""

    expression: str
    """In terms of the ids in `metrics`."""

    label: str
    metrics: Mapping[str, Metric]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """When an alarm fires."""

    threshold: float
    periods: int
    """How many of the last periods must breach the threshold."""

    window: int | None = None
    """How many periods are looked at. None: as many as must breach."""

    below: bool = False
    """Whether less than the threshold breaches it, instead of more."""

    missing: Missing = "notBreaching"
    expected_when: str | None = None
    """A Terraform condition without which a lack of data breaches nothing; None always holds."""


class Alarms:
    """
    The alarms of one part: each tells one topic when it fires and when it is over.

    An alarm's name is `<name>-<its id with hyphens>`, a literal, so that CodeDeploy can be given it.
    """

    def __init__(self, scope: Construct, *, name: str, topic_arn: str) -> None:
        """
        Start with none.

        :param name: what is watched; it must be unique in the account and region
        :param topic_arn: a topic in the alarms' own region, as CloudWatch takes no other
        """
        self._scope = scope
        self._name = name
        self._topic_arn = topic_arn
        self.names: list[str] = []
        self.arns: list[str] = []

    def add(self, id_: str, watched: Metric | Formula, rule: Rule, *, description: str) -> str:
        """
        Make an alarm and answer its name.

        :param description: what to look at first, for whoever gets the message; at most 1024 characters
        """
        name = physical_name("alarm", self._name, id_.replace("_", "-"))
        alarm = CloudwatchMetricAlarm(
            self._scope,
            id_,
            alarm_name=name,
            alarm_description=description,
            comparison_operator="LessThanThreshold" if rule.below else "GreaterThanThreshold",
            threshold=rule.threshold,
            datapoints_to_alarm=rule.periods,
            evaluation_periods=rule.periods if rule.window is None else rule.window,
            treat_missing_data=_missing(rule),
            alarm_actions=[self._topic_arn],
            ok_actions=[self._topic_arn],
            **_arguments(watched),
        )
        self.names.append(name)
        self.arns.append(alarm.arn)
        return name


def _missing(rule: Rule) -> str:
    if rule.expected_when is None:
        return rule.missing
    return f'${{{rule.expected_when} ? "{rule.missing}" : "notBreaching"}}'


def _arguments(watched: Metric | Formula) -> dict[str, Any]:
    if isinstance(watched, Formula):
        return {"metric_query": _queries(watched)}
    kind = "extended_statistic" if watched.statistic.startswith("p") else "statistic"
    return {
        "namespace": watched.namespace,
        "metric_name": watched.name,
        "dimensions": dict(watched.dimensions),
        "period": watched.period_s,
        kind: watched.statistic,
    }


def _queries(formula: Formula) -> list[CloudwatchMetricAlarmMetricQuery]:
    result = CloudwatchMetricAlarmMetricQuery(
        id="result", expression=formula.expression, label=formula.label, return_data=True
    )
    inputs = [
        CloudwatchMetricAlarmMetricQuery(
            id=id_,
            metric=CloudwatchMetricAlarmMetricQueryMetric(
                namespace=metric.namespace,
                metric_name=metric.name,
                dimensions=dict(metric.dimensions),
                period=metric.period_s,
                stat=metric.statistic,
            ),
        )
        for id_, metric in formula.metrics.items()
    ]
    return [result, *inputs]
