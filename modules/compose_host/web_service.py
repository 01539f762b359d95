"""
A web service on hosts, with all that belongs to it but the hosts: what `modules/web_service` is for one on Fargate.

It comes in two steps, with the hosts between them. The route is first, as the hosts' group names its target groups; the
rest refers to the hosts.
"""

from constructs import Construct

from modules.compose_host.host import ComposeHost
from modules.compose_host.service import ComposeService
from modules.deployment.deploy_mode import Color
from modules.deployment.release import Alarms, Compose, Image, Logs, Release, Routes
from modules.deployment.release_manifest import ReleaseManifest
from modules.images.repository import ImageRepository
from modules.load_balancer.load_balancer import LoadBalancer
from modules.load_balancer.service_route import ServiceRoute
from modules.watching.dashboard_rows import ServiceOnDashboard
from modules.watching.target_group_alarms import watch_sides
from modules.web_service.settings import WebServiceSettings


def route_to_hosts(
    scope: Construct, id_: str, *, name: str, vpc_id: str, load_balancer: LoadBalancer, settings: WebServiceSettings
) -> ServiceRoute:
    """
    Make the first step: what leads to a service on hosts.

    :param name: the service's, such as `aldeia-staging-backend`
    :param settings: those that it would have on Fargate, of which the route and the port are taken
    """
    return ServiceRoute(
        scope,
        id_,
        name=name,
        vpc_id=vpc_id,
        port=settings.service.port,
        load_balancer=load_balancer,
        deploy_mode="release",
        target_type="instance",
        settings=settings.route,
    )


class ComposeWebService(Construct):
    """The second step: the alarms of the service's target group, and its release manifest."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        short_name: str,
        host: ComposeHost,
        service: ComposeService,
        route: ServiceRoute,
        load_balancer: LoadBalancer,
        url: str,
        topic_arn: str,
        repository: ImageRepository,
        settings: WebServiceSettings,
    ) -> None:
        """
        Make the alarms and the manifest.

        :param name: as in `route_to_hosts`
        :param short_name: the name by which operators release it, such as `backend`
        :param host: where it runs
        :param service: what runs there, with an image that releases choose
        :param url: where it answers whoever asks from outside, without a closing slash
        :param settings: those that it would have on Fargate: hosts have neither its capacity nor its scaling
        :raises ValueError: no release chooses its image, another deploy mode than `release`, or the hosts know another
            route or migration command
        """
        if service.image is not None:
            raise ValueError(f"{name} must have an image that releases choose, got {service.image}")
        if settings.deploy_mode != "release":
            raise ValueError(f"{name} must have deploy_mode release on hosts, got {settings.deploy_mode}")
        if service.route != settings.route:
            raise ValueError(f"{name} must have the same route on the hosts as in its settings")
        if list(service.migration_command or []) != list(settings.release.migration_command or []):
            raise ValueError(f"{name} must have the same migration_command on the hosts as in its manifest")
        super().__init__(scope, id_)
        self._name, self._short_name, self._url = name, short_name, url
        self._host, self._service, self._settings = host, service, settings
        self._load_balancer, self._repository = load_balancer, repository
        self.route = route
        self._rollback_alarms: dict[Color, list[str]] = {}
        self.alarm_arns: list[str] = []
        self._declare_alarms(topic_arn)
        self.manifest = self._declare_manifest()

    @property
    def security_group_id(self) -> str:
        """The group of the hosts, for whoever lets them in."""
        return self._host.security_group_id

    @property
    def repository_url(self) -> str:
        """Where images are pushed to."""
        return self._repository.url

    @property
    def outputs(self) -> dict[str, tuple[str, str]]:
        """What an operator reads of it after a deployment: the output's name → its value and description."""
        name = self._short_name
        return {
            f"{name}_repository_url": (self.repository_url, f"Where to push images of the {name}"),
            f"{name}_release_manifest": (self.manifest.json, f"What a release of the {name} needs to know"),
        }

    @property
    def on_dashboard(self) -> ServiceOnDashboard:
        """The service as the dashboard sees it: what its containers use together is on the hosts' row."""
        return ServiceOnDashboard(title=self._name, target_groups=self.route.target_groups)

    def _declare_alarms(self, topic_arn: str) -> None:
        sides = watch_sides(
            self,
            name=self._name,
            load_balancer_arn_suffix=self._load_balancer.arn_suffix,
            target_groups=self.route.target_groups,
            topic_arn=topic_arn,
            settings=self._settings.target_group_alarms,
        )
        self._rollback_alarms = {color: alarms.rollback_names for color, alarms in sides.items()}
        self.alarm_arns = [arn for alarms in sides.values() for arn in alarms.arns]

    def _declare_manifest(self) -> ReleaseManifest:
        host, service, settings = self._host, self._service, self._settings
        container = service.application.container_name
        release = Release(
            account_id=host.account_id,
            region=host.region,
            deploy_mode="release",
            ecs=None,
            compose=Compose(
                auto_scaling_group=host.auto_scaling_group_name,
                document=host.document_name,
                service=container,
                image_parameter=host.image_parameters[container],
                cpu_architecture=service.settings.cpu_architecture,
                port=service.settings.port,
            ),
            capacity=[],
            image=Image(
                repository=self._repository.name,
                uri=self._repository.url,
                registry_id=self._repository.registry_id,
            ),
            logs=Logs(group=host.log_group_name, stream_prefix=container),
            alarms=Alarms(service=[], target_groups=self._rollback_alarms),
            secrets=service.application.secret_keys,
            routes=self._routes(),
            code_deploy=None,
            image_variable=None,
        )
        return ReleaseManifest(
            self, "manifest", stack=host.stack, service=self._short_name, release=release, settings=settings.release
        )

    def _routes(self) -> Routes:
        return Routes(
            url=f"{self._url}{self._settings.route.health_check_path}",
            listener=self._load_balancer.listener_arn,
            test_listener=None,
            rules=[rule.arn for rule in self.route.ready],
            target_groups=self.route.target_groups,
        )
