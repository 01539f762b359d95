"""Aldeia's services on hosts: the same ones, in a Compose file. ChromaDB is among them when there is one host."""

from collections.abc import Sequence

from constructs import Construct

from modules.compose_host.host import ComposeHost
from modules.compose_host.service import ComposeService
from modules.compose_host.settings import ComposeHostSettings
from modules.compose_host.web_service import ComposeWebService, route_to_hosts
from modules.container.application import Application
from modules.load_balancer.service_route import ServiceRoute
from modules.web_service.settings import WebServiceSettings
from stacks import aldeia_services as services
from stacks.aldeia_base import AldeiaBase, Running
from stacks.aldeia_fargate import ChromaDb, declare_chromadb, let_in


def run_on_hosts(scope: Construct, base: AldeiaBase, hosts: ComposeHostSettings) -> Running:
    """Make the hosts, with the routes that lead to them before and the releases of what they run after."""
    settings, around = base.settings, base.surroundings
    backend, backend_settings = services.backend(settings, around), services.backend_settings(settings)
    frontend, frontend_settings = services.frontend(settings), services.frontend_settings(settings)
    routes = {
        "backend": _route(scope, base, "backend", backend_settings),
        "frontend": _route(scope, base, "frontend", frontend_settings),
    }
    published = [_published(base, backend, backend_settings), _published(base, frontend, frontend_settings)]
    chromadb = declare_chromadb(scope, base) if hosts.max_size > 1 else None
    host = _declare_hosts(
        scope,
        base,
        hosts,
        published if chromadb is not None else [*published, _beside_the_others(base)],
        list(routes.values()),
    )
    domains = {"backend": services.api_domain(settings), "frontend": services.page_domain(settings)}
    web_services = [
        _declare_service(scope, base, host, one, routes[name], domains[name], its_settings)
        for name, one, its_settings in zip(routes, published, (backend_settings, frontend_settings), strict=True)
    ]
    return _running(host, web_services, chromadb)


def _route(scope: Construct, base: AldeiaBase, short_name: str, service_settings: WebServiceSettings) -> ServiceRoute:
    return route_to_hosts(
        scope,
        f"{short_name}_route",
        name=f"{base.settings.name}-{short_name}",
        vpc_id=base.network.vpc_id,
        load_balancer=base.load_balancer,
        settings=service_settings,
    )


def _published(base: AldeiaBase, application: Application, service_settings: WebServiceSettings) -> ComposeService:
    """A service that the load balancer reaches, and whose image releases choose."""
    repository = base.repositories[application.container_name]
    return ComposeService(
        application=application,
        settings=service_settings.service,
        image=None,
        repository_arn=repository.arn,
        repository_url=repository.url,
        migration_command=service_settings.release.migration_command,
        route=service_settings.route,
    )


def _beside_the_others(base: AldeiaBase) -> ComposeService:
    """ChromaDB on the host, which the other containers there find by the name that it has on Fargate."""
    return ComposeService(
        application=services.chromadb(base.surroundings),
        settings=services.chromadb_settings(base.settings),
        image=base.chromadb_image,
        private_name=services.chromadb_name(base.surroundings),
        route=None,
    )


def _declare_hosts(
    scope: Construct,
    base: AldeiaBase,
    hosts: ComposeHostSettings,
    on_each: Sequence[ComposeService],
    routes: Sequence[ServiceRoute],
) -> ComposeHost:
    settings, network = base.settings, base.network
    return ComposeHost(
        scope,
        "hosts",
        name=settings.name,
        stack=base.stack,
        placement=network.private,
        zone=f"{settings.region}{settings.network.zones[0]}",
        services=on_each,
        target_group_arns=[route.blue.arn for route in routes],
        load_balancer_security_group_id=base.load_balancer.security_group_id,
        topic_arn=base.topic_arn,
        tags=base.tags,
        disposable=base.disposable,
        depends_on=network.ready,
        settings=hosts,
        **base.account,
    )


def _declare_service(
    scope: Construct,
    base: AldeiaBase,
    host: ComposeHost,
    service: ComposeService,
    route: ServiceRoute,
    domain: str,
    service_settings: WebServiceSettings,
) -> ComposeWebService:
    short_name = service.application.container_name
    return ComposeWebService(
        scope,
        f"{short_name}_service",
        name=f"{base.settings.name}-{short_name}",
        short_name=short_name,
        host=host,
        service=service,
        route=route,
        load_balancer=base.load_balancer,
        url=f"https://{domain}",
        topic_arn=base.topic_arn,
        repository=base.repositories[short_name],
        settings=service_settings,
    )


def _running(host: ComposeHost, web_services: Sequence[ComposeWebService], chromadb: ChromaDb | None) -> Running:
    outputs = {"auto_scaling_group_name": (host.auto_scaling_group_name, "The hosts' Auto Scaling group")}
    on_dashboard = [service.on_dashboard for service in web_services]
    alarm_arns = [*host.alarm_arns, *(arn for service in web_services for arn in service.alarm_arns)]
    if chromadb is not None:
        # A host that starts before this rule has a backend that tries again.
        let_in(chromadb, "hosts", host.security_group_id)
        outputs |= chromadb.outputs
        alarm_arns += chromadb.alarm_arns
        on_dashboard.append(chromadb.on_dashboard)
    for service in web_services:
        outputs |= service.outputs
    return Running(
        alarm_arns=alarm_arns,
        on_dashboard=on_dashboard,
        hosts_on_dashboard=host.on_dashboard,
        outputs=outputs,
    )
