"""
Who changes what runs after the first apply: Terraform or the release command.

One setting decides, and everything that follows from it stands in the table of this module. The sources of the two
lists of ignored attributes are docs.aws.amazon.com/AmazonECS, UpdateService (what ECS refuses to update under
CODE_DEPLOY) and terraform-aws-modules/terraform-aws-alb#322, #409 (CodeDeploy swaps whole actions, not only ARNs).
"""

from dataclasses import dataclass
from typing import Literal

DeployMode = Literal["terraform", "release", "blue_green"]
"""`terraform`: an apply rolls out the image of a variable. `release`: the release command rolls out a task definition.
`blue_green`: the release command lets CodeDeploy shift traffic between two target groups."""

Color = Literal["blue", "green"]


@dataclass(frozen=True, kw_only=True)
class Ownership:
    """What follows from a deploy mode."""

    deployment_controller: Literal["ECS", "CODE_DEPLOY"]
    colors: tuple[Color, ...]
    """The target groups that a service needs; the first one serves from the start."""

    ignored_by_service: tuple[str, ...]
    """Attributes of the ECS service that Terraform sets once and leaves to the release command from then on."""

    ignored_by_routes: tuple[str, ...]
    """Attributes of a listener rule that CodeDeploy changes."""

    circuit_breaker: bool
    """Whether ECS watches and rolls back a deployment; under CodeDeploy that is CodeDeploy's work."""

    waits_for_steady_state: bool
    """Whether an apply ends when the service is steady (with CODE_DEPLOY it never does:
    hashicorp/terraform-provider-aws#29252)."""


_OWNERSHIP: dict[DeployMode, Ownership] = {
    "terraform": Ownership(
        deployment_controller="ECS",
        colors=("blue",),
        ignored_by_service=(),
        ignored_by_routes=(),
        circuit_breaker=True,
        waits_for_steady_state=True,
    ),
    "release": Ownership(
        deployment_controller="ECS",
        colors=("blue",),
        ignored_by_service=("task_definition",),
        ignored_by_routes=(),
        circuit_breaker=True,
        waits_for_steady_state=False,
    ),
    "blue_green": Ownership(
        deployment_controller="CODE_DEPLOY",
        colors=("blue", "green"),
        ignored_by_service=(
            "task_definition",
            "load_balancer",
            "network_configuration",
            "capacity_provider_strategy",
        ),
        ignored_by_routes=("action",),
        circuit_breaker=False,
        waits_for_steady_state=False,
    ),
}


def ownership(mode: DeployMode) -> Ownership:
    """Say what follows from a deploy mode."""
    return _OWNERSHIP[mode]
