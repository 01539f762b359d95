"""One alarm, whatever it watches."""

import pytest
from constructs import Construct

from modules.watching.alarm import Alarms, Formula, Metric, Missing, Rule
from tests.support import Block, Synthesized, synth_scope

TOPIC = "arn:aws:sns:eu-west-2:956880242582:isms-staging-alerts"
LAG = Metric(namespace="AWS/RDS", name="Lag", dimensions={"Role": "READER"}, statistic="Maximum", period_s=300)
P95 = Metric(namespace="AWS/RDS", name="Time", dimensions={}, statistic="p95")
SUM = Formula(expression="a + b", label="both", metrics={"a": LAG, "b": P95})


def build(scope: Construct) -> None:
    """One alarm of each kind."""
    alarms = Alarms(scope, name="isms-staging", topic_arn=TOPIC)
    alarms.add("replica_lag", LAG, Rule(threshold=7, periods=2), description="Look at the reader.")
    alarms.add("time", P95, Rule(threshold=1.5, periods=1, window=5), description="Look at the writer.")
    alarms.add("both", SUM, Rule(threshold=3, periods=1, below=True, missing="breaching"), description="Look at both.")


@pytest.fixture(scope="module")
def stack() -> Synthesized:
    """The three alarms."""
    return synth_scope(build)


def alarm(stack: Synthesized, id_: str) -> Block:
    """One of them."""
    return stack.resource("aws_cloudwatch_metric_alarm", id_)


def test_measures(stack: Synthesized) -> None:
    """An alarm on a metric has its name, dimensions, statistic and period in seconds."""
    found = alarm(stack, "replica_lag")

    assert ("AWS/RDS", "Lag", {"Role": "READER"}, "Maximum", 300) == (
        found["namespace"],
        found["metric_name"],
        found["dimensions"],
        found["statistic"],
        found["period"],
    )


def test_percentile(stack: Synthesized) -> None:
    """CloudWatch takes a percentile in a field of its own."""
    found = alarm(stack, "time")

    assert ("p95", None) == (found["extended_statistic"], found.get("statistic"))


def test_formula(stack: Synthesized) -> None:
    """An alarm on a formula has the formula, which it returns, and its inputs, which it does not."""
    result, *inputs = alarm(stack, "both")["metric_query"]

    assert {"id": "result", "expression": "a + b", "label": "both", "return_data": True} == result
    assert [("a", "Lag", 300, "Maximum"), ("b", "Time", 60, "p95")] == [
        (each["id"], each["metric"]["metric_name"], each["metric"]["period"], each["metric"]["stat"]) for each in inputs
    ]
    assert {"Role": "READER"} == inputs[0]["metric"]["dimensions"]


def test_formula_has_no_metric_beside(stack: Synthesized) -> None:
    """CloudWatch refuses a metric beside a formula."""
    assert not {"metric_name", "namespace", "period", "statistic"} & alarm(stack, "both").keys()


@pytest.mark.parametrize(
    ("id_", "operator", "threshold"),
    [("replica_lag", "GreaterThanThreshold", 7), ("both", "LessThanThreshold", 3)],
)
def test_threshold(stack: Synthesized, id_: str, operator: str, threshold: float) -> None:
    """More than the threshold breaches it, or less when the rule says so."""
    found = alarm(stack, id_)

    assert (operator, threshold) == (found["comparison_operator"], found["threshold"])


@pytest.mark.parametrize(("id_", "breaching", "window"), [("replica_lag", 2, 2), ("time", 1, 5)])
def test_periods(stack: Synthesized, id_: str, breaching: int, window: int) -> None:
    """So many of the last periods must breach; all of them when no window is given."""
    found = alarm(stack, id_)

    assert (breaching, window) == (found["datapoints_to_alarm"], found["evaluation_periods"])


@pytest.mark.parametrize(("id_", "missing"), [("time", "notBreaching"), ("both", "breaching")])
def test_missing_data(stack: Synthesized, id_: str, missing: Missing) -> None:
    """No data is no trouble unless the rule says so."""
    assert missing == alarm(stack, id_)["treat_missing_data"]


def test_missing_data_that_is_not_expected_yet() -> None:
    """While the condition does not hold, no data is no trouble either."""

    def add(scope: Construct) -> None:
        rule = Rule(threshold=3, periods=1, missing="breaching", expected_when='local.tag != ""')
        Alarms(scope, name="isms-staging", topic_arn=TOPIC).add("both", SUM, rule, description="Look at both.")

    found = alarm(synth_scope(add), "both")

    assert '${local.tag != "" ? "breaching" : "notBreaching"}' == found["treat_missing_data"]


def test_tells_the_topic(stack: Synthesized) -> None:
    """The topic hears of the trouble and of its end."""
    for found in stack.resources("aws_cloudwatch_metric_alarm").values():
        assert ([TOPIC], [TOPIC]) == (found["alarm_actions"], found["ok_actions"])


def test_description(stack: Synthesized) -> None:
    """The message says what to look at."""
    assert "Look at the reader." == alarm(stack, "replica_lag")["alarm_description"]


def test_name(stack: Synthesized) -> None:
    """The name is that of the thing and of the alarm, with hyphens."""
    assert "isms-staging-replica-lag" == alarm(stack, "replica_lag")["alarm_name"]


def test_remembers_names_and_arns() -> None:
    """The names are literals, as CodeDeploy needs them; the ARNs are references."""
    made: list[Alarms] = []

    def build(scope: Construct) -> None:
        alarms = Alarms(scope, name="n" * 300, topic_arn=TOPIC)
        made.append(alarms)
        answered = alarms.add("lag", LAG, Rule(threshold=1, periods=1), description="Look.")
        assert [answered] == alarms.names
        assert 1 == len(alarms.arns)

    stack = synth_scope(build)

    assert [stack.resource("aws_cloudwatch_metric_alarm")["alarm_name"]] == made[0].names
    assert 255 == len(made[0].names[0])
