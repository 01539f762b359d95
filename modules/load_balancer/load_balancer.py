"""The public load balancer that a system's services share."""

from typing import Annotated

from cdktf_cdktf_provider_aws.lb import Lb, LbAccessLogs
from cdktf_cdktf_provider_aws.lb_listener import LbListener
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from cdktf_cdktf_provider_aws.vpc_security_group_ingress_rule import VpcSecurityGroupIngressRule
from constructs import Construct
from pydantic import Field, field_validator

from modules.load_balancer.access_logs import AccessLogs
from modules.load_balancer.certificate import Certificate, DomainSettings
from modules.load_balancer.listeners import HTTP_PORT, HTTPS_PORT, TEST_PORT, Listeners
from modules.names import physical_name
from modules.network.placement import Placement
from modules.protection import keep_unless
from modules.settings import Settings, mistake
from modules.types import Cidr

_ANYWHERE = "0.0.0.0/0"


class LoadBalancerSettings(Settings):
    """Who reaches the load balancer, and what it keeps."""

    ingress_cidrs: Annotated[list[Cidr], Field(min_length=1)] = Field(default_factory=lambda: [_ANYWHERE])
    """Who reaches ports 80 and 443."""

    test_listener_cidrs: list[Cidr] = Field(default_factory=list)
    """Who reaches port 8443, where a release can be tried before it gets traffic. CodeDeploy does not need to."""

    idle_timeout_s: Annotated[int, Field(ge=1, le=4000)] = 60
    """Seconds without data after which a connection is closed (docs.aws.amazon.com, "Load balancer attributes")."""

    access_log_retention_days: Annotated[int, Field(ge=1)] = 90

    @field_validator("ingress_cidrs", "test_listener_cidrs")
    @classmethod
    def _names_each_once(cls, cidrs: list[str]) -> list[str]:
        if len(set(cidrs)) != len(cidrs):
            raise mistake("must name each network once")
        return cidrs

    @field_validator("test_listener_cidrs")
    @classmethod
    def _is_not_everybody(cls, cidrs: list[str]) -> list[str]:
        if _ANYWHERE in cidrs:
            raise mistake(f"must not contain {_ANYWHERE}: what is not released yet is not for everybody")
        return cidrs


class LoadBalancer(Construct):
    """
    An internet-facing application load balancer with its listeners, access logs and security group.

    Its security group has no egress rules: each service adds the one that leads to it. While the domain does not serve
    HTTPS yet it has no ingress rules either, so that nothing is ever served in plain text.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        account_id: str,
        placement: Placement,
        domain: DomainSettings,
        certificate: Certificate,
        test_listener: bool,
        disposable: bool,
        settings: LoadBalancerSettings,
    ) -> None:
        """
        Make the load balancer.

        :param name: the load balancer's name, cut when it is too long
        :param placement: at least two public subnets, in different zones
        :param test_listener: whether there is a port for releases that do not get traffic yet
        :param disposable: whether destroying the stack may delete it, with its logs
        """
        super().__init__(scope, id_)
        group = SecurityGroup(
            self, "security_group", name=f"{name}-alb", description="Load balancer", vpc_id=placement.vpc_id
        )
        self.security_group_id: str = group.id
        load_balancer = self._declare_load_balancer(name, account_id, placement, settings, disposable=disposable)
        self.arn: str = load_balancer.arn
        self.arn_suffix: str = load_balancer.arn_suffix
        """What CloudWatch calls the load balancer: the dimension `LoadBalancer`."""
        self.dns_name: str = load_balancer.dns_name
        self.zone_id: str = load_balancer.zone_id
        """The hosted zone of `dns_name`, for an alias record."""
        listeners = Listeners(
            self,
            "listeners",
            load_balancer_arn=load_balancer.arn,
            domain=domain,
            certificate=certificate,
            test_listener=test_listener,
        )
        self.listener_arn: str = listeners.production_arn
        self.test_listener_arn: str | None = listeners.test_arn
        self.ready: list[LbListener] = listeners.ready
        """What must exist before anybody is sent here, for `depends_on`."""
        if domain.serves_https:
            self._open([HTTP_PORT, HTTPS_PORT], settings.ingress_cidrs, "Clients")
            self._open([TEST_PORT] if test_listener else [], settings.test_listener_cidrs, "Testers of a release")

    def _declare_load_balancer(
        self, name: str, account_id: str, placement: Placement, settings: LoadBalancerSettings, *, disposable: bool
    ) -> Lb:
        logs = AccessLogs(
            self,
            "access_logs",
            name=f"{name}-access-logs",
            account_id=account_id,
            disposable=disposable,
            retention_days=settings.access_log_retention_days,
        )
        self.access_log_bucket_name: str = logs.bucket_name
        self.access_log_bucket_arn: str = logs.bucket_arn
        return Lb(
            self,
            "load_balancer",
            name=physical_name("load_balancer", name),
            load_balancer_type="application",
            internal=False,
            ip_address_type="ipv4",
            security_groups=[self.security_group_id],
            subnets=list(placement.subnet_ids),
            idle_timeout=settings.idle_timeout_s,
            drop_invalid_header_fields=True,
            desync_mitigation_mode="defensive",
            enable_deletion_protection=not disposable,
            access_logs=LbAccessLogs(enabled=True, bucket=logs.bucket_name),
            depends_on=logs.ready,
            lifecycle=keep_unless(disposable),
        )

    def _open(self, ports: list[int], cidrs: list[str], who: str) -> None:
        for port in ports:
            for cidr in cidrs:
                VpcSecurityGroupIngressRule(
                    self,
                    f"in_{port}_{cidr.replace('.', '_').replace('/', '_')}",
                    security_group_id=self.security_group_id,
                    description=who,
                    cidr_ipv4=cidr,
                    ip_protocol="tcp",
                    from_port=port,
                    to_port=port,
                    # The listeners may speak plain HTTP until now.
                    depends_on=self.ready,
                )
