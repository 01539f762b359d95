"""What an Aldeia environment says: design 004, and what the design left open."""

from ipaddress import IPv4Network
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from modules.application_secret import ApplicationSecretSettings
from modules.compose_host.host_network import DOCKER_CIDR
from modules.compose_host.settings import ComposeHostSettings, check_hosts
from modules.deployment.blue_green import BlueGreenSettings
from modules.email_identity import EmailIdentitySettings
from modules.fargate.capacity import CapacitySettings
from modules.fargate.cluster import FargateClusterSettings
from modules.fargate.destination import DestinationSettings
from modules.images.lifecycle import ImageLifecycleSettings
from modules.images.repository import ImageRepositorySettings
from modules.load_balancer.certificate import DomainSettings
from modules.load_balancer.load_balancer import LoadBalancerSettings
from modules.network.network import NetworkSettings
from modules.settings import mistake
from modules.types import LogRetentionDays, SecretRecoveryDays
from modules.watching.alert_topic import AlertTopicSettings
from modules.watching.budget import BudgetSettings
from modules.web_service.checks import check_free_names, check_sessions
from modules.web_service.settings import check_deployment, check_scaling
from stacks.aldeia_service_settings import (
    AldeiaBackendSettings,
    AldeiaBackupSettings,
    AldeiaChromaDbSettings,
    AldeiaFrontendSettings,
)
from stacks.environment import EnvironmentSettings

CHROMA_TOKEN = "CHROMA_AUTH_TOKEN"  # noqa: S105 the name of a variable
"""The key of the secret by which the backend shows ChromaDB who it is."""

TAKEN = {"AWS_REGION", "BACKUPS_BUCKET", "CHROMA_HOST", "CHROMA_PORT", "EMAIL_FROM", "NODE_ENV", "PORT"}
"""The environment variables that the backend gets anyway."""

_HTTPS_PORT = 443

ResourceName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=20),
    Field(description="1 to 20 lower-case letters, digits and single hyphens, beginning with a letter"),
]


