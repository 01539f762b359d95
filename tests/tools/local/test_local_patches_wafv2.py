"""The gaps of WAF that are closed."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.tools.local.conftest import ACCOUNT
from tools.local.instance import LocalAws

Client = Callable[[str], Any]

pytestmark = pytest.mark.slow

LOG = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:aws-waf-logs-test"


@pytest.fixture
def web_acl(client: Client) -> str:
    """Make a web ACL and answer its ARN."""
    visibility = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "test"}
    made = client("wafv2").create_web_acl(
        Name=uuid4().hex, Scope="CLOUDFRONT", DefaultAction={"Allow": {}}, VisibilityConfig=visibility
    )
    return str(made["Summary"]["ARN"])


def put(client: Client, web_acl: str) -> dict[str, Any]:
    """Let the web ACL log, and answer how."""
    configuration = {
        "ResourceArn": web_acl,
        "LogDestinationConfigs": [LOG],
        "RedactedFields": [{"SingleHeader": {"Name": "cookie"}}],
    }
    client("wafv2").put_logging_configuration(LoggingConfiguration=configuration)
    return configuration


def test_put_logging_configuration(client: Client, web_acl: str) -> None:
    """A web ACL's log is kept as it was asked for."""
    wafv2 = client("wafv2")
    configuration = put(client, web_acl)

    assert configuration == wafv2.get_logging_configuration(ResourceArn=web_acl)["LoggingConfiguration"]


def test_delete_logging_configuration(client: Client, web_acl: str) -> None:
    """A deleted one is no more, which Terraform asks after it deleted it."""
    wafv2 = client("wafv2")
    put(client, web_acl)
    wafv2.delete_logging_configuration(ResourceArn=web_acl)

    with pytest.raises(wafv2.exceptions.WAFNonexistentItemException):
        wafv2.get_logging_configuration(ResourceArn=web_acl)


def test_delete_no_logging_configuration(client: Client) -> None:
    """What is not there cannot be deleted."""
    wafv2 = client("wafv2")

    with pytest.raises(wafv2.exceptions.WAFNonexistentItemException):
        wafv2.delete_logging_configuration(ResourceArn="arn:aws:wafv2:us-east-1:956880242582:global/webacl/none/1")


def test_logging_configuration_left_behind(client: Client, local_aws: LocalAws, web_acl: str) -> None:
    """The inventory sees a configuration that nobody deleted."""
    put(client, web_acl)

    assert f"waf/logging_configurations/{web_acl}" in local_aws.inventory(ACCOUNT, "us-east-1")
