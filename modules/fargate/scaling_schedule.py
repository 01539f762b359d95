"""What moves the bounds of a service that is scaled, at fixed times of the week."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.appautoscaling_scheduled_action import (
    AppautoscalingScheduledAction,
    AppautoscalingScheduledActionScalableTargetAction,
)
from cdktf_cdktf_provider_aws.appautoscaling_target import AppautoscalingTarget
from constructs import Construct

from modules.fargate.peaks import PeakSettings
from modules.office_hours.settings import OfficeHoursSettings
from modules.office_hours.week import EVERY_DAY, cron


@dataclass(frozen=True, kw_only=True)
class _Action:
    """New bounds at a time."""

    id: str
    when: str
    time_zone: str
    min_capacity: int
    max_capacity: int


class ScalingSchedule(Construct):
    """
    Scheduled actions on one scalable target, which the service's peaks and office hours are made of.

    Somebody who works late opens the service with `RegisterScalableTarget`, and it closes the next evening.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        target: AppautoscalingTarget,
        depends_on: Sequence[ITerraformDependable],
        min_capacity: int,
        max_capacity: int,
        peaks: Sequence[PeakSettings],
        office_hours: OfficeHoursSettings | None,
    ) -> None:
        """
        Make the actions.

        :param name: the service's
        :param depends_on: what else is put on the target
        :param min_capacity: the bounds outside of the peaks, as is `max_capacity`
        """
        super().__init__(scope, id_)
        before = list(depends_on)
        for action in _actions(min_capacity, max_capacity, peaks, office_hours):
            made = AppautoscalingScheduledAction(
                self,
                action.id,
                name=f"{name}-{action.id.replace('_', '-')}",
                service_namespace=target.service_namespace,
                scalable_dimension=target.scalable_dimension,
                resource_id=target.resource_id,
                schedule=action.when,
                timezone=action.time_zone,
                scalable_target_action=AppautoscalingScheduledActionScalableTargetAction(
                    min_capacity=str(action.min_capacity), max_capacity=str(action.max_capacity)
                ),
                # One after the other: of two calls at once for one target AWS refuses one with a
                # ConcurrentUpdateException (hashicorp/terraform-provider-aws#17915).
                depends_on=before,
            )
            before = [made]


def _actions(
    min_capacity: int, max_capacity: int, peaks: Sequence[PeakSettings], office_hours: OfficeHoursSettings | None
) -> Iterator[_Action]:
    for peak in peaks:
        for end, time, least, most in (
            ("begins", peak.begins, peak.min_capacity, peak.max_capacity),
            ("ends", peak.ends, min_capacity, max_capacity),
        ):
            yield _Action(
                id=f"{peak.name}_{end}",
                when=cron(peak.days, time),
                time_zone=peak.time_zone,
                min_capacity=least,
                max_capacity=most,
            )
    if office_hours is not None:
        zone = office_hours.time_zone
        opens, closes = cron(office_hours.days, office_hours.opens), cron(EVERY_DAY, office_hours.closes)
        yield _Action(id="opens", when=opens, time_zone=zone, min_capacity=min_capacity, max_capacity=max_capacity)
        yield _Action(id="closes", when=closes, time_zone=zone, min_capacity=0, max_capacity=0)
