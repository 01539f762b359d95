"""One AWS call as the gateway sees it: whose it is, what it asks for, and in which dialect to answer."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, unquote

CREDENTIAL = re.compile(r"Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
"""The SigV4 credential scope: access key id, region, service.
https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html"""

SDK_NAMES = {"elasticfilesystem": "efs", "elasticloadbalancing": "elbv2", "ses": "sesv2"}
"""Services whose signing name is not the name of their botocore model; only those with REST paths matter."""


class Dialect(StrEnum):
    """The AWS protocols: https://smithy.io/2.0/aws/protocols/index.html."""

    JSON = "json"
    CBOR = "cbor"
    QUERY = "query"
    EC2 = "ec2"
    REST_XML = "rest-xml"
    S3 = "s3"


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request, read completely."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @classmethod
    def of(cls, scope: Mapping[str, Any], body: bytes) -> "Call":
        """Read the ASGI scope of a request."""
        headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
        return cls(
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers},
            body=body,
        )

    @cached_property
    def credential(self) -> tuple[str, str, str]:
        """Access key id, region and service that signed the call, also of a presigned URL; empty when unsigned."""
        match = CREDENTIAL.search(self.headers.get("authorization", "")) or CREDENTIAL.search(unquote(self.query))
        return (match[1], match[2], match[3]) if match else ("", "", "")

    @property
    def service(self) -> str:
        """The signing name, for example `elasticloadbalancing`."""
        return self.credential[2] or "unsigned"

    @cached_property
    def dialect(self) -> Dialect:
        """What the client parses an error as."""
        if self.headers.get("smithy-protocol") == "rpc-v2-cbor":
            return Dialect.CBOR
        if self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return Dialect.EC2 if self.service == "ec2" else Dialect.QUERY
        if self.service == "s3" and not self.path.startswith("/v20180820/"):
            return Dialect.S3
        if self.service in {"s3", "cloudfront", "route53"}:
            return Dialect.REST_XML
        return Dialect.JSON

    @property
    def name(self) -> str:
        """`service:Operation`, or `service:METHOD /path` when no model knows the path."""
        return f"{self.service}:{self._operation() or f'{self.method} {self.path}'}"

    def _operation(self) -> str:
        if target := self.headers.get("x-amz-target"):
            return target.rpartition(".")[2]
        if self.dialect is Dialect.CBOR:
            return self.path.rpartition("/")[2]
        form = self.body.decode("latin-1") if self.dialect in {Dialect.QUERY, Dialect.EC2} else self.query
        return parse_qs(form).get("Action", [""])[0] or _rest_operation(self)


def _rest_operation(call: Call) -> str:
    """Find the REST operation by its path. Reads a botocore model, so it is for failures only."""
    import botocore.exceptions
    import botocore.session

    name = "s3control" if call.service == "s3" and call.dialect is Dialect.REST_XML else call.service
    try:
        model = botocore.session.get_session().get_service_model(SDK_NAMES.get(name, name))
    except botocore.exceptions.UnknownServiceError:
        return ""
    found = [(_score(call, model.operation_model(name)), name) for name in model.operation_names]
    score, operation = max(found, key=lambda pair: pair[0], default=(0, ""))
    return operation if score else ""


def _score(call: Call, operation: Any) -> int:  # noqa: ANN401 botocore has no types here
    """Rate how well a call fits an operation: 0 when not at all, more the more of its path and query is asked for."""
    path, _, query = operation.http["requestUri"].partition("?")
    pattern = re.sub(r"\\\{[^}]*?\\\+\\\}", ".+", re.escape(path))
    pattern = re.sub(r"\\\{[^}]*?\\\}", "[^/]+", pattern)
    wanted = parse_qs(query, keep_blank_values=True).items()
    given = parse_qs(call.query, keep_blank_values=True)
    shape = operation.input_shape
    needed = [shape.members[name].serialization for name in shape.required_members] if shape else []
    needed = [each for each in needed if each.get("location") in {"querystring", "header"}]
    if operation.http["method"] != call.method or not re.fullmatch(pattern + "/?", call.path):
        return 0
    if not all(given.get(key) == values for key, values in wanted):
        return 0
    if not all(each["name"] in given or each["name"].lower() in call.headers for each in needed):
        return 0
    return 1 + len(re.sub(r"\{[^}]*\}", "", path)) + 100 * len(wanted) + 10 * len(needed)
