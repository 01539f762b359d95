"""Aldeia's settings: what the tests of them have in common."""

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from modules.compose_host.settings import ComposeHostSettings, HostScalingSettings
from modules.fargate.cluster import FargateClusterSettings
from modules.fargate.destination import DestinationSettings
from modules.fargate.service_scaling import ServiceScalingSettings
from modules.mistakes import Mistake, mistakes_in
from stacks.aldeia_service_settings import AldeiaBackendSettings, AldeiaFrontendSettings
from stacks.aldeia_settings import AldeiaSettings
from tests.stacks.aldeia.sample_aldeia import FILES, STAGING

Changes = dict[str, object]

LARGE = ComposeHostSettings(instance_type="t3.large")
ARM = ComposeHostSettings(instance_type="t4g.medium")
SEVERAL = ComposeHostSettings(
    instance_type="t3.large", min_size=2, desired_capacity=2, max_size=4, scaling=HostScalingSettings()
)
LOGGING = FargateClusterSettings(exec_enabled=True)
BY_LOAD = ServiceScalingSettings(min_capacity=1, max_capacity=2)
BY_REQUESTS = ServiceScalingSettings(min_capacity=1, max_capacity=2, requests_per_target=10)

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def backend(**changes: Any) -> AldeiaBackendSettings:  # noqa: ANN401 settings of any type
    """A backend of staging's size with changes."""
    return AldeiaBackendSettings(**({"image_tag": "a"} | changes))


def frontend(**changes: Any) -> AldeiaFrontendSettings:  # noqa: ANN401
    """Pages of staging's size with changes."""
    return AldeiaFrontendSettings(**({"image_tag": "a"} | changes))


def database(port: int) -> DestinationSettings:
    """A database on this port."""
    return DestinationSettings(description="PostgreSQL", port=port, cidrs=["10.0.0.0/16"])


def mistakes_of(settings_class: type[BaseModel], values: Mapping[str, object]) -> list[Mistake]:
    """What is wrong with settings of a class."""
    try:
        settings_class(**values)
    except ValidationError as error:
        return mistakes_in(error, settings_class)
    return []


def said_of(settings_class: type[BaseModel], values: Mapping[str, object]) -> list[str]:
    """What is said about settings of a class."""
    return [f"{mistake.path} {mistake.text}" for mistake in mistakes_of(settings_class, values)]


def said(changes: Mapping[str, object], file: str = STAGING) -> list[str]:
    """What is said about an environment's file with these changes."""
    return said_of(AldeiaSettings, dict(FILES[file]) | dict(changes))
