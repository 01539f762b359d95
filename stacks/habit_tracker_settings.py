"""What a Habit Tracker environment says: design 003, and what the design left open."""

from fnmatch import fnmatchcase
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from modules.application_secret import ApplicationSecretSettings
from modules.container.settings import Command, ContainerUser, Port, WritablePath
from modules.deployment.blue_green import BlueGreenSettings
from modules.deployment.deploy_mode import DeployMode
from modules.fargate.capacity import CapacitySettings
from modules.fargate.cluster import FargateClusterSettings
from modules.fargate.container import EXEC_PATHS
from modules.fargate.service_scaling import ServiceScalingSettings
from modules.file_system.file_system import FileSystemSettings
from modules.images.lifecycle import ImageLifecycleSettings
from modules.images.repository import ImageRepositorySettings
from modules.load_balancer.certificate import DomainSettings
from modules.load_balancer.load_balancer import LoadBalancerSettings
from modules.load_balancer.service_route import ServiceRouteSettings
from modules.media.media_bucket import MediaSettings
from modules.network.network import NetworkSettings
from modules.office_hours.backups import check_backups_run
from modules.postgres.postgres import PostgresSettings
from modules.redis.redis import RedisSettings
from modules.settings import Settings, mistake
from modules.types import LogRetentionDays, SecretRecoveryDays
from modules.watching.alert_topic import AlertTopicSettings
from modules.watching.budget import BudgetSettings
from modules.watching.postgres_alarms import PostgresAlarmsSettings
from modules.watching.redis_alarms import RedisAlarmsSettings
from modules.web_service.checks import check_free_names, check_sessions, check_tasks_reach_aws
from modules.web_service.image_and_size import ImageAndSizeSettings
from modules.web_service.settings import check_deployment, check_scaling
from stacks.environment import EnvironmentSettings

TMP = "/tmp"  # noqa: S108 a path inside the container
"""Where the API may write, what goes with the task."""

TAKEN = {
    *("ALLOWED_HOSTS", "AWS_REGION", "CSRF_TRUSTED_ORIGINS", "PORT", "STATIC_ROOT"),
    *("DB_HOST", "DB_PORT", "DB_NAME", "DB_SECRET_ARN", "DB_IAM_USER"),
    *("REDIS_HOST", "REDIS_PORT", "REDIS_TLS", "REDIS_USER", "REDIS_CLUSTER"),
    *("REDIS_SESSIONS_URL", "REDIS_CACHE_URL"),
    *("MEDIA_BUCKET", "MEDIA_REGION", "MEDIA_UPLOAD_PREFIX", "MEDIA_URL_MAX_AGE_S"),
}
"""The environment variables that the API gets anyway."""


def _check_health_check_is_passed_on(route: ServiceRouteSettings) -> ServiceRouteSettings:
    """
    Return the route when a release, which asks for the health check by the domain, reaches the service.

    :raises PydanticCustomError: none of the patterns matches the path
    """
    # ELB compares the path alone, and case matters ("Condition types for listener rules", path conditions).
    asked = route.health_check_path.partition("?")[0]
    if not any(fnmatchcase(asked, pattern) for pattern in route.path_patterns):
        raise mistake(
            f"must have a health_check_path that matches one of its path_patterns, {', '.join(route.path_patterns)}: "
            "a release asks for it by the domain"
        )
    return route


class HabitTrackerApiSettings(ImageAndSizeSettings):
    """The Django application."""

    command: Command | None
    """
    What starts the server, such as `["gunicorn", "config.wsgi"]`; gunicorn listens on `PORT` by itself.

    The task's own address is added to `ALLOWED_HOSTS` before, which lets the health checks through. None: the image's
    own start, and its Django has to answer `health_check_path` before it looks at the host (`docs/habit-tracker.md`).
    """

    port: Port = 8000
    user: ContainerUser | None = "1000:1000"
    route: ServiceRouteSettings = Field(
        default_factory=lambda: ServiceRouteSettings(
            path_patterns=["/api/*", "/admin/*", "/static/*"], priority=100, health_check_path="/api/health/"
        )
    )
    """`health_check_path` answers 200 without a session; with Django's slash at the end, as a redirect is no 200."""

    migration_command: Command | None = Field(default_factory=lambda: ["python", "manage.py", "migrate", "--noinput"])
    """What a release runs once, with the new image, before traffic moves. None: nothing to migrate."""

    @field_validator("route")
    @classmethod
    def _health_check_is_passed_on(cls, route: ServiceRouteSettings) -> ServiceRouteSettings:
        return _check_health_check_is_passed_on(route)


class HabitTrackerWebSettings(ImageAndSizeSettings):
    """The React pages, served by nginx on port 80."""

    route: ServiceRouteSettings = Field(
        default_factory=lambda: ServiceRouteSettings(path_patterns=["/*"], priority=200, health_check_path="/")
    )

    @field_validator("route")
    @classmethod
    def _health_check_is_passed_on(cls, route: ServiceRouteSettings) -> ServiceRouteSettings:
        return _check_health_check_is_passed_on(route)


