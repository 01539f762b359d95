"""The bucket of a site's files: who may read it, and what is kept."""

import pytest
from constructs import Construct

from modules.cdn.site_bucket import SiteBucket
from tests.support import Block, Synthesized, synth_scope

DISTRIBUTION = "arn:aws:cloudfront::956880242582:distribution/E123"


def build(*, disposable: bool) -> Synthesized:
    """A bucket that one distribution reads."""

    def declare(scope: Construct) -> None:
        bucket = SiteBucket(
            scope, "site", name="edgemind", account_id="956880242582", region="eu-west-1", disposable=disposable
        )
        bucket.let_read(DISTRIBUTION)

    return synth_scope(declare)


@pytest.fixture(scope="module")
def kept() -> Synthesized:
    """A bucket that is not deleted with what it holds."""
    return build(disposable=False)


def statement(stack: Synthesized, sid: str) -> Block:
    """One statement of the bucket's policy."""
    (document,) = stack.document["data"]["aws_iam_policy_document"]
    (found,) = (one for one in stack.statements(document) if one["sid"] == sid)
    return found


def arn(stack: Synthesized) -> str:
    """The bucket's ARN."""
    (id_,) = stack.resources("aws_s3_bucket")
    return f"${{aws_s3_bucket.{id_}.arn}}"


@pytest.mark.parametrize(
    ("sid", "action", "suffix"),
    [("AllowCloudFrontRead", "s3:GetObject", "/*"), ("AllowCloudFrontNotFound", "s3:ListBucket", "")],
)
def test_one_distribution_reads(kept: Synthesized, sid: str, action: str, suffix: str) -> None:
    """The distribution alone may read, and learns that a file is missing: S3 answers 404 to who may list, else 403."""
    assert {
        "sid": sid,
        "effect": "Allow",
        "actions": [action],
        "resources": [f"{arn(kept)}{suffix}"],
        "principals": [{"type": "Service", "identifiers": ["cloudfront.amazonaws.com"]}],
        "condition": [{"test": "StringEquals", "variable": "aws:SourceArn", "values": [DISTRIBUTION]}],
    } == statement(kept, sid)


def test_nobody_else(kept: Synthesized) -> None:
    """Nobody else is let in, and nobody without TLS."""
    (document,) = kept.document["data"]["aws_iam_policy_document"]

    assert [
        ("DenyInsecureTransport", "Deny"),
        ("AllowCloudFrontRead", "Allow"),
        ("AllowCloudFrontNotFound", "Allow"),
    ] == [(one["sid"], one["effect"]) for one in kept.statements(document)]


def test_name(kept: Synthesized) -> None:
    """Bucket names are shared by all of AWS, so the account is in it."""
    assert "edgemind-site-956880242582" == kept.resource("aws_s3_bucket")["bucket"]


def test_a_publish_can_be_undone(kept: Synthesized) -> None:
    """What a publish overwrites or removes is kept for a while."""
    rule = kept.resource("aws_s3_bucket_lifecycle_configuration")["rule"][0]

    assert "Enabled" == kept.resource("aws_s3_bucket_versioning")["versioning_configuration"]["status"]
    assert [{"noncurrent_days": 30}] == rule["noncurrent_version_expiration"]
    assert "expiration" not in rule


@pytest.mark.parametrize("disposable", [True, False])
def test_destroyed_with_its_files(disposable: bool) -> None:
    """Only a disposable bucket is deleted while it holds files."""
    assert disposable is build(disposable=disposable).resource("aws_s3_bucket")["force_destroy"]
