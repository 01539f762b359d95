"""What an EdgeMind environment says: design 000, and what the design left open."""

from fnmatch import fnmatchcase
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from modules.application_secret import ApplicationSecretSettings
from modules.cdn.backend_origin import PathPattern
from modules.cdn.publish_manifest import PublishSettings
from modules.cdn.settings import StaticSiteSettings
from modules.container.settings import ContainerUser, Port
from modules.fargate.capacity import CapacitySettings
from modules.fargate.cluster import FargateClusterSettings
from modules.fargate.service_scaling import ServiceScalingSettings
from modules.fargate.service_settings import Label
from modules.fargate.size import Cpu, MemoryMib, check_memory
from modules.github.roles import GitHubRolesSettings
from modules.images.lifecycle import ImageLifecycleSettings
from modules.images.repository import ImageRepositorySettings
from modules.load_balancer.certificate import DomainSettings
from modules.load_balancer.load_balancer import LoadBalancerSettings
from modules.network.network import NetworkSettings
from modules.origin_secret import OriginSecretSettings
from modules.settings import Settings, mistake
from modules.types import Cidr, ImageTag, LogRetentionDays, SecretRecoveryDays, UrlPath
from modules.watching.alert_topic import AlertTopicSettings
from modules.watching.budget import BudgetSettings
from modules.web_service.checks import check_free_names, check_sessions
from modules.web_service.long_lived_connections import LongLivedConnectionsSettings, check_connections
from stacks.environment import EnvironmentSettings

_TAKEN = {"ALLOWED_ORIGINS", "HEARTBEAT_INTERVAL_S", "KEEP_ALIVE_TIMEOUT_S", "MQTT_PORT"}
"""The environment variables that the backend gets anyway."""

_NOT_ASKED = {"idle_timeout_s", "ingress_cidrs", "test_listener_cidrs"}
"""What the load balancer of a backend behind CloudFront has no use for."""

_NO_NAT = NetworkSettings(nat="none")

ANYWHERE = "0.0.0.0/0"
"""Every network: what is to be reached there is reached by its port alone."""

HTTPS_PORT = 443
"""What tasks reach anywhere, for the sake of AWS."""

_LONGEST_NAME = 64
"""Of a certificate's common name (`modules.load_balancer.certificate`)."""

_MOST_WILDCARDS = 5
"""docs.aws.amazon.com/elasticloadbalancing, "Condition types for listener rules", condition basics."""

BackendPath = Annotated[
    PathPattern,
    StringConstraints(max_length=128),
    Field(description="a path pattern of at most 128 characters that begins with /, where * and ? are wildcards"),
]
"""What both CloudFront and a rule of the load balancer take, which has the shorter ones (as above)."""

Origin = Annotated[
    str,
    StringConstraints(pattern=r"^https?://[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:[1-9][0-9]{0,4})?$"),
    Field(description="a scheme, a host in lower case and perhaps a port, such as http://localhost:5173"),
]
"""As a browser writes it: RFC 6454, 6.2."""


class MqttSettings(Settings):
    """
    Where the backend reaches its MQTT broker.

    Host name, user and password are in the application's secret, because all three say who may come in.
    """

    port: Port = 8883
    """MQTT over TLS (IANA, "secure-mqtt")."""

    cidrs: Annotated[list[Cidr], Field(min_length=1)] = Field(default_factory=lambda: [ANYWHERE])
    """The broker's networks. Anywhere by default, because a broker that has a host name alone may move."""

    @field_validator("cidrs")
    @classmethod
    def _names_each_once(cls, cidrs: list[str]) -> list[str]:
        if len(set(cidrs)) != len(cidrs):
            raise mistake("must name each network once")
        return cidrs

    @field_validator("cidrs")
    @classmethod
    def _narrows_something(cls, cidrs: list[str], info: ValidationInfo) -> list[str]:
        if info.data.get("port") == HTTPS_PORT and cidrs != [ANYWHERE]:
            raise mistake(f"must be left out when port is {HTTPS_PORT}, which tasks reach anywhere")
        return cidrs


