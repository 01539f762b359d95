"""The answer to a call that local AWS cannot serve: at once, never retried, and naming the call."""

import json
import re
from dataclasses import dataclass
from xml.sax.saxutils import escape

from tools.local.call import Call, Dialect

CODE = "NotImplementedByLocalAws"
"""The error code. No SDK retries it, unlike status 500 and up or a throttling code:
https://github.com/aws/aws-sdk-go-v2/blob/main/aws/retry/standard.go (`DefaultRetryableHTTPStatusCodes` and others)."""

UNKNOWN_CALL = re.compile(
    rb"InvalidAction|UnknownOperation|Unsupported service|No route for |not implemented|"
    rb"Unknown [\w ]*(?:action|operation|path|endpoint)\b"
)
"""How the emulators say with a 4xx that they lack a call."""

THROTTLES = re.compile(rb"Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|RequestTimeout|PriorRequestNotComplete")
"""Codes that the SDKs retry whatever the status is."""

LONGEST_DETAIL = 300
"""Characters of the emulator's own words that go into the message."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A complete HTTP response."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    @property
    def is_refused(self) -> bool:
        """Whether an emulator failed, lacks the call, or would send the client into its retries."""
        if self.status >= 500:
            return True
        return self.status >= 400 and bool(UNKNOWN_CALL.search(self.body) or THROTTLES.search(self.body))


def refuse(call: Call, cause: str) -> Answer:
    """Build the error that the SDK of the caller understands: status 400, `CODE`, and a message with the call."""
    detail = re.sub(r"<[^>]*>|\s+", " ", cause).strip()[:LONGEST_DETAIL]
    message = f"local AWS cannot serve {call.name}: {detail}"
    body, content_type = _BODIES[call.dialect](message)
    headers = [
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"x-amzn-errortype", CODE.encode()),
    ]
    if call.dialect is Dialect.CBOR:
        headers.append((b"smithy-protocol", b"rpc-v2-cbor"))
    return Answer(status=400, headers=headers, body=body)


def _json(message: str) -> tuple[bytes, str]:
    return json.dumps({"__type": CODE, "message": message}).encode(), "application/x-amz-json-1.1"


def _error(message: str) -> str:
    return f"<Code>{CODE}</Code><Message>{escape(message)}</Message>"


def _query(message: str) -> tuple[bytes, str]:
    inner = f"<Error><Type>Sender</Type>{_error(message)}</Error><RequestId>local</RequestId>"
    return f"<ErrorResponse>{inner}</ErrorResponse>".encode(), "text/xml"


def _ec2(message: str) -> tuple[bytes, str]:
    inner = f"<Errors><Error>{_error(message)}</Error></Errors><RequestID>local</RequestID>"
    return f"<Response>{inner}</Response>".encode(), "text/xml"


def _s3(message: str) -> tuple[bytes, str]:
    return f"<Error>{_error(message)}<RequestId>local</RequestId></Error>".encode(), "application/xml"


def _cbor(message: str) -> tuple[bytes, str]:
    def text(value: str) -> bytes:
        raw = value.encode()
        return b"\x79" + len(raw).to_bytes(2, "big") + raw  # RFC 8949: major type 3, two bytes of length

    pairs = (text("__type"), text(CODE), text("message"), text(message))
    return b"\xa2" + b"".join(pairs), "application/cbor"


_BODIES = {
    Dialect.JSON: _json,
    Dialect.CBOR: _cbor,
    Dialect.QUERY: _query,
    Dialect.EC2: _ec2,
    Dialect.REST_XML: _query,
    Dialect.S3: _s3,
}
