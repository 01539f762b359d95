"""EC2 Auto Scaling's policies, in ministack."""

from typing import cast

from ministack.services import autoscaling  # type: ignore[import-untyped]

from tools.local.patches.ministack import Params, Response, members

_describe_policies = autoscaling._describe_policies
_put_scaling_policy = autoscaling._put_scaling_policy


def put_scaling_policy(params: Params) -> Response:
    """Keep the ARN of a policy that changes: alarms name it."""
    key = f"{autoscaling._p(params, 'AutoScalingGroupName')}/{autoscaling._p(params, 'PolicyName')}"
    before = autoscaling._policies.get(key)
    response: Response = _put_scaling_policy(params)
    if before is None or response[0] != 200:
        return response
    policy = autoscaling._policies[key]
    policy["PolicyARN"] = before["PolicyARN"]
    return _done("PutScalingPolicy", autoscaling._member_xml({"PolicyARN": policy["PolicyARN"], "Alarms": []}))


def describe_policies(params: Params) -> Response:
    """Answer the policies that are asked for, by name."""
    names = members(params, "PolicyNames")
    response: Response = _describe_policies(params)
    if not names:
        return response
    group = autoscaling._p(params, "AutoScalingGroupName")
    found = [
        {"StepAdjustments": [], "Alarms": []} | policy
        for policy in autoscaling._policies.values()
        if policy["AutoScalingGroupName"] == group and {policy["PolicyName"], policy["PolicyARN"]} & set(names)
    ]
    return _done("DescribePolicies", f"<ScalingPolicies>{autoscaling._member_xml(found)}</ScalingPolicies>")


def _done(action: str, result: str) -> Response:
    return cast(Response, autoscaling._xml(200, f"{action}Response", f"<{action}Result>{result}</{action}Result>"))


def apply() -> None:
    """Patch the service."""
    autoscaling._ACTION_MAP |= {"DescribePolicies": describe_policies, "PutScalingPolicy": put_scaling_policy}
