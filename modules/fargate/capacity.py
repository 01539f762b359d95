"""How much of a Fargate service runs on Spot: one percentage, as the capacity provider strategy that ECS takes."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from modules.settings import Settings

CapacityProvider = Literal["FARGATE", "FARGATE_SPOT"]


class CapacitySettings(Settings):
    """The shares of on-demand and Spot capacity, in percent of the tasks beyond the base."""

    spot_percent: Annotated[int, Field(ge=0, le=100)]
    """Spot tasks cost about a third, and AWS stops them with two minutes' notice."""

    on_demand_base: Annotated[int, Field(ge=0, le=100_000)] = 1
    """How many tasks of a service run on demand before the percentage counts."""


@dataclass(frozen=True, kw_only=True)
class CapacityShare:
    """One item of a capacity provider strategy: of a cluster, a service, a task to run or an AppSpec."""

    capacity_provider: CapacityProvider
    weight: int
    base: int


def capacity_strategy(settings: CapacitySettings) -> tuple[CapacityShare, ...]:
    """
    Write the settings as ECS takes them: the weights add up to 100, and only on-demand capacity has a base.

    Only one item may have a base, and a strategy whose weights are all 0 is refused (ECS API,
    CapacityProviderStrategyItem). An item without weight and base would say nothing, so it is left out.
    """
    spot = settings.spot_percent
    shares = (
        CapacityShare(capacity_provider="FARGATE", weight=100 - spot, base=settings.on_demand_base),
        CapacityShare(capacity_provider="FARGATE_SPOT", weight=spot, base=0),
    )
    return tuple(share for share in shares if share.weight > 0 or share.base > 0)
