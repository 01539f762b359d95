"""ECS, in ministack."""

from typing import Any, cast

from ministack.services import ecs  # type: ignore[import-untyped]

from tools.local.patches import ecs_task_sets
from tools.local.patches.ministack import Params, Response

SERVICE_FIELDS = (
    "availabilityZoneRebalancing",
    "enableECSManagedTags",
    "placementConstraints",
    "placementStrategy",
    "propagateTags",
    "serviceRegistries",
)
"""Fields of a service that stock ministack forgets on creation, on update or both."""

_create_service = ecs._create_service
_update_service = ecs._update_service


def create_service(data: Params) -> Response:
    """Remember every field of a service that is read back."""
    return _remember(data, _create_service(data))


def update_service(data: Params) -> Response:
    """Remember every changed field of a service that is read back, unless it is CodeDeploy's to change."""
    refusal = ecs_task_sets.update_service(data)
    return _remember(data, _update_service(data)) if refusal is None else refusal


def find_service(cluster: str, name: str) -> dict[str, Any] | None:
    """Find an active service of the current account and region."""
    service: dict[str, Any] | None = ecs._services.get(f"{cluster}/{name}")
    return service if service and service["status"] == "ACTIVE" else None


def _remember(data: Params, response: Response) -> Response:
    if response[0] != 200:
        return response
    cluster = ecs._resolve_cluster_name(data.get("cluster", "default"))
    name, _ = ecs._resolve_service_ref(data.get("serviceName") or data["service"])
    service = ecs._services[f"{cluster}/{name}"]
    service.update({field: data[field] for field in SERVICE_FIELDS if field in data})
    return cast(Response, ecs.json_response({"service": ecs._sanitize(service)}))


def apply() -> None:
    """Patch the service."""
    ecs._ACTION_MAP |= {"CreateService": create_service, "UpdateService": update_service}
