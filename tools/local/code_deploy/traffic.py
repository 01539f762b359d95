"""What a deployment changes at the load balancer."""

from collections.abc import Iterable
from typing import Any

from ministack.services import alb  # type: ignore[import-untyped]

Record = dict[str, Any]


def target_group_arn(name: str) -> str:
    """
    Find a target group by name.

    :raises KeyError: there is none
    """
    for arn, group in alb._tgs.items():
        if group["TargetGroupName"] == name:
            return str(arn)
    raise KeyError(name)


def shift(listener_arns: Iterable[str], shares: dict[str, int]) -> None:
    """Let all that forwards to one of these target groups, on these listeners, forward to all with these weights."""
    listeners = set(listener_arns)
    for rule in list(alb._rules.values()):
        if rule["ListenerArn"] in listeners:
            rule["Actions"] = [_forward(action, shares) for action in rule["Actions"]]
            if rule["IsDefault"]:
                alb._listeners[rule["ListenerArn"]]["DefaultActions"] = rule["Actions"]


def _forward(action: Record, shares: dict[str, int]) -> Record:
    """Change one action, unless it leads elsewhere. Requests go to the group that has the most."""
    groups = {action.get("TargetGroupArn"), *(arn for arn, _ in action.get("Shares", []))}
    if not groups & shares.keys():
        return action
    most = max(shares, key=lambda arn: shares[arn])
    return action | {"TargetGroupArn": most, "Shares": [(arn, str(weight)) for arn, weight in shares.items()]}
