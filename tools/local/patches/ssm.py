"""Systems Manager's parameters of AWS, in ministack."""

import hashlib
import re
from typing import Any, cast

from ministack.core.responses import get_region  # type: ignore[import-untyped]
from ministack.services import ssm  # type: ignore[import-untyped]

UBUNTU = re.compile(
    r"/aws/service/canonical/ubuntu/server/[0-9a-z.]+/stable/current/(amd64|arm64)/hvm/ebs-gp[23]/ami-id"
)
"""https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/"""

_public_parameter = ssm._public_parameter


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


def apply() -> None:
    """Patch the service."""
    ssm._public_parameter = get_parameter
