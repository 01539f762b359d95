"""The capacity provider strategy that a share of Spot becomes."""

import pytest
from pydantic import ValidationError

from modules.fargate.capacity import CapacitySettings, CapacityShare, capacity_strategy

STRATEGIES = {
    (70, 1): [("FARGATE", 30, 1), ("FARGATE_SPOT", 70, 0)],
    (50, 1): [("FARGATE", 50, 1), ("FARGATE_SPOT", 50, 0)],
    (50, 0): [("FARGATE", 50, 0), ("FARGATE_SPOT", 50, 0)],
    (1, 2): [("FARGATE", 99, 2), ("FARGATE_SPOT", 1, 0)],
    (0, 1): [("FARGATE", 100, 1)],
    (0, 0): [("FARGATE", 100, 0)],
    (100, 1): [("FARGATE", 0, 1), ("FARGATE_SPOT", 100, 0)],
    (100, 0): [("FARGATE_SPOT", 100, 0)],
}


def strategy(spot_percent: int, on_demand_base: int) -> tuple[CapacityShare, ...]:
    """The strategy of two settings."""
    return capacity_strategy(CapacitySettings(spot_percent=spot_percent, on_demand_base=on_demand_base))


@pytest.mark.parametrize(("settings", "expected"), STRATEGIES.items())
def test_strategy(settings: tuple[int, int], expected: list[tuple[str, int, int]]) -> None:
    """The percentage is shared out, the base is on demand, and nothing that says nothing is written."""
    assert expected == [(share.capacity_provider, share.weight, share.base) for share in strategy(*settings)]


@pytest.mark.parametrize("spot_percent", range(101))
@pytest.mark.parametrize("base", [0, 1, 5])
def test_ecs_takes_every_strategy(spot_percent: int, base: int) -> None:
    """ECS refuses weights that are all 0, and more than one base."""
    shares = strategy(spot_percent, base)

    assert 100 == sum(share.weight for share in shares)
    assert len([share for share in shares if share.base > 0]) <= 1


def test_one_task_is_on_demand_by_default() -> None:
    """Spot alone could leave a service without any task."""
    assert 1 == CapacitySettings(spot_percent=70).on_demand_base


@pytest.mark.parametrize("spot_percent", [-1, 101])
def test_percentage(spot_percent: int) -> None:
    """A percentage is between 0 and 100."""
    with pytest.raises(ValidationError):
        CapacitySettings(spot_percent=spot_percent)
