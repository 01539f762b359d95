"""The ports of a load balancer: one that serves, plain HTTP sent there, and one for what is not released yet."""

from collections.abc import Sequence

from cdktf import Precondition, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.lb_listener import (
    LbListener,
    LbListenerDefaultAction,
    LbListenerDefaultActionFixedResponse,
    LbListenerDefaultActionRedirect,
)
from constructs import Construct

from modules.load_balancer.certificate import Certificate

HTTP_PORT = 80
HTTPS_PORT = 443
TEST_PORT = 8443

_TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
"""TLS 1.3 and 1.2, forward secrecy, hybrid post-quantum key exchange: what AWS recommends in docs.aws.amazon.com,
"Security policies for your Application Load Balancer"."""


class Listeners(Construct):
    """
    The listeners of a load balancer, which answer 503 until a service adds its rules.

    Where only CloudFront may ask they answer 403 instead, to everybody whom no rule lets through, and nobody is sent
    from HTTP to HTTPS, because CloudFront knows what to speak. Without a certificate it speaks HTTP, to port 80.

    Until the domain has its certificate the same listeners speak HTTP, so that everything that refers to them can be
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
        certificate: Certificate | None,
        test_listener: bool,
        cloudfront_only: bool,
    ) -> None:
        """
        Make the listeners.

        :param certificate: None for plain HTTP
        :param cloudfront_only: whether everybody is refused whom no rule lets through
        """
        super().__init__(scope, id_)
        self._load_balancer_arn = load_balancer_arn
        self._certificate = certificate
        self._cloudfront_only = cloudfront_only
        self.port: int = HTTP_PORT if certificate is None else HTTPS_PORT
        """Where the services answer."""
        production = self._listener("production", self.port, lifecycle=self._issued())
        self.production_arn: str = production.arn
        self.test_arn: str | None = None
        self.ready: list[LbListener] = [production]
        """All listeners, for `depends_on`."""
        if test_listener:
            # After the other one, whose precondition speaks for both.
            test = self._listener("test", TEST_PORT, depends_on=[production])
            self.test_arn = test.arn
            self.ready.append(test)
        if self._https() is not None and not cloudfront_only:
            self.ready.append(self._redirect(production))

    def _https(self) -> Certificate | None:
        """The certificate, once a load balancer takes it."""
        certificate = self._certificate
        return certificate if certificate is not None and certificate.domain.serves_https else None

    def _listener(
        self,
        id_: str,
        port: int,
        *,
        lifecycle: TerraformResourceLifecycle | None = None,
        depends_on: Sequence[LbListener] = (),
    ) -> LbListener:
        certificate = self._https()
        return LbListener(
            self,
            id_,
            load_balancer_arn=self._load_balancer_arn,
            port=port,
            protocol="HTTP" if certificate is None else "HTTPS",
            ssl_policy=None if certificate is None else _TLS_POLICY,
            certificate_arn=None if certificate is None else certificate.arn,
            default_action=[self._refusal()],
            lifecycle=lifecycle,
            depends_on=list(depends_on),
        )

    def _refusal(self) -> LbListenerDefaultAction:
        """The answer to requests that no rule is for."""
        status, body = ("403", "Forbidden") if self._cloudfront_only else ("503", "Service unavailable")
        answer = LbListenerDefaultActionFixedResponse(content_type="text/plain", message_body=body, status_code=status)
        return LbListenerDefaultAction(type="fixed-response", fixed_response=answer)

    def _issued(self) -> TerraformResourceLifecycle | None:
        certificate = self._certificate
        if certificate is None or not certificate.domain.certificate_issued:
            return None
        if certificate.domain.hosted_zone_id is not None:
            return None
        # ELB itself complains of the name, the signature and the key size (hashicorp/terraform-provider-aws#41789).
        return TerraformResourceLifecycle(
            precondition=[
                Precondition(
                    condition=certificate.is_issued,
                    error_message=(
                        f"The certificate for {certificate.domain.domain_name} is {certificate.status}, not ISSUED: "
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
