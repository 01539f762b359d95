"""Hosts on EC2 that run a stack's services with Docker Compose: design 004, option A."""

from collections.abc import Mapping, Sequence

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.autoscaling_group import AutoscalingGroup
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from constructs import Construct

from modules.compose_host.alarms import HostAlarms
from modules.compose_host.auto_scaling_group import declare_group
from modules.compose_host.command_document import CommandDocument
from modules.compose_host.data_volume import DataVolume
from modules.compose_host.host_group import HostGroup
from modules.compose_host.host_template import HostTemplate
from modules.compose_host.parameters import HostParameters
from modules.compose_host.permissions import (
    management_statements,
    service_statements,
    trust_of,
    volume_statements,
    watching_statements,
)
from modules.compose_host.scaling import HostScaling
from modules.compose_host.service import ComposeService
from modules.compose_host.settings import ComposeHostSettings
from modules.compose_host.user_data import user_data
from modules.fargate.service_rollout import wait_for
from modules.iam import Role, Statement
from modules.names import physical_name
from modules.network.placement import Placement
from modules.watching.dashboard_hosts import HostsOnDashboard
from modules.watching.host_metrics import HostMetrics


class ComposeHost(Construct):
    """
    One host or several in an Auto Scaling group, which replaces the one that fails.

    With a folder of a service there is one host, in one zone. It is terminated while its successor starts, as both need
    the data volume: until the old one has let go of it, the new one waits (`attach` in `host.sh`).
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        stack: str,
        account_id: str,
        region: str,
        placement: Placement,
        zone: str,
        services: Sequence[ComposeService],
        target_group_arns: Sequence[str],
        load_balancer_security_group_id: str,
        topic_arn: str,
        tags: Mapping[str, str],
        disposable: bool,
        depends_on: Sequence[ITerraformDependable] = (),
        settings: ComposeHostSettings,
    ) -> None:
        """
        Make the hosts and all that belongs to them.

        :param name: what the parts are called, such as `aldeia-prod`
        :param stack: the stack's id, after which is called what operators and releases look for: the group, the command
            document, the log group, the parameters
        :param placement: private subnets; the first one is in `zone`
        :param zone: where the data volume is, if a service has a folder
        :param target_group_arns: those of published services, of target type `instance`
        :param tags: of the stack, for what Auto Scaling makes
        :param disposable: whether destroying the stack deletes the data
        :param depends_on: what a host needs to start, beside what is passed here
        :raises ValueError: several hosts with one data volume, or services that do not fit one host
        """
        super().__init__(scope, id_)
        self.stack, self.account_id, self.region = stack, account_id, region
        self._name, self._tags, self._services, self._settings = name, tags, services, settings
        self._has_folders = any(service.application.folders for service in services)
        if self._has_folders and settings.max_size > 1:
            raise ValueError("a service with a folder needs max_size 1: two servers at the same time would corrupt it")
        self._group_name = physical_name("auto_scaling_group", stack, "hosts")
        self._log_name = f"/aws/ec2/{stack}"
        self._logs = self._declare_logs()
        self._parameters = self._declare_parameters()
        self._document = CommandDocument(self, "command", stack=stack)
        self._volume = self._declare_volume(zone, disposable=disposable) if self._has_folders else None
        self._role = self._declare_role()
        self._network = self._declare_network(placement, load_balancer_security_group_id)
        self._group = self._declare_group(placement, target_group_arns, depends_on)
        self._metrics = HostMetrics(namespace=settings.metrics_namespace, auto_scaling_group_name=self._group.name)
        self._declare_scaling()
        self.alarm_arns: list[str] = self._declare_alarms(topic_arn).arns
        self.auto_scaling_group_name: str = self._group.name
        self.document_name: str = self._document.name
        self.document_arn: str = self._document.arn
        self.image_parameters: Mapping[str, str] = self._parameters.image_names
        """Service → the parameter that says which image runs, and which a release writes."""
        self.log_group_name: str = self._logs.name
        self.role_arn: str = self._role.arn
        self.security_group_id: str = self._network.id
        self.ready: list[ITerraformDependable] = [self._group]
        """The hosts, for `depends_on`; what they run starts a few minutes later."""

    @property
    def on_dashboard(self) -> HostsOnDashboard:
        """The hosts as the dashboard sees them."""
        return HostsOnDashboard(title=f"Hosts of {self._name}", metrics=self._metrics)

    def start_after(self, needed: Sequence[ITerraformDependable]) -> None:
        """Let the hosts wait for what needs their security group, as the rules of a service do that theirs call."""
        wait_for(self._group, needed)

    def _declare_logs(self) -> CloudwatchLogGroup:
        """One group for all, as long as any service wants it: streams tell containers and hosts apart."""
        return CloudwatchLogGroup(
            self,
            "logs",
            name=self._log_name,
            retention_in_days=max(one.settings.log_retention_days for one in self._services),
        )

    def _declare_parameters(self) -> HostParameters:
        return HostParameters(
            self,
            "parameters",
            stack=self.stack,
            region=self.region,
            services=self._services,
            several_hosts=self._settings.max_size > 1,
            # A literal, so that a plan shows the text.
            log_group_name=self._log_name,
            metrics_namespace=self._settings.metrics_namespace,
        )

    def _declare_volume(self, zone: str, *, disposable: bool) -> DataVolume:
        return DataVolume(
            self,
            "data",
            name=self._name,
            region=self.region,
            zone=zone,
            disposable=disposable,
            settings=self._settings,
        )

    def _declare_role(self) -> Role:
        here = {"account_id": self.account_id, "region": self.region}
        attach: list[Statement] = []
        if self._volume is not None:
            attach = volume_statements(self._volume.arn, auto_scaling_group_name=self._group_name, **here)
        return Role(
            self,
            "role",
            name=f"{self._name}-host",
            trust=trust_of("ec2.amazonaws.com"),
            permissions=[
                *management_statements(**here),
                *watching_statements(log_group_arn=self._logs.arn, metrics_namespace=self._settings.metrics_namespace),
                *attach,
                *service_statements(self._services, parameter_arns=self._parameters.arns),
            ],
        )

    def _declare_network(self, placement: Placement, load_balancer_security_group_id: str) -> HostGroup:
        return HostGroup(
            self,
            "network",
            name=self._name,
            vpc_id=placement.vpc_id,
            load_balancer_security_group_id=load_balancer_security_group_id,
            services=self._services,
        )

    def _declare_group(
        self, placement: Placement, target_group_arns: Sequence[str], depends_on: Sequence[ITerraformDependable]
    ) -> AutoscalingGroup:
        tags = {"Name": f"{self._name}-host", **self._tags}
        template = HostTemplate(
            self,
            "template",
            name=self._name,
            role_name=self._role.name,
            security_group_id=self._network.id,
            user_data=user_data(
                stack=self.stack,
                region=self.region,
                data_volume_id=None if self._volume is None else self._volume.id,
                agent_parameter=self._parameters.agent_name,
            ),
            containers_use_role=any(service.application.permissions for service in self._services),
            tags=tags,
            settings=self._settings,
        )
        return declare_group(
            self,
            "group",
            name=self._group_name,
            template=template,
            subnet_ids=placement.subnet_ids[:1] if self._has_folders else placement.subnet_ids,
            target_group_arns=target_group_arns,
            launch_first=not self._has_folders,
            tags=tags,
            # A host that starts before these fails.
            depends_on=[
                *self._role.ready,
                *self._parameters.ready,
                self._logs,
                self._document.document,
                *self._network.ready,
                *depends_on,
            ],
            settings=self._settings,
        )

    def _declare_scaling(self) -> None:
        if self._settings.scaling is not None:
            HostScaling(
                self, "scaling", name=f"{self._name}-hosts", metrics=self._metrics, settings=self._settings.scaling
            )

    def _declare_alarms(self, topic_arn: str) -> HostAlarms:
        return HostAlarms(
            self,
            "alarms",
            name=f"{self._name}-hosts",
            metrics=self._metrics,
            min_size=self._settings.min_size,
            topic_arn=topic_arn,
            settings=self._settings.alarms,
        )
