"""Systems Manager's parameters of AWS, in ministack."""

import hashlib
import re
from typing import Any, cast

from ministack.core.responses import error_response_json, get_region  # type: ignore[import-untyped]
from ministack.services import ssm  # type: ignore[import-untyped]

from tools.local.patches.ministack import Response

UBUNTU = re.compile(
    r"/aws/service/canonical/ubuntu/server/[0-9a-z.]+/stable/current/(amd64|arm64)/hvm/ebs-gp[23]/ami-id"
)
"""https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/"""

NESTED = re.compile(r"\{\{.*\}\}", re.DOTALL)
"""https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html, Value"""

_public_parameter = ssm._public_parameter
_put_parameter = ssm._put_parameter


def get_parameter(name: str) -> dict[str, Any] | None:
    """Answer an image of Ubuntu, always the same one for the same parameter."""
    if not UBUNTU.fullmatch(name):
        return cast(dict[str, Any] | None, _public_parameter(name))
    return {
        "Name": name,
        "Type": "String",
        "Value": f"ami-{hashlib.sha256(name.encode()).hexdigest()[:17]}",
        "Version": 1,
        "LastModifiedDate": 1728518400,
        "ARN": f"arn:aws:ssm:{get_region()}::parameter{name}",
        "DataType": "aws:ec2:image",
    }


def put_parameter(data: dict[str, Any]) -> Response:
    """Refuse a value that could be the name of another parameter."""
    if NESTED.search(data.get("Value", "")):
        message = 'Parameter value can\'t nest another parameter. Do not use "{{}}" in the value.'
        return cast(Response, error_response_json("ValidationException", message, 400))
    return cast(Response, _put_parameter(data))


def apply() -> None:
    """Patch the service."""
    ssm._put_parameter = put_parameter
    ssm._public_parameter = get_parameter
