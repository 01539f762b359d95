"""
EdgeMind: a page on S3 and CloudFront, and a backend for its requests and WebSockets on Fargate (design 000).

The two are deployed independently: `infra publish` for the page, `infra release` for the backend. To a browser both are
one site, so that page and WebSocket share an origin.
"""

from cdktf import TerraformStack
from constructs import Construct

from modules.application_secret import ApplicationSecret
from modules.cdn.alarms import StaticSiteAlarms, StaticSiteAlarmsSettings
from modules.cdn.backend_origin import BackendOrigin
from modules.cdn.edge import EDGE_REGION, declare_edge
from modules.cdn.publish_manifest import PublishManifest
from modules.cdn.static_site import StaticSite
from modules.container.application import Application
from modules.deployment.release import Secret
from modules.fargate.cluster import FargateCluster
from modules.fargate.destination import DestinationSettings
from modules.fargate.service_settings import FargateServiceSettings
from modules.github.plan_permissions import PlanScope
from modules.github.publish_permissions import Publishable
from modules.github.roles import GitHubRoles
from modules.images.repository import ImageRepository
from modules.load_balancer.alias_record import AliasRecord
from modules.load_balancer.certificate import Certificate
from modules.load_balancer.load_balancer import LoadBalancer
from modules.load_balancer.service_route import ServiceRoute, ServiceRouteSettings
from modules.network.network import Network
from modules.origin_secret import OriginSecret
from modules.watching.alert_topic import AlertTopic
from modules.watching.budget import Budget
from modules.watching.dashboard import Dashboard
from modules.watching.load_balancer_alarms import LoadBalancerAlarms, LoadBalancerAlarmsSettings
from modules.web_service.platform import Platform
from modules.web_service.settings import WebServiceSettings
from modules.web_service.web_service import WebService
from stacks.edgemind_settings import ANYWHERE, HTTPS_PORT, EdgeMindSettings
from stacks.environment import declare_environment, default_tags, is_disposable, provider_version
from stacks.outputs import declare_outputs


