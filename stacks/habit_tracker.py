"""
Habit Tracker: a Django API and React pages on Fargate behind one load balancer, with PostgreSQL, Redis and media on S3.

Design 003. The API alone reaches what holds data; the pages are nginx and need nothing but the network.
"""

from cdktf import TerraformOutput, TerraformStack
from constructs import Construct

from modules.application_secret import ApplicationSecret
from modules.container.application import Application
from modules.deployment.release import Secret
from modules.fargate.cluster import FargateCluster
from modules.file_system.file_system import AccessPointSettings, FileSystem
from modules.file_system.mount import Mount
from modules.iam import Statement
from modules.images.repository import ImageRepository
from modules.load_balancer.alias_record import AliasRecord
from modules.load_balancer.certificate import Certificate
from modules.load_balancer.load_balancer import LoadBalancer
from modules.media.media_bucket import MediaBucket
from modules.network.network import Network
from modules.office_hours.database_hours import DatabaseHours
from modules.postgres.postgres import Postgres
from modules.redis.redis import Redis
from modules.watching.alert_topic import AlertTopic
from modules.watching.budget import Budget
from modules.watching.dashboard import Dashboard
from modules.watching.dashboard_data import PostgresOnDashboard, RedisOnDashboard
from modules.watching.load_balancer_alarms import LoadBalancerAlarms, LoadBalancerAlarmsSettings
from modules.watching.postgres_alarms import PostgresAlarms
from modules.watching.redis_alarms import RedisAlarms
from modules.web_service.platform import Platform
from modules.web_service.settings import WebServiceSettings
from modules.web_service.web_service import WebService
from stacks.environment import declare_environment, is_disposable, provider_version
from stacks.habit_tracker_services import api_settings, web_settings
from stacks.habit_tracker_settings import HabitTrackerSettings


