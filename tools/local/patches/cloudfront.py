"""CloudFront, in ministack."""

from typing import Any
from xml.etree.ElementTree import Element

from ministack.services import cloudfront  # type: ignore[import-untyped]

_build_config = cloudfront._build_rhp_config_xml


def get_response_headers_policy(parent: Element, config: dict[str, Any]) -> None:
    """Leave out the lists of headers that the policy does not have; empty ones look like a change to Terraform."""
    _build_config(parent, config)
    for name, kept in (("CustomHeadersConfig", "CustomHeaders"), ("RemoveHeadersConfig", "RemoveHeaders")):
        element = parent.find(name)
        if element is not None and not config[kept]:
            parent.remove(element)


def apply() -> None:
    """Patch the service."""
    cloudfront._build_rhp_config_xml = get_response_headers_policy
