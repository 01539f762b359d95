"""What the two services of Habit Tracker are, put together from what the environment says and what design 003 fixes."""

from modules.deployment.one_off import in_order
from modules.deployment.release_manifest import ReleaseSettings
from modules.fargate.service_settings import FargateServiceSettings
from modules.web_service.own_address import add_own_address
from modules.web_service.settings import WebServiceSettings
from stacks.habit_tracker_settings import TMP, HabitTrackerSettings

_WEB_PORT = 80


def api_settings(settings: HabitTrackerSettings) -> WebServiceSettings:
    """Put together what the environment and the design say of the API."""
    api, steps = settings.api, settings.release_steps
    service = FargateServiceSettings(
        cpu=api.cpu,
        memory_mib=api.memory_mib,
        cpu_architecture=settings.cpu_architecture,
        port=api.port,
        user=api.user,
        writable_paths=[TMP],
        command=None if api.command is None else add_own_address(api.command, variable="ALLOWED_HOSTS"),
        desired_count=settings.scaling.min_capacity,
        exec_enabled=settings.exec_enabled,
        log_retention_days=settings.log_retention_days,
    )
    return WebServiceSettings(
        deploy_mode=settings.deploy_mode,
        image_tag=api.image_tag,
        service=service,
        route=api.route,
        capacity=settings.capacity,
        scaling=settings.scaling,
        deployment=settings.deployment,
        release=ReleaseSettings(migration_command=in_order(*steps) if steps else None),
    )


def web_settings(settings: HabitTrackerSettings) -> WebServiceSettings:
    """Put together what the environment and the design say of the pages."""
    web = settings.web
    service = FargateServiceSettings(
        cpu=web.cpu,
        memory_mib=web.memory_mib,
        cpu_architecture=settings.cpu_architecture,
        port=_WEB_PORT,
        user=None,  # NGINX opens port 80 as root, and its workers leave root by themselves
        writable_paths=[TMP, "/var/cache/nginx", "/var/run"],
        desired_count=settings.scaling.min_capacity,
        exec_enabled=settings.exec_enabled,
        log_retention_days=settings.log_retention_days,
    )
    return WebServiceSettings(
        deploy_mode=settings.deploy_mode,
        image_tag=web.image_tag,
        service=service,
        route=web.route,
        capacity=settings.capacity,
        scaling=settings.scaling,
        deployment=settings.deployment,
    )
