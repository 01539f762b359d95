"""Whom an application sends e-mail as: an identity that Amazon SES has verified, and the permission to use it."""

from typing import Annotated

from pydantic import Field, StringConstraints

from modules.iam import Statement, allow
from modules.settings import Settings
from modules.types import DomainName

_SEND = ["ses:SendEmail", "ses:SendRawEmail"]


class EmailIdentitySettings(Settings):
    """
    A domain that the account may send from.

    It is verified once an account and region, outside of any stack, because its DNS records are those of the whole
    domain (Amazon SES Developer Guide, "Creating and verifying identities").
    """

    domain_name: DomainName

    sender: Annotated[
        str,
        StringConstraints(pattern=r"^[a-z0-9]([a-z0-9._+-]{0,62}[a-z0-9])?$"),
        Field(description="the part of an address before the @: letters, digits and ._+-, in lower case"),
    ] = "no-reply"
    """Before the @: mail is sent from this address and no other."""

    @property
    def address(self) -> str:
        """The address that mail is sent from."""
        return f"{self.sender}@{self.domain_name}"

    def permissions(self, *, account_id: str, region: str) -> list[Statement]:
        """
        Say what the role of the application needs.

        The key of the condition is that of "Actions, resources, and condition keys for Amazon SES".
        """
        identity = f"arn:aws:ses:{region}:{account_id}:identity/{self.domain_name}"
        return [allow(_SEND, [identity], {("StringEquals", "ses:FromAddress"): [self.address]})]
