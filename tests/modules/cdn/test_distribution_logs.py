"""The access logs of a distribution as Terraform JSON."""

import pytest
from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider

from modules.cdn.access_logs import DistributionLogs
from tests.modules.cdn.sample_site import ACCOUNT, NAME, build
from tests.support import Block, Synthesized, synth_scope


@pytest.fixture(scope="module")
def site() -> Synthesized:
    """A site whose logs are kept for 30 days."""
    return build(access_log_retention_days=30)


def bucket_id(site: Synthesized) -> str:
    """The id of the bucket."""
    (id_,) = (one for one in site.resources("aws_s3_bucket") if "access_logs" in one)
    return id_


def only(site: Synthesized, type_: str) -> Block:
    """The only resource of a type, without what Terraform does not see."""
    return {key: value for key, value in site.resource(type_).items() if key not in ("//", "provider")}


def reference(site: Synthesized, type_: str, attribute: str) -> str:
    """A reference to the only resource of a type."""
    (id_,) = site.resources(type_)
    return f"${{{type_}.{id_}.{attribute}}}"


def test_source(site: Synthesized) -> None:
    """The distribution's requests are delivered."""
    assert {
        "name": f"{NAME}-cdn",
        "log_type": "ACCESS_LOGS",
        "resource_arn": reference(site, "aws_cloudfront_distribution", "arn"),
    } == only(site, "aws_cloudwatch_log_delivery_source")


def test_destination(site: Synthesized) -> None:
    """They go to the bucket, in the format that tools for CloudFront's logs know."""
    assert {
        "name": f"{NAME}-cdn",
        "output_format": "w3c",
        "delivery_destination_configuration": [
            {"destination_resource_arn": f"${{aws_s3_bucket.{bucket_id(site)}.arn}}"}
        ],
    } == only(site, "aws_cloudwatch_log_delivery_destination")


def test_delivery(site: Synthesized) -> None:
    """The delivery waits for the bucket's policy, and leaves the path to AWS."""
    (policy,) = (id_ for id_ in site.resources("aws_s3_bucket_policy") if "access_logs" in id_)

    assert {
        "delivery_source_name": reference(site, "aws_cloudwatch_log_delivery_source", "name"),
        "delivery_destination_arn": reference(site, "aws_cloudwatch_log_delivery_destination", "arn"),
        "depends_on": [f"aws_s3_bucket_policy.{policy}"],
    } == only(site, "aws_cloudwatch_log_delivery")


def test_who_writes(site: Synthesized) -> None:
    """Log delivery writes for this source of this account: CloudWatch Logs, "Logs sent to Amazon S3"."""
    (document,) = (id_ for id_ in site.document["data"]["aws_iam_policy_document"] if "access_logs" in id_)
    (allowed,) = (one for one in site.statements(document) if one["effect"] == "Allow")
    source = f"arn:aws:logs:us-east-1:{ACCOUNT}:delivery-source:{NAME}-cdn"

    assert {
        "sid": "AWSLogDeliveryWrite",
        "effect": "Allow",
        "actions": ["s3:PutObject"],
        "resources": [f"${{aws_s3_bucket.{bucket_id(site)}.arn}}/AWSLogs/{ACCOUNT}/CloudFront/*"],
        "principals": [{"type": "Service", "identifiers": ["delivery.logs.amazonaws.com"]}],
        "condition": [
            {"test": "StringEquals", "variable": "s3:x-amz-acl", "values": ["bucket-owner-full-control"]},
            {"test": "StringEquals", "variable": "aws:SourceAccount", "values": [ACCOUNT]},
            {"test": "ArnLike", "variable": "aws:SourceArn", "values": [source]},
        ],
    } == allowed


def test_bucket(site: Synthesized) -> None:
    """The bucket holds one account's logs for as long as the setting says, without versions."""
    (lifecycle,) = (
        one for id_, one in site.resources("aws_s3_bucket_lifecycle_configuration").items() if "access_logs" in id_
    )

    assert f"{NAME}-cdn-logs-{ACCOUNT}" == site.resource("aws_s3_bucket", bucket_id(site))["bucket"]
    assert [{"days": 30}] == lifecycle["rule"][0]["expiration"]
    assert [] == [id_ for id_ in site.resources("aws_s3_bucket_versioning") if "access_logs" in id_]


@pytest.mark.parametrize("disposable", [True, False])
def test_destroyed_with_its_logs(disposable: bool) -> None:
    """Only a disposable bucket is deleted while it holds logs."""
    site = build(disposable=disposable)

    assert disposable is site.resource("aws_s3_bucket", bucket_id(site))["force_destroy"]


def test_provider_of_another_region() -> None:
    """CloudFront's logs can be delivered from us-east-1 only."""

    def declare(stack: TerraformStack) -> None:
        DistributionLogs(
            stack,
            "logs",
            name=NAME,
            account_id=ACCOUNT,
            edge_provider=AwsProvider(stack, "aws", region="eu-west-1"),
            distribution_arn="arn",
            disposable=True,
            retention_days=1,
        )

    with pytest.raises(ValueError, match="must be for us-east-1, got eu-west-1"):
        synth_scope(declare)  # type: ignore[arg-type]
