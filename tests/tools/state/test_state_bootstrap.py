"""The state bucket as `infra state bootstrap` leaves it."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tools.errors import InfraError
from tools.project import Stack
from tools.state.command import bootstrap, check_bucket
from tools.state.properties import PROPERTIES

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from tests.tools.state.conftest import Calls


NAME = "dev-state"
ARN = "arn:aws:s3:::dev-state"

Read = Callable[["S3Client"], Any]
READS: dict[str, tuple[Read, Any]] = {
    "versioning": (lambda s3: s3.get_bucket_versioning(Bucket=NAME)["Status"], "Enabled"),
    "encryption": (
        lambda s3: s3.get_bucket_encryption(Bucket=NAME)["ServerSideEncryptionConfiguration"]["Rules"][0][
            "ApplyServerSideEncryptionByDefault"
        ],
        {"SSEAlgorithm": "AES256"},
    ),
    "ownership": (
        lambda s3: s3.get_bucket_ownership_controls(Bucket=NAME)["OwnershipControls"]["Rules"],
        [{"ObjectOwnership": "BucketOwnerEnforced"}],
    ),
    "public access": (
        lambda s3: s3.get_public_access_block(Bucket=NAME)["PublicAccessBlockConfiguration"],
        {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True},
    ),
    "policy": (
        lambda s3: [
            (one["Effect"], one["Principal"], one["Action"], one["Resource"], one["Condition"])
            for one in json.loads(s3.get_bucket_policy(Bucket=NAME)["Policy"])["Statement"]
        ],
        [
            ("Deny", "*", "s3:*", [ARN, f"{ARN}/*"], {"Bool": {"aws:SecureTransport": "false"}}),
            ("Deny", "*", "s3:*", [ARN, f"{ARN}/*"], {"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
        ],
    ),
    "lifecycle": (
        lambda s3: s3.get_bucket_lifecycle_configuration(Bucket=NAME)["Rules"],
        [
            {
                "ID": "state-versions",
                "Status": "Enabled",
                "Filter": {"Prefix": ""},
                "Expiration": {"ExpiredObjectDeleteMarker": True},
                "NoncurrentVersionExpiration": {"NoncurrentDays": 90, "NewerNoncurrentVersions": 10},
                "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
            }
        ],
    ),
    "tags": (
        lambda s3: s3.get_bucket_tagging(Bucket=NAME)["TagSet"],
        [{"Key": "Project", "Value": "ecs-stacks"}, {"Key": "ManagedBy", "Value": "infra"}],
    ),
}
"""How each property is read by someone else, and what it must be."""

BREAKS: dict[str, Callable[["S3Client"], object]] = {
    "versioning": lambda s3: s3.put_bucket_versioning(Bucket=NAME, VersioningConfiguration={"Status": "Suspended"}),
    "encryption": lambda s3: s3.delete_bucket_encryption(Bucket=NAME),
    "ownership": lambda s3: s3.put_bucket_ownership_controls(
        Bucket=NAME, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    ),
    "public access": lambda s3: s3.put_public_access_block(
        Bucket=NAME,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": False,
            "RestrictPublicBuckets": True,
        },
    ),
    "policy": lambda s3: s3.delete_bucket_policy(Bucket=NAME),
    "lifecycle": lambda s3: s3.put_bucket_lifecycle_configuration(
        Bucket=NAME,
        LifecycleConfiguration={
            "Rules": [
                {
                    "ID": "state-versions",
                    "Status": "Disabled",
                    "Filter": {"Prefix": ""},
                    "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
                }
            ]
        },
    ),
    "tags": lambda s3: s3.delete_bucket_tagging(Bucket=NAME),
}
"""What someone else did to each property."""


@pytest.mark.parametrize("name", READS)
def test_a_new_bucket_has_every_property(s3: "S3Client", stack: Stack, name: str) -> None:
    """What is read back is what must be."""
    bootstrap(stack)
    read, wanted = READS[name]

    assert wanted == read(s3)


@pytest.mark.parametrize("name", BREAKS)
def test_a_changed_property_is_repaired(s3: "S3Client", stack: Stack, name: str) -> None:
    """What is read back after the second run is what must be."""
    bootstrap(stack)
    BREAKS[name](s3)
    bootstrap(stack)
    read, wanted = READS[name]

    assert wanted == read(s3)


@pytest.mark.parametrize("name", BREAKS)
def test_only_the_changed_property_is_written(s3: "S3Client", calls: "Calls", stack: Stack, name: str) -> None:
    """One call changes the one thing that is off."""
    bootstrap(stack)
    BREAKS[name](s3)
    calls.clear()
    bootstrap(stack)

    assert 1 == len(calls.writes)


def test_every_property_is_tested() -> None:
    """A new property needs a line in both tables above."""
    names = {one.name for one in PROPERTIES}

    assert (names, names) == (set(READS), set(BREAKS))


def test_a_second_run_changes_nothing(calls: "Calls", stack: Stack) -> None:
    """Bootstrap can be run at any time."""
    bootstrap(stack)
    calls.clear()
    bootstrap(stack)

    assert [] == calls.writes


def test_every_call_names_the_owner(calls: "Calls", stack: Stack) -> None:
    """No call can reach a bucket of another account. Creating one is the only call that cannot say it."""
    bootstrap(stack)
    without = {name for name, parameters in calls.made if parameters.get("ExpectedBucketOwner") != stack.account_id}

    assert {"CreateBucket", "GetCallerIdentity"} == without


@pytest.mark.parametrize(
    ("region", "configuration"),
    [("us-east-1", None), ("eu-west-1", {"LocationConstraint": "eu-west-1"})],
)
def test_the_bucket_is_created_in_the_region_of_the_stack(
    calls: "Calls", stack: Stack, region: str, configuration: dict[str, str] | None
) -> None:
    """S3 refuses us-east-1 when it is named, and needs every other region named."""
    bootstrap(replace(stack, region=region))
    (created,) = (parameters for name, parameters in calls.made if name == "CreateBucket")

    assert configuration == created.get("CreateBucketConfiguration")


def test_another_partition_has_its_own_arns(s3: "S3Client", stack: Stack) -> None:
    """In AWS China the policy names the bucket by its ARN there."""
    bootstrap(replace(stack, region="cn-north-1"))

    assert "arn:aws-cn:s3:::dev-state" in s3.get_bucket_policy(Bucket=NAME)["Policy"]


def test_foreign_policy_statements_are_kept(s3: "S3Client", stack: Stack) -> None:
    """A statement that someone else wrote stays, before ours."""
    bootstrap(stack)
    foreign = {
        "Sid": "Audit",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::956880242582:role/audit"},
        "Action": "s3:ListBucket",
        "Resource": ARN,
    }
    s3.put_bucket_policy(Bucket=NAME, Policy=json.dumps({"Version": "2012-10-17", "Statement": foreign}))
    bootstrap(stack)
    statements = json.loads(s3.get_bucket_policy(Bucket=NAME)["Policy"])["Statement"]

    assert [foreign, "StateTlsOnly", "StateRecentTlsOnly"] == [statements[0], *(one["Sid"] for one in statements[1:])]


def test_the_order_of_policy_resources_does_not_count(s3: "S3Client", calls: "Calls", stack: Stack) -> None:
    """S3 may give the resources in another order than they were written."""
    bootstrap(stack)
    document = json.loads(s3.get_bucket_policy(Bucket=NAME)["Policy"])
    for statement in document["Statement"]:
        statement["Resource"].reverse()
    s3.put_bucket_policy(Bucket=NAME, Policy=json.dumps(document))
    calls.clear()
    bootstrap(stack)

    assert [] == calls.writes


def test_a_weakened_statement_of_ours_is_replaced(s3: "S3Client", stack: Stack) -> None:
    """Our statements are ours: an edit is undone."""
    bootstrap(stack)
    right = json.loads(s3.get_bucket_policy(Bucket=NAME)["Policy"])
    weak = json.loads(json.dumps(right).replace('"s3:*"', '"s3:PutObject"'))
    s3.put_bucket_policy(Bucket=NAME, Policy=json.dumps(weak))
    bootstrap(stack)

    assert right == json.loads(s3.get_bucket_policy(Bucket=NAME)["Policy"])


def test_foreign_lifecycle_rules_are_kept(s3: "S3Client", stack: Stack) -> None:
    """A rule that someone else wrote stays."""
    bootstrap(stack)
    s3.put_bucket_lifecycle_configuration(
        Bucket=NAME,
        LifecycleConfiguration={
            "Rules": [
                {"ID": "logs", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 30}},
            ]
        },
    )
    bootstrap(stack)

    assert ["logs", "state-versions"] == [
        rule["ID"] for rule in s3.get_bucket_lifecycle_configuration(Bucket=NAME)["Rules"]
    ]


def test_an_empty_lifecycle_filter_has_two_forms(s3: "S3Client", calls: "Calls", stack: Stack) -> None:
    """S3 may give the filter that covers everything without its empty prefix."""
    bootstrap(stack)
    (rule,) = s3.get_bucket_lifecycle_configuration(Bucket=NAME)["Rules"]
    calls.answers["GetBucketLifecycleConfiguration"] = {"Rules": [rule | {"Filter": {}}]}
    calls.clear()
    bootstrap(stack)

    assert [] == calls.writes


def test_foreign_tags_are_kept(s3: "S3Client", stack: Stack) -> None:
    """A cost tag stays."""
    bootstrap(stack)
    s3.put_bucket_tagging(Bucket=NAME, Tagging={"TagSet": [{"Key": "CostCentre", "Value": "7"}]})
    bootstrap(stack)

    assert {"Key": "CostCentre", "Value": "7"} in s3.get_bucket_tagging(Bucket=NAME)["TagSet"]


def test_a_kms_key_is_kept_and_gets_a_bucket_key(s3: "S3Client", stack: Stack) -> None:
    """An account that wants its own key keeps it."""
    bootstrap(stack)
    default: Any = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "arn:aws:kms:us-east-1:956880242582:key/1"}
    s3.put_bucket_encryption(
        Bucket=NAME, ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}
    )
    bootstrap(stack)
    (rule,) = s3.get_bucket_encryption(Bucket=NAME)["ServerSideEncryptionConfiguration"]["Rules"]

    assert (default, True) == (rule["ApplyServerSideEncryptionByDefault"], rule["BucketKeyEnabled"])


def test_what_was_done_is_printed(s3: "S3Client", stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    """One line a property says whether it was right or had to be repaired."""
    bootstrap(stack)
    BREAKS["versioning"](s3)
    capsys.readouterr()
    bootstrap(stack)
    lines = capsys.readouterr().out.splitlines()

    assert ["repaired", *["ok"] * (len(PROPERTIES) - 1)] == [line.split()[-2] for line in lines if line.startswith("│")]


def test_checking_a_right_bucket_passes(calls: "Calls", stack: Stack) -> None:
    """No error, and no write."""
    bootstrap(stack)
    calls.clear()
    check_bucket(stack)

    assert [] == calls.writes


def test_checking_names_all_that_is_off(s3: "S3Client", stack: Stack) -> None:
    """Every difference is in the one message."""
    bootstrap(stack)
    for name in ("versioning", "policy", "tags"):
        BREAKS[name](s3)

    with pytest.raises(InfraError) as caught:
        check_bucket(stack)

    assert "bucket 'dev-state' is not as it must be (versioning, policy, tags): run infra state bootstrap dev" == str(
        caught.value
    )


def test_checking_repairs_nothing(s3: "S3Client", calls: "Calls", stack: Stack) -> None:
    """The check of a broken bucket writes nothing."""
    bootstrap(stack)
    BREAKS["policy"](s3)
    calls.clear()
    with pytest.raises(InfraError):
        check_bucket(stack)

    assert [] == calls.writes


def test_checking_does_not_create(calls: "Calls", stack: Stack) -> None:
    """A missing bucket is a failed check."""
    with pytest.raises(InfraError, match="bucket 'dev-state' does not exist: run infra state bootstrap dev"):
        check_bucket(stack)

    assert [] == calls.writes
