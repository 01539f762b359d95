"""EFS, in ministack."""

from typing import Any

from ministack.services import efs  # type: ignore[import-untyped]

from tools.local.patches.ministack import Response

_create_access_point = efs._create_access_point


def create_access_point(body: dict[str, Any]) -> Response:
    """Keep no POSIX user when none is given; an empty one reads back as root."""
    response: Response = _create_access_point(body)
    if not body.get("PosixUser"):
        for record in efs._access_points.values():
            if record["ClientToken"] == body.get("ClientToken"):
                record.pop("PosixUser", None)
    return response


def apply() -> None:
    """Patch the service."""
    efs._create_access_point = create_access_point
