"""
ISMS: a backend and a frontend on Fargate behind one load balancer, with Aurora Serverless v2 for PostgreSQL.

One class for every environment: what differs stands in the environment's file. Releases are blue/green; Terraform
builds the platform and leaves to a release what a release changes (`modules/deployment/deploy_mode.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cdktf import TerraformStack
from constructs import Construct

from modules.application_secret import ApplicationSecret
from modules.aurora.cluster import Aurora
from modules.container.application import Application
from modules.deployment.release import Secret
from modules.deployment.release_manifest import ReleaseSettings
from modules.fargate.cluster import FargateCluster
from modules.fargate.service_settings import FargateServiceSettings
from modules.github.plan_permissions import PlanScope
from modules.github.roles import GitHubRoles
from modules.images.repository import ImageRepository
from modules.load_balancer.alias_record import AliasRecord
from modules.load_balancer.certificate import Certificate
from modules.load_balancer.load_balancer import LoadBalancer
from modules.load_balancer.service_route import ServiceRouteSettings
from modules.network.network import Network
from modules.watching.alert_topic import AlertTopic
from modules.watching.aurora_alarms import AuroraAlarms
from modules.watching.budget import Budget
from modules.watching.dashboard import Dashboard
from modules.watching.dashboard_rows import AuroraOnDashboard
from modules.watching.load_balancer_alarms import LoadBalancerAlarms, LoadBalancerAlarmsSettings
from modules.web_service.platform import Platform
from modules.web_service.settings import WebServiceSettings
from modules.web_service.web_service import WebService
from stacks.environment import declare_environment, is_disposable, provider_version
from stacks.isms_settings import IsmsServiceSettings, IsmsSettings
from stacks.outputs import declare_outputs

_APP = "isms"


@dataclass(frozen=True, kw_only=True)
class _Design:
    """What the design fixes of a service, whatever the environment."""

    port: int
    user: str | None
    writable_paths: Sequence[str]
    route: ServiceRouteSettings
    release: ReleaseSettings


_BACKEND = _Design(
    port=4000,
    user="1000:1000",  # "node" of Node.js's official images
    writable_paths=["/tmp"],  # noqa: S108 a path inside the container
    route=ServiceRouteSettings(path_patterns=["/api/*"], priority=100, health_check_path="/api/health"),
    release=ReleaseSettings(migration_command=["npm", "run", "db:migrate:deploy"]),
)
_FRONTEND = _Design(
    port=80,
    user=None,  # NGINX opens port 80 as root, and its workers leave root by themselves
    writable_paths=["/tmp", "/var/cache/nginx", "/var/run"],  # noqa: S108 paths inside the container
    route=ServiceRouteSettings(path_patterns=["/*"], priority=200, health_check_path="/health"),
    release=ReleaseSettings(),
)


class IsmsStack(TerraformStack):
    """Network, load balancer, two services, database, secrets, registries, roles and what watches them."""

    def __init__(self, scope: Construct, id_: str, *, settings: IsmsSettings) -> None:
        super().__init__(scope, id_)
        self._settings = settings
        self._name = f"{_APP}-{id_}"
        declare_environment(self, settings)
        self._disposable = is_disposable(self, settings)
        account = {"account_id": settings.account_id, "region": settings.region}
        self._network = Network(self, "network", name=self._name, settings=settings.network, **account)
        self._topic = AlertTopic(self, "alerts", name=self._name, settings=settings.alerts, **account)
        self._declare_load_balancer()
        self._declare_aurora()
        self._declare_secret()
        self._platform = self._declare_platform()
        self._backend = self._declare_backend()
        self._frontend = self._declare_frontend()
        self._aurora.allow_from("backend", self._backend.security_group_id)
        self._declare_watching()
        self._declare_github()
        self._declare_outputs()

    def _declare_load_balancer(self) -> None:
        """The one entrance: HTTPS for the domain, and a port where a release can be tried."""
        settings = self._settings
        self._certificate = Certificate(self, "certificate", settings=settings.domain)
        self._load_balancer = LoadBalancer(
            self,
            "load_balancer",
            name=self._name,
            account_id=settings.account_id,
            placement=self._network.public,
            certificate=self._certificate,
            test_listener=settings.deploy_mode == "blue_green",
            disposable=self._disposable,
            settings=settings.load_balancer,
        )
        AliasRecord(
            self,
            "alias",
            domain=settings.domain,
            dns_name=self._load_balancer.dns_name,
            zone_id=self._load_balancer.zone_id,
        )

    def _declare_aurora(self) -> None:
        settings = self._settings
        self._aurora = Aurora(
            self,
            "aurora",
            name=self._name,
            account_id=settings.account_id,
            region=settings.region,
            placement=self._network.private,
            disposable=self._disposable,
            settings=settings.aurora,
        )

    def _declare_secret(self) -> None:
        """The one secret of the application, whose values Terraform never sees."""
        settings = self._settings
        self._secret = ApplicationSecret(
            self,
            "secret",
            name=f"{_APP}/{self.node.id}/application",
            recovery_window_days=0 if self._disposable else settings.secret_recovery_days,
            settings=settings.application_secret,
        )

    def _declare_platform(self) -> Platform:
        settings = self._settings
        cluster = FargateCluster(
            self, "cluster", name=self._name, vpc_id=self._network.vpc_id, settings=settings.cluster
        )
        return Platform(
            stack=self.node.id,
            account_id=settings.account_id,
            region=settings.region,
            placement=self._network.private,
            cluster=cluster,
            counts_tasks=cluster.counts_tasks,
            load_balancer=self._load_balancer,
            url=f"https://{settings.domain.domain_name}",
            topic_arn=self._topic.arn,
            ready=self._network.ready,
        )

    def _declare_backend(self) -> WebService:
        """The API: the only one that reaches the database and gets the application's secret."""
        secrets = self._secret.references
        application = Application(
            container_name="backend",
            environment={**self._aurora.environment, "AWS_REGION": self._settings.region},
            secrets=secrets,
            secret_keys=[Secret(arn=self._secret.arn, keys=list(secrets))],
            permissions=self._aurora.connect_permissions(),
        )
        return self._declare_service(application, _BACKEND, self._settings.backend)

    def _declare_frontend(self) -> WebService:
        """The pages, which need nothing but the network."""
        return self._declare_service(Application(container_name="frontend"), _FRONTEND, self._settings.frontend)

    def _declare_service(
        self, application: Application, design: _Design, own_settings: IsmsServiceSettings
    ) -> WebService:
        settings, name = self._settings, application.container_name
        repository = ImageRepository(
            self,
            f"{name}_repository",
            name=f"{_APP}-{name}",
            disposable=self._disposable,
            provider_version=provider_version(self, settings),
            settings=settings.repositories,
        )
        return WebService(
            self,
            # "backend" alone is what CDKTF calls the state.
            f"{name}_service",
            name=f"{_APP}-{name}-{self.node.id}",
            short_name=name,
            platform=self._platform,
            repository=repository,
            application=application,
            settings=_web_service_settings(settings, own_settings, design),
        )

    def _declare_watching(self) -> None:
        """Alarms beside those of the services, one dashboard, one budget: all of them report to the one topic."""
        settings, topic_arn = self._settings, self._topic.arn
        load_balancer = LoadBalancerAlarms(
            self,
            "load_balancer_alarms",
            name=self._name,
            load_balancer_arn_suffix=self._load_balancer.arn_suffix,
            topic_arn=topic_arn,
            settings=LoadBalancerAlarmsSettings(),
        )
        aurora = AuroraAlarms(
            self,
            "aurora_alarms",
            name=f"{self._name}-aurora",
            cluster_id=self._aurora.cluster_id,
            min_capacity_acu=settings.aurora.min_capacity_acu,
            max_capacity_acu=settings.aurora.max_capacity_acu,
            reader_count=settings.aurora.reader_count,
            topic_arn=topic_arn,
            settings=settings.aurora_alarms,
        )
        services = [self._backend, self._frontend]
        Dashboard(
            self,
            "dashboard",
            name=self._name,
            region=settings.region,
            alarm_arns=[arn for part in (load_balancer, aurora) for arn in part.arns]
            + [arn for service in services for arn in service.alarm_arns],
            load_balancer_arn_suffix=self._load_balancer.arn_suffix,
            services=[service.on_dashboard for service in services],
            aurora=AuroraOnDashboard(title="Aurora", cluster_id=self._aurora.cluster_id),
        )
        Budget(self, "budget", name=self._name, stack=self.node.id, topic_arn=topic_arn, settings=settings.budget)

    def _declare_github(self) -> None:
        """The roles of the pipelines, and their ARNs for the workflows."""
        settings = self._settings
        if settings.github is None:
            return
        deployables = [self._backend.deployable, self._frontend.deployable]
        zone = settings.domain.hosted_zone_id
        roles = GitHubRoles(
            self,
            "github",
            name=self._name,
            stack=self.node.id,
            account_id=settings.account_id,
            region=settings.region,
            plan_scope=PlanScope(
                state_bucket=settings.state_bucket_name,
                state_key=f"{self.node.id}/terraform.tfstate",
                names=[self._name, *(f"{_APP}-{service}-{self.node.id}" for service in ("backend", "frontend"))],
                repository_arns=[one.repository_arn for one in deployables],
                bucket_arns=[self._load_balancer.access_log_bucket_arn],
                secret_arns=[self._secret.arn],
                hosted_zone_ids=[] if zone is None else [zone],
            ),
            services=deployables,
            repository_names=[f"{_APP}-{one.short_name}" for one in deployables],
            settings=settings.github,
        )
        declare_outputs(self, roles.outputs)

    def _declare_outputs(self) -> None:
        domain = self._settings.domain
        outputs = {
            "url": (f"https://{domain.domain_name}", "Where the system answers"),
            "load_balancer_dns_name": (self._load_balancer.dns_name, "What the domain's record points to"),
            "certificate_validation_records": (
                self._certificate.validation_records,
                "The DNS records by which ACM validates the domain",
            ),
            "aurora_endpoint": (self._aurora.endpoint, "Where the database takes writes"),
            "aurora_reader_endpoint": (self._aurora.reader_endpoint, "Where it takes reads"),
            "aurora_secret_arn": (self._aurora.master_secret_arn, "The credentials that RDS keeps and rotates"),
            "secrets": (self._secret.outputs, "What `infra secrets` can set"),
            "cluster_name": (self._platform.cluster.name, "The ECS cluster"),
            "alerts_topic_arn": (self._topic.arn, "Where alarms and the budget report to"),
        }
        declare_outputs(self, outputs | self._backend.outputs | self._frontend.outputs)


def _web_service_settings(settings: IsmsSettings, own: IsmsServiceSettings, design: _Design) -> WebServiceSettings:
    """Put together what the environment, its file's part for the service, and the design say."""
    service = FargateServiceSettings(
        cpu=own.cpu,
        memory_mib=own.memory_mib,
        cpu_architecture=settings.cpu_architecture,
        port=design.port,
        user=design.user,
        writable_paths=list(design.writable_paths),
        desired_count=settings.scaling.min_capacity,
        exec_enabled=settings.exec_enabled,
        log_retention_days=settings.log_retention_days,
    )
    return WebServiceSettings(
        deploy_mode=settings.deploy_mode,
        image_tag=own.image_tag,
        service=service,
        route=design.route,
        capacity=settings.capacity,
        scaling=settings.scaling,
        deployment=settings.deployment,
        release=design.release,
    )
