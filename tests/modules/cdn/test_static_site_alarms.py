"""The alarm on a site's 5xx answers."""

import pytest

from modules.cdn.alarms import StaticSiteAlarms, StaticSiteAlarmsSettings
from tests.support import Synthesized, synth_scope


def build(region: str) -> Synthesized:
    """The alarm, with settings of its own."""
    return synth_scope(
        lambda scope: StaticSiteAlarms(
            scope,
            "alarms",
            name="edgemind",
            region=region,
            distribution_id="E123",
            topic_arn="arn:topic",
            settings=StaticSiteAlarmsSettings(error_percent=10, error_minutes=2),
        )
    )


def test_alarm() -> None:
    """It fires when the share of 5xx answers is high for some minutes.

    Source: CloudFront Developer Guide, "Monitor CloudFront metrics with Amazon CloudWatch".
    """
    alarm = build("us-east-1").resource("aws_cloudwatch_metric_alarm")

    assert {
        "alarm_name": "edgemind-cdn-5xx",
        "namespace": "AWS/CloudFront",
        "metric_name": "5xxErrorRate",
        "dimensions": {"DistributionId": "E123", "Region": "Global"},
        "statistic": "Average",
        "period": 60,
        "threshold": 10,
        "comparison_operator": "GreaterThanThreshold",
        "datapoints_to_alarm": 2,
        "evaluation_periods": 5,
        "treat_missing_data": "notBreaching",
        "alarm_actions": ["arn:topic"],
        "ok_actions": ["arn:topic"],
    } == {key: value for key, value in alarm.items() if key not in ("//", "alarm_description")}


def test_another_region() -> None:
    """CloudFront's metrics are in us-east-1 only, so an alarm elsewhere would never fire."""
    with pytest.raises(ValueError, match="in us-east-1 only, got eu-west-1"):
        build("eu-west-1")
