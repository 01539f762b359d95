"""
The one list of Aldeia's services: what each is, for Fargate and for hosts alike.

Put together from what the environment says and what design 004 fixes. Nothing here knows where a service runs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from modules.application_secret import ApplicationSecret
from modules.container.application import Application, Folder
from modules.container.settings import ContainerHealthCheckSettings
from modules.deployment.release import Secret
from modules.deployment.release_manifest import ReleaseSettings
from modules.fargate.destination import DestinationSettings
from modules.fargate.service_settings import FargateServiceSettings
from modules.iam import Statement, allow
from modules.load_balancer.service_route import ServiceRouteSettings
from modules.private_bucket import PrivateBucket
from modules.web_service.settings import WebServiceSettings
from stacks.aldeia_service_settings import AldeiaFrontendSettings
from stacks.aldeia_settings import CHROMA_TOKEN, AldeiaSettings

CHROMADB = "chromadb"
"""The service's name, and the first label of its private one."""

_LONGEST_WAIT_S = 3600
"""Of `healthy_timeout_s`."""

_TMP = "/tmp"  # noqa: S108 a path inside the container
_CHROMADB_USER = 1000
_CHROMADB_SECRET = "CHROMA_SERVER_AUTHN_CREDENTIALS"  # noqa: S105 the name of a variable


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What of the stack the services refer to."""

    secret: ApplicationSecret
    backups: PrivateBucket
    private_domain: str
    """Below which services find each other: in Cloud Map's namespace, or in the network of the containers."""


def page_domain(settings: AldeiaSettings) -> str:
    """Where the pages are."""
    return settings.domain.domain_name


def api_domain(settings: AldeiaSettings) -> str:
    """Where the backend is."""
    return f"api.{settings.domain.domain_name}"


def chromadb_name(around: Surroundings) -> str:
    """Where the backend finds ChromaDB."""
    return f"{CHROMADB}.{around.private_domain}"


def backend(settings: AldeiaSettings, around: Surroundings) -> Application:
    """The API: it alone has the application's secrets, and works with AWS."""
    secrets = around.secret.references
    environment = {
        "NODE_ENV": settings.node_env,
        "PORT": str(settings.backend.port),
        "AWS_REGION": settings.region,
        "CHROMA_HOST": chromadb_name(around),
        "CHROMA_PORT": str(settings.chromadb.port),
        "BACKUPS_BUCKET": around.backups.name,
    }
    if settings.email is not None:
        environment["EMAIL_FROM"] = settings.email.address
    return Application(
        container_name="backend",
        environment=environment,
        secrets=secrets,
        secret_keys=[Secret(arn=around.secret.arn, keys=list(secrets))],
        permissions=_backend_permissions(settings, around),
    )


def _backend_permissions(settings: AldeiaSettings, around: Surroundings) -> list[Statement]:
    """Objects of the backups bucket, and mail from one address: the design has every identity of the account."""
    objects = allow(["s3:GetObject", "s3:PutObject"], [f"{around.backups.arn}/*"])
    if settings.email is None:
        return [objects]
    return [objects, *settings.email.permissions(account_id=settings.account_id, region=settings.region)]


def frontend(settings: AldeiaSettings) -> Application:
    """The pages, which need nothing but the backend's address."""
    environment = {
        "NODE_ENV": settings.node_env,
        "PORT": str(settings.frontend.port),
        "BACKEND_URL": f"https://{api_domain(settings)}",
    }
    return Application(container_name="frontend", environment=environment)


def chromadb(around: Surroundings) -> Application:
    """The vector database, which lets in whoever has the token, and keeps its files in one folder."""
    return Application(
        container_name=CHROMADB,
        environment={
            "IS_PERSISTENT": "TRUE",
            "ANONYMIZED_TELEMETRY": "FALSE",
            "CHROMA_SERVER_AUTHN_PROVIDER": "chromadb.auth.token_authn.TokenAuthenticationServerProvider",
        },
        secrets={_CHROMADB_SECRET: around.secret.references[CHROMA_TOKEN]},
        secret_keys=[Secret(arn=around.secret.arn, keys=[CHROMA_TOKEN])],
        folders=[Folder(name="chromadb-data", path="/chroma/chroma", user_id=_CHROMADB_USER, group_id=_CHROMADB_USER)],
    )


