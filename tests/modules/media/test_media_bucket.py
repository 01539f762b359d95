"""The bucket of what users upload, as Terraform JSON."""

from typing import Any

import pytest
from cdktf import TerraformOutput
from constructs import Construct
from pydantic import ValidationError

from modules.iam import Role, trust_service
from modules.media.media_bucket import MediaBucket, MediaSettings
from modules.mistakes import mistakes_in
from tests.modules.iam_wildcards import excesses
from tests.support import Block, Synthesized, synth_scope

SITE = "https://habit-tracker.trust.demo.paythru.com"


@pytest.fixture(scope="module")
def media() -> Synthesized:
    """A bucket with settings that are not the defaults, and a role that uses it."""

    def declare(scope: Construct) -> None:
        bucket = MediaBucket(
            scope,
            "media",
            name="habit-tracker-media-956880242582",
            region="us-east-1",
            origins=[SITE],
            disposable=False,
            settings=MediaSettings(
                upload_prefix="incoming/files/", pending_upload_days=5, presigned_max_min=10, cors_max_age_s=60
            ),
        )
        trust = trust_service("ecs-tasks.amazonaws.com", account_id="956880242582")
        Role(scope, "task", name="task", trust=trust, permissions=bucket.permissions())
        TerraformOutput(scope, "environment", value=bucket.environment)

    return synth_scope(declare)


def rules(stack: Synthesized) -> dict[str, Block]:
    """The lifecycle rules by id."""
    return {one["id"]: one for one in stack.resource("aws_s3_bucket_lifecycle_configuration")["rule"]}


def reference(stack: Synthesized, attribute: str) -> str:
    """The reference to an attribute of the bucket."""
    (id_,) = stack.resources("aws_s3_bucket")
    return f"${{aws_s3_bucket.{id_}.{attribute}}}"


def test_address_is_a_contract(media: Synthesized) -> None:
    """The bucket holds what users gave, so its address must not change."""
    assert ["media_bucket_6FE5F0EB"] == list(media.resources("aws_s3_bucket"))


def test_cors(media: Synthesized) -> None:
    """Pages of the site, and of no other, may upload in both ways and read."""
    assert [
        {
            "allowed_origins": [SITE],
            "allowed_methods": ["GET", "HEAD", "PUT", "POST"],
            "allowed_headers": ["content-md5", "content-type", "x-amz-*"],
            "expose_headers": ["ETag"],
            "max_age_seconds": 60,
        }
    ] == media.resource("aws_s3_bucket_cors_configuration")["cors_rule"]


def test_pending_uploads_go(media: Synthesized) -> None:
    """What is uploaded and not moved is deleted; what was moved is not."""
    assert ("incoming/files/", 5) == (
        rules(media)["expire-incoming-files"]["filter"][0]["prefix"],
        rules(media)["expire-incoming-files"]["expiration"][0]["days"],
    )
    assert "expiration" not in rules(media)["remove-what-is-left-over"]


def test_unfinished_uploads_go(media: Synthesized) -> None:
    """What was begun in parts is deleted, in the whole bucket."""
    rule = rules(media)["remove-what-is-left-over"]

    assert ("", 7) == (
        rule["filter"][0]["prefix"],
        rule["abort_incomplete_multipart_upload"][0]["days_after_initiation"],
    )


@pytest.mark.parametrize(
    ("sid", "condition"),
    [
        ("DenyOldSignatures", ("NumericGreaterThan", "s3:signatureAge", ["600000"])),
        ("DenySignatureVersion2", ("StringEquals", "s3:signatureversion", ["AWS"])),
    ],
)
def test_signatures(sid: str, condition: tuple[str, str, list[str]], media: Synthesized) -> None:
    """The bucket refuses a signature older than 10 minutes, and one whose age S3 does not know, whoever made it."""
    (id_,) = [id_ for id_ in media.document["data"]["aws_iam_policy_document"] if "policy_document" in id_]
    (statement,) = [one for one in media.statements(id_) if one["sid"] == sid]
    test, variable, values = condition

    assert ("Deny", ["s3:*"], [f"{reference(media, 'arn')}/*"], [{"type": "*", "identifiers": ["*"]}]) == (
        statement["effect"],
        statement["actions"],
        statement["resources"],
        statement["principals"],
    )
    assert [{"test": test, "variable": variable, "values": values}] == statement["condition"]


def test_private(media: Synthesized) -> None:
    """It is a private bucket: nothing public, TLS only."""
    (id_,) = [id_ for id_ in media.document["data"]["aws_iam_policy_document"] if "policy_document" in id_]

    assert media.resource("aws_s3_bucket_public_access_block")["block_public_policy"]
    assert "DenyInsecureTransport" in {one["sid"] for one in media.statements(id_)}


def test_permissions(media: Synthesized) -> None:
    """The task reads, writes and deletes objects, and sees which there are; it does not administer the bucket."""
    (id_,) = [id_ for id_ in media.document["data"]["aws_iam_policy_document"] if "task_permissions" in id_]
    arn = reference(media, "arn")

    assert [
        (["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"], [f"{arn}/*"]),
        (["s3:ListBucket"], [arn]),
    ] == [(one["actions"], one["resources"]) for one in media.statements(id_)]
    assert [] == excesses(media)


def test_environment(media: Synthesized) -> None:
    """The task is told where the bucket is, where uploads go and how long a signature lasts."""
    assert {
        "MEDIA_BUCKET": reference(media, "bucket"),
        "MEDIA_REGION": "us-east-1",
        "MEDIA_UPLOAD_PREFIX": "incoming/files/",
        "MEDIA_URL_MAX_AGE_S": "600",
    } == media.output("environment")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"upload_prefix": ""}, "upload_prefix must be one folder or more, such as uploads/, got ''"),
        ({"upload_prefix": "uploads"}, "upload_prefix must be one folder or more"),
        ({"upload_prefix": "/uploads/"}, "upload_prefix must be one folder or more"),
        ({"presigned_max_min": 1}, "presigned_max_min must be a whole number between 2 and 10080, got 1"),
        ({"pending_upload_days": 0}, "pending_upload_days must be a whole number between 1 and 365, got 0"),
    ],
)
def test_refused(changes: dict[str, Any], message: str) -> None:
    """An empty prefix would delete everything, and an age of nothing would refuse everything."""
    with pytest.raises(ValidationError) as error:
        MediaSettings(**changes)

    (found,) = mistakes_in(error.value, MediaSettings)
    assert message in f"{found.path} {found.text}"
