"""ISMS's stacks: alarms, dashboard and budget, all of which report to one topic."""

import json

import pytest

from tests.stacks.isms.sample_isms import name_of, ref
from tests.support import Synthesized

SIDES = [f"{color}-{alarm}" for color in ("blue", "green") for alarm in ("5xx", "unhealthy", "latency")]
OF_A_SERVICE = [*SIDES, "cpu", "memory", "running-tasks"]
OF_THE_DATABASE = ["acu", "connections", "volume"]


def alarm_names(stack: Synthesized) -> set[str]:
    """The names of all alarms."""
    return {block["alarm_name"] for block in stack.resources("aws_cloudwatch_metric_alarm").values()}


@pytest.mark.parametrize("service", ["backend", "frontend"])
@pytest.mark.parametrize("alarm", OF_A_SERVICE)
def test_services_are_watched(service: str, alarm: str, stack: Synthesized) -> None:
    """5xx, latency and health of either side, CPU, memory and the number of tasks."""
    assert f"isms-{service}-{name_of(stack)}-{alarm}" in alarm_names(stack)


@pytest.mark.parametrize("alarm", OF_THE_DATABASE)
def test_database_is_watched(alarm: str, stack: Synthesized) -> None:
    """ACU near the maximum, connections and storage."""
    assert f"isms-{name_of(stack)}-aurora-{alarm}" in alarm_names(stack)


def test_load_balancer_is_watched(stack: Synthesized) -> None:
    """Errors that no target made."""
    (alarm,) = [
        block
        for id_, block in stack.resources("aws_cloudwatch_metric_alarm").items()
        if id_.startswith("load_balancer_")
    ]

    assert f"isms-{name_of(stack)}-elb-5xx" == alarm["alarm_name"]
    assert {"LoadBalancer": ref(stack, "aws_lb", "arn_suffix")} == alarm["dimensions"]


def test_number_of_alarms(staging: Synthesized, production: Synthesized) -> None:
    """There are no others but of production's reader."""
    expected = 2 * len(OF_A_SERVICE) + len(OF_THE_DATABASE) + 1

    assert expected == len(alarm_names(staging))
    assert {name.replace("staging", "production") for name in alarm_names(staging)} < alarm_names(production)


def test_names_are_unique(stack: Synthesized) -> None:
    """Two alarms of one name would be one alarm."""
    assert len(alarm_names(stack)) == len(stack.resources("aws_cloudwatch_metric_alarm"))


def test_all_alarms_tell_the_topic(stack: Synthesized) -> None:
    """The one topic, once its policy lets CloudWatch publish."""
    topic = ref(stack, "aws_sns_topic_policy", "arn")

    assert {(topic,)} == {
        tuple(block["alarm_actions"]) for block in stack.resources("aws_cloudwatch_metric_alarm").values()
    }


def test_budget_tells_the_topic(stack: Synthesized) -> None:
    """The same one."""
    notifications = stack.resource("aws_budgets_budget")["notification"]

    assert {(ref(stack, "aws_sns_topic_policy", "arn"),)} == {
        tuple(one["subscriber_sns_topic_arns"]) for one in notifications
    }


def test_budget_name(stack: Synthesized) -> None:
    """The mail of AWS Budgets says which system it is about."""
    assert f"isms-{name_of(stack)}-monthly" == stack.resource("aws_budgets_budget")["name"]


def test_topic(stack: Synthesized) -> None:
    """It bears the environment's name."""
    assert f"isms-{name_of(stack)}" in stack.resource("aws_sns_topic")["name"]


@pytest.mark.parametrize(("name", "account"), [("staging", "956880242582"), ("production", "641918319442")])
def test_only_this_account_publishes(name: str, account: str, request: pytest.FixtureRequest) -> None:
    """CloudWatch and Budgets publish for this account's alarms in this region."""
    documents = request.getfixturevalue(name).document["data"]["aws_iam_policy_document"]
    (policy,) = [block for id_, block in documents.items() if id_.startswith("alerts_")]
    arns = [value for one in policy["statement"] for condition in one["condition"] for value in condition["values"]]

    assert f"arn:aws:cloudwatch:eu-west-2:{account}:alarm:*" in arns
    assert arns.count(account) == 2


