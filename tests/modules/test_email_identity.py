"""Whom an application sends e-mail as."""

import pytest
from cdktf_cdktf_provider_aws.data_aws_iam_policy_document import DataAwsIamPolicyDocument
from pydantic import ValidationError

from modules.email_identity import EmailIdentitySettings
from modules.iam import Statement
from tests.modules.iam_wildcards import excesses
from tests.support import Block, Synthesized, synth_scope

IDENTITY = EmailIdentitySettings(domain_name="aldeia.com", sender="bot")


def document(statements: list[Statement]) -> Synthesized:
    """A policy of these statements."""
    return synth_scope(lambda scope: DataAwsIamPolicyDocument(scope, "policy", statement=statements))


@pytest.fixture(scope="module")
def policy() -> Synthesized:
    """The policy of an application that sends."""
    return document(IDENTITY.permissions(account_id="956880242582", region="us-east-1"))


def statement(policy: Synthesized) -> Block:
    """Its one statement."""
    (one,) = policy.data("aws_iam_policy_document")["statement"]
    return dict(one)


def test_address() -> None:
    """The sender before the domain."""
    assert "bot@aldeia.com" == IDENTITY.address


def test_sender_is_nobody_by_default() -> None:
    """Mail that nobody answers."""
    assert "no-reply@aldeia.com" == EmailIdentitySettings(domain_name="aldeia.com").address


def test_actions(policy: Synthesized) -> None:
    """Those of the design, and no others."""
    assert ["ses:SendEmail", "ses:SendRawEmail"] == statement(policy)["actions"]


def test_one_identity(policy: Synthesized) -> None:
    """The application sends as this domain alone, not as every identity of the account."""
    assert ["arn:aws:ses:us-east-1:956880242582:identity/aldeia.com"] == statement(policy)["resources"]


def test_one_address(policy: Synthesized) -> None:
    """Of the domain it has one address."""
    assert [{"test": "StringEquals", "variable": "ses:FromAddress", "values": ["bot@aldeia.com"]}] == (
        statement(policy)["condition"]
    )


def test_no_excess(policy: Synthesized) -> None:
    """AWS knows both actions, and a resource for them."""
    assert [] == excesses(policy)


@pytest.mark.parametrize("sender", ["", "a b", "A", ".a", "a@b", "a" * 65])
def test_refused_sender(sender: str) -> None:
    """What is no local part of an address that every server takes."""
    with pytest.raises(ValidationError, match="sender"):
        EmailIdentitySettings(domain_name="aldeia.com", sender=sender)
