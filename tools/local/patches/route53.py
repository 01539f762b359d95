"""Route 53, in ministack."""

import re
from typing import cast
from xml.etree.ElementTree import Element, SubElement

from ministack.services import route53  # type: ignore[import-untyped]

from tools.local.patches.ministack import Params, Response

_handle_request = route53.handle_request


def get_dnssec() -> Response:
    """Answer that the zone is not signed. The provider reads it after every `aws_route53_zone`."""

    def build(root: Element) -> None:
        SubElement(SubElement(root, "Status"), "ServeSignature").text = "NOT_SIGNING"
        SubElement(root, "KeySigningKeys")

    return cast(Response, route53._xml_response("GetDNSSECResponse", build))


async def _handle(method: str, path: str, headers: dict[str, str], body: bytes, query: Params) -> Response:
    if method == "GET" and re.search(r"/hostedzone/[^/]+/dnssec$", path):
        return get_dnssec()
    return cast(Response, await _handle_request(method, path, headers, body, query))


def apply() -> None:
    """Patch the service."""
    route53.handle_request = _handle
