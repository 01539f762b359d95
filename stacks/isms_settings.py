"""What an ISMS environment says: the parameters of design 001, and what the design left open."""

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from modules.application_secret import ApplicationSecretSettings
from modules.aurora.cluster import AuroraSettings
from modules.deployment.blue_green import BlueGreenSettings
from modules.deployment.deploy_mode import DeployMode
from modules.fargate.capacity import CapacitySettings
from modules.fargate.cluster import FargateClusterSettings
from modules.fargate.service_scaling import ServiceScalingSettings
from modules.github.roles import GitHubRolesSettings
from modules.images.repository import ImageRepositorySettings
from modules.load_balancer.certificate import DomainSettings
from modules.load_balancer.load_balancer import LoadBalancerSettings
from modules.network.network import NetworkSettings
from modules.settings import mistake
from modules.types import LogRetentionDays, SecretRecoveryDays
from modules.watching.alert_topic import AlertTopicSettings
from modules.watching.aurora_alarms import AuroraAlarmsSettings
from modules.watching.budget import BudgetSettings
from modules.web_service.checks import check_free_names, check_sessions, check_tasks_reach_aws
from modules.web_service.image_and_size import ImageAndSizeSettings
from modules.web_service.settings import check_deployment
from stacks.environment import EnvironmentSettings

_TAKEN = {"AWS_REGION", "DB_HOST", "DB_READER_HOST", "DB_PORT", "DB_NAME", "DB_SECRET_ARN", "DB_IAM_USER"}
"""The environment variables that the backend gets anyway."""


class IsmsServiceSettings(ImageAndSizeSettings):
    """One of the two services."""


class IsmsSettings(EnvironmentSettings):
    """An ISMS environment. The defaults are the design's for both, and what differs has none."""

    domain: DomainSettings
    network: NetworkSettings
    load_balancer: LoadBalancerSettings = Field(default_factory=LoadBalancerSettings)
    cluster: FargateClusterSettings = Field(default_factory=FargateClusterSettings)
    cpu_architecture: Literal["X86_64", "ARM64"]
    """What the images of both services are built for."""

    capacity: CapacitySettings
    scaling: ServiceScalingSettings
    """Of each service."""

    deploy_mode: DeployMode = "blue_green"
    deployment: BlueGreenSettings | None = Field(default=None, validate_default=True)
    """How traffic moves in a release; for `blue_green` and only for it."""

    backend: IsmsServiceSettings
    frontend: IsmsServiceSettings
    exec_enabled: bool = False
    """Whether operators may open a session in a container. Its log is kept."""

    log_retention_days: LogRetentionDays = 30
    repositories: ImageRepositorySettings = Field(default_factory=ImageRepositorySettings)
    """Of both services. `create=False` when the other environment lives in the same account and has made them."""

    aurora: AuroraSettings
    application_secret: ApplicationSecretSettings = Field(
        default_factory=lambda: ApplicationSecretSettings(generated=["JWT_SECRET"], provided=["API_KEY"])
    )
    secret_recovery_days: SecretRecoveryDays = 30
    """How long the deleted application secret can be restored, unless the environment is disposable."""

    alerts: AlertTopicSettings = Field(default_factory=AlertTopicSettings)
    aurora_alarms: AuroraAlarmsSettings = Field(default_factory=AuroraAlarmsSettings)
    budget: BudgetSettings
    github: GitHubRolesSettings | None = None
    """The roles of the pipelines. None: there are none."""

    @field_validator("network")
    @classmethod
    def _tasks_reach_aws(cls, network: NetworkSettings) -> NetworkSettings:
        return check_tasks_reach_aws(network)

    @field_validator("application_secret")
    @classmethod
    def _names_are_free(cls, secret: ApplicationSecretSettings) -> ApplicationSecretSettings:
        return check_free_names(secret, _TAKEN)

    @field_validator("exec_enabled")
    @classmethod
    def _sessions_are_logged(cls, exec_enabled: bool, info: ValidationInfo) -> bool:
        return check_sessions(exec_enabled, cluster=info.data.get("cluster"), network=info.data.get("network"))

    @field_validator("aurora")
    @classmethod
    def _is_where_the_subnets_are(cls, aurora: AuroraSettings, info: ValidationInfo) -> AuroraSettings:
        network = info.data.get("network")
        if network is not None and not set(aurora.zones) <= set(network.zones):
            raise mistake(f"must have zones among the network's, {', '.join(network.zones)}")
        return aurora

    @field_validator("deployment")
    @classmethod
    def _fits_the_mode(cls, deployment: BlueGreenSettings | None, info: ValidationInfo) -> BlueGreenSettings | None:
        return check_deployment(deployment, info.data.get("deploy_mode"))
