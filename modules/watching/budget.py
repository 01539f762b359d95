"""What an environment may cost, and who is told when it costs more."""

from typing import Annotated, Literal

from cdktf_cdktf_provider_aws.budgets_budget import BudgetsBudget, BudgetsBudgetCostFilter, BudgetsBudgetNotification
from constructs import Construct
from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from modules.names import physical_name
from modules.settings import Settings, mistake

_MOST_NOTIFICATIONS = 10


def _check_different(percents: list[int]) -> list[int]:
    if len(set(percents)) < len(percents):
        raise mistake("must name every percentage once")
    return percents


AlertPercents = Annotated[list[Annotated[int, Field(ge=1, le=1000)]], AfterValidator(_check_different)]
"""Percent of the limit; Budgets itself allows up to 1,000,000 (Budgets API, Notification)."""


class BudgetSettings(Settings):
    """How much a month may cost, in US dollars, and when to tell."""

    monthly_limit_usd: Annotated[int, Field(ge=1, le=10_000_000)]

    actual_alert_percents: AlertPercents = Field(default_factory=lambda: [80, 100])
    """What has been spent, in percent of the limit."""

    forecast_alert_percents: AlertPercents = Field(default_factory=lambda: [100], validate_default=True)
    """
    What the month will have cost. AWS forecasts after about five weeks of use: Cost Management, "Best practices for
    AWS Budgets".
    """

    covers: Literal["account", "stack"] = "account"
    """
    `account`: everything, for an environment that has an account of its own; it also sees what has no tags.
    `stack`: what bears the stack's tag `Stack`, for accounts that hold several. The tag has to be activated as a cost
    allocation tag, once, in the billing console; until a day after that the budget sees no cost and never tells.
    """

    @field_validator("forecast_alert_percents")
    @classmethod
    def _not_too_many(cls, forecast: list[int], info: ValidationInfo) -> list[int]:
        actual = info.data.get("actual_alert_percents", [])
        if not 1 <= len(actual) + len(forecast) <= _MOST_NOTIFICATIONS:
            raise mistake(
                f"must make 1 to {_MOST_NOTIFICATIONS} alerts together with actual_alert_percents, "
                f"which has {len(actual)}"
            )
        return forecast


class Budget(Construct):
    """
    A monthly AWS Budget of cost that tells a topic.

    The limits are those of the Budgets API: names of 100 characters, 10 notifications a budget (Notification), one SNS
    topic a notification, in the same account (Cost Management, "Creating an Amazon SNS topic for budget
    notifications"; topics of any region are in use, awslabs/landing-zone-accelerator-on-aws#409). Budgets is one
    service for all regions, signed for us-east-1, which the provider does by itself.
    """

    def __init__(
        self, scope: Construct, id_: str, *, name: str, stack: str, topic_arn: str, settings: BudgetSettings
    ) -> None:
        """
        Make the budget.

        :param stack: the value of the tag `Stack`
        :param topic_arn: a topic that lets Budgets publish
        """
        super().__init__(scope, id_)
        self.name: str = physical_name("budget", name, "monthly")
        alerts = [("ACTUAL", percent) for percent in settings.actual_alert_percents]
        alerts += [("FORECASTED", percent) for percent in settings.forecast_alert_percents]
        tag = BudgetsBudgetCostFilter(name="TagKeyValue", values=[f"user:Stack${stack}"])
        BudgetsBudget(
            self,
            "budget",
            name=self.name,
            budget_type="COST",
            time_unit="MONTHLY",
            limit_amount=str(settings.monthly_limit_usd),
            limit_unit="USD",
            # Without "user:" the filter matches nothing: hashicorp/terraform-provider-aws#39850, #40987.
            cost_filter=[tag] if settings.covers == "stack" else None,
            notification=[
                BudgetsBudgetNotification(
                    notification_type=kind,
                    comparison_operator="GREATER_THAN",
                    threshold=percent,
                    threshold_type="PERCENTAGE",
                    subscriber_sns_topic_arns=[topic_arn],
                )
                for kind, percent in alerts
            ],
        )
