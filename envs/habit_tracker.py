"""`cdktf deploy habit-tracker`: Habit Tracker, with two tasks of each service and one more at its peaks."""

from modules.fargate.peaks import PeakSettings
from modules.fargate.service_scaling import ServiceScalingSettings
from modules.load_balancer.certificate import DomainSettings
from modules.network.network import NetworkSettings
from modules.watching.budget import BudgetSettings
from stacks.habit_tracker_settings import (
    HabitTrackerApiSettings,
    HabitTrackerFilesSettings,
    HabitTrackerSettings,
    HabitTrackerWebSettings,
)

_ZONE = "America/New_York"

SETTINGS = HabitTrackerSettings(
    account_id="956880242582",
    region="us-east-1",
    aws_provider_version="6.33.0",
    domain=DomainSettings(domain_name="habit-tracker.trust.demo.paythru.com"),
    network=NetworkSettings(nat="one"),
    scaling=ServiceScalingSettings(
        min_capacity=2,
        max_capacity=8,
        requests_per_target=300,
        peaks=[
            PeakSettings(name="morning", begins="05:45", ends="09:30", time_zone=_ZONE, min_capacity=3, max_capacity=8),
            PeakSettings(name="evening", begins="18:45", ends="22:30", time_zone=_ZONE, min_capacity=3, max_capacity=8),
        ],
    ),
    api=HabitTrackerApiSettings(image_tag="habit-tracker", command=["gunicorn", "config.wsgi"]),
    web=HabitTrackerWebSettings(image_tag="habit-tracker"),
    files=HabitTrackerFilesSettings(),
    budget=BudgetSettings(monthly_limit_usd=225),
)
