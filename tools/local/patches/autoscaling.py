"""EC2 Auto Scaling's groups, in ministack: every setting of a group is kept and read back."""

from typing import Any, cast

from ministack.core.responses import get_account_id  # type: ignore[import-untyped]
from ministack.services import autoscaling  # type: ignore[import-untyped]

from tools.local.patches import autoscaling_instances
from tools.local.patches.ministack import Params, Response, members

Record = dict[str, Any]

TEXTS = ("Context", "DesiredCapacityType", "HealthCheckType", "PlacementGroup", "VPCZoneIdentifier")
NUMBERS = (
    "DefaultCooldown",
    "DefaultInstanceWarmup",
    "DesiredCapacity",
    "HealthCheckGracePeriod",
    "MaxInstanceLifetime",
    "MaxSize",
    "MinSize",
)
FLAGS = ("CapacityRebalance", "NewInstancesProtectedFromScaleIn")
LISTS = ("TargetGroupARNs", "TerminationPolicies")
BLOCKS = ("AvailabilityZoneDistribution", "CapacityReservationSpecification", "InstanceMaintenancePolicy")

UNPLAYED = (
    "AvailabilityZoneImpairmentPolicy",
    "InstanceId",
    "InstanceLifecyclePolicy",
    "LaunchConfigurationName",
    "LifecycleHookSpecificationList",
    "LoadBalancerNames",
    "MixedInstancesPolicy",
    "TrafficSources",
)
"""What a group can have and would lose here without a word."""

UNSET = {"DefaultInstanceWarmup": -1, "MaxInstanceLifetime": 0}
"""What takes a setting away again (API UpdateAutoScalingGroup)."""

HIDDEN = ("InstanceRefreshes", "Status")

SERVICE_ROLE = "aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
"""https://docs.aws.amazon.com/autoscaling/ec2/userguide/autoscaling-service-linked-role.html"""

_create_asg = autoscaling._create_asg
_delete_asg = autoscaling._delete_asg


def create_auto_scaling_group(params: Params) -> Response:
    """Make a group and launch its instances."""
    _require_played(params)
    if refusal := autoscaling_instances.check_template(params):
        return refusal
    response: Response = _create_asg(params)
    if response[0] == 200:
        group = autoscaling._asgs[autoscaling._p(params, "AutoScalingGroupName")]
        role = f"arn:aws:iam::{get_account_id()}:role/{SERVICE_ROLE}"
        group |= {"EnabledMetrics": [], "SuspendedProcesses": [], "CapacityRebalance": False}
        group |= {
            "TargetGroupARNs": [],
            "HealthCheckGracePeriod": 0,
            "ServiceLinkedRoleARN": group["ServiceLinkedRoleARN"] or role,
        }
        _configure(group, params)
        autoscaling_instances.resize(group)
    return response


def update_auto_scaling_group(params: Params) -> Response:
    """Change any setting of a group, and the number of its instances."""
    _require_played(params)
    group = _group(params)
    if group is None:
        return _missing(params)
    if refusal := autoscaling_instances.check_template(params):
        return refusal
    _configure(group, params)
    autoscaling_instances.resize(group)
    return _done("UpdateAutoScalingGroup")


def set_desired_capacity(params: Params) -> Response:
    """Launch or terminate instances. The number must lie between those of the group (API SetDesiredCapacity)."""
    group = _group(params)
    if group is None:
        return _missing(params)
    wanted = int(autoscaling._p(params, "DesiredCapacity"))
    if not group["MinSize"] <= wanted <= group["MaxSize"]:
        bound = "above max value" if wanted > group["MaxSize"] else "below min value"
        why = f"New SetDesiredCapacity value {wanted} is {bound} for the AutoScalingGroup."
        return cast(Response, autoscaling._error("ValidationError", why))
    group["DesiredCapacity"] = wanted
    autoscaling_instances.resize(group)
    return _done("SetDesiredCapacity")


def delete_auto_scaling_group(params: Params) -> Response:
    """Delete a group that has no instances, or with `ForceDelete` its instances too."""
    group = _group(params)
    if group is None:
        return _missing(params)
    if group["Instances"] and autoscaling._p(params, "ForceDelete") != "true":
        why = "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s)"
        return cast(Response, autoscaling._error("ResourceInUse", f"{why} still in the group."))
    autoscaling_instances.resize(group, 0)
    return cast(Response, _delete_asg(params))


