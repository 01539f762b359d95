"""What ELB would refuse of a route, found before anything is built."""

from typing import Any

import pytest
from pydantic import ValidationError

from modules.load_balancer.service_route import ServiceRouteSettings

ROUTE: dict[str, Any] = {"path_patterns": ["/api/*"], "priority": 10, "health_check_path": "/api/health"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"path_patterns": []}, "at least 1 item"),
        ({"path_patterns": ["/1", "/2", "/3", "/4", "/5", "/6"]}, "at most 5 items"),
        ({"path_patterns": ["api/*"]}, "should match pattern"),
        ({"path_patterns": ["/a b"]}, "should match pattern"),
        ({"path_patterns": ["/" + "a" * 128]}, "at most 128 characters"),
        ({"path_patterns": ["/*/*/*", "/?/?/?"]}, r"must contain at most 5 wildcards \(\* and \?\) in all"),
        ({"host_names": ["a.com", "b.com", "c.com", "d.com", "e.com"]}, "at most 4 items"),
        ({"host_names": ["*.aldeia.com"]}, "should match pattern"),
        ({"priority": 0}, "greater than or equal to 1"),
        ({"priority": 50001}, "less than or equal to 50000"),
        ({"health_check_path": "health"}, "should match pattern"),
        ({"health_check_interval_s": 4}, "greater than or equal to 5"),
        ({"health_check_interval_s": 301}, "less than or equal to 300"),
        ({"health_check_timeout_s": 1}, "greater than or equal to 2"),
        ({"health_check_timeout_s": 121}, "less than or equal to 120"),
        ({"health_check_timeout_s": 15}, "must be below health_check_interval_s, 15"),
        ({"health_check_interval_s": 5}, "must be below health_check_interval_s, 5"),
        ({"healthy_threshold": 1}, "greater than or equal to 2"),
        ({"healthy_threshold": 11}, "less than or equal to 10"),
        ({"unhealthy_threshold": 1}, "greater than or equal to 2"),
        ({"unhealthy_threshold": 11}, "less than or equal to 10"),
        ({"health_check_matcher": "500"}, "should match pattern"),
        ({"health_check_matcher": "200 204"}, "should match pattern"),
        ({"deregistration_delay_s": -1}, "greater than or equal to 0"),
        ({"deregistration_delay_s": 3601}, "less than or equal to 3600"),
    ],
)
def test_refused(settings: dict[str, Any], message: str) -> None:
    """A mistake is found before anything is built."""
    with pytest.raises(ValidationError, match=message):
        ServiceRouteSettings(**(ROUTE | settings))


@pytest.mark.parametrize(
    "settings",
    [
        {"path_patterns": ["/a/*", "/b/*", "/c/*", "/d/*", "/e/*"]},
        {"path_patterns": ["/*"], "priority": 50000},
        {"host_names": ["a.com", "b.com", "c.com", "d.com"]},
        {"health_check_interval_s": 6, "health_check_timeout_s": 5},
        {"health_check_matcher": "200,204"},
        {"deregistration_delay_s": 0},
    ],
)
def test_allowed(settings: dict[str, Any]) -> None:
    """The limits themselves are allowed."""
    assert ServiceRouteSettings(**(ROUTE | settings))


def test_mistaken_interval_is_one_mistake() -> None:
    """The timeout is not judged by an interval that is wrong itself."""
    with pytest.raises(ValidationError) as caught:
        ServiceRouteSettings(**(ROUTE | {"health_check_interval_s": 4}))

    assert [("health_check_interval_s",)] == [error["loc"] for error in caught.value.errors()]
