"""An instance of RDS that is stopped at night and started in the morning, without any code that runs anywhere."""

import json

from cdktf_cdktf_provider_aws.scheduler_schedule import (
    SchedulerSchedule,
    SchedulerScheduleFlexibleTimeWindow,
    SchedulerScheduleTarget,
    SchedulerScheduleTargetRetryPolicy,
)
from cdktf_cdktf_provider_aws.scheduler_schedule_group import SchedulerScheduleGroup
from constructs import Construct

from modules.iam import Role, allow, trust_service
from modules.names import physical_name
from modules.office_hours.settings import OfficeHoursSettings
from modules.office_hours.week import EVERY_DAY, cron, shifted

_RETRY_S = 3600
_RETRIES = 20


class DatabaseHours(Construct):
    """
    Two schedules that call RDS, and the role that may do just that.

    They are universal targets (EventBridge Scheduler User Guide, "Using universal targets"), so no function stands
    between. A plan sees nothing of it, as whether an instance runs is none of its arguments. An instance that is
    stopped has no metrics, which no alarm takes for trouble. RDS starts an instance by itself after seven days
    ("Stopping an Amazon RDS DB instance temporarily"); it is stopped every evening, so that one runs for a day at most.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        account_id: str,
        region: str,
        instance_id: str,
        settings: OfficeHoursSettings,
    ) -> None:
        """
        Make the schedules.

        :param instance_id: the identifier of an instance that is neither a replica nor has one, and belongs to no
            cluster: RDS stops no other one
        """
        super().__init__(scope, id_)
        self._settings = settings
        self._input = json.dumps({"DbInstanceIdentifier": instance_id})
        self._group = SchedulerScheduleGroup(self, "group", name=physical_name("schedule_group", name, "office-hours"))
        self._role = Role(
            self,
            "role",
            name=f"{name}-office-hours",
            # The source is a group, never a schedule (EventBridge Scheduler User Guide, "Confused deputy prevention").
            trust=trust_service("scheduler.amazonaws.com", account_id=account_id, source_arn=self._group.arn),
            permissions=[
                allow(
                    ["rds:StartDBInstance", "rds:StopDBInstance"],
                    [f"arn:aws:rds:{region}:{account_id}:db:{instance_id}"],
                )
            ],
        )
        lead_min = settings.database_lead_min
        self._declare("start", "startDBInstance", cron(settings.days, shifted(settings.opens, -lead_min)))
        self._declare("stop", "stopDBInstance", cron(EVERY_DAY, shifted(settings.closes, lead_min)))

    def _declare(self, id_: str, call: str, when: str) -> None:
        SchedulerSchedule(
            self,
            id_,
            name=f"database-{id_}",
            group_name=self._group.name,
            schedule_expression=when,
            schedule_expression_timezone=self._settings.time_zone,
            flexible_time_window=SchedulerScheduleFlexibleTimeWindow(mode="OFF"),
            target=SchedulerScheduleTarget(
                arn=f"arn:aws:scheduler:::aws-sdk:rds:{call}",
                role_arn=self._role.arn,
                # The parameters are named as in AWS's SDK for Java, whose Db is not the API's DB.
                input=self._input,
                # By itself it would try for a day, and stop in the morning what it could not stop in the evening, such
                # as an instance that had been stopped by hand and then started on time.
                retry_policy=SchedulerScheduleTargetRetryPolicy(
                    maximum_event_age_in_seconds=_RETRY_S, maximum_retry_attempts=_RETRIES
                ),
            ),
            depends_on=self._role.ready,
        )
