"""What an environment may cost."""

from typing import Any

import pytest
from constructs import Construct
from pydantic import ValidationError

from modules.mistakes import mistakes_in
from modules.watching.budget import Budget, BudgetSettings
from tests.support import Block, synth_scope

TOPIC = "arn:aws:sns:eu-west-2:956880242582:isms-staging-alerts"


def build(name: str = "isms-staging", **settings: Any) -> Block:  # noqa: ANN401 settings of any type
    """A budget of 250 dollars with these settings."""

    def budget(scope: Construct) -> None:
        Budget(
            scope,
            "budget",
            name=name,
            stack="staging",
            topic_arn=TOPIC,
            settings=BudgetSettings(monthly_limit_usd=250, **settings),
        )

    return synth_scope(budget).resource("aws_budgets_budget")


@pytest.fixture(scope="module")
def budget() -> Block:
    """A budget with the defaults."""
    return build()


def said(**settings: object) -> list[str]:
    """The mistakes in these settings, as a person reads them."""
    with pytest.raises(ValidationError) as caught:
        BudgetSettings.model_validate({"monthly_limit_usd": 250} | settings)
    return [f"{each.path} {each.text}" for each in mistakes_in(caught.value, BudgetSettings)]


def test_monthly_cost(budget: Block) -> None:
    """The budget is of cost in dollars a month."""
    assert ("isms-staging-monthly", "COST", "MONTHLY", "250", "USD") == (
        budget["name"],
        budget["budget_type"],
        budget["time_unit"],
        budget["limit_amount"],
        budget["limit_unit"],
    )


def test_alerts(budget: Block) -> None:
    """The topic hears when 80 % and 100 % are spent, and when the forecast is over 100 %."""
    assert [("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100)] == [
        (each["notification_type"], each["threshold"]) for each in budget["notification"]
    ]
    for each in budget["notification"]:
        assert ("GREATER_THAN", "PERCENTAGE", [TOPIC]) == (
            each["comparison_operator"],
            each["threshold_type"],
            each["subscriber_sns_topic_arns"],
        )


def test_covers_the_account(budget: Block) -> None:
    """An environment with an account of its own pays for what has no tags, too."""
    assert "cost_filter" not in budget


def test_covers_the_stack() -> None:
    """In an account with several environments the tag Stack tells them apart, with the prefix that Budgets needs."""
    assert [{"name": "TagKeyValue", "values": ["user:Stack$staging"]}] == build(covers="stack")["cost_filter"]


def test_own_alerts() -> None:
    """The percentages are settings, and either kind may be left out."""
    only = build(actual_alert_percents=[150], forecast_alert_percents=[])

    assert [("ACTUAL", 150)] == [(each["notification_type"], each["threshold"]) for each in only["notification"]]


def test_name_is_cut() -> None:
    """Budgets takes names of up to 100 characters."""
    assert 100 == len(build(name="n" * 200)["name"])


def test_ten_alerts() -> None:
    """Budgets takes ten notifications."""
    ten = BudgetSettings(
        monthly_limit_usd=1, actual_alert_percents=[10, 20, 30, 40, 50], forecast_alert_percents=[10, 20, 30, 40, 50]
    )

    assert 10 == len(ten.actual_alert_percents) + len(ten.forecast_alert_percents)


def test_eleven_alerts() -> None:
    """Not eleven, also when one is a default."""
    assert [
        "forecast_alert_percents must make 1 to 10 alerts together with actual_alert_percents, which has 10, got [100]"
    ] == said(actual_alert_percents=list(range(10, 110, 10)))


def test_no_alerts() -> None:
    """A budget that tells nobody is none."""
    assert [
        "forecast_alert_percents must make 1 to 10 alerts together with actual_alert_percents, which has 0, got []"
    ] == said(actual_alert_percents=[], forecast_alert_percents=[])


def test_same_alert_twice() -> None:
    """Budgets refuses a notification that it has."""
    assert ["actual_alert_percents must name every percentage once, got [80, 80]"] == said(
        actual_alert_percents=[80, 80]
    )


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("monthly_limit_usd", 0),
        ("monthly_limit_usd", 99.5),
        ("actual_alert_percents", [0]),
        ("forecast_alert_percents", [1001]),
        ("covers", "tag"),
    ],
)
def test_limits(setting: str, value: object) -> None:
    """Amounts and percentages are whole and positive, and what is covered is one of two."""
    assert any(mistake.startswith(setting) for mistake in said(**{setting: value}))
