"""How a request becomes a call with a name."""

import pytest

from tools.local.call import Call, Dialect


def make(
    service: str, *, method: str = "POST", path: str = "/", query: str = "", body: bytes = b"", **headers: str
) -> Call:
    """Build a signed call."""
    signature = f"AWS4-HMAC-SHA256 Credential=956880242582/20250101/eu-west-1/{service}/aws4_request, Signature=x"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Call(method=method, path=path, query=query, headers={"authorization": signature, **named}, body=body)


FORM = "application/x-www-form-urlencoded; charset=utf-8"


def test_credential_names_account_region_and_service() -> None:
    """The credential scope says who calls what and where."""
    assert ("956880242582", "eu-west-1", "ecs") == make("ecs").credential


def test_presigned_url_carries_the_credential() -> None:
    """A presigned URL has its credential in the query, percent-encoded."""
    query = "X-Amz-Credential=956880242582%2F20250101%2Feu-west-1%2Fs3%2Faws4_request"
    call = Call(
        method="GET", path="/b/k", query=query.replace("X-Amz-Credential=", "X-Amz-Credential="), headers={}, body=b""
    )

    assert ("956880242582", "eu-west-1", "s3") == call.credential


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (make("codedeploy", x_amz_target="CodeDeploy_20141006.CreateApplication"), "codedeploy:CreateApplication"),
        (make("iam", content_type=FORM, body=b"Action=GetRole&RoleName=r"), "iam:GetRole"),
        (make("ec2", content_type=FORM, body=b"Action=DescribeVpcs"), "ec2:DescribeVpcs"),
        (make("monitoring", smithy_protocol="rpc-v2-cbor", path="/service/X/operation/PutX"), "monitoring:PutX"),
        (make("s3", method="PUT", path="/bucket", query="cors"), "s3:PutBucketCors"),
        (make("s3", method="PUT", path="/bucket/a/b.txt"), "s3:PutObject"),
        (make("elasticfilesystem", path="/2015-02-01/access-points"), "elasticfilesystem:CreateAccessPoint"),
        (make("route53", method="GET", path="/2013-04-01/hostedzone/Z1/dnssec"), "route53:GetDNSSEC"),
        (make("made-up", method="GET", path="/x"), "made-up:GET /x"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_name_is_service_and_operation(call: Call, name: str) -> None:
    """Every protocol of AWS tells the operation in its own place."""
    assert name == call.name


@pytest.mark.parametrize(
    ("call", "dialect"),
    [
        (make("ecs", x_amz_target="X.Y"), Dialect.JSON),
        (make("elasticfilesystem"), Dialect.JSON),
        (make("iam", content_type=FORM), Dialect.QUERY),
        (make("ec2", content_type=FORM), Dialect.EC2),
        (make("s3", path="/bucket"), Dialect.S3),
        (make("s3", path="/v20180820/tags/x"), Dialect.REST_XML),
        (make("cloudfront", path="/2020-05-31/distribution"), Dialect.REST_XML),
        (make("monitoring", smithy_protocol="rpc-v2-cbor"), Dialect.CBOR),
    ],
)
def test_dialect_follows_the_protocol(call: Call, dialect: Dialect) -> None:
    """An error is written in the protocol that the client speaks."""
    assert dialect == call.dialect
