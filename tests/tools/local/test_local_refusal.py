"""The error for a call that cannot be served, read by the parsers of an SDK."""

import pytest
from botocore.parsers import create_parser

from tools.local.call import Call
from tools.local.refusal import CODE, refuse

FORM = {"content-type": "application/x-www-form-urlencoded"}


def read(service: str, protocol: str, headers: dict[str, str]) -> tuple[str, str]:
    """Refuse a call and read the answer as a client of this protocol does: code and message."""
    signature = f"AWS4-HMAC-SHA256 Credential=956880242582/20250101/eu-west-1/{service}/aws4_request, Signature=x"
    call = Call(method="POST", path="/x", query="", headers={"authorization": signature, **headers}, body=b"Action=Do")
    answer = refuse(call, "<b>no & never</b>")
    given = {name.decode(): value.decode() for name, value in answer.headers}
    raw = {"status_code": answer.status, "headers": given, "body": answer.body}
    parsed = create_parser(protocol).parse(raw, None)  # type: ignore[arg-type]
    return parsed["Error"]["Code"], parsed["Error"]["Message"]


@pytest.mark.parametrize(
    ("service", "protocol", "headers", "name"),
    [
        ("ecs", "json", {"x-amz-target": "AmazonEC2ContainerServiceV20141113.Do"}, "ecs:Do"),
        ("xray", "rest-json", {}, "xray:POST /x"),
        ("iam", "query", FORM, "iam:Do"),
        ("ec2", "ec2", FORM, "ec2:Do"),
        ("s3", "rest-xml", {}, "s3:POST /x"),
        ("cloudfront", "rest-xml", {}, "cloudfront:POST /x"),
        ("monitoring", "smithy-rpc-v2-cbor", {"smithy-protocol": "rpc-v2-cbor"}, "monitoring:x"),
    ],
)
def test_every_protocol_reads_code_and_call(service: str, protocol: str, headers: dict[str, str], name: str) -> None:
    """Code, call and the emulator's own words arrive in each protocol."""
    assert (CODE, f"local AWS cannot serve {name}: no & never") == read(service, protocol, headers)
