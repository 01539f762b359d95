"""A single-page application's files behind CloudFront, and its backend on some paths of the same domain."""

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

from modules.cdn.access_logs import DistributionLogs
from modules.cdn.backend_origin import BackendOrigin
from modules.cdn.certificate import SiteCertificate
from modules.cdn.distribution import Distribution
from modules.cdn.settings import StaticSiteSettings
from modules.cdn.site_bucket import SiteBucket
from modules.cdn.site_records import SiteRecords
from modules.cdn.web_acl import WebAcl, WebAclSettings


class StaticSite(Construct):
    """
    A private bucket, a distribution that alone may read it, access logs, and what a domain needs.

    Page and backend have one origin, so the browser asks for no CORS, and a WebSocket is the page's own.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        account_id: str,
        region: str,
        edge_provider: AwsProvider,
        origin: BackendOrigin,
        disposable: bool,
        settings: StaticSiteSettings,
    ) -> None:
        """
        Make the site.

        :param name: unique in the account
        :param region: the stack's own, where the buckets are
        :param edge_provider: the provider for us-east-1, see `declare_edge`
        :param origin: the backend
        :param disposable: whether destroying the stack deletes the files and logs too
        :raises ValueError: the edge provider is for another region
        """
        super().__init__(scope, id_)
        self._name = name
        self._edge_provider = edge_provider
        certificate = self._certificate(settings)
        bucket = SiteBucket(self, "bucket", name=name, account_id=account_id, region=region, disposable=disposable)
        distribution = Distribution(
            self,
            "cdn",
            name=name,
            bucket=bucket,
            backend=origin,
            certificate=certificate,
            web_acl_arn=self._web_acl_arn(settings.web_acl),
            disposable=disposable,
            settings=settings,
        )
        bucket.let_read(distribution.arn)
        logs = DistributionLogs(
            self,
            "access_logs",
            name=name,
            account_id=account_id,
            edge_provider=edge_provider,
            distribution_arn=distribution.arn,
            disposable=disposable,
            retention_days=settings.access_log_retention_days,
        )
        self.access_log_bucket_arn: str = logs.bucket_arn
        self._publish(settings, bucket, distribution, certificate)

    def _publish(
        self,
        settings: StaticSiteSettings,
        bucket: SiteBucket,
        distribution: Distribution,
        certificate: SiteCertificate | None,
    ) -> None:
        self.bucket_name: str = bucket.name
        self.bucket_arn: str = bucket.arn
        self.distribution_id: str = distribution.id
        self.distribution_arn: str = distribution.arn
        self.domain_name: str = distribution.domain_name
        """CloudFront's own name, to which an operator's DNS record points."""
        self.validation_records: list[dict[str, str]] = [] if certificate is None else certificate.validation_records
        """`name`, `type` and `value` of the DNS records that the operator makes when there is no hosted zone."""
        self.ready: list[ITerraformDependable] = [*bucket.ready, *distribution.ready]
        """What must exist before the site can be visited, for `depends_on`."""
        self.url: str = f"https://{distribution.domain_name}"
        """Where visitors go: the domain, once it has a certificate, else CloudFront's own name."""
        if settings.domain is not None and settings.domain.serves_https:
            self.url = f"https://{settings.domain.domain_name}"
            self.ready += SiteRecords(self, "records", domain=settings.domain, distribution=distribution).ready

    def _certificate(self, settings: StaticSiteSettings) -> SiteCertificate | None:
        if settings.domain is None:
            return None
        return SiteCertificate(self, "certificate", edge_provider=self._edge_provider, domain=settings.domain)

    def _web_acl_arn(self, settings: WebAclSettings | None) -> str | None:
        if settings is None:
            return None
        return WebAcl(self, "web_acl", name=self._name, edge_provider=self._edge_provider, settings=settings).arn
