"""
Aldeia: a chatbot's API and pages with ChromaDB, on machines with Docker Compose or on Fargate (design 004).

What the services are stands once, in `aldeia_services`; where they run, in `aldeia_fargate` and `aldeia_hosts`.
"""

from cdktf import TerraformStack
from constructs import Construct

from modules.application_secret import ApplicationSecret
from modules.compose_host.settings import host_buckets
from modules.images.repository import ImageRepository
from modules.load_balancer.alias_record import AliasRecord
from modules.load_balancer.certificate import Certificate
from modules.load_balancer.load_balancer import LoadBalancer
from modules.network.network import Network, NetworkSettings
from modules.private_bucket import PrivateBucket
from modules.watching.alert_topic import AlertTopic
from modules.watching.budget import Budget
from modules.watching.dashboard import Dashboard
from modules.watching.load_balancer_alarms import LoadBalancerAlarms, LoadBalancerAlarmsSettings
from stacks.aldeia_base import AldeiaBase, Running
from stacks.aldeia_fargate import run_on_fargate
from stacks.aldeia_hosts import run_on_hosts
from stacks.aldeia_services import api_domain, page_domain
from stacks.aldeia_settings import AldeiaSettings
from stacks.environment import declare_environment, default_tags, is_disposable, provider_version
from stacks.outputs import declare_outputs


class AldeiaStack(TerraformStack):
    """Network, load balancer, secret, backups and registries, and the three services wherever they run."""

    def __init__(self, scope: Construct, id_: str, *, settings: AldeiaSettings) -> None:
        super().__init__(scope, id_)
        self._settings = settings
        declare_environment(self, settings)
        self._disposable = is_disposable(self, settings)
        account = {"account_id": settings.account_id, "region": settings.region}
        self._network = Network(self, "network", name=settings.name, settings=_network(settings), **account)
        self._topic = AlertTopic(self, "alerts", name=settings.name, settings=settings.alerts, **account)
        self._declare_load_balancer()
        self._declare_data()
        base = AldeiaBase(
            settings=settings,
            stack=id_,
            network=self._network,
            load_balancer=self._load_balancer,
            topic_arn=self._topic.arn,
            secret=self._secret,
            backups=self._backups,
            repositories={name: self._repository(name) for name in ("backend", "frontend")},
            tags=default_tags(self, settings),
            disposable=self._disposable,
        )
        hosts = settings.hosts
        running = run_on_fargate(self, base) if hosts is None else run_on_hosts(self, base, hosts)
        self._declare_watching(running)
        self._declare_outputs(running)

    def _declare_load_balancer(self) -> None:
        """The one entrance: the pages at the domain, the backend at `api.` below it."""
        settings = self._settings
        api = settings.domain.model_copy(update={"domain_name": api_domain(settings)})
        self._certificate = Certificate(self, "certificate", settings=settings.domain, other_names=[api.domain_name])
        self._load_balancer = LoadBalancer(
            self,
            "load_balancer",
            name=settings.name,
            account_id=settings.account_id,
            placement=self._network.public,
            certificate=self._certificate,
            test_listener=settings.deploy_mode == "blue_green",
            disposable=self._disposable,
            settings=settings.load_balancer,
        )
        for id_, domain in (("alias", settings.domain), ("api_alias", api)):
            AliasRecord(
                self,
                id_,
                domain=domain,
                dns_name=self._load_balancer.dns_name,
                zone_id=self._load_balancer.zone_id,
            )

    def _declare_data(self) -> None:
        """What the backend writes away, and the secret of the applications, whose values Terraform never sees."""
        settings = self._settings
        self._backups = PrivateBucket(
            self,
            "backups",
            name=f"{settings.name}-backups-{settings.account_id}",
            disposable=self._disposable,
            expire_after_days=settings.backups.expire_after_days,
        )
        self._secret = ApplicationSecret(
            self,
            "secret",
            name=f"{self.node.id}/application",
            recovery_window_days=0 if self._disposable else settings.secret_recovery_days,
            settings=settings.application_secret,
        )

    def _repository(self, name: str) -> ImageRepository:
        return ImageRepository(
            self,
            f"{name}_repository",
            name=f"aldeia/{name}",
            disposable=self._disposable,
            provider_version=provider_version(self, self._settings),
            settings=self._settings.repositories,
        )

    def _declare_watching(self, running: Running) -> None:
        """Alarms beside those of the services, one dashboard, one budget: all of them report to the one topic."""
        settings, topic_arn = self._settings, self._topic.arn
        load_balancer = LoadBalancerAlarms(
            self,
            "load_balancer_alarms",
            name=settings.name,
            load_balancer_arn_suffix=self._load_balancer.arn_suffix,
            topic_arn=topic_arn,
            settings=LoadBalancerAlarmsSettings(),
        )
        Dashboard(
            self,
            "dashboard",
            name=settings.name,
            region=settings.region,
            alarm_arns=[*load_balancer.arns, *running.alarm_arns],
            load_balancer_arn_suffix=self._load_balancer.arn_suffix,
            services=running.on_dashboard,
            hosts=running.hosts_on_dashboard,
            aurora=None,
        )
        Budget(self, "budget", name=settings.name, stack=self.node.id, topic_arn=topic_arn, settings=settings.budget)

    def _declare_outputs(self, running: Running) -> None:
        settings = self._settings
        outputs = {
            "url": (f"https://{page_domain(settings)}", "Where the pages are"),
            "api_url": (f"https://{api_domain(settings)}", "Where the backend is"),
            "load_balancer_dns_name": (self._load_balancer.dns_name, "What both domains' records point to"),
            "certificate_validation_records": (
                self._certificate.validation_records,
                "The DNS records by which ACM validates the domains",
            ),
            "backups_bucket": (self._backups.name, "Where the backend's backups are"),
            "secrets": (self._secret.outputs, "What `infra secrets` can set"),
            "alerts_topic_arn": (self._topic.arn, "Where alarms and the budget report to"),
        }
        declare_outputs(self, {**outputs, **running.outputs})


def _network(settings: AldeiaSettings) -> NetworkSettings:
    """
    Let through what comes out of buckets of others, which the network's endpoint of S3 would refuse.

    Docker Hub sends whoever pulls to the bucket of its layers, which is in us-east-1 (docker/hub-feedback#1318).
    """
    buckets = [*settings.network.readable_buckets, "docker-images-prod"]
    if settings.hosts is not None:
        buckets += host_buckets(settings.region)
    return settings.network.model_copy(update={"readable_buckets": list(dict.fromkeys(buckets))})