class EdgeMindStack(TerraformStack):
    """Network, load balancer for CloudFront alone, page, backend, secret, registry, roles and what watches them."""

    def __init__(self, scope: Construct, id_: str, *, settings: EdgeMindSettings) -> None:
        super().__init__(scope, id_)
        self._settings = settings
        self._name = id_
        declare_environment(self, settings)
        self._disposable = is_disposable(self, settings)
        account = {"account_id": settings.account_id, "region": settings.region}
        self._network = Network(self, "network", name=self._name, settings=settings.network, **account)
        self._topic = AlertTopic(self, "alerts", name=self._name, settings=settings.alerts, **account)
        self._origin_secret = OriginSecret(self, "origin_secret", stack=id_, settings=settings.origin_secret)
        self._declare_load_balancer()
        self._service_settings = _service_settings(settings)
        self._route = self._declare_route()
        self._site = self._declare_site()
        self._backend = self._declare_backend()
        self._declare_watching()
        self._manifest = PublishManifest(
            self,
            "publish_manifest",
            stack=id_,
            bucket_name=self._site.bucket_name,
            distribution_id=self._site.distribution_id,
            url=self._site.url,
            settings=settings.publish,
            **account,
        )
        self._declare_github()
        self._declare_outputs()

    def _declare_load_balancer(self) -> None:
        """The backend's entrance, through which CloudFront alone gets in."""
        settings, domain = self._settings, self._settings.backend_domain
        self._certificate = None if domain is None else Certificate(self, "certificate", settings=domain)
        self._load_balancer = LoadBalancer(
            self,
            "load_balancer",
            name=self._name,
            account_id=settings.account_id,
            placement=self._network.public,
            certificate=self._certificate,
            origin_secret=self._origin_secret,
            test_listener=False,
            disposable=self._disposable,
            settings=settings.load_balancer.model_copy(update={"idle_timeout_s": settings.connections.idle_timeout_s}),
        )
        if domain is not None:
            AliasRecord(
                self,
                "backend_alias",
                domain=domain,
                dns_name=self._load_balancer.dns_name,
                zone_id=self._load_balancer.zone_id,
            )

    def _declare_route(self) -> ServiceRoute:
        """What leads to the backend. CloudFront waits for it, and the backend for CloudFront's name."""
        return ServiceRoute(
            self,
            "backend_route",
            name=f"{self._name}-backend",
            vpc_id=self._network.vpc_id,
            port=self._settings.backend.port,
            load_balancer=self._load_balancer,
            deploy_mode=self._settings.deploy_mode,
            settings=self._service_settings.route,
        )

    def _declare_site(self) -> StaticSite:
        settings, domain = self._settings, self._settings.backend_domain
        origin = BackendOrigin(
            domain_name=self._load_balancer.dns_name if domain is None else domain.domain_name,
            uses_https=domain is not None,
            secret_header_name=self._origin_secret.header_name,
            secret_header_value=self._origin_secret.sent,
            path_patterns=settings.backend.paths,
            read_timeout_s=settings.connections.read_timeout_s,
            keepalive_timeout_s=settings.connections.keepalive_timeout_s,
            ready=self._route.ready,
        )
        return StaticSite(
            self,
            "site",
            name=self._name,
            account_id=settings.account_id,
            region=settings.region,
            edge_provider=declare_edge(self, account_id=settings.account_id, tags=default_tags(self, settings)),
            origin=origin,
            disposable=self._disposable,
            settings=settings.site,
        )

    def _declare_backend(self) -> WebService:
        """The server: it alone gets the broker's address and credentials, and knows which pages may call it."""
        settings = self._settings
        secret = ApplicationSecret(
            self,
            "secret",
            name=f"{self._name}/application",
            recovery_window_days=0 if self._disposable else settings.secret_recovery_days,
            settings=settings.application_secret,
        )
        self._secret = secret
        origins = [self._site.url, *settings.backend.additional_origins]
        application = Application(
            container_name="backend",
            environment={
                "ALLOWED_ORIGINS": ",".join(origins),
                "MQTT_PORT": str(settings.mqtt.port),
                **settings.connections.environment,
            },
            secrets=secret.references,
            secret_keys=[Secret(arn=secret.arn, keys=list(secret.references))],
        )
        repository = ImageRepository(
            self,
            "backend_repository",
            name=f"{self._name}-backend",
            disposable=self._disposable,
            provider_version=provider_version(self, settings),
            settings=settings.repositories,
        )
        return WebService(
            self,
            # "backend" alone is what CDKTF calls the state.
            "backend_service",
            name=f"{self._name}-backend",
            short_name="backend",
            platform=self._declare_platform(),
            repository=repository,
            application=application,
            route=self._route,
            settings=self._service_settings,
        )

    def _declare_platform(self) -> Platform:
        settings, network = self._settings, self._network
        cluster = FargateCluster(self, "cluster", name=self._name, vpc_id=network.vpc_id, settings=settings.cluster)
        return Platform(
            stack=self.node.id,
            account_id=settings.account_id,
            region=settings.region,
            placement=network.public if settings.tasks == "public" else network.private,
            cluster=cluster,
            counts_tasks=cluster.counts_tasks,
            load_balancer=self._load_balancer,
            url=self._site.url,
            topic_arn=self._topic.arn,
            ready=network.ready,
        )

    def _declare_watching(self) -> None:
        """Alarms beside those of the backend, one dashboard, one budget: all of them report to the one topic."""
        settings, topic_arn = self._settings, self._topic.arn
        load_balancer = LoadBalancerAlarms(
            self,
            "load_balancer_alarms",
            name=self._name,
            load_balancer_arn_suffix=self._load_balancer.arn_suffix,
            topic_arn=topic_arn,
            settings=LoadBalancerAlarmsSettings(),
        )
        site = self._watch_site()
        Dashboard(
            self,
            "dashboard",
            name=self._name,
            region=settings.region,
            alarm_arns=[*load_balancer.arns, *site, *self._backend.alarm_arns],
            load_balancer_arn_suffix=self._load_balancer.arn_suffix,
            services=[self._backend.on_dashboard],
            aurora=None,
        )
        Budget(self, "budget", name=self._name, stack=self.node.id, topic_arn=topic_arn, settings=settings.budget)

    def _watch_site(self) -> list[str]:
        """CloudFront can be watched from its own region only; elsewhere the backend's alarms have to do."""
        settings = self._settings
        if settings.region != EDGE_REGION:
            return []
        return StaticSiteAlarms(
            self,
            "site_alarms",
            name=self._name,
            region=settings.region,
            distribution_id=self._site.distribution_id,
            topic_arn=self._topic.arn,
            settings=StaticSiteAlarmsSettings(),
        ).arns

    def _declare_github(self) -> None:
        """The roles of the pipelines, of which page and backend have one each, and their ARNs for the workflows."""
        settings, site, service = self._settings, self._site, self._backend.deployable
        if settings.github is None:
            return
        domain = settings.site.domain
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
                names=[self._name],
                repository_arns=[service.repository_arn],
                bucket_arns=[self._load_balancer.access_log_bucket_arn, site.bucket_arn, site.access_log_bucket_arn],
                secret_arns=[self._secret.arn],
                hosted_zone_ids=[] if domain is None or domain.hosted_zone_id is None else [domain.hosted_zone_id],
                distribution_arns=[site.distribution_arn],
            ),
            services=[service],
            repository_names=[f"{self._name}-backend"],
            site=Publishable(
                bucket_arn=site.bucket_arn,
                distribution_arn=site.distribution_arn,
                manifest_parameter_arn=self._manifest.parameter_arn,
            ),
            settings=settings.github,
        )
        declare_outputs(self, roles.outputs)

    def _declare_outputs(self) -> None:
        certificates = [] if self._certificate is None else self._certificate.validation_records
        outputs = {
            "url": (self._site.url, "Where visitors go"),
            "cloudfront_domain_name": (self._site.domain_name, "What the site's domain points to"),
            "load_balancer_dns_name": (self._load_balancer.dns_name, "What the backend's subdomain points to"),
            "certificate_validation_records": (
                [*self._site.validation_records, *certificates],
                "The DNS records by which ACM validates the domains",
            ),
            "site_bucket": (self._site.bucket_name, "Where `infra publish` puts the page"),
            "site_publish_manifest": (self._manifest.json, "What `infra publish` needs to know"),
            "secrets": (self._secret.outputs, "What `infra secrets` can set"),
            "cluster_name": (self._backend.deployable.cluster_name, "The ECS cluster"),
            "alerts_topic_arn": (self._topic.arn, "Where alarms and the budget report to"),
        }
        declare_outputs(self, outputs | self._backend.outputs)


