"""The publish manifest: the document that `infra publish` reads."""

import json

import pytest
from cdktf import TerraformOutput
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from constructs import Construct
from pydantic import ValidationError

from modules.cdn.publish_manifest import PublishManifest, PublishSettings
from modules.mistakes import mistakes_in
from tests.support import Synthesized, synth_scope
from tools.publish.manifest import parse


@pytest.fixture(scope="module")
def stack() -> Synthesized:
    """The manifest of a site, and outputs of its results."""

    def declare(scope: Construct) -> None:
        manifest = PublishManifest(
            scope,
            "part",
            stack="edgemind",
            account_id="956880242582",
            region="us-east-1",
            bucket_name=S3Bucket(scope, "bucket").bucket,
            distribution_id="E2QWRUHAPOMQZL",
            url="https://trust.demo.paythru.com",
            settings=PublishSettings(),
        )
        TerraformOutput(scope, "json", value=manifest.json)
        TerraformOutput(scope, "arn", value=manifest.parameter_arn)

    return synth_scope(declare)


def test_name(stack: Synthesized) -> None:
    """The command finds it by the stack."""
    assert "/edgemind/publish/site" == stack.resource("aws_ssm_parameter")["name"]


def test_is_readable_in_a_plan(stack: Synthesized) -> None:
    """It is no secret, and a plan shows what changes in it."""
    parameter = stack.resource("aws_ssm_parameter")

    assert ("String", False, False) == (parameter["type"], "value" in parameter, "value_wo" in parameter)


def test_costs_nothing(stack: Synthesized) -> None:
    """The tier is the free one, whatever the account's default is."""
    assert "Standard" == stack.resource("aws_ssm_parameter")["tier"]


def test_document(stack: Synthesized) -> None:
    """It says where the site is and how it is published; references stand in it as they are."""
    assert {
        "schema": 1,
        "stack": "edgemind",
        "account_id": "956880242582",
        "region": "us-east-1",
        "bucket": "${aws_s3_bucket.bucket.bucket}",
        "distribution_id": "E2QWRUHAPOMQZL",
        "url": "https://trust.demo.paythru.com",
        "keep_replaced_days": 7,
    } == json.loads(stack.resource("aws_ssm_parameter")["insecure_value"])


def test_its_reader_understands_it(stack: Synthesized) -> None:
    """`infra publish` reads what the stack writes."""
    text = stack.resource("aws_ssm_parameter")["insecure_value"]

    assert ("edgemind", 7) == (parse(text, "name").stack, parse(text, "name").keep_replaced_days)


def test_results(stack: Synthesized) -> None:
    """The output is the same document; a role gets the parameter's ARN."""
    (id_,) = stack.resources("aws_ssm_parameter")

    assert f"${{aws_ssm_parameter.{id_}.insecure_value}}" == stack.output("json")
    assert f"${{aws_ssm_parameter.{id_}.arn}}" == stack.output("arn")


@pytest.mark.parametrize("days", [-1, 366])
def test_mistake(days: int) -> None:
    """Days that make no sense are said at once."""
    with pytest.raises(ValidationError) as caught:
        PublishSettings(keep_replaced_days=days)

    (found,) = mistakes_in(caught.value, PublishSettings)
    assert found.text.startswith("must be a whole number between 0 and 365")
