"""Cloud Map, in ministack."""

from typing import cast

from ministack.services import servicediscovery  # type: ignore[import-untyped]

from tools.local.patches.ministack import Params, Response

_create_service = servicediscovery._create_service


def create_service(data: Params) -> Response:
    """Find the namespace also where the provider names it, within the DNS configuration."""
    namespace = data.get("NamespaceId") or (data.get("DnsConfig") or {}).get("NamespaceId")
    return cast(Response, _create_service(data | {"NamespaceId": namespace}))


def apply() -> None:
    """Patch the service."""
    servicediscovery._create_service = create_service
