"""What CloudFront tells a load balancer so that it is believed, in two generations, so that it can be changed."""

from typing import Annotated

from cdktf import Fn, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.ssm_parameter import SsmParameter
from constructs import Construct
from pydantic import Field

from modules.settings import Settings

_HEADER = "X-Origin-Verify"


class OriginSecretSettings(Settings):
    """Which secret is in use."""

    generation: Annotated[int, Field(ge=1)] = 1
    """
    Raised by one, it makes a new secret without a gap.

    Only a step of one has none: CloudFront still sends the secret of the generation before while it spreads the new
    one, and after a larger step, or a step back, that one is no longer accepted.
    """


class OriginSecret(Construct):
    """
    The secret that CloudFront sends with every request, beside the one that it sent before.

    Two slots take turns: a new generation replaces the slot of the last but one. The slot that CloudFront sends stays
    untouched until the listener rules accept both, and CloudFront is changed after them. AWS's advice is to rotate the
    header and to accept old and new for a while: docs.aws.amazon.com/AmazonCloudFront, "Restrict access to Application
    Load Balancers".

    The values are made when they are applied and are sensitive to Terraform, so no plan and no log shows them; the
    state has them, because listener rule and distribution have no write-only arguments. The load balancer passes the
    header on, so the application must keep it out of its logs. What a viewer sends under that name is overwritten:
    docs.aws.amazon.com/AmazonCloudFront, "Add custom headers to origin requests".
    """

    def __init__(self, scope: Construct, id_: str, *, stack: str, settings: OriginSecretSettings) -> None:
        """
        Make both slots.

        :param stack: the stack's id, which begins the paths of its parameters
        """
        super().__init__(scope, id_)
        current = self._slot(stack, settings.generation)
        previous = self._slot(stack, settings.generation - 1)
        self.header_name: str = _HEADER
        self.sent: str = current.value
        """What CloudFront sends."""
        self.accepted: list[str] = [current.value, previous.value]
        """What a listener rule accepts."""
        self.parameter_arns: list[str] = [current.arn, previous.arn]
        """Where the values lie, for whoever plans: a plan reads them."""

    def _slot(self, stack: str, generation: int) -> SsmParameter:
        return SsmParameter(
            self,
            "odd" if generation % 2 else "even",
            # A parameter with another name is another parameter.
            name=f"/{stack}/origin-secret/{generation}",
            description=f"The value of {_HEADER} between CloudFront and the load balancer, generation {generation}",
            type="SecureString",
            # 122 random bits (RFC 9562, 5.4), and only characters that a header and a listener rule take as they are.
            value=Fn.uuid(),
            # uuid() is another one in every plan.
            lifecycle=TerraformResourceLifecycle(ignore_changes=["value"]),
        )
