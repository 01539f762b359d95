"""EdgeMind's stack: alarms, dashboard and the design's budget, all of which report to one topic."""

import json

from modules.watching.alert_topic import AlertTopicSettings
from tests.stacks.edgemind.sample_edgemind import build
from tests.stacks.isms.sample_isms import ref
from tests.support import Synthesized

ALARMS = {
    *(f"edgemind-backend-{alarm}" for alarm in ("blue-5xx", "blue-unhealthy", "blue-latency", "cpu", "memory")),
    "edgemind-elb-5xx",
    "edgemind-cdn-5xx",
}


def alarm_names(stack: Synthesized) -> set[str]:
    """The names of all alarms."""
    return {block["alarm_name"] for block in stack.resources("aws_cloudwatch_metric_alarm").values()}


def test_alarms(edgemind: Synthesized) -> None:
    """Backend, load balancer and CloudFront are watched, and nothing else."""
    assert alarm_names(edgemind) == ALARMS
    assert len(ALARMS) == len(edgemind.resources("aws_cloudwatch_metric_alarm"))


def test_number_of_tasks(everything: Synthesized) -> None:
    """With a minimum of tasks there is an alarm when fewer run."""
    found = [
        block["threshold"]
        for block in everything.resources("aws_cloudwatch_metric_alarm").values()
        if block["alarm_name"].endswith("-running-tasks")
    ]

    assert [2] == found


def test_all_alarms_tell_the_topic(stack: Synthesized) -> None:
    """The one topic, once its policy lets CloudWatch publish."""
    topic = ref(stack, "aws_sns_topic_policy", "arn")

    assert {(topic,)} == {
        tuple(block["alarm_actions"]) for block in stack.resources("aws_cloudwatch_metric_alarm").values()
    }


def test_cloudfronts_alarm_is_of_the_distribution(edgemind: Synthesized) -> None:
    """It watches the stack's own."""
    (alarm,) = [
        block
        for block in edgemind.resources("aws_cloudwatch_metric_alarm").values()
        if block["alarm_name"] == "edgemind-cdn-5xx"
    ]

    assert ref(edgemind, "aws_cloudfront_distribution", "id") == alarm["dimensions"]["DistributionId"]


def test_load_balancers_alarm_is_of_the_load_balancer(edgemind: Synthesized) -> None:
    """It watches the stack's own."""
    (alarm,) = [
        block
        for block in edgemind.resources("aws_cloudwatch_metric_alarm").values()
        if block["alarm_name"] == "edgemind-elb-5xx"
    ]

    assert {"LoadBalancer": ref(edgemind, "aws_lb", "arn_suffix")} == alarm["dimensions"]


def test_budget(edgemind: Synthesized) -> None:
    """The design is to be looked at again when a month costs more than 100 US dollars."""
    budget = edgemind.resource("aws_budgets_budget")

    assert ("100", "USD", "MONTHLY") == (budget["limit_amount"], budget["limit_unit"], budget["time_unit"])
    assert (100, "PERCENTAGE", "ACTUAL") in {
        (one["threshold"], one["threshold_type"], one["notification_type"]) for one in budget["notification"]
    }


def test_budget_tells_the_topic(edgemind: Synthesized) -> None:
    """The same one."""
    notifications = edgemind.resource("aws_budgets_budget")["notification"]

    assert {(ref(edgemind, "aws_sns_topic_policy", "arn"),)} == {
        tuple(one["subscriber_sns_topic_arns"]) for one in notifications
    }


def test_topic(edgemind: Synthesized) -> None:
    """Output and topic bear the stack's name."""
    assert "edgemind-alerts" == edgemind.resource("aws_sns_topic")["name"]


def test_who_is_told() -> None:
    """The addresses are the environment's."""
    stack = build(alerts=AlertTopicSettings(emails=["alerts@trust.paythru.com"]))

    assert "alerts@trust.paythru.com" == stack.resource("aws_sns_topic_subscription")["endpoint"]


def test_dashboard_shows_every_alarm(stack: Synthesized) -> None:
    """All alarms are on the one page, each once."""
    widgets = json.loads(stack.resource("aws_cloudwatch_dashboard")["dashboard_body"])["widgets"]
    (shown,) = [widget["properties"]["alarms"] for widget in widgets if widget["type"] == "alarm"]

    assert sorted(
        f"${{aws_cloudwatch_metric_alarm.{i}.arn}}" for i in stack.resources("aws_cloudwatch_metric_alarm")
    ) == sorted(shown)


def test_dashboard(stack: Synthesized) -> None:
    """It shows load balancer and backend, in the stack's region, without a database."""
    body = stack.resource("aws_cloudwatch_dashboard")["dashboard_body"]
    widgets = json.loads(body)["widgets"]

    assert ["## Load balancer", "## edgemind-backend"] == [
        widget["properties"]["markdown"] for widget in widgets if widget["type"] == "text"
    ]
    assert {stack.document["provider"]["aws"][0]["region"]} == {
        widget["properties"]["region"] for widget in widgets if widget["type"] == "metric"
    }
    assert ref(stack, "aws_lb", "arn_suffix") in body
    assert ref(stack, "aws_lb_target_group", "arn_suffix") in body


def test_no_count_without_insights() -> None:
    """Without Container Insights nobody counts tasks, so nothing waits for the count."""
    stack = build(cluster={"container_insights": "disabled"}, backend={"image_tag": "v1", "scaling": _scaling()})

    assert [] == [name for name in alarm_names(stack) if name.endswith("-running-tasks")]


def _scaling() -> dict[str, int]:
    return {"min_capacity": 2, "max_capacity": 3}