class AldeiaSettings(EnvironmentSettings):
    """An Aldeia environment: on hosts with Docker Compose, or on Fargate."""

    name: ResourceName
    """What the names of resources begin with: `aldeia-staging` and `aldeia-prod` in the design."""

    node_env: Literal["staging", "production"]
    """What the applications read as NODE_ENV."""

    domain: DomainSettings
    """Where the pages are; the backend is at `api.` below it."""

    network: NetworkSettings
    load_balancer: LoadBalancerSettings = Field(default_factory=LoadBalancerSettings)
    cluster: FargateClusterSettings = Field(default_factory=FargateClusterSettings)
    """Of what runs on Fargate. Its private namespace is the stack's own."""

    cpu_architecture: Literal["X86_64", "ARM64"] = "X86_64"
    """What the images are built for."""

    capacity: CapacitySettings = Field(default_factory=lambda: CapacitySettings(spot_percent=0))
    """Of the tasks of backend and pages."""

    deploy_mode: Literal["release", "blue_green"] = "release"
    deployment: BlueGreenSettings | None = Field(default=None, validate_default=True)
    """How traffic moves in a release; for `blue_green` and only for it."""

    backend: AldeiaBackendSettings
    frontend: AldeiaFrontendSettings
    chromadb: AldeiaChromaDbSettings = Field(default_factory=AldeiaChromaDbSettings)
    hosts: ComposeHostSettings | None = None
    """
    The machines on which backend and pages run in containers; None: they run on Fargate.

    ChromaDB is on the machine when there is one. With several it runs on Fargate: its files belong to one server.
    """

    database: DestinationSettings
    """Where the backend reaches the database that DATABASE_URL names, which is not of this stack."""

    backups: AldeiaBackupSettings = Field(default_factory=AldeiaBackupSettings)
    email: EmailIdentitySettings | None
    """Whom the backend sends e-mail as. None: it sends none."""

    exec_enabled: bool = False
    """Whether operators may open a session in a container on Fargate. Its log is kept."""

    log_retention_days: LogRetentionDays = 30
    repositories: ImageRepositorySettings = Field(
        default_factory=lambda: ImageRepositorySettings(
            lifecycle=ImageLifecycleSettings(environments=["aldeia-production", "aldeia-staging"])
        )
    )
    """`environments` must name the stack: a release moves the tag of that name to what runs, and it is what is kept."""

    application_secret: ApplicationSecretSettings = Field(
        default_factory=lambda: ApplicationSecretSettings(
            generated=["JWT_SECRET", CHROMA_TOKEN], provided=["DATABASE_URL"]
        )
    )
    secret_recovery_days: SecretRecoveryDays = 30
    """How long the deleted application secret can be restored, unless the environment is disposable."""

    alerts: AlertTopicSettings = Field(default_factory=AlertTopicSettings)
    budget: BudgetSettings

    @field_validator("network")
    @classmethod
    def _reaches_the_internet(cls, network: NetworkSettings) -> NetworkSettings:
        if network.nat == "none":
            raise mistake("must have nat: ChromaDB's image comes from Docker Hub, and Docker from Ubuntu's archive")
        return network

    @field_validator("deployment")
    @classmethod
    def _fits_the_mode(cls, deployment: BlueGreenSettings | None, info: ValidationInfo) -> BlueGreenSettings | None:
        return check_deployment(deployment, info.data.get("deploy_mode"))

    @field_validator("backend", "frontend")
    @classmethod
    def _scales_in_the_mode(cls, service: AldeiaFrontendSettings, info: ValidationInfo) -> AldeiaFrontendSettings:
        if service.scaling is not None:
            check_scaling(service.scaling, info.data.get("deploy_mode"))
        return service

    @field_validator("hosts")
    @classmethod
    def _run_the_services(cls, hosts: ComposeHostSettings | None, info: ValidationInfo) -> ComposeHostSettings | None:
        if hosts is None or not {"backend", "frontend", "chromadb", "cpu_architecture"} <= info.data.keys():
            return hosts
        backend, frontend, chromadb = (info.data[name] for name in ("backend", "frontend", "chromadb"))
        if info.data.get("deploy_mode") == "blue_green":
            raise mistake(
                "must be None when deploy_mode is blue_green: CodeDeploy moves the traffic of Fargate's tasks"
            )
        if backend.scaling is not None or frontend.scaling is not None:
            raise mistake("must be None, or backend and frontend must have no scaling: hosts have one of their own")
        alone = hosts.max_size == 1
        check_hosts(
            hosts,
            memory_mib=[one.memory_mib for one in (backend, frontend, *([chromadb] if alone else []))],
            cpu_architecture=info.data["cpu_architecture"],
            has_folders=alone,
        )
        return hosts

    @field_validator("hosts")
    @classmethod
    def _do_not_clash(cls, hosts: ComposeHostSettings | None, info: ValidationInfo) -> ComposeHostSettings | None:
        network, backend, frontend = (info.data.get(name) for name in ("network", "backend", "frontend"))
        if hosts is not None and backend is not None and frontend is not None and backend.port == frontend.port:
            raise mistake(f"must be None, or backend and frontend must have different ports: both have {backend.port}")
        if hosts is not None and network is not None and IPv4Network(network.cidr).overlaps(DOCKER_CIDR):
            raise mistake(
                f"must be None, or network must have a cidr without {DOCKER_CIDR}, which a host's containers have"
            )
        return hosts

    @field_validator("database")
    @classmethod
    def _can_be_reached(cls, database: DestinationSettings, info: ValidationInfo) -> DestinationSettings:
        if database.port == _HTTPS_PORT:
            raise mistake(f"must have another port than {_HTTPS_PORT}, which the backend reaches anywhere")
        inside = [cidr for cidr in database.cidrs if DOCKER_CIDR.overlaps(IPv4Network(cidr))]
        if inside and info.data.get("hosts") is not None:
            raise mistake(f"must have no cidrs in {DOCKER_CIDR}, which a host's containers have")
        return database

    @field_validator("exec_enabled")
    @classmethod
    def _sessions_are_logged(cls, exec_enabled: bool, info: ValidationInfo) -> bool:
        if exec_enabled and info.data.get("hosts") is not None:
            raise mistake("must be False on hosts, where Session Manager opens sessions")
        return check_sessions(exec_enabled, cluster=info.data.get("cluster"), network=info.data.get("network"))

    @field_validator("application_secret")
    @classmethod
    def _has_what_is_needed(cls, secret: ApplicationSecretSettings) -> ApplicationSecretSettings:
        if CHROMA_TOKEN not in {*secret.generated, *secret.provided}:
            raise mistake(f"must name {CHROMA_TOKEN}, which ChromaDB asks for")
        return check_free_names(secret, TAKEN)
