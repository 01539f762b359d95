"""ACM, in ministack."""

import json
from typing import Any, cast

from ministack.services import acm, route53  # type: ignore[import-untyped]

from tools.local.patches.ministack import Response

_PENDING = "PENDING_VALIDATION"

_request_certificate = acm._request_certificate
_describe_certificate = acm._describe_certificate


def request_certificate(data: dict[str, Any]) -> Response:
    """Issue nothing before the domain is validated. Stock ministack issues every certificate at once."""
    response: Response = _request_certificate(data)
    if response[0] == 200:
        certificate = acm._certificates[json.loads(response[2])["CertificateArn"]]
        certificate["Status"] = _PENDING
        for option in certificate["DomainValidationOptions"]:
            option["ValidationStatus"] = _PENDING
    return response


def describe_certificate(data: dict[str, Any]) -> Response:
    """Issue a certificate whose validation records are in a hosted zone of the account."""
    is_pending(data.get("CertificateArn", ""))
    return cast(Response, _describe_certificate(data))


def is_pending(arn: str) -> bool:
    """Whether there is such a certificate that waits for its validation records, now that somebody looks."""
    certificate = acm._certificates.get(arn)
    if certificate is None or certificate["Status"] != _PENDING:
        return False
    # A name is the same with and without the dot of the root.
    present = {
        (record["Name"].rstrip("."), record["Type"], value.rstrip("."))
        for records in route53._records.values()
        for record in records
        for value in record.get("ResourceRecords", [])
    }
    options = certificate["DomainValidationOptions"]
    for wanted in (option["ResourceRecord"] for option in options):
        if (wanted["Name"].rstrip("."), wanted["Type"], wanted["Value"].rstrip(".")) not in present:
            return True
    certificate["Status"] = "ISSUED"
    for option in options:
        option["ValidationStatus"] = "SUCCESS"
    return False


def apply() -> None:
    """Patch the service."""
    acm._request_certificate = request_certificate
    acm._describe_certificate = describe_certificate
