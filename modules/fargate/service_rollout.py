"""What of an ECS service follows from who rolls it out, and how new tasks take the place of old ones."""

from collections.abc import Sequence
from typing import Any, Literal

from cdktf import ITerraformDependable, Postcondition, TerraformResource, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.ecs_service import EcsServiceDeploymentCircuitBreaker, EcsServiceDeploymentController
from cdktf_cdktf_provider_aws.ecs_task_definition import EcsTaskDefinition

from modules.deployment.deploy_mode import Ownership

Replacement = Literal["start_first", "stop_first"]


def rollout(owner: Ownership, replacement: Replacement) -> dict[str, Any]:
    """Say how new tasks take the place of old ones."""
    start_first = replacement == "start_first"
    by_ecs = owner.deployment_controller == "ECS"
    return {
        "deployment_controller": EcsServiceDeploymentController(type=owner.deployment_controller),
        "deployment_circuit_breaker": (
            EcsServiceDeploymentCircuitBreaker(enable=True, rollback=True) if owner.circuit_breaker else None
        ),
        "deployment_minimum_healthy_percent": 100 if start_first else 0,
        "deployment_maximum_percent": 200 if start_first else 100,
        # Rebalancing starts a task before it stops one, so it is not for services that may not go beyond 100 %
        # (ECS, "Balancing an Amazon ECS service across Availability Zones"). Whether ECS takes it under CODE_DEPLOY no
        # document says, and a refusal would fail the first apply.
        "availability_zone_rebalancing": "ENABLED" if start_first and by_ecs else "DISABLED",
        # A changed share of Spot needs it, else provider 5 replaces the service and provider 6 refuses the plan; under
        # CODE_DEPLOY it is refused (hashicorp/terraform-provider-aws#13473). So any update of the service starts its
        # tasks anew, one after the other.
        "force_new_deployment": by_ecs,
        "wait_for_steady_state": owner.waits_for_steady_state,
    }


def lifecycle(owner: Ownership, *, autoscaled: bool, definition: EcsTaskDefinition) -> TerraformResourceLifecycle:
    """Leave to others what is theirs, and look at the outcome of what is Terraform's."""
    ignored = [*owner.ignored_by_service, *(["desired_count"] if autoscaled else [])]
    # Older providers take a service that was rolled back for a steady one (hashicorp/terraform-provider-aws#19519).
    outcome = Postcondition(
        condition=f"${{self.task_definition == {definition.fqn}.arn}}",
        error_message="ECS rolled the deployment back: the service runs another task definition.",
    )
    return TerraformResourceLifecycle(
        ignore_changes=ignored if ignored else None,
        postcondition=[outcome] if owner.waits_for_steady_state else None,
    )


def wait_for(resource: TerraformResource, needed: Sequence[ITerraformDependable]) -> None:
    """
    Let a resource wait for what was made after it.

    :raises TypeError: something is no resource: CDKTF would write its address as an expression, which Terraform refuses
    """
    addresses = [] if resource.depends_on is None else list(resource.depends_on)
    for one in needed:
        if not isinstance(one, TerraformResource):
            raise TypeError(f"must be a resource, got {type(one).__name__}")
        addresses.append(f"{one.terraform_resource_type}.{one.friendly_unique_id}")
    resource.depends_on = addresses