class EdgeMindBackendSettings(Settings):
    """The server behind `/api/*` and `/ws/*`: one port for both."""

    image_tag: ImageTag
    """What runs before the first release; a release brings a commit's own tag. In `deploy_mode` "terraform" nothing
    does, until the variable `backend_image_tag` says what."""

    subdomain: Label = "backend"
    """Below the site's domain, where CloudFront finds the load balancer. Nobody else does: it refuses them."""

    certificate_issued: bool = False
    """Whether ACM has issued the subdomain's certificate. Only asked of a domain without a hosted zone."""

    cpu: Cpu = 512
    memory_mib: MemoryMib = Field(default=1024, validate_default=True)
    cpu_architecture: Literal["X86_64", "ARM64"] = "ARM64"
    """What the image is built for."""

    port: Port = 3000
    user: ContainerUser | None = "1000:1000"
    """By default "node" of Node.js's official images."""

    paths: Annotated[list[BackendPath], Field(min_length=1, max_length=3)] = Field(
        default_factory=lambda: ["/api/*", "/ws/*"]
    )
    """What CloudFront sends to it, and the load balancer takes. At most three: a rule of the load balancer compares a
    request with five values, of which the secret needs two."""

    health_check_path: UrlPath = Field(default="/api/health", validate_default=True)
    """Answers without a session or a secret, and through CloudFront too, so it is one of `paths`."""

    desired_count: Annotated[int, Field(ge=1, le=100)] = 1
    scaling: ServiceScalingSettings | None = None
    """None: as many tasks as `desired_count`."""

    stickiness_s: Annotated[int, Field(ge=1, le=604_800)] | None = None
    """How long a visitor's requests go to one task (ELBv2, `stickiness.lb_cookie.duration_seconds`). A WebSocket stays
    where it is anyway. None: each request goes anywhere."""

    additional_origins: list[Origin] = Field(default_factory=list)
    """Pages beside the site's own that may call it, such as that of a developer's machine."""

    @field_validator("memory_mib")
    @classmethod
    def _memory_fits_cpu(cls, memory_mib: int, info: ValidationInfo) -> int:
        return check_memory(memory_mib, info.data.get("cpu"))

    @field_validator("paths")
    @classmethod
    def _suit_both(cls, paths: list[str]) -> list[str]:
        if len(set(paths)) != len(paths):
            # CloudFront has one behavior a pattern.
            raise mistake("must name each pattern once")
        if sum(path.count("*") + path.count("?") for path in paths) > _MOST_WILDCARDS:
            raise mistake(f"must contain at most {_MOST_WILDCARDS} wildcards (* and ?) in all")
        return paths

    @field_validator("health_check_path")
    @classmethod
    def _is_passed_on(cls, health_check_path: str, info: ValidationInfo) -> str:
        paths = info.data.get("paths")
        # Both compare the path alone, and case matters ("Path pattern"; "Condition types for listener rules").
        asked = health_check_path.partition("?")[0]
        if paths is not None and not any(fnmatchcase(asked, pattern) for pattern in paths):
            raise mistake(f"must match one of paths, {', '.join(paths)}: a release asks for it through CloudFront")
        return health_check_path