def _service_settings(settings: EdgeMindSettings) -> WebServiceSettings:
    """Put together what the environment says of the backend."""
    own, connections, mqtt = settings.backend, settings.connections, settings.mqtt
    anywhere = mqtt.cidrs == [ANYWHERE]
    broker = DestinationSettings(description="MQTT broker", port=mqtt.port, cidrs=mqtt.cidrs)
    service = FargateServiceSettings(
        cpu=own.cpu,
        memory_mib=own.memory_mib,
        cpu_architecture=own.cpu_architecture,
        port=own.port,
        user=own.user,
        desired_count=own.desired_count if own.scaling is None else own.scaling.min_capacity,
        stop_timeout_s=connections.stop_timeout_s,
        outbound_ports=[HTTPS_PORT, mqtt.port] if anywhere and mqtt.port != HTTPS_PORT else [HTTPS_PORT],
        destinations=[] if anywhere else [broker],
        exec_enabled=settings.exec_enabled,
        log_retention_days=settings.log_retention_days,
    )
    route = ServiceRouteSettings(
        path_patterns=own.paths,
        priority=100,
        health_check_path=own.health_check_path,
        deregistration_delay_s=connections.deregistration_delay_s,
        stickiness_s=own.stickiness_s,
    )
    return WebServiceSettings(
        deploy_mode=settings.deploy_mode,
        image_tag=own.image_tag,
        service=service,
        route=route,
        capacity=settings.capacity,
        scaling=own.scaling,
    )
