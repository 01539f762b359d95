"""The certificate with which CloudFront answers to the site's domain."""

from cdktf import Precondition
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

from modules.cdn.edge import check_edge
from modules.cdn.settings import SiteDomainSettings
from modules.load_balancer.certificate import Certificate


class SiteCertificate(Construct):
    """
    The operator's certificate, or one that is made here, in us-east-1.

    Until it is issued the domain is not the site's: `arn` is None, and CloudFront's own name serves.
    """

    def __init__(self, scope: Construct, id_: str, *, edge_provider: AwsProvider, domain: SiteDomainSettings) -> None:
        """
        Make the certificate, unless there is one.

        :param edge_provider: the provider for us-east-1
        :raises ValueError: the provider is for another region
        """
        super().__init__(scope, id_)
        check_edge(edge_provider)
        self.arn: str | None = domain.certificate_arn
        self.validation_records: list[dict[str, str]] = []
        """`name`, `type` and `value` of the DNS records through which ACM validates the domain."""
        self.preconditions: list[Precondition] = []
        """What must hold before the certificate is used, when only the operator knows that it is issued."""
        if domain.certificate_arn is not None:
            return
        certificate = Certificate(self, "certificate", settings=domain, provider=edge_provider)
        self.validation_records = certificate.validation_records
        if domain.serves_https:
            self.arn = certificate.arn
        if domain.serves_https and domain.hosted_zone_id is None:
            self.preconditions = [_issued(certificate, domain.domain_name)]


def _issued(certificate: Certificate, domain_name: str) -> Precondition:
    return Precondition(
        condition=certificate.is_issued,
        error_message=(
            f"The certificate for {domain_name} is {certificate.status}, not ISSUED: "
            "create its validation record and wait before certificate_issued is True."
        ),
    )