class EdgeMindSettings(EnvironmentSettings):
    """An EdgeMind environment."""

    site: StaticSiteSettings = Field(default_factory=StaticSiteSettings)
    publish: PublishSettings = Field(default_factory=PublishSettings)
    backend: EdgeMindBackendSettings
    connections: LongLivedConnectionsSettings = Field(default_factory=LongLivedConnectionsSettings)
    origin_secret: OriginSecretSettings = Field(default_factory=OriginSecretSettings)
    mqtt: MqttSettings = Field(default_factory=MqttSettings)
    deploy_mode: Literal["release", "terraform"] = "release"
    """Who says which image runs. There is no blue/green: two servers would both subscribe to the broker's topics."""

    network: NetworkSettings = _NO_NAT
    tasks: Literal["public", "private"] = Field(default="public", validate_default=True)
    """In which subnets tasks run: `public` ones have an address each and need no NAT gateway (`docs/decisions/
    0013-without-nat.md`). Nothing but the load balancer gets in to either."""

    load_balancer: LoadBalancerSettings = Field(default_factory=LoadBalancerSettings)
    cluster: FargateClusterSettings = Field(default_factory=FargateClusterSettings)
    capacity: CapacitySettings = Field(default_factory=lambda: CapacitySettings(spot_percent=0), validate_default=True)
    exec_enabled: bool = False
    """Whether operators may open a session in a container. Its log is kept."""

    log_retention_days: LogRetentionDays = 30
    repositories: ImageRepositorySettings = Field(
        default_factory=lambda: ImageRepositorySettings(lifecycle=ImageLifecycleSettings(environments=["edgemind"]))
    )
    """`environments` must name the stack: a release moves the tag of that name to what runs, and it is what is kept."""

    application_secret: ApplicationSecretSettings = Field(
        default_factory=lambda: ApplicationSecretSettings(provided=["MQTT_HOST", "MQTT_USERNAME", "MQTT_PASSWORD"])
    )
    secret_recovery_days: SecretRecoveryDays = 30
    """How long the deleted application secret can be restored, unless the environment is disposable."""

    alerts: AlertTopicSettings = Field(default_factory=AlertTopicSettings)
    budget: BudgetSettings = Field(default_factory=lambda: BudgetSettings(monthly_limit_usd=100))
    """The design is to be looked at again when a month costs more than 100 US dollars."""

    github: GitHubRolesSettings | None = None
    """The roles of the pipelines. None: there are none."""

    @property
    def backend_domain(self) -> DomainSettings | None:
        """Where CloudFront finds the load balancer; None without a domain: at the load balancer's own name."""
        domain = self.site.domain
        if domain is None:
            return None
        return DomainSettings(
            domain_name=f"{self.backend.subdomain}.{domain.domain_name}",
            hosted_zone_id=domain.hosted_zone_id,
            certificate_issued=self.backend.certificate_issued,
        )

    @field_validator("site")
    @classmethod
    def _has_a_certificate_of_the_account(cls, site: StaticSiteSettings, info: ValidationInfo) -> StaticSiteSettings:
        arn = None if site.domain is None else site.domain.certificate_arn
        if arn is not None and arn.split(":")[4] != info.data.get("account_id", arn.split(":")[4]):
            raise mistake(f"must have a certificate_arn of the account {info.data['account_id']}")
        return site

    @field_validator("backend")
    @classmethod
    def _has_a_name_for_a_certificate(
        cls, backend: EdgeMindBackendSettings, info: ValidationInfo
    ) -> EdgeMindBackendSettings:
        site = info.data.get("site")
        if site is None or site.domain is None:
            return backend
        name = f"{backend.subdomain}.{site.domain.domain_name}"
        if len(name) > _LONGEST_NAME:
            raise mistake(f"must have a shorter subdomain: {name} has more than the {_LONGEST_NAME} characters of ACM")
        return backend

    @field_validator("load_balancer")
    @classmethod
    def _is_not_said_elsewhere(cls, load_balancer: LoadBalancerSettings) -> LoadBalancerSettings:
        if unused := sorted(_NOT_ASKED & load_balancer.model_fields_set):
            raise mistake(
                f"must not have {', '.join(unused)}: connections has the timeout, and only CloudFront gets in"
            )
        return load_balancer

    @field_validator("tasks")
    @classmethod
    def _reach_the_broker(cls, tasks: str, info: ValidationInfo) -> str:
        network = info.data.get("network")
        if tasks == "private" and network is not None and network.nat == "none":
            raise mistake("must be public, or network must have nat: the broker is on the internet")
        return tasks

    @field_validator("capacity")
    @classmethod
    def _leaves_time(cls, capacity: CapacitySettings, info: ValidationInfo) -> CapacitySettings:
        if "connections" in info.data:
            check_connections(info.data["connections"], spot_percent=capacity.spot_percent)
        return capacity

    @field_validator("exec_enabled")
    @classmethod
    def _sessions_are_logged(cls, exec_enabled: bool, info: ValidationInfo) -> bool:
        return check_sessions(exec_enabled, cluster=info.data.get("cluster"), network=None)

    @field_validator("application_secret")
    @classmethod
    def _names_are_free(cls, secret: ApplicationSecretSettings) -> ApplicationSecretSettings:
        return check_free_names(secret, _TAKEN)
