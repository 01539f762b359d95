"""Aldeia's services on Fargate: a cluster, two services behind the load balancer, and ChromaDB behind the backend."""

from dataclasses import dataclass, replace

from cdktf import ITerraformDependable
from constructs import Construct

from modules.container.application import Application
from modules.container.workload import Workload
from modules.fargate.capacity import CapacitySettings
from modules.fargate.cluster import FargateCluster
from modules.fargate.service import FargateService
from modules.file_system.file_system import AccessPointSettings, FileSystem
from modules.file_system.mount import Mount
from modules.iam import Statement
from modules.load_balancer.service_route import ServiceRoute
from modules.network.open_port import open_port
from modules.watching.dashboard_rows import ServiceOnDashboard
from modules.watching.service_alarms import ServiceAlarms, ServiceAlarmsSettings
from modules.web_service.platform import Platform
from modules.web_service.settings import WebServiceSettings
from modules.web_service.web_service import WebService
from stacks import aldeia_services as services
from stacks.aldeia_base import AldeiaBase, Running

_ON_DEMAND = CapacitySettings(spot_percent=0)


@dataclass(frozen=True, kw_only=True)
class ChromaDb:
    """ChromaDB on Fargate, as those see it who ask it something."""

    name: str
    cluster: FargateCluster
    service: FargateService
    alarm_arns: list[str]

    @property
    def on_dashboard(self) -> ServiceOnDashboard:
        """ChromaDB as the dashboard sees it."""
        return ServiceOnDashboard(
            title=self.name,
            cluster_name=self.cluster.name,
            service_name=self.service.name,
            target_groups={},
            counts_tasks=self.cluster.counts_tasks,
        )

    @property
    def outputs(self) -> dict[str, tuple[str, str]]:
        """What an operator reads of it after a deployment."""
        return {
            "cluster_name": (self.cluster.name, "The ECS cluster"),
            "chromadb_service_name": (self.service.name, "The ECS service of ChromaDB, which Terraform rolls out"),
        }


def run_on_fargate(scope: Construct, base: AldeiaBase) -> Running:
    """Make all three services, and let the backend alone reach ChromaDB."""
    settings, around = base.settings, base.surroundings
    chromadb = declare_chromadb(scope, base)
    backend = _declare_service(
        scope,
        base,
        chromadb.cluster,
        services.backend(settings, around),
        services.backend_settings(settings),
        services.api_domain(settings),
    )
    frontend = _declare_service(
        scope,
        base,
        chromadb.cluster,
        services.frontend(settings),
        services.frontend_settings(settings),
        services.page_domain(settings),
    )
    backend.service.start_after(let_in(chromadb, "backend", backend.security_group_id))
    both = (backend, frontend)
    return Running(
        alarm_arns=[*chromadb.alarm_arns, *(arn for service in both for arn in service.alarm_arns)],
        on_dashboard=[*(service.on_dashboard for service in both), chromadb.on_dashboard],
        outputs=chromadb.outputs | backend.outputs | frontend.outputs,
    )


def declare_chromadb(scope: Construct, base: AldeiaBase) -> ChromaDb:
    """Make the cluster and in it ChromaDB: one task, its folder on EFS, its name in a private namespace."""
    settings, network, name = base.settings, base.network, base.settings.name
    cluster = FargateCluster(
        scope,
        "cluster",
        name=f"{name}-cluster",
        vpc_id=network.vpc_id,
        settings=settings.cluster.model_copy(update={"private_namespace": base.surroundings.private_domain}),
    )
    files = FileSystem(
        scope,
        "files",
        name=name,
        placement=network.private,
        disposable=base.disposable,
        settings=settings.chromadb.file_system,
    )
    application, permissions = _mount(files, services.chromadb(base.surroundings))
    service = FargateService(
        scope,
        "chromadb",
        name=f"{name}-chromadb",
        cluster=cluster,
        placement=network.private,
        # No release knows it: its image is not built here, and another one is a change of the environment file.
        deploy_mode="terraform",
        workload=_workload(base, application, permissions),
        exposure=None,
        capacity=_ON_DEMAND,
        autoscaled=False,
        depends_on=network.ready,
        settings=services.chromadb_settings(settings),
        **base.account,
    )
    service.start_after([*files.allow_from("chromadb", service.security_group_id), *files.ready])
    alarms = ServiceAlarms(
        scope,
        "chromadb_alarms",
        name=f"{name}-chromadb",
        cluster_name=cluster.name,
        service_name=service.name,
        min_running_tasks=settings.chromadb.server_count if cluster.counts_tasks else None,
        topic_arn=base.topic_arn,
        settings=ServiceAlarmsSettings(),
    )
    return ChromaDb(name=f"{name}-chromadb", cluster=cluster, service=service, alarm_arns=alarms.arns)


def let_in(chromadb: ChromaDb, caller: str, security_group_id: str) -> list[ITerraformDependable]:
    """
    Let the members of a security group reach ChromaDB.

    :param caller: who they are, such as `backend`
    :return: the rules, for whoever must not start before
    """
    return open_port(
        chromadb.service,
        caller,
        port=chromadb.service.port,
        called_security_group_id=chromadb.service.security_group_id,
        called_description="ChromaDB",
        caller_security_group_id=security_group_id,
    )


def _mount(files: FileSystem, application: Application) -> tuple[Application, list[Statement]]:
    """Find a place on EFS for each folder of an application, and say what its task's role needs for it."""
    mounts, permissions = [], []
    for folder in application.folders:
        door = AccessPointSettings(path=f"/{folder.name}", user_id=folder.user_id, group_id=folder.group_id)
        point = files.add_access_point(folder.name.replace("-", "_"), door)
        mounts.append(Mount(name=folder.name, path=folder.path, file_system_id=files.id, access_point_id=point.id))
        permissions += files.mount_permissions(point)
    return replace(application, mounts=mounts), permissions


def _workload(base: AldeiaBase, application: Application, permissions: list[Statement]) -> Workload:
    return Workload(
        container_name=application.container_name,
        image=base.chromadb_image,
        environment=application.environment,
        secrets=application.secrets,
        secret_arns=[secret.arn for secret in application.secret_keys],
        permissions=[*application.permissions, *permissions],
        mounts=application.mounts,
    )


def _declare_service(
    scope: Construct,
    base: AldeiaBase,
    cluster: FargateCluster,
    application: Application,
    service_settings: WebServiceSettings,
    domain: str,
) -> WebService:
    short_name = application.container_name
    platform = Platform(
        stack=base.stack,
        placement=base.network.private,
        cluster=cluster,
        counts_tasks=cluster.counts_tasks,
        load_balancer=base.load_balancer,
        url=f"https://{domain}",
        topic_arn=base.topic_arn,
        ready=base.network.ready,
        **base.account,
    )
    name = f"{base.settings.name}-{short_name}"
    # Beside the service and not in it, as on hosts: the rules stay what they are when a service moves.
    route = ServiceRoute(
        scope,
        f"{short_name}_route",
        name=name,
        vpc_id=base.network.vpc_id,
        port=service_settings.service.port,
        load_balancer=base.load_balancer,
        deploy_mode=service_settings.deploy_mode,
        settings=service_settings.route,
    )
    return WebService(
        scope,
        # "backend" alone is what CDKTF calls the state.
        f"{short_name}_service",
        name=name,
        short_name=short_name,
        platform=platform,
        repository=base.repositories[short_name],
        application=application,
        route=route,
        settings=service_settings,
    )
