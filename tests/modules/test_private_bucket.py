"""The private bucket as Terraform JSON."""

import pytest
from cdktf_cdktf_provider_aws.data_aws_iam_policy_document import DataAwsIamPolicyDocumentStatementPrincipals
from constructs import Construct

from modules.iam import Statement
from modules.private_bucket import PrivateBucket
from tests.support import Synthesized, synth_scope

NAME = "isms-staging-media-956880242582"


@pytest.fixture(scope="module")
def kept() -> Synthesized:
    """A bucket with all defaults, and one reader."""

    def build(scope: Construct) -> None:
        bucket = PrivateBucket(scope, "media", name=NAME, disposable=False)
        principal = DataAwsIamPolicyDocumentStatementPrincipals(
            type="Service", identifiers=["cloudfront.amazonaws.com"]
        )
        bucket.allow(
            Statement(effect="Allow", actions=["s3:GetObject"], resources=[f"{bucket.arn}/*"], principals=[principal])
        )

    return synth_scope(build)


@pytest.fixture(scope="module")
def passing() -> Synthesized:
    """A bucket of what is not kept: disposable, without versions, for 14 days."""
    return synth_scope(
        lambda scope: PrivateBucket(
            scope, "exports", name="x" * 80, disposable=True, versioned=False, expire_after_days=14
        )
    )


def address(stack: Synthesized, type_: str) -> str:
    """The address of the only resource of a type."""
    (id_,) = stack.resources(type_)
    return f"{type_}.{id_}"


def test_name(kept: Synthesized) -> None:
    """The bucket has the name that it was given."""
    assert NAME == kept.resource("aws_s3_bucket")["bucket"]


def test_long_name_is_cut(passing: Synthesized) -> None:
    """A name longer than S3 allows is cut."""
    assert 63 == len(passing.resource("aws_s3_bucket")["bucket"])


def test_address_is_a_contract(kept: Synthesized) -> None:
    """The bucket holds something, so its address must not change."""
    assert "aws_s3_bucket.media_bucket_0B659CB7" == address(kept, "aws_s3_bucket")


@pytest.mark.parametrize(
    "block", ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"]
)
def test_is_private(kept: Synthesized, block: str) -> None:
    """All four blocks of public access are on."""
    assert kept.resource("aws_s3_bucket_public_access_block")[block] is True


def test_has_no_acls(kept: Synthesized) -> None:
    """The bucket's owner owns every object, whoever uploads it."""
    rule = kept.resource("aws_s3_bucket_ownership_controls")["rule"]

    assert {"object_ownership": "BucketOwnerEnforced"} == rule


def test_is_encrypted(kept: Synthesized) -> None:
    """Objects are encrypted with S3's own keys, as the delivery of access logs needs it."""
    (rule,) = kept.resource("aws_s3_bucket_server_side_encryption_configuration")["rule"]

    assert {"sse_algorithm": "AES256"} == rule["apply_server_side_encryption_by_default"]


def test_is_tls_only(kept: Synthesized) -> None:
    """Every request without TLS is denied, to everybody."""
    denied, _ = kept.data("aws_iam_policy_document")["statement"]
    bucket = address(kept, "aws_s3_bucket")

    assert {
        "sid": "DenyInsecureTransport",
        "effect": "Deny",
        "actions": ["s3:*"],
        "principals": [{"identifiers": ["*"], "type": "*"}],
        "condition": [{"test": "Bool", "values": ["false"], "variable": "aws:SecureTransport"}],
        "resources": [f"${{{bucket}.arn}}", f"${{{bucket}.arn}}/*"],
    } == denied


def test_allows_what_the_consumer_adds(kept: Synthesized) -> None:
    """A statement of the consumer comes beside the denial."""
    _, allowed = kept.data("aws_iam_policy_document")["statement"]

    assert ["s3:GetObject"] == allowed["actions"]


def test_policy_is_attached(kept: Synthesized) -> None:
    """The bucket's policy is the document."""
    policy = kept.resource("aws_s3_bucket_policy")["policy"]

    assert policy.startswith("${data.aws_iam_policy_document.media_policy_document_")
    assert policy.endswith(".json}")


def test_access_changes_one_at_a_time(kept: Synthesized) -> None:
    """S3 refuses two changes of a bucket's access at the same time."""
    policy = kept.resource("aws_s3_bucket_policy")

    assert [address(kept, "aws_s3_bucket_public_access_block")] == policy["depends_on"]


def test_ready_is_the_policy() -> None:
    """Whoever needs the policy can wait for it."""
    buckets: list[PrivateBucket] = []
    synth_scope(lambda scope: buckets.append(PrivateBucket(scope, "media", name=NAME, disposable=False)))

    assert ["aws_s3_bucket_policy"] == [each.terraform_resource_type for each in buckets[0].ready]


def test_old_versions_expire(kept: Synthesized) -> None:
    """Versioning is on, and its cost is bounded."""
    lifecycle = kept.resource("aws_s3_bucket_lifecycle_configuration")
    (rule,) = lifecycle["rule"]

    assert "Enabled" == kept.resource("aws_s3_bucket_versioning")["versioning_configuration"]["status"]
    assert [{"noncurrent_days": 30}] == rule["noncurrent_version_expiration"]
    assert [address(kept, "aws_s3_bucket_versioning")] == lifecycle["depends_on"]


def test_incomplete_uploads_expire(kept: Synthesized) -> None:
    """What an aborted upload leaves is removed."""
    (rule,) = kept.resource("aws_s3_bucket_lifecycle_configuration")["rule"]

    assert [{"days_after_initiation": 7}] == rule["abort_incomplete_multipart_upload"]


def test_objects_stay(kept: Synthesized) -> None:
    """Objects do not expire unless the consumer wants it."""
    (rule,) = kept.resource("aws_s3_bucket_lifecycle_configuration")["rule"]

    assert "expiration" not in rule


def test_objects_expire(passing: Synthesized) -> None:
    """Objects expire at the age that the consumer says."""
    (rule,) = passing.resource("aws_s3_bucket_lifecycle_configuration")["rule"]

    assert [{"days": 14}] == rule["expiration"]


def test_versions_are_an_argument(passing: Synthesized) -> None:
    """Without versions there is nothing to enable and no old version to expire."""
    (rule,) = passing.resource("aws_s3_bucket_lifecycle_configuration")["rule"]

    assert {} == passing.resources("aws_s3_bucket_versioning")
    assert "noncurrent_version_expiration" not in rule


def test_destroy_keeps_objects(kept: Synthesized, passing: Synthesized) -> None:
    """Only a disposable bucket is deleted with what is in it."""
    assert [False, True] == [stack.resource("aws_s3_bucket")["force_destroy"] for stack in (kept, passing)]


def test_prefixes_expire() -> None:
    """What is below a prefix goes at its own age, and the rule that holds for all stays as it is."""
    stack = synth_scope(
        lambda scope: PrivateBucket(
            scope, "media", name=NAME, disposable=False, expire_prefixes={"uploads/": 2, "a/b/": 7}
        )
    )
    first, *others = stack.resource("aws_s3_bucket_lifecycle_configuration")["rule"]

    assert "expiration" not in first
    assert [("expire-uploads", "uploads/", 2, "Enabled"), ("expire-a-b", "a/b/", 7, "Enabled")] == [
        (one["id"], one["filter"][0]["prefix"], one["expiration"][0]["days"], one["status"]) for one in others
    ]
