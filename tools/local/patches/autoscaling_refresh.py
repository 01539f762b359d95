"""EC2 Auto Scaling's instance refresh, in ministack, which only writes it down: here it replaces the instances."""

import time
from typing import Any, cast

from ministack.core.concurrency import spawn_background  # type: ignore[import-untyped]
from ministack.core.responses import new_uuid, now_iso  # type: ignore[import-untyped]
from ministack.services import autoscaling  # type: ignore[import-untyped]

from tools.local.patches import autoscaling_instances
from tools.local.patches.ministack import Params, Response, members

Record = dict[str, Any]

MOMENT_S = 0.2
"""How long the replacement of one instance takes, and how long a refresh is only created."""

ENDED = {"Cancelled", "Failed", "Successful"}

BOUNDS = (("Min", 90), ("Max", 100))
"""Percentages of a group that stay or run while it is refreshed, when nothing is said (API, RefreshPreferences)."""


def start_instance_refresh(params: Params) -> Response:
    """Replace the instances one after the other, unless a refresh runs already (API StartInstanceRefresh)."""
    group = autoscaling._asgs.get(autoscaling._p(params, "AutoScalingGroupName"))
    if group is None:
        return _missing(params)
    if _running(group) is not None:
        why = "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh."
        return cast(Response, autoscaling._error("InstanceRefreshInProgress", why))
    refresh: Record = {
        "InstanceRefreshId": new_uuid(),
        "AutoScalingGroupName": group["AutoScalingGroupName"],
        "Status": "Pending",
        "Strategy": autoscaling._p(params, "Strategy") or "Rolling",
        "StartTime": now_iso(),
        "PercentageComplete": 0,
        "InstancesToUpdate": len(group["Instances"]),
        "Preferences": autoscaling._parse_nested(params, "Preferences"),
    }
    group.setdefault("InstanceRefreshes", []).insert(0, refresh)
    spawn_background(_play, group, refresh, thread_name="local-aws-refresh")
    return _done("StartInstanceRefresh", {"InstanceRefreshId": refresh["InstanceRefreshId"]})


def describe_instance_refreshes(params: Params) -> Response:
    """Answer the refreshes of a group, the last first."""
    group = autoscaling._asgs.get(autoscaling._p(params, "AutoScalingGroupName"))
    if group is None:
        return _missing(params)
    wanted = members(params, "InstanceRefreshIds")
    refreshes = group.get("InstanceRefreshes", [])
    found = [refresh for refresh in refreshes if not wanted or refresh["InstanceRefreshId"] in wanted]
    return _done("DescribeInstanceRefreshes", {"InstanceRefreshes": found})


def cancel_instance_refresh(params: Params) -> Response:
    """Stop before the next instance; what was replaced stays so."""
    group = autoscaling._asgs.get(autoscaling._p(params, "AutoScalingGroupName"))
    if group is None:
        return _missing(params)
    refresh = _running(group)
    if refresh is None:
        why = "No in progress or pending Instance Refresh found for Auto Scaling group"
        return cast(
            Response, autoscaling._error("ActiveInstanceRefreshNotFound", f"{why} {group['AutoScalingGroupName']}")
        )
    refresh["Status"] = "Cancelling"
    return _done("CancelInstanceRefresh", {"InstanceRefreshId": refresh["InstanceRefreshId"]})


def _play(group: Record, refresh: Record) -> None:
    time.sleep(MOMENT_S)
    if refresh["Status"] == "Pending":
        refresh["Status"] = "InProgress"
    is_skipping = refresh["Preferences"].get("SkipMatching") == "true"
    old = list(group["Instances"])
    todo = [each for each in old if not (is_skipping and autoscaling_instances.is_current(group, each))]
    for number, instance in enumerate(todo, 1):
        if refresh["Status"] == "Cancelling":
            break
        with autoscaling_instances.CHANGING:
            # A group may shrink or go away meanwhile.
            if instance in group["Instances"]:
                _replace(group, instance, refresh)
        refresh |= {"InstancesToUpdate": len(todo) - number, "PercentageComplete": 100 * number // len(todo)}
        time.sleep(MOMENT_S)
    is_cancelled = refresh["Status"] == "Cancelling"
    refresh["EndTime"] = now_iso()
    refresh |= {"Status": "Cancelled"} if is_cancelled else {"Status": "Successful", "PercentageComplete": 100}


def _replace(group: Record, instance: Record, refresh: Record) -> None:
    """
    Launch first where more instances than wanted may run for a while, or none may be missing.

    https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-instance-maintenance-policy.html, and for
    100 and 100 hashicorp/terraform-provider-aws#47188.
    """
    least, most = (int(refresh["Preferences"].get(f"{bound}HealthyPercentage") or default) for bound, default in BOUNDS)
    launches_first = least >= 100 or most > 100
    if launches_first:
        autoscaling_instances.launch(group)
    autoscaling_instances.terminate(group, instance)
    if not launches_first:
        autoscaling_instances.launch(group)


def _running(group: Record) -> Record | None:
    refreshes: list[Record] = group.get("InstanceRefreshes", [])
    return next((refresh for refresh in refreshes if refresh["Status"] not in ENDED), None)


def _missing(params: Params) -> Response:
    name = autoscaling._p(params, "AutoScalingGroupName")
    return cast(Response, autoscaling._error("ValidationError", f"AutoScalingGroup name not found - {name}"))


def _done(action: str, result: Record) -> Response:
    xml = f"<{action}Result>{autoscaling._member_xml(result)}</{action}Result>"
    return cast(Response, autoscaling._xml(200, f"{action}Response", xml))


def apply() -> None:
    """Patch the service."""
    autoscaling._ACTION_MAP |= {
        "CancelInstanceRefresh": cancel_instance_refresh,
        "DescribeInstanceRefreshes": describe_instance_refreshes,
        "StartInstanceRefresh": start_instance_refresh,
    }
