"""A web service with all that belongs to it: routes, tasks, rollout, scaling, alarms and its release manifest."""

from constructs import Construct

from modules.container.application import Application
from modules.container.workload import Workload
from modules.deployment.blue_green import BlueGreen
from modules.deployment.deploy_mode import Color
from modules.deployment.deployable import Deployable
from modules.deployment.release import Alarms, CodeDeploy, Ecs, Image, Logs, Release, Routes
from modules.deployment.release_manifest import ReleaseManifest
from modules.fargate.capacity import capacity_strategy
from modules.fargate.deployed_image import DeployedImage
from modules.fargate.service import Exposure, FargateService
from modules.fargate.service_scaling import ServiceScaling
from modules.images.repository import ImageRepository
from modules.load_balancer.service_route import ServiceRoute
from modules.watching.dashboard_rows import ServiceOnDashboard
from modules.watching.service_alarms import ServiceAlarms
from modules.watching.target_group_alarms import watch_sides
from modules.web_service.platform import Platform
from modules.web_service.settings import WebServiceSettings


class WebService(Construct):
    """A service behind the environment's load balancer. Its parts follow from its deploy mode."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        short_name: str,
        platform: Platform,
        repository: ImageRepository,
        application: Application,
        route: ServiceRoute | None = None,
        settings: WebServiceSettings,
    ) -> None:
        """
        Make the service.

        :param name: the name in ECS, such as `isms-backend-staging`
        :param short_name: the name by which operators release it, such as `backend`
        :param route: what leads to it, by `settings.route`, when something that the service needs waits for the route,
            as a CDN does whose name the service is told. None: it makes its own
        """
        super().__init__(scope, id_)
        self._name, self._short_name, self._platform, self._settings = name, short_name, platform, settings
        self._repository, self._application = repository, application
        self._image = self._declare_image() if settings.deploy_mode == "terraform" else None
        self.route = self._declare_route() if route is None else route
        self.service = self._declare_service()
        self._declare_scaling()
        self._rollback_alarms: dict[Color, list[str]] = {}
        self.alarm_arns: list[str] = []
        self._declare_alarms()
        self._code_deploy = self._declare_blue_green()
        self.manifest = self._declare_manifest()

    @property
    def security_group_id(self) -> str:
        """The group of the tasks, for whoever lets them in."""
        return self.service.security_group_id

    @property
    def repository_url(self) -> str:
        """Where images are pushed to."""
        return self._repository.url

    @property
    def outputs(self) -> dict[str, tuple[str, str]]:
        """What an operator reads of it after a deployment: the output's name → its value and description."""
        name = self._short_name
        found = {
            f"{name}_service_name": (self.service.name, f"The ECS service of the {name}"),
            f"{name}_repository_url": (self.repository_url, f"Where to push images of the {name}"),
            f"{name}_release_manifest": (self.manifest.json, f"What a release of the {name} needs to know"),
        }
        if self._code_deploy is not None:
            group = self._code_deploy.deployment_group
            found |= {
                f"{name}_codedeploy_application": (self._code_deploy.application, "The CodeDeploy application"),
                f"{name}_codedeploy_deployment_group": (group, "The CodeDeploy deployment group"),
            }
        return found

    @property
    def on_dashboard(self) -> ServiceOnDashboard:
        """The service as the dashboard sees it."""
        return ServiceOnDashboard(
            title=self._name,
            cluster_name=self._platform.cluster.name,
            service_name=self.service.name,
            target_groups=self.route.target_groups,
            counts_tasks=self._platform.counts_tasks,
        )

    @property
    def deployable(self) -> Deployable:
        """The service as those see it who release it."""
        return Deployable(
            short_name=self._short_name,
            cluster_name=self._platform.cluster.name,
            service_name=self.service.name,
            family=self.service.family,
            task_role_arn=self.service.task_role_arn,
            execution_role_arn=self.service.execution_role_arn,
            repository_arn=self._repository.arn,
            log_group_name=self.service.log_group_name,
            manifest_parameter_arn=self.manifest.parameter_arn,
            secret_arns=[secret.arn for secret in self._application.secret_keys],
            code_deploy=self._code_deploy,
            migrates=self._settings.release.migration_command is not None,
        )

    def _declare_image(self) -> DeployedImage:
        """Where Terraform rolls out, the variable `<service>_image_tag` says what runs."""
        return DeployedImage(
            self,
            "image",
            path=f"/{self._platform.stack}/deployed/{self._short_name}",
            repository_url=self._repository.url,
            default_tag=None,
            variable=f"{self._short_name}_image_tag",
        )

    def _declare_route(self) -> ServiceRoute:
        platform, settings = self._platform, self._settings
        return ServiceRoute(
            self,
            "route",
            name=self._name,
            vpc_id=platform.placement.vpc_id,
            port=settings.service.port,
            load_balancer=platform.load_balancer,
            deploy_mode=settings.deploy_mode,
            settings=settings.route,
        )

    def _workload(self) -> Workload:
        application, image = self._application, self._image
        return Workload(
            container_name=application.container_name,
            image=f"{self._repository.url}:{self._settings.image_tag}" if image is None else image.image,
            repository_arn=self._repository.arn,
            environment=application.environment,
            secrets=application.secrets,
            secret_arns=[secret.arn for secret in application.secret_keys],
            permissions=application.permissions,
            mounts=application.mounts,
        )

    def _declare_service(self) -> FargateService:
        platform, settings = self._platform, self._settings
        service = FargateService(
            self,
            "service",
            name=self._name,
            account_id=platform.account_id,
            region=platform.region,
            cluster=platform.cluster,
            placement=platform.placement,
            deploy_mode=settings.deploy_mode,
            workload=self._workload(),
            exposure=Exposure(route=self.route, security_group_id=platform.load_balancer.security_group_id),
            capacity=settings.capacity,
            autoscaled=settings.scaling is not None,
            runs_when=None if self._image is None else self._image.exists,
            depends_on=platform.ready,
            settings=settings.service,
        )
        if self._image is not None:
            self._image.remember_after(service.resource)
        return service

    def _declare_scaling(self) -> None:
        if self._settings.scaling is None:
            return
        ServiceScaling(
            self,
            "scaling",
            cluster_name=self._platform.cluster.name,
            service_name=self.service.name,
            runs_when=None if self._image is None else self._image.exists,
            request_count_label=self._request_count_label(),
            settings=self._settings.scaling,
        )

    def _request_count_label(self) -> str:
        """Name the load balancer and the target group that serves first, as Application Auto Scaling wants them."""
        (serving, *_) = self.route.target_groups.values()
        return f"{self._platform.load_balancer.arn_suffix}/{serving.arn_suffix}"

    def _declare_alarms(self) -> None:
        platform, settings, scaling = self._platform, self._settings, self._settings.scaling
        sides = watch_sides(
            self,
            name=self._name,
            load_balancer_arn_suffix=platform.load_balancer.arn_suffix,
            target_groups=self.route.target_groups,
            topic_arn=platform.topic_arn,
            settings=settings.target_group_alarms,
        )
        self._rollback_alarms = {color: alarms.rollback_names for color, alarms in sides.items()}
        self.alarm_arns += [arn for alarms in sides.values() for arn in alarms.arns]
        service = ServiceAlarms(
            self,
            "alarms",
            name=self._name,
            cluster_name=platform.cluster.name,
            service_name=self.service.name,
            min_running_tasks=None if scaling is None or not platform.counts_tasks else scaling.min_capacity,
            runs_when=None if self._image is None else self._image.exists,
            pauses=scaling is not None and scaling.office_hours is not None,
            topic_arn=platform.topic_arn,
            settings=settings.alarms,
        )
        self.alarm_arns += service.arns

    def _declare_blue_green(self) -> CodeDeploy | None:
        platform, service = self._platform, self.service
        if self._settings.deployment is None:
            return None
        return BlueGreen(
            self,
            "blue_green",
            name=self._name,
            account_id=platform.account_id,
            region=platform.region,
            cluster_name=platform.cluster.name,
            service_name=service.name,
            listener_arn=platform.load_balancer.listener_arn,
            test_listener_arn=platform.load_balancer.test_listener_arn,
            rule_arns=[rule.arn for rule in self.route.ready],
            target_groups=self.route.target_groups,
            alarm_names=self._rollback_alarms,
            passed_role_arns=[service.task_role_arn, service.execution_role_arn],
            settings=self._settings.deployment,
        ).code_deploy

    def _declare_manifest(self) -> ReleaseManifest:
        platform, settings, service = self._platform, self._settings, self.service
        ecs = Ecs(
            cluster=platform.cluster.name,
            service=service.name,
            task_definition=service.task_definition_arn,
            family=service.family,
            container=service.container_name,
            port=service.port,
            cpu_architecture=settings.service.cpu_architecture,
            subnets=platform.placement.subnet_ids,
            security_groups=[service.security_group_id],
            assign_public_ip=platform.placement.assign_public_ip,
        )
        routes = Routes(
            url=f"{platform.url}{settings.route.health_check_path}",
            listener=platform.load_balancer.listener_arn,
            test_listener=platform.load_balancer.test_listener_arn,
            rules=[rule.arn for rule in self.route.ready],
            target_groups=self.route.target_groups,
        )
        release = Release(
            account_id=platform.account_id,
            region=platform.region,
            deploy_mode=settings.deploy_mode,
            ecs=ecs,
            capacity=capacity_strategy(settings.capacity),
            image=Image(
                repository=self._repository.name,
                uri=self._repository.url,
                registry_id=self._repository.registry_id,
            ),
            logs=Logs(group=service.log_group_name, stream_prefix=service.container_name),
            alarms=Alarms(service=[], target_groups=self._rollback_alarms),
            secrets=self._application.secret_keys,
            routes=routes,
            code_deploy=self._code_deploy,
            image_variable=None if self._image is None else self._image.variable,
        )
        return ReleaseManifest(
            self, "manifest", stack=platform.stack, service=self._short_name, release=release, settings=settings.release
        )
