"""The public load balancer that a system's services share."""

from typing import Annotated

from cdktf_cdktf_provider_aws.data_aws_ec2_managed_prefix_list import DataAwsEc2ManagedPrefixList
from cdktf_cdktf_provider_aws.lb import Lb, LbAccessLogs
from cdktf_cdktf_provider_aws.lb_listener import LbListener
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from cdktf_cdktf_provider_aws.vpc_security_group_ingress_rule import VpcSecurityGroupIngressRule
from constructs import Construct
from pydantic import Field, field_validator

from modules.load_balancer.access_logs import AccessLogs
from modules.load_balancer.certificate import Certificate
from modules.load_balancer.listeners import HTTP_PORT, HTTPS_PORT, TEST_PORT, Listeners
from modules.names import physical_name
from modules.network.placement import Placement
from modules.origin_secret import OriginSecret
from modules.protection import keep_unless
from modules.settings import Settings, mistake
from modules.types import Cidr

_ANYWHERE = "0.0.0.0/0"

_CLOUDFRONT = "com.amazonaws.global.cloudfront.origin-facing"
"""AWS's list of the addresses from which CloudFront asks origins. It counts as 55 of the 60 rules that a security group
has at first, so one group opens one port to it: docs.aws.amazon.com/vpc, "AWS-managed prefix lists"."""


class LoadBalancerSettings(Settings):
    """Who reaches the load balancer, and what it keeps."""

    ingress_cidrs: Annotated[list[Cidr], Field(min_length=1)] = Field(default_factory=lambda: [_ANYWHERE])
    """Who reaches ports 80 and 443. Not asked where only CloudFront may."""

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

    With a secret it answers only to CloudFront: its addresses alone get in, and since any distribution of anybody asks
    from these, every route demands the secret too (docs.aws.amazon.com/AmazonCloudFront, "Restrict access to
    Application Load Balancers"). Only then it can do without a certificate: CloudFront speaks HTTP to it.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        account_id: str,
        placement: Placement,
        certificate: Certificate | None,
        origin_secret: OriginSecret | None = None,
        test_listener: bool,
        disposable: bool,
        settings: LoadBalancerSettings,
    ) -> None:
        """
        Make the load balancer.

        :param name: the load balancer's name, cut when it is too long
        :param placement: at least two public subnets, in different zones
        :param certificate: None when there is no domain, for CloudFront only
        :param origin_secret: what CloudFront sends, when nobody else may ask
        :param test_listener: whether there is a port for releases that do not get traffic yet
        :param disposable: whether destroying the stack may delete it, with its logs
        :raises ValueError: everybody would be served in plain text
        """
        super().__init__(scope, id_)
        if certificate is None and origin_secret is None:
            raise ValueError("a load balancer without a certificate needs an origin_secret: plain HTTP is not for all")
        self.origin_secret: OriginSecret | None = origin_secret
        """What every route demands of a request, if anything."""
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
            certificate=certificate,
            test_listener=test_listener,
            cloudfront_only=origin_secret is not None,
        )
        self.listener_arn: str = listeners.production_arn
        self.test_listener_arn: str | None = listeners.test_arn
        self.ready: list[LbListener] = listeners.ready
        """What must exist before anybody is sent here, for `depends_on`."""
        if certificate is None or certificate.domain.serves_https:
            self._open_ports(listeners, settings)

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

    def _open_ports(self, listeners: Listeners, settings: LoadBalancerSettings) -> None:
        if self.origin_secret is None:
            self._open([HTTP_PORT, HTTPS_PORT], settings.ingress_cidrs, "Clients")
        else:
            self._open_to_cloudfront(listeners.port)
        testers = [] if listeners.test_arn is None else settings.test_listener_cidrs
        self._open([TEST_PORT], testers, "Testers of a release")

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

    def _open_to_cloudfront(self, port: int) -> None:
        cloudfront = DataAwsEc2ManagedPrefixList(self, "cloudfront", name=_CLOUDFRONT)
        VpcSecurityGroupIngressRule(
            self,
            # Without the port, so that a domain that comes later changes the rule: two would be too many.
            "in_cloudfront",
            security_group_id=self.security_group_id,
            description="CloudFront",
            prefix_list_id=cloudfront.id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            depends_on=self.ready,
        )
