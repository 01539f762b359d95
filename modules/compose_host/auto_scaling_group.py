"""The group that starts the hosts, replaces the one that fails, and all of them when their template changes."""

from collections.abc import Mapping, Sequence

from cdktf import ITerraformDependable, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.autoscaling_group import (
    AutoscalingGroup,
    AutoscalingGroupInstanceRefresh,
    AutoscalingGroupInstanceRefreshPreferences,
    AutoscalingGroupLaunchTemplate,
    AutoscalingGroupTag,
)
from constructs import Construct

from modules.compose_host.host_template import HostTemplate
from modules.compose_host.settings import ComposeHostSettings


def declare_group(
    scope: Construct,
    id_: str,
    *,
    name: str,
    template: HostTemplate,
    subnet_ids: Sequence[str],
    target_group_arns: Sequence[str],
    launch_first: bool,
    tags: Mapping[str, str],
    depends_on: Sequence[ITerraformDependable],
    settings: ComposeHostSettings,
) -> AutoscalingGroup:
    """
    Make the group.

    :param launch_first: whether a host goes only when its successor is in service; else it goes while that starts, and
        what both need the successor must wait for
    :param tags: for the group and its instances, which the provider's default tags do not reach
    """
    owned_by_policies = TerraformResourceLifecycle(ignore_changes=["desired_capacity"])
    return AutoscalingGroup(
        scope,
        id_,
        name=name,
        min_size=settings.min_size,
        desired_capacity=settings.desired_capacity,
        max_size=settings.max_size,
        launch_template=AutoscalingGroupLaunchTemplate(id=template.id, version=template.version),
        vpc_zone_identifier=list(subnet_ids),
        target_group_arns=list(target_group_arns),
        # Not ELB: before the first release nothing answers, and the group would replace host after host. A container
        # that is unhealthy the host starts anew itself.
        health_check_type="EC2",
        health_check_grace_period=settings.warmup_s,
        default_instance_warmup=settings.warmup_s,
        instance_refresh=_refresh(launch_first=launch_first),
        tag=[AutoscalingGroupTag(key=key, value=value, propagate_at_launch=True) for key, value in tags.items()],
        depends_on=list(depends_on),
        lifecycle=None if settings.scaling is None else owned_by_policies,
    )


def _refresh(*, launch_first: bool) -> AutoscalingGroupInstanceRefresh:
    """
    Say how hosts are replaced when the template changes: one after the other, the new one first, or both at once.

    At least and at most 100 % means one at a time, and the new one first (EC2 Auto Scaling API, RefreshPreferences;
    hashicorp/terraform-provider-aws#47188). At least 0 % is "terminate and launch": new instances start at the same
    time as the old ones are terminated (EC2 Auto Scaling User Guide, "Instance maintenance policy for Auto Scaling
    group"). Nothing can be rolled back by itself, as the template names a parameter and no image (RefreshPreferences,
    AutoRollback).
    """
    preferences = AutoscalingGroupInstanceRefreshPreferences(
        min_healthy_percentage=100 if launch_first else 0, max_healthy_percentage=100
    )
    return AutoscalingGroupInstanceRefresh(strategy="Rolling", preferences=preferences)
