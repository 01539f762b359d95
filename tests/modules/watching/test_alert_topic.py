"""The topic that alarms and budgets report to."""

import pytest
from cdktf import TerraformOutput
from constructs import Construct
from pydantic import ValidationError

from modules.mistakes import mistakes_in
from modules.watching.alert_topic import AlertTopic, AlertTopicSettings
from tests.support import Block, Synthesized, synth_scope

EMAILS = ["alerts@trust.demo.paythru.com", "ops@trust.demo.paythru.com"]


def build(scope: Construct) -> None:
    """A topic with two addresses, and something that refers to it."""
    topic = AlertTopic(
        scope,
        "alerts",
        name="isms-staging",
        account_id="956880242582",
        region="eu-west-2",
        settings=AlertTopicSettings(emails=EMAILS),
    )
    assert "isms-staging-alerts" == topic.name
    TerraformOutput(scope, "arn", value=topic.arn)


@pytest.fixture(scope="module")
def stack() -> Synthesized:
    """The topic."""
    return synth_scope(build)


@pytest.fixture(scope="module")
def statements(stack: Synthesized) -> dict[str, Block]:
    """The statements of the topic's policy, by their sid."""
    (document,) = stack.document["data"]["aws_iam_policy_document"].values()
    return {statement["sid"]: statement for statement in document["statement"]}


def test_name(stack: Synthesized) -> None:
    """The topic bears the environment's name."""
    assert "isms-staging-alerts" == stack.resource("aws_sns_topic")["name"]


def test_no_key(stack: Synthesized) -> None:
    """CloudWatch could not publish under the key that SNS has of its own."""
    assert "kms_master_key_id" not in stack.resource("aws_sns_topic")


def test_policy_is_of_the_topic(stack: Synthesized) -> None:
    """The policy is attached to the topic, and its statements are about it alone."""
    (topic,) = stack.resources("aws_sns_topic")
    (document,) = stack.document["data"]["aws_iam_policy_document"]
    policy = stack.resource("aws_sns_topic_policy")

    assert f"${{aws_sns_topic.{topic}.arn}}" == policy["arn"]
    assert f"${{data.aws_iam_policy_document.{document}.json}}" == policy["policy"]


def test_three_statements_on_publishing(stack: Synthesized, statements: dict[str, Block]) -> None:
    """All that the policy is about is publishing to this topic."""
    (topic,) = stack.resources("aws_sns_topic")

    assert {"Cloudwatch", "Budgets", "TlsOnly"} == statements.keys()
    for statement in statements.values():
        assert (["sns:Publish"], [f"${{aws_sns_topic.{topic}.arn}}"]) == (statement["actions"], statement["resources"])


@pytest.mark.parametrize(
    ("sid", "service", "source"),
    [
        ("Cloudwatch", "cloudwatch.amazonaws.com", "arn:aws:cloudwatch:eu-west-2:956880242582:alarm:*"),
        ("Budgets", "budgets.amazonaws.com", "arn:aws:budgets::956880242582:*"),
    ],
)
def test_services_of_this_account_publish(statements: dict[str, Block], sid: str, service: str, source: str) -> None:
    """A service publishes for this account's alarms or budgets only."""
    statement = statements[sid]

    assert "Allow" == statement["effect"]
    assert [{"type": "Service", "identifiers": [service]}] == statement["principals"]
    assert [
        {"test": "StringEquals", "variable": "aws:SourceAccount", "values": ["956880242582"]},
        {"test": "ArnLike", "variable": "aws:SourceArn", "values": [source]},
    ] == statement["condition"]


def test_tls_only(statements: dict[str, Block]) -> None:
    """Nobody publishes without TLS."""
    statement = statements["TlsOnly"]

    assert "Deny" == statement["effect"]
    assert [{"type": "*", "identifiers": ["*"]}] == statement["principals"]
    assert [{"test": "Bool", "variable": "aws:SecureTransport", "values": ["false"]}] == statement["condition"]


def test_emails(stack: Synthesized) -> None:
    """Every address has a subscription."""
    (topic,) = stack.resources("aws_sns_topic")

    assert [("email", email, f"${{aws_sns_topic.{topic}.arn}}") for email in EMAILS] == sorted(
        (each["protocol"], each["endpoint"], each["topic_arn"])
        for each in stack.resources("aws_sns_topic_subscription").values()
    )


def test_address_of_a_subscription_follows_the_email(stack: Synthesized) -> None:
    """Removing one address must not ask the others to confirm again, so no position is part of an id."""
    ids = {each["endpoint"]: id_ for id_, each in stack.resources("aws_sns_topic_subscription").items()}

    assert "opstrustdemopaythrucom" in ids["ops@trust.demo.paythru.com"]


def test_comes_after_its_policy(stack: Synthesized) -> None:
    """Budgets checks that it may publish, so the ARN is handed on by the policy."""
    (policy,) = stack.resources("aws_sns_topic_policy")

    assert f"${{aws_sns_topic_policy.{policy}.arn}}" == stack.output("arn")


def test_no_emails_by_default() -> None:
    """Nobody is written to unasked."""
    assert [] == AlertTopicSettings().emails


@pytest.mark.parametrize(
    ("emails", "mistake"),
    [
        (["alerts"], "emails.0 must be an e-mail address whose domain is in lower case, got 'alerts'"),
        (
            ["ops@trust.demo.paythru.com", "OPS@trust.demo.paythru.com"],
            "emails must name every address once, got ['ops@trust.demo.paythru.com', 'OPS@trust.demo.paythru.com']",
        ),
    ],
)
def test_mistakes(emails: list[str], mistake: str) -> None:
    """An address is one, and stands once."""
    with pytest.raises(ValidationError) as caught:
        AlertTopicSettings(emails=emails)

    assert [mistake] == [f"{each.path} {each.text}" for each in mistakes_in(caught.value, AlertTopicSettings)]
