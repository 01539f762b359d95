"""The ports of a load balancer: HTTPS, plain HTTP sent there, and one for what is not released yet."""

from collections.abc import Sequence

from cdktf import Precondition, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.lb_listener import (
    LbListener,
    LbListenerDefaultAction,
    LbListenerDefaultActionFixedResponse,
    LbListenerDefaultActionRedirect,
)
from constructs import Construct

from modules.load_balancer.certificate import Certificate, DomainSettings

HTTP_PORT = 80
HTTPS_PORT = 443
TEST_PORT = 8443

_TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
"""TLS 1.3 and 1.2, forward secrecy, hybrid post-quantum key exchange: what AWS recommends in docs.aws.amazon.com,
"Security policies for your Application Load Balancer"."""


class Listeners(Construct):
    """
    The listeners of a load balancer, which answer 503 until a service adds its rules.

    Until the domain has a certificate the same listeners speak HTTP, so that everything that refers to them can be
    built; the load balancer's security group must let nobody in then. ModifyListener turns them into HTTPS in place
    (ELBv2 ModifyListener: "If you change the protocol from HTTP to HTTPS … you must add the security policy and default
    certificate"), with the rules they have. The way back may be refused: hashicorp/terraform-provider-aws#1851.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        load_balancer_arn: str,
        domain: DomainSettings,
        certificate: Certificate,
        test_listener: bool,
    ) -> None:
        super().__init__(scope, id_)
        self._load_balancer_arn = load_balancer_arn
        self._domain = domain
        self._certificate = certificate
        production = self._listener("production", HTTPS_PORT, lifecycle=self._issued())
        self.production_arn: str = production.arn
        self.test_arn: str | None = None
        self.ready: list[LbListener] = [production]
        """All listeners, for `depends_on`."""
        if test_listener:
            # After the other one, whose precondition speaks for both.
            test = self._listener("test", TEST_PORT, depends_on=[production])
            self.test_arn = test.arn
            self.ready.append(test)
        if domain.serves_https:
            self.ready.append(self._redirect(production))

    def _listener(
        self,
        id_: str,
        port: int,
        *,
        lifecycle: TerraformResourceLifecycle | None = None,
        depends_on: Sequence[LbListener] = (),
    ) -> LbListener:
        unavailable = LbListenerDefaultActionFixedResponse(
            content_type="text/plain", message_body="Service unavailable", status_code="503"
        )
        https = self._domain.serves_https
        return LbListener(
            self,
            id_,
            load_balancer_arn=self._load_balancer_arn,
            port=port,
            protocol="HTTPS" if https else "HTTP",
            ssl_policy=_TLS_POLICY if https else None,
            certificate_arn=self._certificate.arn if https else None,
            default_action=[LbListenerDefaultAction(type="fixed-response", fixed_response=unavailable)],
            lifecycle=lifecycle,
            depends_on=list(depends_on),
        )

    def _issued(self) -> TerraformResourceLifecycle | None:
        if self._domain.hosted_zone_id is not None or not self._domain.certificate_issued:
            return None
        # ELB itself complains of the name, the signature and the key size (hashicorp/terraform-provider-aws#41789).
        return TerraformResourceLifecycle(
            precondition=[
                Precondition(
                    condition=self._certificate.is_issued,
                    error_message=(
                        f"The certificate for {self._domain.domain_name} is {self._certificate.status}, not ISSUED: "
                        "create its validation record and wait before certificate_issued is True."
                    ),
                )
            ]
        )

    def _redirect(self, production: LbListener) -> LbListener:
        return LbListener(
            self,
            "redirect",
            load_balancer_arn=self._load_balancer_arn,
            port=HTTP_PORT,
            protocol="HTTP",
            default_action=[
                LbListenerDefaultAction(
                    type="redirect",
                    redirect=LbListenerDefaultActionRedirect(
                        port=str(HTTPS_PORT), protocol="HTTPS", status_code="HTTP_301"
                    ),
                )
            ],
            # Nobody is sent to HTTPS before it answers.
            depends_on=[production],
        )