def backend_settings(settings: AldeiaSettings) -> WebServiceSettings:
    """Put together what the environment and the design say of the API."""
    own = settings.backend
    check = ContainerHealthCheckSettings(
        command=["CMD-SHELL", f"curl -f http://localhost:{own.port}{own.health_check_path} || exit 1"]
    )
    service = _web_task(settings, own, health_check=check, destinations=[settings.database])
    return _web_service(
        settings,
        own,
        service,
        ServiceRouteSettings(
            path_patterns=["/*"],
            host_names=[api_domain(settings)],
            priority=100,
            health_check_path=own.health_check_path,
        ),
        own.migration_command,
    )


def frontend_settings(settings: AldeiaSettings) -> WebServiceSettings:
    """Put together what the environment and the design say of the pages."""
    own = settings.frontend
    route = ServiceRouteSettings(
        path_patterns=["/*"],
        host_names=[page_domain(settings)],
        priority=200,
        health_check_path=own.health_check_path,
    )
    return _web_service(settings, own, _web_task(settings, own), route, None)


def chromadb_settings(settings: AldeiaSettings) -> FargateServiceSettings:
    """Put together what the environment and the design say of the vector database."""
    own = settings.chromadb
    return FargateServiceSettings(
        cpu=own.cpu,
        memory_mib=own.memory_mib,
        cpu_architecture=settings.cpu_architecture,
        port=own.port,
        # The image knows no other user than root. Its file system is read-only, and EFS takes root for somebody else.
        user=None,
        # The image's own command, less the configuration that also logs into a file beside the program.
        command=[f"--workers 1 --host 0.0.0.0 --port {own.port} --proxy-headers --timeout-keep-alive 30"],
        health_check=ContainerHealthCheckSettings(
            command=["CMD-SHELL", f"curl -f http://localhost:{own.port}/api/v2/heartbeat || exit 1"],
            start_period_s=60,
        ),
        desired_count=own.server_count,
        replacement="stop_first",
        discovery_name=CHROMADB,
        exec_enabled=settings.exec_enabled,
        log_retention_days=settings.log_retention_days,
    )


def _web_task(
    settings: AldeiaSettings,
    own: AldeiaFrontendSettings,
    *,
    health_check: ContainerHealthCheckSettings | None = None,
    destinations: Sequence[DestinationSettings] = (),
) -> FargateServiceSettings:
    return FargateServiceSettings(
        cpu=own.cpu,
        memory_mib=own.memory_mib,
        cpu_architecture=settings.cpu_architecture,
        port=own.port,
        user=own.user,
        writable_paths=[_TMP],
        health_check=health_check,
        destinations=list(destinations),
        desired_count=1 if own.scaling is None else own.scaling.min_capacity,
        exec_enabled=settings.exec_enabled,
        log_retention_days=settings.log_retention_days,
    )


def _web_service(
    settings: AldeiaSettings,
    own: AldeiaFrontendSettings,
    service: FargateServiceSettings,
    route: ServiceRouteSettings,
    migration_command: list[str] | None,
) -> WebServiceSettings:
    # Hosts start it one after the other, each within the time that tasks have together.
    in_turn = 1 if settings.hosts is None else settings.hosts.max_size
    return WebServiceSettings(
        deploy_mode=settings.deploy_mode,
        image_tag=own.image_tag,
        service=service,
        route=route,
        capacity=settings.capacity,
        scaling=own.scaling,
        deployment=settings.deployment,
        release=ReleaseSettings(
            migration_command=migration_command, healthy_timeout_s=min(900 * in_turn, _LONGEST_WAIT_S)
        ),
    )