def describe_auto_scaling_groups(params: Params) -> Response:
    """Answer everything that is known of a group."""
    if autoscaling._p(params, "Filters.member.1.Name"):
        raise NotImplementedError("groups are found by their names only")
    names = members(params, "AutoScalingGroupNames")
    groups = [group for name, group in autoscaling._asgs.items() if not names or name in names]
    shown = [{key: value for key, value in group.items() if key not in HIDDEN} for group in groups]
    xml = f"<AutoScalingGroups>{autoscaling._member_xml(shown)}</AutoScalingGroups>"
    return _done("DescribeAutoScalingGroups", xml)


def enable_metrics_collection(params: Params) -> Response:
    """Remember which metrics of a group are collected."""
    group = _group(params)
    if group is None:
        return _missing(params)
    names, unit = members(params, "Metrics"), autoscaling._p(params, "Granularity")
    kept = [each for each in group["EnabledMetrics"] if each["Metric"] not in names]
    group["EnabledMetrics"] = [*kept, *({"Metric": name, "Granularity": unit} for name in names)]
    return _done("EnableMetricsCollection")


def disable_metrics_collection(params: Params) -> Response:
    """Forget metrics; all of them when none is named."""
    group = _group(params)
    if group is None:
        return _missing(params)
    names = members(params, "Metrics")
    group["EnabledMetrics"] = [each for each in group["EnabledMetrics"] if names and each["Metric"] not in names]
    return _done("DisableMetricsCollection")


def attach_load_balancer_target_groups(params: Params) -> Response:
    """Register the group's instances with more target groups."""
    return _attach(params, "AttachLoadBalancerTargetGroups", members(params, "TargetGroupARNs"), [])


def detach_load_balancer_target_groups(params: Params) -> Response:
    """Take the group's instances out of target groups."""
    return _attach(params, "DetachLoadBalancerTargetGroups", [], members(params, "TargetGroupARNs"))


def _attach(params: Params, action: str, added: list[str], removed: list[str]) -> Response:
    group = _group(params)
    if group is None:
        return _missing(params)
    group["TargetGroupARNs"] = [arn for arn in group["TargetGroupARNs"] if arn not in {*added, *removed}] + added
    for instance in group["Instances"]:
        autoscaling_instances.deregister(instance["InstanceId"], removed)
        autoscaling_instances.register(instance["InstanceId"], added)
    return _done(action)


def _configure(group: Record, params: Params) -> None:
    given = {field: autoscaling._p(params, field) for field in (*TEXTS, *NUMBERS, *FLAGS)}
    group |= {field: given[field] for field in TEXTS if given[field]}
    group |= {field: int(given[field]) for field in NUMBERS if given[field]}
    group |= {field: given[field] == "true" for field in FLAGS if given[field]}
    group |= {field: found for field in LISTS if (found := members(params, field))}
    group |= {field: found for field in BLOCKS if (found := autoscaling._parse_nested(params, field))}
    for field, value in UNSET.items():
        if group.get(field) == value:
            del group[field]
    if template := autoscaling_instances.template_of(params):
        group["LaunchTemplate"] = template
    # A new limit moves the capacity (API UpdateAutoScalingGroup).
    group["DesiredCapacity"] = min(max(group["DesiredCapacity"], group["MinSize"]), group["MaxSize"])
    if group["VPCZoneIdentifier"]:
        group["AvailabilityZones"] = autoscaling_instances.zones(group)


def _require_played(params: Params) -> None:
    for field in UNPLAYED:
        if any(key == field or key.startswith(f"{field}.") for key in params):
            raise NotImplementedError(f"a group with {field}")


def _group(params: Params) -> Record | None:
    return cast(Record | None, autoscaling._asgs.get(autoscaling._p(params, "AutoScalingGroupName")))


def _missing(params: Params) -> Response:
    name = autoscaling._p(params, "AutoScalingGroupName")
    return cast(Response, autoscaling._error("ValidationError", f"AutoScalingGroup name not found - {name}"))


def _done(action: str, result: str = "") -> Response:
    return cast(Response, autoscaling._xml(200, f"{action}Response", f"<{action}Result>{result}</{action}Result>"))


def apply() -> None:
    """Patch the service."""
    autoscaling._reconcile_instances = lambda _group: None
    autoscaling._ACTION_MAP |= {
        "AttachLoadBalancerTargetGroups": attach_load_balancer_target_groups,
        "CreateAutoScalingGroup": create_auto_scaling_group,
        "DeleteAutoScalingGroup": delete_auto_scaling_group,
        "DescribeAutoScalingGroups": describe_auto_scaling_groups,
        "DetachLoadBalancerTargetGroups": detach_load_balancer_target_groups,
        "DisableMetricsCollection": disable_metrics_collection,
        "EnableMetricsCollection": enable_metrics_collection,
        "SetDesiredCapacity": set_desired_capacity,
        "UpdateAutoScalingGroup": update_auto_scaling_group,
    }
