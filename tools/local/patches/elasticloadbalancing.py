"""Elastic Load Balancing v2, in ministack."""

from typing import cast

from ministack.services import alb  # type: ignore[import-untyped]

from tools.local.patches.ministack import Params, Response


def describe_capacity_reservation(_params: Params) -> Response:
    """Answer that nothing is reserved. The provider reads it after every `aws_lb`."""
    remaining = "<DecreaseRequestsRemaining>2</DecreaseRequestsRemaining>"
    return cast(Response, alb._xml(200, "DescribeCapacityReservation", f"{remaining}<CapacityReservationState/>"))


def apply() -> None:
    """Patch the service."""
    alb._ACTION_MAP["DescribeCapacityReservation"] = describe_capacity_reservation
