"""Application Auto Scaling, in moto."""

import json
from typing import Any

from ministack.core.responses import request_scope  # type: ignore[import-untyped]
from moto.applicationautoscaling.exceptions import AWSValidationException
from moto.applicationautoscaling.models import ApplicationAutoscalingBackend, FakeScalableTarget
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.exceptions import JsonRESTError

from tools.local.patches import ecs

SERVICE_ROLE = (
    "aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService"
)
NOT_SUSPENDED = {
    "DynamicScalingInSuspended": False,
    "DynamicScalingOutSuspended": False,
    "ScheduledScalingSuspended": False,
}

_register = ApplicationAutoScalingResponse.register_scalable_target


def ecs_service_exists_for_target(backend: ApplicationAutoscalingBackend, resource_id: str) -> bool:
    """Look for the service where it lives: in the other emulator."""
    _, cluster, name = resource_id.split("/")
    with request_scope(backend.account_id, backend.region_name):
        if ecs.find_service(cluster, name) is None:
            raise AWSValidationException(f"ECS service doesn't exist: {resource_id}")
    return True


def register_scalable_target(self: ApplicationAutoScalingResponse) -> str:
    """Remember the tags, and give the role and the state that AWS gives a target without them."""
    answer = _register(self)
    target = _target(self, json.loads(answer)["ScalableTargetARN"])
    _tags(target).update(self._get_param("Tags") or {})
    account = self.applicationautoscaling_backend.account_id
    target.role_arn = target.role_arn or f"arn:aws:iam::{account}:role/{SERVICE_ROLE}"
    target.suspended_state = target.suspended_state or NOT_SUSPENDED  # type: ignore[assignment]
    return answer


def list_tags_for_resource(self: ApplicationAutoScalingResponse) -> str:
    """Answer the tags of a scalable target."""
    return json.dumps({"Tags": _tags(_target(self, self._get_param("ResourceARN")))})


def tag_resource(self: ApplicationAutoScalingResponse) -> str:
    """Add tags to a scalable target."""
    _tags(_target(self, self._get_param("ResourceARN"))).update(self._get_param("Tags"))
    return "{}"


def untag_resource(self: ApplicationAutoScalingResponse) -> str:
    """Remove tags from a scalable target."""
    tags = _tags(_target(self, self._get_param("ResourceARN")))
    for key in self._get_param("TagKeys"):
        tags.pop(key, None)
    return "{}"


def _target(response: ApplicationAutoScalingResponse, arn: str) -> FakeScalableTarget:
    dimensions = response.applicationautoscaling_backend.targets.values()
    found = (target for targets in dimensions for target in targets.values() if target.arn == arn)
    if target := next(found, None):
        return target
    raise JsonRESTError("ResourceNotFoundException", f"Scalable target not found: {arn}")


def _tags(target: FakeScalableTarget) -> dict[str, Any]:
    tags: dict[str, Any] = target.__dict__.setdefault("tags", {})
    return tags


def apply() -> None:
    """Patch the service."""
    ApplicationAutoscalingBackend._ecs_service_exists_for_target = ecs_service_exists_for_target  # type: ignore[method-assign, assignment]
    for patch in (register_scalable_target, list_tags_for_resource, tag_resource, untag_resource):
        setattr(ApplicationAutoScalingResponse, patch.__name__, patch)
