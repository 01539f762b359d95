"""What the settings of Redis refuse."""

from typing import Any

import pytest
from pydantic import ValidationError

from modules.mistakes import mistakes_in
from modules.redis.settings import RedisSettings

REFUSED: list[tuple[dict[str, object], str]] = [
    (
        {"engine": "memcached"},
        "engine must be one of valkey, redis, got 'memcached'",
    ),
    (
        {"engine_version": "7.1"},
        "engine_version must be one of 7.2, 8.0, 8.1, 8.2 when engine is valkey, got '7.1'",
    ),
    (
        {"engine": "redis", "engine_version": "6.2"},
        "engine_version must be one of 7.0, 7.1 when engine is redis, got '6.2'",
    ),
    ({"multi_az": True}, "multi_az must be False when replica_count is 0, got True"),
    ({"replica_count": 6}, "replica_count must be a whole number between 0 and 5, got 6"),
    (
        {"node_type": "cache.t3.large"},
        "node_type must have one of the sizes micro, small, medium in the family t3, got 'cache.t3.large'",
    ),
    ({"backup_retention_days": 36}, "backup_retention_days must be a whole number between 0 and 35, got 36"),
    ({"backup_window_utc": "02:00-02:30"}, "backup_window_utc must be at least 60 minutes long, got '02:00-02:30'"),
    ({"log_retention_days": 7}, "log_retention_days must be left out unless slow_log is True: there is no log, got 7"),
    (
        {"maintenance_window_utc": "sun:02:30-sun:03:30"},
        "maintenance_window_utc must not meet backup_window_utc, 02:00-03:00, got 'sun:02:30-sun:03:30'",
    ),
]


@pytest.mark.parametrize(("settings", "message"), REFUSED)
def test_refused(settings: dict[str, Any], message: str) -> None:
    """Each rule of AWS that a plan cannot see is a mistake in the file."""
    with pytest.raises(ValidationError) as caught:
        RedisSettings(**settings)

    assert [message] == [f"{one.path} {one.text}" for one in mistakes_in(caught.value, RedisSettings)]
