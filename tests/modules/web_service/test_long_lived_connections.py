"""Times of connections that stay open, which must fit each other."""

import pytest
from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from modules.web_service.long_lived_connections import LongLivedConnectionsSettings, check_connections


def test_defaults_fit() -> None:
    """The defaults are what this says, and keep all of the rules, on Spot too."""
    defaults = LongLivedConnectionsSettings()

    assert {
        "heartbeat_s": 30,
        "idle_timeout_s": 120,
        "read_timeout_s": 60,
        "keepalive_timeout_s": 5,
        "deregistration_delay_s": 60,
        "stop_timeout_s": 60,
    } == defaults.model_dump()
    assert defaults == check_connections(defaults, spot_percent=100)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"heartbeat_s": 0}, "greater than or equal to 1"),
        ({"heartbeat_s": 301, "idle_timeout_s": 4000}, "must be at most 300, half of the 600 seconds"),
        ({"heartbeat_s": 61}, "must be at least 122, twice heartbeat_s"),
        ({"idle_timeout_s": 59}, "must be at least 60, twice heartbeat_s"),
        ({"idle_timeout_s": 4001}, "less than or equal to 4000"),
        ({"idle_timeout_s": 60}, "must be below idle_timeout_s, 60"),
        ({"read_timeout_s": 120, "deregistration_delay_s": 120}, "must be below idle_timeout_s, 120"),
        ({"read_timeout_s": 121}, "less than or equal to 120"),
        ({"keepalive_timeout_s": 120}, "must be below idle_timeout_s, 120"),
        ({"keepalive_timeout_s": 0}, "greater than or equal to 1"),
        ({"deregistration_delay_s": 59}, "must be at least read_timeout_s, 60"),
        ({"deregistration_delay_s": 3601}, "less than or equal to 3600"),
        ({"stop_timeout_s": 1}, "greater than or equal to 2"),
        ({"stop_timeout_s": 121}, "less than or equal to 120"),
    ],
)
def test_refused(settings: dict[str, int], message: str) -> None:
    """Times that do not fit are one mistake, at the setting that is to change."""
    with pytest.raises(ValidationError, match=message) as caught:
        LongLivedConnectionsSettings(**settings)

    assert 1 == caught.value.error_count()


@pytest.mark.parametrize(
    "settings",
    [
        {"heartbeat_s": 300, "idle_timeout_s": 600},
        {"heartbeat_s": 60},
        {"idle_timeout_s": 61},
        {"read_timeout_s": 119, "deregistration_delay_s": 119},
        {"keepalive_timeout_s": 119},
        {"deregistration_delay_s": 3600},
        {"stop_timeout_s": 120},
        {"stop_timeout_s": 2},
    ],
)
def test_allowed(settings: dict[str, int]) -> None:
    """The limits themselves are allowed."""
    assert settings.items() <= LongLivedConnectionsSettings(**settings).model_dump().items()


def test_environment() -> None:
    """The application is told what is its part: to send, and to keep connections for longer than who is before it."""
    settings = LongLivedConnectionsSettings(heartbeat_s=20, idle_timeout_s=90)

    assert {"HEARTBEAT_INTERVAL_S": "20", "KEEP_ALIVE_TIMEOUT_S": "95"} == settings.environment


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"deregistration_delay_s": 120, "stop_timeout_s": 120}, "must have deregistration_delay_s below 120 on Spot"),
        ({"stop_timeout_s": 59}, "must have stop_timeout_s of at least deregistration_delay_s, 60, on Spot"),
    ],
)
def test_refused_on_spot(settings: dict[str, int], message: str) -> None:
    """A task that AWS takes back is gone two minutes after its notice, which is its stop signal too."""
    connections = LongLivedConnectionsSettings(**settings)

    with pytest.raises(PydanticCustomError, match=message):
        check_connections(connections, spot_percent=1)


@pytest.mark.parametrize("spot_percent", [0, None])
def test_on_demand(spot_percent: int | None) -> None:
    """Without Spot, or with a mistake there, the rules of Spot are not asked."""
    connections = LongLivedConnectionsSettings(deregistration_delay_s=3600, stop_timeout_s=2)

    assert connections == check_connections(connections, spot_percent=spot_percent)


def test_allowed_on_spot() -> None:
    """As long as the notice leaves."""
    connections = LongLivedConnectionsSettings(deregistration_delay_s=119, stop_timeout_s=119)

    assert connections == check_connections(connections, spot_percent=100)
