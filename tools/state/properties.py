"""
What a state bucket must be like.

Each property is a pure function from what the bucket has to what it must have. Whatever others have put there
(policy statements, lifecycle rules, tags, a KMS key) is kept; two documents are equal when nothing is to be done.
"""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]
"""An S3 answer or request, in boto3's form."""

NONCURRENT_DAYS = 90
"""Days after which a replaced version of a state may be deleted."""

NONCURRENT_KEPT = 10
"""How many replaced versions are kept however old they are."""

OLDEST_TLS = "1.2"
TAGS = {"Project": "ecs-stacks", "ManagedBy": "infra"}

RULE: Document = {
    "ID": "state-versions",
    "Status": "Enabled",
    "Filter": {"Prefix": ""},
    # Terraform deletes its lock file after each run, which leaves a delete marker.
    "Expiration": {"ExpiredObjectDeleteMarker": True},
    "NoncurrentVersionExpiration": {"NoncurrentDays": NONCURRENT_DAYS, "NewerNoncurrentVersions": NONCURRENT_KEPT},
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
}


@dataclass(frozen=True)
class Property:
    """One property of the bucket and the S3 calls that read and write it."""

    name: str
    wanted: str
    """What is right, for a person."""
    get: str
    put: str
    unset: str | None
    """The error with which `get` says that the property was never set."""
    want: Callable[[Document, str], Document]
    """From the document the bucket has, and the bucket's ARN, to the one it must have."""
    parameters: Callable[[Document], Document] = lambda document: document
    """From the document to the parameters of `put`."""


def versioning(current: Document, _arn: str) -> Document:
    """Every state ever written can be had back."""
    return current | {"Status": "Enabled"}


def encryption(current: Document, _arn: str) -> Document:
    """A KMS key stays, and gets a bucket key, which saves calls to KMS; anything else becomes AES256."""
    rule = copy.deepcopy((current.get("ServerSideEncryptionConfiguration", {}).get("Rules") or [{}])[0])
    default = rule.setdefault("ApplyServerSideEncryptionByDefault", {"SSEAlgorithm": "AES256"})
    if default["SSEAlgorithm"] == "aws:kms":  # The other one, aws:kms:dsse, has no bucket keys.
        rule["BucketKeyEnabled"] = True
    return {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}


def ownership(_current: Document, _arn: str) -> Document:
    """Access lists are off: only policies decide."""
    return {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}}


def public_access(_current: Document, _arn: str) -> Document:
    """Nothing in the bucket can be made public."""
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    return {"PublicAccessBlockConfiguration": dict.fromkeys(names, True)}


def policy(current: Document, arn: str) -> Document:
    """Plain HTTP and old TLS are denied."""
    document = json.loads(current.get("Policy", '{"Version": "2012-10-17", "Statement": []}'))
    present = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
    own = [
        deny("StateTlsOnly", arn, {"Bool": {"aws:SecureTransport": "false"}}),
        deny("StateRecentTlsOnly", arn, {"NumericLessThan": {"s3:TlsVersion": OLDEST_TLS}}),
    ]
    names = {statement["Sid"] for statement in own}
    foreign = [statement for statement in present if statement.get("Sid") not in names]
    if [comparable(one) for one in present if one not in foreign] == [comparable(one) for one in own]:
        return current
    return {"Policy": json.dumps(document | {"Statement": foreign + own})}


def deny(sid: str, arn: str, condition: Document) -> Document:
    """Make a policy statement that denies everything to everyone under a condition."""
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": condition,
    }


def comparable(statement: Document) -> Document:
    """Give a policy statement in a form in which the order of its resources does not count."""
    resource = statement.get("Resource", [])
    return statement | {"Resource": sorted(resource) if isinstance(resource, list) else [resource]}


def lifecycle(current: Document, _arn: str) -> Document:
    """Old versions go after a while, but never the newest ten of them."""
    rules = current.get("Rules", [])
    if any(covers_everything(rule) and rule | {"Filter": RULE["Filter"]} == RULE for rule in rules):
        return current
    return current | {"Rules": [rule for rule in rules if rule.get("ID") != RULE["ID"]] + [RULE]}


def covers_everything(rule: Document) -> bool:
    """Say whether a lifecycle rule is for the whole bucket. S3 may give an empty filter in two forms."""
    return rule.get("Filter") in ({}, {"Prefix": ""})


def tags(current: Document, _arn: str) -> Document:
    """The bucket says what it is for and who made it."""
    present = {tag["Key"]: tag["Value"] for tag in current.get("TagSet", [])}
    if present | TAGS == present:
        return current
    return {"TagSet": [{"Key": key, "Value": value} for key, value in (present | TAGS).items()]}


PROPERTIES = [
    Property(
        name="versioning",
        wanted="on",
        get="get_bucket_versioning",
        put="put_bucket_versioning",
        unset=None,
        want=versioning,
        parameters=lambda document: {"VersioningConfiguration": {"Status": document["Status"]}},
    ),
    Property(
        name="encryption",
        wanted="AES256, or its KMS key with a bucket key",
        get="get_bucket_encryption",
        put="put_bucket_encryption",
        unset="ServerSideEncryptionConfigurationNotFoundError",
        want=encryption,
    ),
    Property(
        name="ownership",
        wanted="the bucket's owner; no access lists",
        get="get_bucket_ownership_controls",
        put="put_bucket_ownership_controls",
        unset="OwnershipControlsNotFoundError",
        want=ownership,
    ),
    Property(
        name="public access",
        wanted="blocked, all four ways",
        get="get_public_access_block",
        put="put_public_access_block",
        unset="NoSuchPublicAccessBlockConfiguration",
        want=public_access,
    ),
    Property(
        name="policy",
        wanted=f"TLS {OLDEST_TLS} or newer only",
        get="get_bucket_policy",
        put="put_bucket_policy",
        unset="NoSuchBucketPolicy",
        want=policy,
    ),
    Property(
        name="lifecycle",
        wanted=f"old versions kept {NONCURRENT_DAYS} days, the newest {NONCURRENT_KEPT} longer",
        get="get_bucket_lifecycle_configuration",
        put="put_bucket_lifecycle_configuration",
        unset="NoSuchLifecycleConfiguration",
        want=lifecycle,
        parameters=lambda document: (
            {name: value for name, value in document.items() if name != "Rules"}
            | {"LifecycleConfiguration": {"Rules": document["Rules"]}}
        ),
    ),
    Property(
        name="tags",
        wanted=", ".join(f"{key}={value}" for key, value in TAGS.items()),
        get="get_bucket_tagging",
        put="put_bucket_tagging",
        unset="NoSuchTagSet",
        want=tags,
        parameters=lambda document: {"Tagging": document},
    ),
]
"""In the order in which a new bucket gets them."""