@pytest.mark.parametrize(("name", "limit"), [("staging", 1600), ("production", 4000)])
def test_connections(name: str, limit: int, request: pytest.FixtureRequest) -> None:
    """The limit follows from the capacity of the environment (max_connections of Serverless v2)."""
    (alarm,) = [
        block
        for block in request.getfixturevalue(name).resources("aws_cloudwatch_metric_alarm").values()
        if block["alarm_name"] == f"isms-{name}-aurora-connections"
    ]

    assert limit == alarm["threshold"]


def test_database_alarms_are_of_the_cluster(stack: Synthesized) -> None:
    """They watch the stack's own cluster."""
    found = [
        block["dimensions"]
        for id_, block in stack.resources("aws_cloudwatch_metric_alarm").items()
        if id_.startswith("aurora_alarms_")
    ]

    assert {ref(stack, "aws_rds_cluster", "cluster_identifier")} == {one["DBClusterIdentifier"] for one in found}


@pytest.mark.parametrize(("name", "tasks"), [("staging", 1), ("production", 2)])
def test_running_tasks(name: str, tasks: int, request: pytest.FixtureRequest) -> None:
    """Fewer tasks than the design's minimum are trouble."""
    found = [
        block["threshold"]
        for block in request.getfixturevalue(name).resources("aws_cloudwatch_metric_alarm").values()
        if block["alarm_name"].endswith("-running-tasks")
    ]

    assert [tasks, tasks] == found


class TestDashboard:
    """The one page."""

    def test_name(self, stack: Synthesized) -> None:
        """One an environment."""
        assert f"isms-{name_of(stack)}" == stack.resource("aws_cloudwatch_dashboard")["dashboard_name"]

    def test_alarms(self, stack: Synthesized) -> None:
        """All alarms are on it, each once."""
        widgets = json.loads(stack.resource("aws_cloudwatch_dashboard")["dashboard_body"])["widgets"]
        (shown,) = [widget["properties"]["alarms"] for widget in widgets if widget["type"] == "alarm"]

        assert sorted(
            f"${{aws_cloudwatch_metric_alarm.{i}.arn}}" for i in stack.resources("aws_cloudwatch_metric_alarm")
        ) == (sorted(shown))

    def test_headings(self, stack: Synthesized) -> None:
        """Load balancer, both services, database: in the order in which one looks."""
        widgets = json.loads(stack.resource("aws_cloudwatch_dashboard")["dashboard_body"])["widgets"]
        services = [f"isms-{service}-{name_of(stack)}" for service in ("backend", "frontend")]

        assert [f"## {title}" for title in ("Load balancer", *services, "Aurora")] == [
            widget["properties"]["markdown"] for widget in widgets if widget["type"] == "text"
        ]

    @pytest.mark.parametrize(
        ("type_", "attribute"),
        [
            ("aws_lb", "arn_suffix"),
            ("aws_ecs_cluster", "name"),
            ("aws_rds_cluster", "cluster_identifier"),
        ],
    )
    def test_metrics(self, type_: str, attribute: str, stack: Synthesized) -> None:
        """It shows what this stack has."""
        assert ref(stack, type_, attribute) in stack.resource("aws_cloudwatch_dashboard")["dashboard_body"]

    def test_region(self, stack: Synthesized) -> None:
        """Every graph is of the stack's region."""
        widgets = json.loads(stack.resource("aws_cloudwatch_dashboard")["dashboard_body"])["widgets"]

        assert {"eu-west-2"} == {widget["properties"]["region"] for widget in widgets if widget["type"] == "metric"}