class HabitTrackerFilesSettings(Settings):
    """A folder on EFS that all tasks of the API share, through an access point, over TLS, by the task's role."""

    path: WritablePath = "/files"
    """Where the container finds it. `collectstatic` collects into `static` below it."""

    collectstatic_command: Command | None = Field(
        default_factory=lambda: ["python", "manage.py", "collectstatic", "--noinput"]
    )
    """What a release runs after the migration. None: the image has its static files in it."""

    file_system: FileSystemSettings = Field(default_factory=FileSystemSettings)

    @field_validator("path")
    @classmethod
    def _is_its_own(cls, path: str) -> str:
        if path in {TMP, *EXEC_PATHS}:
            raise mistake(
                f"must not be one of {', '.join([TMP, *EXEC_PATHS])}, where the container has volumes already"
            )
        return path


class HabitTrackerSettings(EnvironmentSettings):
    """A Habit Tracker environment."""

    domain: DomainSettings
    network: NetworkSettings
    load_balancer: LoadBalancerSettings = Field(default_factory=LoadBalancerSettings)
    cluster: FargateClusterSettings = Field(default_factory=FargateClusterSettings)
    cpu_architecture: Literal["X86_64", "ARM64"] = "X86_64"
    """What the images of both services are built for."""

    capacity: CapacitySettings = Field(default_factory=lambda: CapacitySettings(spot_percent=0))
    deploy_mode: DeployMode = "release"
    deployment: BlueGreenSettings | None = Field(default=None, validate_default=True)
    """How traffic moves in a release; for `blue_green` and only for it."""

    scaling: ServiceScalingSettings
    """Of each service. `office_hours` stop the database too."""

    api: HabitTrackerApiSettings
    web: HabitTrackerWebSettings
    files: HabitTrackerFilesSettings | None = None
    """None: no EFS, and `collectstatic` is a step of the image's build."""

    media: MediaSettings = Field(default_factory=MediaSettings)
    exec_enabled: bool = False
    """Whether operators may open a session in a container. Its log is kept."""

    log_retention_days: LogRetentionDays = 30
    repositories: ImageRepositorySettings = Field(
        default_factory=lambda: ImageRepositorySettings(
            lifecycle=ImageLifecycleSettings(environments=["habit-tracker"])
        )
    )
    """`environments` must name the stack: a release moves the tag of that name to what runs, and it is what is kept."""

    postgres: PostgresSettings = Field(default_factory=PostgresSettings, validate_default=True)
    redis: RedisSettings = Field(default_factory=RedisSettings)
    application_secret: ApplicationSecretSettings = Field(
        default_factory=lambda: ApplicationSecretSettings(generated=["DJANGO_SECRET_KEY"])
    )
    secret_recovery_days: SecretRecoveryDays = 30
    """How long the deleted application secret can be restored, unless the environment is disposable."""

    alerts: AlertTopicSettings = Field(default_factory=AlertTopicSettings)
    postgres_alarms: PostgresAlarmsSettings = Field(default_factory=PostgresAlarmsSettings)
    redis_alarms: RedisAlarmsSettings = Field(default_factory=RedisAlarmsSettings)
    budget: BudgetSettings

    @field_validator("network")
    @classmethod
    def _tasks_reach_aws(cls, network: NetworkSettings) -> NetworkSettings:
        return check_tasks_reach_aws(network)

    @field_validator("deployment")
    @classmethod
    def _fits_the_mode(cls, deployment: BlueGreenSettings | None, info: ValidationInfo) -> BlueGreenSettings | None:
        return check_deployment(deployment, info.data.get("deploy_mode"))

    @field_validator("scaling")
    @classmethod
    def _scales_in_the_mode(cls, scaling: ServiceScalingSettings, info: ValidationInfo) -> ServiceScalingSettings:
        check_scaling(scaling, info.data.get("deploy_mode"))
        return scaling

    @field_validator("files")
    @classmethod
    def _belong_to_somebody(
        cls, files: HabitTrackerFilesSettings | None, info: ValidationInfo
    ) -> HabitTrackerFilesSettings | None:
        api = info.data.get("api")
        if files is not None and api is not None and api.user is None:
            raise mistake("must be None, or api must have a user: the files belong to it")
        return files

    @field_validator("web")
    @classmethod
    def _comes_after_the_api(cls, web: HabitTrackerWebSettings, info: ValidationInfo) -> HabitTrackerWebSettings:
        api = info.data.get("api")
        if api is not None and web.route.priority <= api.route.priority:
            raise mistake(f"must have a route with a priority above the API's, {api.route.priority}: it takes the rest")
        return web

    @field_validator("exec_enabled")
    @classmethod
    def _sessions_are_logged(cls, exec_enabled: bool, info: ValidationInfo) -> bool:
        return check_sessions(exec_enabled, cluster=info.data.get("cluster"), network=info.data.get("network"))

    @field_validator("postgres")
    @classmethod
    def _is_backed_up(cls, postgres: PostgresSettings, info: ValidationInfo) -> PostgresSettings:
        scaling = info.data.get("scaling")
        if scaling is None or scaling.office_hours is None:
            return postgres
        if "backup_window_utc" not in postgres.model_fields_set:
            raise mistake(
                "must say a backup_window_utc inside of office_hours: RDS backs up no instance that is stopped"
            )
        check_backups_run(postgres.backup_window_utc, scaling.office_hours)
        return postgres

    @field_validator("application_secret")
    @classmethod
    def _names_are_free(cls, secret: ApplicationSecretSettings) -> ApplicationSecretSettings:
        return check_free_names(secret, TAKEN)

    @property
    def release_steps(self) -> list[list[str]]:
        """What a release of the API runs before traffic moves, in this order."""
        collect = None if self.files is None else self.files.collectstatic_command
        return [command for command in (self.api.migration_command, collect) if command is not None]
