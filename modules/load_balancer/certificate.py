"""The domain that a system answers to, and its certificate."""

from collections.abc import Sequence
from typing import Annotated

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.acm_certificate import AcmCertificate
from cdktf_cdktf_provider_aws.acm_certificate_validation import AcmCertificateValidation
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.route53_record import Route53Record
from constructs import Construct
from pydantic import Field

from modules.settings import Settings
from modules.types import DomainName, HostedZoneId

_VALIDATION_TTL_S = 60


class DomainSettings(Settings):
    """A domain, and who keeps its DNS records."""

    domain_name: Annotated[DomainName, Field(max_length=64)]
    """At most 64 characters, because it becomes the certificate's common name (ACM RequestCertificate, DomainName)."""

    hosted_zone_id: HostedZoneId | None = None
    """The Route 53 zone that Terraform keeps the records in. None: the operator makes them, wherever the zone is."""

    certificate_issued: bool = False
    """Whether ACM has issued the certificate. Only asked without a hosted zone: the operator sets it when the
    validation record is in place, because a load balancer refuses a certificate that is not issued."""

    @property
    def serves_https(self) -> bool:
        """Whether there is, or Terraform waits for, a certificate that a load balancer takes."""
        return self.hosted_zone_id is not None or self.certificate_issued


class Certificate(Construct):
    """
    A certificate in ACM for a domain, and perhaps for more names of its zone, validated by DNS.

    With a hosted zone Terraform makes the validation record and waits until the certificate is issued. Without one
    nothing waits: `validation_records` tells the operator what to create.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        settings: DomainSettings,
        other_names: Sequence[str] = (),
        provider: AwsProvider | None = None,
    ) -> None:
        """
        Make the certificate.

        :param other_names: what it is for beside the domain itself, in the same hosted zone; literals
        :param provider: for another region than the stack's own
        """
        super().__init__(scope, id_)
        self.domain: DomainSettings = settings
        self._provider = provider
        certificate = AcmCertificate(
            self,
            "certificate",
            provider=provider,
            domain_name=settings.domain_name,
            subject_alternative_names=list(other_names) if other_names else None,
            validation_method="DNS",
            # A certificate that a load balancer uses cannot be deleted.
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
        names = [settings.domain_name, *other_names]
        self.validation_records: list[dict[str, str]] = [
            _record(certificate, name, alone=not other_names) for name in names
        ]
        """`name`, `type` and `value` of each DNS record through which ACM validates the domain and renews."""

        self.status: str = certificate.status
        self.is_issued: str = f'${{{certificate.fqn}.status == "ISSUED"}}'
        """The condition that ACM has issued the certificate."""

        self.arn: str = certificate.arn
        """Of the certificate once it is issued, when there is a hosted zone."""

        if settings.hosted_zone_id is not None:
            self.arn = self._validate(certificate, settings.hosted_zone_id)

    def _validate(self, certificate: AcmCertificate, hosted_zone_id: str) -> str:
        validations = [
            Route53Record(
                self,
                "validation_record" if number == 1 else f"validation_record_{number}",
                zone_id=hosted_zone_id,
                name=record["name"],
                type=record["type"],
                records=[record["value"]],
                ttl=_VALIDATION_TTL_S,
                # ACM asks for the same record for every certificate of a name in an account: it may be there already.
                allow_overwrite=True,
            )
            for number, record in enumerate(self.validation_records, start=1)
        ]
        issued = AcmCertificateValidation(
            self,
            "validation",
            provider=self._provider,
            certificate_arn=certificate.arn,
            validation_record_fqdns=[validation.fqdn for validation in validations],
        )
        return issued.certificate_arn


def _record(certificate: AcmCertificate, name: str, *, alone: bool) -> dict[str, str]:
    """
    Refer to the DNS record that ACM asks for one of the certificate's names.

    The options are a set, and cdktf's own index reads sets only through an iterator.

    :param alone: whether it is the only name, which has the only option
    """
    options = f"{certificate.fqn}.domain_validation_options"
    of_name = f'one([for option in {options} : option if option.domain_name == "{name}"])'
    option = f"tolist({options})[0]" if alone else of_name
    return {key: f"${{{option}.resource_record_{key}}}" for key in ("name", "type", "value")}
