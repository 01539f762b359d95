"""Who changes what after the first apply: the table, and the service that follows from it."""

from typing import Any, get_args

import pytest

from modules.deployment.deploy_mode import DeployMode, ownership
from tests.modules.fargate.sample_service import build
from tests.support import Block

MODES: tuple[DeployMode, ...] = get_args(DeployMode)

CODE_DEPLOY_CHANGES = ["task_definition", "load_balancer", "network_configuration", "capacity_provider_strategy"]

EXPECTED: dict[str, dict[DeployMode, Any]] = {
    "deployment_controller": {
        "terraform": {"type": "ECS"},
        "release": {"type": "ECS"},
        "blue_green": {"type": "CODE_DEPLOY"},
    },
    "deployment_circuit_breaker": {
        "terraform": {"enable": True, "rollback": True},
        "release": {"enable": True, "rollback": True},
        "blue_green": None,
    },
    "wait_for_steady_state": {"terraform": True, "release": False, "blue_green": False},
    "force_new_deployment": {"terraform": True, "release": True, "blue_green": False},
    "load_balancer": {
        mode: [{"container_name": "backend", "container_port": 4000, "target_group_arn": "arn:blue"}] for mode in MODES
    },
    "availability_zone_rebalancing": dict.fromkeys(MODES, "ENABLED") | {"blue_green": "DISABLED"},
    "desired_count": dict.fromkeys(MODES, 1),
}
"""Attribute of the service → deploy mode → value; None where the attribute must not be set."""

IGNORED: dict[tuple[DeployMode, bool], list[str]] = {
    ("terraform", False): [],
    ("terraform", True): ["desired_count"],
    ("release", False): ["task_definition"],
    ("release", True): ["task_definition", "desired_count"],
    ("blue_green", False): CODE_DEPLOY_CHANGES,
    ("blue_green", True): [*CODE_DEPLOY_CHANGES, "desired_count"],
}
"""Deploy mode and whether the service is autoscaled → what Terraform sets once and then leaves alone."""


@pytest.fixture(scope="module")
def services() -> dict[tuple[DeployMode, bool], Block]:
    """The service of each mode, not autoscaled and autoscaled."""
    return {
        (mode, autoscaled): build(mode, autoscaled=autoscaled)[0].resource("aws_ecs_service")
        for mode in MODES
        for autoscaled in (False, True)
    }


Services = dict[tuple[DeployMode, bool], Block]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("attribute", EXPECTED)
def test_service(services: Services, mode: DeployMode, attribute: str) -> None:
    """Controller, circuit breaker, waiting and target group follow from the mode."""
    assert EXPECTED[attribute][mode] == services[mode, False].get(attribute)


@pytest.mark.parametrize(("mode", "autoscaled"), IGNORED)
def test_ignored(services: Services, mode: DeployMode, autoscaled: bool) -> None:
    """Terraform ignores what the release command or CodeDeploy owns, and the count exactly when it is autoscaled."""
    assert IGNORED[mode, autoscaled] == services[mode, autoscaled].get("lifecycle", {}).get("ignore_changes", [])


@pytest.mark.parametrize("mode", MODES)
def test_outcome(services: Services, mode: DeployMode) -> None:
    """Terraform looks at the outcome of its own rollouts, and of nobody else's."""
    conditions = [each["condition"] for each in services[mode, False].get("lifecycle", {}).get("postcondition", [])]
    task = services[mode, False]["task_definition"].removeprefix("${").removesuffix("}")

    assert conditions == ([f"${{self.task_definition == {task}}}"] if mode == "terraform" else [])


@pytest.mark.parametrize("mode", MODES)
def test_waits_only_for_its_own_rollout(mode: DeployMode) -> None:
    """An apply that left the rollout to somebody else would wait for ever for the first image."""
    owner = ownership(mode)

    assert owner.waits_for_steady_state == ("task_definition" not in owner.ignored_by_service)


@pytest.mark.parametrize("mode", MODES)
def test_routes_are_ignored_with_two_colors(mode: DeployMode) -> None:
    """Whoever swaps target groups changes the actions of the rules too."""
    owner = ownership(mode)

    assert (len(owner.colors) == 2) == ("action" in owner.ignored_by_routes)


@pytest.mark.parametrize("mode", MODES)
def test_blue_serves_first(mode: DeployMode) -> None:
    """The first apply points at the first color."""
    assert "blue" == ownership(mode).colors[0]


def test_capacity_is_explicit_in_every_mode(services: Services) -> None:
    """A strategy that is added later would replace the service (hashicorp/terraform-provider-aws#22408)."""
    expected = [
        {"capacity_provider": "FARGATE", "weight": 30, "base": 1},
        {"capacity_provider": "FARGATE_SPOT", "weight": 70, "base": 0},
    ]

    assert all(expected == service["capacity_provider_strategy"] for service in services.values())
    assert not [service for service in services.values() if "launch_type" in service]