class HabitTrackerStack(TerraformStack):
    """Network, load balancer, two services, database, cache, media, files, secret, registries and what watches them."""

    def __init__(self, scope: Construct, id_: str, *, settings: HabitTrackerSettings) -> None:
        super().__init__(scope, id_)
        self._settings = settings
        self._name = id_
        self._url = f"https://{settings.domain.domain_name}"
        declare_environment(self, settings)
        self._disposable = is_disposable(self, settings)
        self._account = {"account_id": settings.account_id, "region": settings.region}
        self._network = Network(self, "network", name=self._name, settings=settings.network, **self._account)
        self._topic = AlertTopic(self, "alerts", name=self._name, settings=settings.alerts, **self._account)
        self._declare_load_balancer()
        self._declare_data()
        self._declare_files()
        self._declare_secret()
        self._platform = self._declare_platform()
        self._api = self._declare_api()
        self._web = self._declare_web()
        self._let_the_api_in()
        self._declare_watching()
        self._declare_outputs()

    def _declare_load_balancer(self) -> None:
        """The one entrance: HTTPS for the domain, and a port where a blue/green release can be tried."""
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

    def _declare_data(self) -> None:
        """The database, which office hours stop at night, sessions and cache, and what users upload."""
        settings, name, private = self._settings, self._name, self._network.private
        self._postgres = Postgres(
            self,
            "postgres",
            name=name,
            placement=private,
            disposable=self._disposable,
            settings=settings.postgres,
            **self._account,
        )
        self._redis = Redis(
            self, "redis", name=name, placement=private, disposable=self._disposable, settings=settings.redis
        )
        self._media = MediaBucket(
            self,
            "media",
            name=f"{name}-media-{settings.account_id}",
            region=settings.region,
            origins=[self._url],
            disposable=self._disposable,
            settings=settings.media,
        )
        if settings.scaling.office_hours is not None:
            DatabaseHours(
                self,
                "database_hours",
                name=name,
                instance_id=self._postgres.instance_id,
                settings=settings.scaling.office_hours,
                **self._account,
            )

    def _declare_files(self) -> None:
        """The file system and the one door into it, when the environment has one."""
        files, user = self._settings.files, self._settings.api.user
        self._files: FileSystem | None = None
        self._mounts: list[Mount] = []
        self._mount_permissions: list[Statement] = []
        if files is None or user is None:
            return
        self._files = FileSystem(
            self,
            "files",
            name=self._name,
            placement=self._network.private,
            disposable=self._disposable,
            settings=files.file_system,
        )
        user_id, group_id = (int(number) for number in user.split(":"))
        door = AccessPointSettings(path="/api", user_id=user_id, group_id=group_id)
        point = self._files.add_access_point("api", door)
        self._mounts = [Mount(name="files", path=files.path, file_system_id=self._files.id, access_point_id=point.id)]
        self._mount_permissions = self._files.mount_permissions(point)

    def _declare_secret(self) -> None:
        """The one secret of the application, whose values Terraform never sees."""
        settings = self._settings
        self._secret = ApplicationSecret(
            self,
            "secret",
            name=f"{self._name}/application",
            recovery_window_days=0 if self._disposable else settings.secret_recovery_days,
            settings=settings.application_secret,
        )

    def _declare_platform(self) -> Platform:
        settings, network = self._settings, self._network
        cluster = FargateCluster(self, "cluster", name=self._name, vpc_id=network.vpc_id, settings=settings.cluster)
        return Platform(
            stack=self.node.id,
            account_id=settings.account_id,
            region=settings.region,
            placement=network.private,
            cluster=cluster,
            counts_tasks=settings.cluster.container_insights != "disabled",
            load_balancer=self._load_balancer,
            url=self._url,
            topic_arn=self._topic.arn,
            ready=network.ready,
        )

    def _declare_api(self) -> WebService:
        """Django: the only one that reaches database, cache, media and files, and gets the application's secret."""
        secrets = self._secret.references
        application = Application(
            container_name="api",
            environment=self._api_environment(),
            secrets=secrets,
            secret_keys=[Secret(arn=self._secret.arn, keys=list(secrets))],
            permissions=[
                *self._postgres.connect_permissions(),
                *self._redis.connect_permissions(),
                *self._media.permissions(),
                *self._mount_permissions,
            ],
            mounts=self._mounts,
        )
        return self._declare_service(application, api_settings(self._settings))

    def _api_environment(self) -> dict[str, str]:
        """What Django's settings read, none of it secret."""
        settings = self._settings
        environment = {
            "ALLOWED_HOSTS": settings.domain.domain_name,
            "CSRF_TRUSTED_ORIGINS": self._url,
            "PORT": str(settings.api.port),
            "AWS_REGION": settings.region,
            **self._postgres.environment,
            **self._redis.environment,
            **self._media.environment,
        }
        if settings.files is not None:
            environment["STATIC_ROOT"] = f"{settings.files.path}/static"
        return environment

    def _declare_web(self) -> WebService:
        """The pages, which need nothing but the network."""
        return self._declare_service(Application(container_name="web"), web_settings(self._settings))

    def _declare_service(self, application: Application, service_settings: WebServiceSettings) -> WebService:
        settings, short_name = self._settings, application.container_name
        repository = ImageRepository(
            self,
            f"{short_name}_repository",
            name=f"{self._name}-{short_name}",
            disposable=self._disposable,
            provider_version=provider_version(self, settings),
            settings=settings.repositories,
        )
        return WebService(
            self,
            f"{short_name}_service",
            name=f"{self._name}-{short_name}",
            short_name=short_name,
            platform=self._platform,
            repository=repository,
            application=application,
            settings=service_settings,
        )

    def _let_the_api_in(self) -> None:
        """Open the ports of what holds data to the API's tasks, which start when that is done."""
        group = self._api.security_group_id
        needed = [*self._postgres.allow_from("api", group), *self._redis.allow_from("api", group)]
        if self._files is not None:
            needed += [*self._files.allow_from("api", group), *self._files.ready]
        self._api.service.start_after(needed)

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
        data = self._watch_data()
        services = [self._api, self._web]
        Dashboard(
            self,
            "dashboard",
            name=self._name,
            region=settings.region,
            alarm_arns=[*load_balancer.arns, *data, *(arn for service in services for arn in service.alarm_arns)],
            load_balancer_arn_suffix=self._load_balancer.arn_suffix,
            services=[service.on_dashboard for service in services],
            aurora=None,
            postgres=PostgresOnDashboard(title="PostgreSQL", instance_id=self._postgres.instance_id),
            redis=RedisOnDashboard(title="Redis", node_ids=self._redis.node_ids),
        )
        Budget(self, "budget", name=self._name, stack=self.node.id, topic_arn=topic_arn, settings=settings.budget)

    def _watch_data(self) -> list[str]:
        """Watch database and cache; the ARNs of their alarms."""
        settings, topic_arn = self._settings, self._topic.arn
        postgres = PostgresAlarms(
            self,
            "postgres_alarms",
            name=f"{self._name}-postgres",
            instance_id=self._postgres.instance_id,
            instance_class=settings.postgres.instance_class,
            topic_arn=topic_arn,
            settings=settings.postgres_alarms,
        )
        redis = RedisAlarms(
            self,
            "redis_alarms",
            name=f"{self._name}-redis",
            node_ids=self._redis.node_ids,
            node_type=settings.redis.node_type,
            topic_arn=topic_arn,
            settings=settings.redis_alarms,
        )
        return [*postgres.arns, *redis.arns]

    def _declare_outputs(self) -> None:
        outputs = {
            "url": (self._url, "Where the system answers"),
            "load_balancer_dns_name": (self._load_balancer.dns_name, "What the domain's record points to"),
            "certificate_validation_records": (
                self._certificate.validation_records,
                "The DNS records by which ACM validates the domain",
            ),
            "postgres_endpoint": (self._postgres.endpoint, "Where the database answers"),
            "postgres_secret_arn": (self._postgres.master_secret_arn, "The credentials that RDS keeps and rotates"),
            "redis_endpoint": (self._redis.endpoint, "Where sessions and cache are"),
            "media_bucket": (self._media.name, "Where uploads are"),
            "secrets": (self._secret.outputs, "What `infra secrets` can set"),
            "cluster_name": (self._platform.cluster.name, "The ECS cluster"),
            "alerts_topic_arn": (self._topic.arn, "Where alarms and the budget report to"),
        }
        for id_, service in (("api", self._api), ("web", self._web)):
            deployable = service.deployable
            outputs |= {
                f"{id_}_service_name": (deployable.service_name, f"The ECS service of the {id_}"),
                f"{id_}_repository_url": (service.repository_url, f"Where to push images of the {id_}"),
                f"{id_}_release_manifest": (service.manifest.json, f"What a release of the {id_} needs to know"),
            }
        for name, (value, description) in outputs.items():
            TerraformOutput(self, name, value=value, description=description)
