"""The first commands of a host, which cloud-init runs once and later boots repeat: two scripts in one text."""

import re
from pathlib import Path

from modules.compose_host.host_network import BRIDGE, METADATA_CIDR

_HOST = Path(__file__).with_name("host.sh").read_text(encoding="utf-8")
_COMPOSE_HOST = Path(__file__).with_name("compose-host.sh").read_text(encoding="utf-8")
_PLACE = "@compose-host.sh@\n"
"""Where `host.sh` writes `compose-host.sh` to a file."""

_COMMENT = re.compile(r"^ *#(?!!| shellcheck )( .*)?\n", re.MULTILINE)
"""A line with nothing else, which a host does without: there is little room."""

LONGEST = 16 * 1024
"""Bytes before base64: docs.aws.amazon.com/AWSEC2, "Run commands when you launch an EC2 instance with user data"."""


def user_data(*, stack: str, region: str, data_volume_id: str | None, agent_parameter: str) -> str:
    """
    Write the commands as Terraform writes them: `${` of the shell is `$${`. They belong into a `TerraformLocal`.

    :param stack: the stack's name, which begins the paths of its parameters
    :param data_volume_id: the EBS volume with the folders of services; None: no service has one
    :param agent_parameter: the name of the parameter with the CloudWatch agent's configuration
    """
    settings = {
        "STACK": stack,
        "REGION": region,
        "METADATA_CIDR": str(METADATA_CIDR),
        "BRIDGE": str(BRIDGE),
        "DATA_VOLUME": "" if data_volume_id is None else data_volume_id,
        "AGENT_PARAMETER": agent_parameter,
    }
    lines = [f"readonly {name}='{value}'" for name, value in settings.items()]
    script = _COMMENT.sub("", _HOST.replace(_PLACE, _COMPOSE_HOST))
    return "\n".join(["#!/usr/bin/env bash", *lines, script.replace("${", "$${").replace("%{", "%%{")])
