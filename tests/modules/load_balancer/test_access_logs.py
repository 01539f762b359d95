"""The bucket for access logs as Terraform JSON."""

import pytest

from modules.load_balancer.access_logs import AccessLogs
from tests.support import Synthesized, synth_scope


@pytest.fixture(scope="module")
def logs() -> Synthesized:
    """A bucket for the logs of 45 days."""
    return synth_scope(
        lambda scope: AccessLogs(
            scope, "logs", name="isms-staging-logs", account_id="956880242582", disposable=True, retention_days=45
        )
    )


def test_name_is_unique_to_the_account(logs: Synthesized) -> None:
    """Bucket names are global, so the account id is part of it."""
    assert "isms-staging-logs-956880242582" == logs.resource("aws_s3_bucket")["bucket"]


def test_delivery(logs: Synthesized) -> None:
    """The log delivery of load balancers writes below this account's folder, and does nothing else."""
    _, allowed = logs.data("aws_iam_policy_document")["statement"]
    (bucket,) = logs.resources("aws_s3_bucket")

    assert {
        "sid": "AllowLogDelivery",
        "effect": "Allow",
        "actions": ["s3:PutObject"],
        "principals": [{"identifiers": ["logdelivery.elasticloadbalancing.amazonaws.com"], "type": "Service"}],
        "resources": [f"${{aws_s3_bucket.{bucket}.arn}}/AWSLogs/956880242582/*"],
    } == allowed


def test_retention(logs: Synthesized) -> None:
    """Logs expire."""
    (rule,) = logs.resource("aws_s3_bucket_lifecycle_configuration")["rule"]

    assert [{"days": 45}] == rule["expiration"]


def test_disposable(logs: Synthesized) -> None:
    """The logs of a disposable environment go with it."""
    assert logs.resource("aws_s3_bucket")["force_destroy"] is True
