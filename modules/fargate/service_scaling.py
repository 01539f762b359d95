"""How many tasks a service runs: as many as keep its processors and its memory at a target."""

from typing import Annotated

from cdktf_cdktf_provider_aws.appautoscaling_policy import (
    AppautoscalingPolicy,
    AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration,
    AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecification,
)
from cdktf_cdktf_provider_aws.appautoscaling_target import AppautoscalingTarget
from constructs import Construct
from pydantic import Field, ValidationInfo, field_validator

from modules.fargate.counts import count_when
from modules.settings import Settings, mistake
from modules.types import Percent

_METRICS = {"cpu": "ECSServiceAverageCPUUtilization", "memory": "ECSServiceAverageMemoryUtilization"}
"""Application Auto Scaling API, PredefinedMetricSpecification."""

TaskCount = Annotated[int, Field(ge=1, le=5000)]
"""A service has at most 5000 tasks (ECS service quotas), and one with none has no metrics to grow by."""

CooldownS = Annotated[int, Field(ge=0, le=3600)]


class ServiceScalingSettings(Settings):
    """Bounds and targets; with two targets, the one that asks for more tasks wins."""

    min_capacity: TaskCount
    max_capacity: TaskCount
    cpu_target_percent: Percent | None = 70
    """The average over all tasks, of what a task has. None: not tracked."""

    memory_target_percent: Percent | None = 80
    """As above. None: not tracked, for a runtime that never gives memory back."""

    scale_in_cooldown_s: CooldownS = 300
    """Between two steps down: long, because a task too few hurts more than one too many."""

    scale_out_cooldown_s: CooldownS = 60

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

    @property
    def targets(self) -> dict[str, int]:
        """What is tracked: `cpu` and `memory`, in percent."""
        both = {"cpu": self.cpu_target_percent, "memory": self.memory_target_percent}
        return {metric: percent for metric, percent in both.items() if percent is not None}


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
        settings: ServiceScalingSettings,
    ) -> None:
        """
        Make the target and a policy for each metric.

        :param runs_when: a Terraform condition without which the bounds are 0, as the service has it
        """
        super().__init__(scope, id_)
        target = AppautoscalingTarget(
            self,
            "target",
            service_namespace="ecs",
            scalable_dimension="ecs:service:DesiredCount",
            resource_id=f"service/{cluster_name}/{service_name}",
            min_capacity=count_when(runs_when, settings.min_capacity),
            max_capacity=count_when(runs_when, settings.max_capacity),
        )
        for metric, percent in settings.targets.items():
            AppautoscalingPolicy(
                self,
                metric,
                name=f"{service_name}-{metric}",
                policy_type="TargetTrackingScaling",
                service_namespace=target.service_namespace,
                scalable_dimension=target.scalable_dimension,
                resource_id=target.resource_id,
                target_tracking_scaling_policy_configuration=_tracking(_METRICS[metric], percent, settings),
            )


def _tracking(
    metric: str, percent: int, settings: ServiceScalingSettings
) -> AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration:
    return AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration(
        target_value=percent,
        scale_in_cooldown=settings.scale_in_cooldown_s,
        scale_out_cooldown=settings.scale_out_cooldown_s,
        predefined_metric_specification=AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecification(
            predefined_metric_type=metric
        ),
    )
