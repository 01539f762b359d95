"""Elastic Load Balancing v2, in ministack."""

from typing import Any, cast

from ministack.services import alb  # type: ignore[import-untyped]

from tools.local.patches import acm
from tools.local.patches.ministack import Params, Response

_default_certificate = alb._default_certificate
_parse_actions = alb._parse_actions
_action_xml = alb._action_xml
_delete_lb = alb._delete_lb


def describe_capacity_reservation(_params: Params) -> Response:
    """Answer that nothing is reserved. The provider reads it after every `aws_lb`."""
    remaining = "<DecreaseRequestsRemaining>2</DecreaseRequestsRemaining>"
    return cast(Response, alb._xml(200, "DescribeCapacityReservation", f"{remaining}<CapacityReservationState/>"))


def delete_load_balancer(params: Params) -> Response:
    """Refuse to delete a protected load balancer (API DeleteLoadBalancer)."""
    arn = alb._p(params, "LoadBalancerArn")
    if alb._lb_attr(arn, "deletion_protection.enabled", "false") == "true":
        why = "cannot be deleted because deletion protection is enabled"
        return cast(Response, alb._error("OperationNotPermitted", f"Load balancer '{arn}' {why}"))
    return cast(Response, _delete_lb(params))


def create_listener(params: Params) -> tuple[list[str] | None, Response | None]:
    """Refuse a certificate that ACM has not issued, also when a listener changes."""
    arns, refusal = _default_certificate(params)
    for arn in arns or []:
        if acm.is_pending(arn):
            what = "must have a fully-qualified domain name, a supported signature, and a supported key size."
            return None, alb._error("UnsupportedCertificate", f"The certificate '{arn}' {what}")
    return arns, refusal


def modify_rule(params: Params, prefix: str = "DefaultActions") -> list[dict[str, Any]]:
    """Remember the weights with which an action forwards to several target groups, also those of a listener."""
    actions: list[dict[str, Any]] = _parse_actions(params, prefix)
    for number, action in enumerate(actions, 1):
        shares: list[tuple[str, str]] = []
        base = f"{prefix}.member.{number}.ForwardConfig.TargetGroups.member"
        while arn := alb._p(params, f"{base}.{len(shares) + 1}.TargetGroupArn"):
            shares.append((arn, alb._p(params, f"{base}.{len(shares) + 1}.Weight") or "1"))
        if shares:
            action["Shares"] = shares
            # Ministack serves by this field, and only by it.
            action["TargetGroupArn"] = max(shares, key=lambda share: int(share[1]))[0]
        elif "TargetGroupArn" in action:
            action["Shares"] = [(action["TargetGroupArn"], "1")]
    return actions


def describe_rules(action: dict[str, Any]) -> str:
    """Answer what `modify_rule` remembers. The field for a single target group is there only when there is one."""
    is_split = len(action.get("Shares", [])) > 1
    xml = cast(str, _action_xml({key: action[key] for key in action if key != "TargetGroupArn" or not is_split}))
    if "Shares" not in action:
        return xml
    groups = "".join(
        f"<member><TargetGroupArn>{arn}</TargetGroupArn><Weight>{weight}</Weight></member>"
        for arn, weight in action["Shares"]
    )
    stickiness = "<TargetGroupStickinessConfig><Enabled>false</Enabled></TargetGroupStickinessConfig>"
    more = f"<ForwardConfig><TargetGroups>{groups}</TargetGroups>{stickiness}</ForwardConfig>"
    return f"{xml.removesuffix('</member>')}{more}</member>"


def apply() -> None:
    """Patch the service."""
    alb._default_certificate = create_listener
    alb._parse_actions = modify_rule
    alb._action_xml = describe_rules
    alb._ACTION_MAP["DeleteLoadBalancer"] = delete_load_balancer
    alb._ACTION_MAP["DescribeCapacityReservation"] = describe_capacity_reservation
