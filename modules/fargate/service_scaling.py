"""How many tasks a service runs: as many as keep its averages at a target, between bounds that a schedule may move."""

from typing import Annotated

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.appautoscaling_policy import (
    AppautoscalingPolicy,
    AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration,
    AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecification,
)
from cdktf_cdktf_provider_aws.appautoscaling_target import AppautoscalingTarget
from constructs import Construct
from pydantic import Field, ValidationInfo, field_validator

from modules.fargate.counts import TaskCount, count_when
from modules.fargate.peaks import PeakSettings, check_peaks, check_peaks_are_open
from modules.fargate.scaling_schedule import ScalingSchedule
from modules.office_hours.settings import OfficeHoursSettings
from modules.settings import Settings, mistake
from modules.types import Percent

_METRICS = {
    "cpu": "ECSServiceAverageCPUUtilization",
    "memory": "ECSServiceAverageMemoryUtilization",
    "requests": "ALBRequestCountPerTarget",
}
"""Application Auto Scaling API, PredefinedMetricSpecification."""

_BOUNDS = ["min_capacity", "max_capacity"]

CooldownS = Annotated[int, Field(ge=0, le=3600)]


class ServiceScalingSettings(Settings):
    """Bounds and targets; of several targets, the one that asks for most tasks wins."""

    min_capacity: TaskCount
    max_capacity: TaskCount
    cpu_target_percent: Percent | None = 70
    """The average over all tasks, of what a task has. None: not tracked."""

    memory_target_percent: Percent | None = 80
    """As above. None: not tracked, for a runtime that never gives memory back."""

    scale_in_cooldown_s: CooldownS = 300
    """Between two steps down: long, because a task too few hurts more than one too many."""

    scale_out_cooldown_s: CooldownS = 60

    requests_per_target: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    """How many requests a task gets in a minute, by the load balancer's count. It grows with the load before the
    processors show it. None: not tracked."""

    peaks: list[PeakSettings] = Field(default_factory=list)
    """
    When the bounds are others. At the end of each these are the bounds again.

    With peaks or office hours Terraform sets the bounds once, and the schedule from then on: other bounds in the file
    hold from the schedule's next action.
    """

    office_hours: OfficeHoursSettings | None = None
    """When there are tasks at all. None: always."""

    @field_validator("max_capacity")
    @classmethod
    def _not_below_min(cls, max_capacity: int, info: ValidationInfo) -> int:
        if max_capacity < info.data.get("min_capacity", 0):
            raise mistake(f"must be at least min_capacity, {info.data['min_capacity']}")
        return max_capacity

    @field_validator("memory_target_percent")
    @classmethod
    def _tracks_something(cls, memory: int | None, info: ValidationInfo) -> int | None:
        if memory is None and info.data.get("cpu_target_percent", 0) is None:
            raise mistake("must be a percentage when cpu_target_percent is None")
        return memory

    @field_validator("peaks")
    @classmethod
    def _come_one_by_one(cls, peaks: list[PeakSettings]) -> list[PeakSettings]:
        check_peaks(peaks)
        return peaks

    @field_validator("office_hours")
    @classmethod
    def _has_the_peaks_inside(
        cls, hours: OfficeHoursSettings | None, info: ValidationInfo
    ) -> OfficeHoursSettings | None:
        if hours is not None:
            check_peaks_are_open(info.data.get("peaks", []), hours)
        return hours

    @property
    def targets(self) -> dict[str, int]:
        """What is tracked: `cpu` and `memory` in percent, `requests` of a task in a minute."""
        targets = {
            "cpu": self.cpu_target_percent,
            "memory": self.memory_target_percent,
            "requests": self.requests_per_target,
        }
        return {metric: value for metric, value in targets.items() if value is not None}

    @property
    def is_scheduled(self) -> bool:
        """Whether something else than Terraform sets the bounds."""
        return bool(self.peaks) or self.office_hours is not None


class ServiceScaling(Construct):
    """Target tracking on a service's averages. The service must be `autoscaled`, so that Terraform leaves its count."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        cluster_name: str,
        service_name: str,
        runs_when: str | None = None,
        request_count_label: str | None = None,
        settings: ServiceScalingSettings,
    ) -> None:
        """
        Make the target and a policy for each metric.

        :param runs_when: a Terraform condition without which the bounds are 0, as the service has it
        :param request_count_label: `app/<load balancer>/<id>/targetgroup/<name>/<id>`, whose requests are counted
        :raises ValueError: nothing says whose requests to count, or a schedule would not wait for the condition
        """
        if settings.requests_per_target is not None and request_count_label is None:
            raise ValueError("requests_per_target needs a request_count_label")
        if settings.is_scheduled and runs_when is not None:
            raise ValueError("peaks and office_hours need runs_when=None: a schedule cannot wait for a condition")
        super().__init__(scope, id_)
        target = AppautoscalingTarget(
            self,
            "target",
            service_namespace="ecs",
            scalable_dimension="ecs:service:DesiredCount",
            resource_id=f"service/{cluster_name}/{service_name}",
            min_capacity=count_when(runs_when, settings.min_capacity),
            max_capacity=count_when(runs_when, settings.max_capacity),
            # A plan in a peak or at night would take back what the schedule has set.
            lifecycle=TerraformResourceLifecycle(ignore_changes=_BOUNDS) if settings.is_scheduled else None,
        )
        policies = [
            self._follow(metric, service_name, target, _tracking(metric, value, request_count_label, settings))
            for metric, value in settings.targets.items()
        ]
        if settings.is_scheduled:
            ScalingSchedule(
                self,
                "schedule",
                name=service_name,
                target=target,
                depends_on=policies,
                min_capacity=settings.min_capacity,
                max_capacity=settings.max_capacity,
                peaks=settings.peaks,
                office_hours=settings.office_hours,
            )

    def _follow(
        self,
        metric: str,
        service_name: str,
        target: AppautoscalingTarget,
        tracking: AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration,
    ) -> AppautoscalingPolicy:
        return AppautoscalingPolicy(
            self,
            metric,
            name=f"{service_name}-{metric}",
            policy_type="TargetTrackingScaling",
            service_namespace=target.service_namespace,
            scalable_dimension=target.scalable_dimension,
            resource_id=target.resource_id,
            target_tracking_scaling_policy_configuration=tracking,
        )


def _tracking(
    metric: str, value: int, request_count_label: str | None, settings: ServiceScalingSettings
) -> AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration:
    return AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration(
        target_value=value,
        scale_in_cooldown=settings.scale_in_cooldown_s,
        scale_out_cooldown=settings.scale_out_cooldown_s,
        predefined_metric_specification=AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecification(
            predefined_metric_type=_METRICS[metric],
            resource_label=request_count_label if metric == "requests" else None,
        ),
    )
