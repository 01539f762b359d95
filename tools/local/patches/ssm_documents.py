"""Systems Manager's documents, which ministack lacks: the account's own of the type Command."""

import hashlib
import json
from typing import Any, cast

from ministack.core.responses import (  # type: ignore[import-untyped]
    AccountRegionScopedDict,
    error_response_json,
    get_account_id,
    json_response,
)
from ministack.services import ssm  # type: ignore[import-untyped]

from tools.local.patches.ministack import Params, Response

Record = dict[str, Any]

SCHEMA = "2.2"
"""https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-schemas-features.html"""

_handle_request = ssm.handle_request


class RefusedError(Exception):
    """An error of the API: code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def create_document(data: Params) -> Record:
    """Keep a new document."""
    name = data["Name"]
    if name in ssm._documents:
        raise RefusedError("DocumentAlreadyExists", f"Document with same name {name} already exists")
    if data.get("DocumentType", "Command") != "Command" or data.get("DocumentFormat", "JSON") != "JSON":
        raise NotImplementedError("documents other than of the type Command, in JSON")
    document = {
        "Name": name,
        "CreatedDate": ssm._now_epoch(),
        "DefaultVersion": 1,
        "TargetType": data.get("TargetType", ""),
        "Contents": [_checked(data["Content"])],
    }
    ssm._documents[name] = document
    ssm._tags[name] = {tag["Key"]: tag["Value"] for tag in data.get("Tags", [])}
    return {"DocumentDescription": _description(document, 1)}


def update_document(data: Params) -> Record:
    """Keep another version, unless it says the same as one that there is. Only the latest can be updated."""
    document = find(data["Name"])
    content = _checked(data["Content"])
    latest = len(document["Contents"])
    if data.get("DocumentVersion", "$LATEST") not in {"$LATEST", str(latest)}:
        raise RefusedError("InvalidDocumentVersion", "The document version is not valid or does not exist.")
    if content in document["Contents"]:
        raise RefusedError("DuplicateDocumentContent", "The content of the association document matches another.")
    document["Contents"].append(content)
    document["TargetType"] = data.get("TargetType", document["TargetType"])
    return {"DocumentDescription": _description(document, latest + 1)}


def update_document_default_version(data: Params) -> Record:
    """Choose the version that serves whoever names none."""
    document = find(data["Name"])
    document["DefaultVersion"] = _version(document, data["DocumentVersion"])
    return {"Description": {"Name": data["Name"], "DefaultVersion": str(document["DefaultVersion"])}}


def describe_document(data: Params) -> Record:
    """Answer what is known of a document, without its content."""
    document = find(data["Name"])
    return {"Document": _description(document, _version(document, data.get("DocumentVersion", "$DEFAULT")))}


def get_document(data: Params) -> Record:
    """Answer the content of a document."""
    document = find(data["Name"])
    version = _version(document, data.get("DocumentVersion", "$DEFAULT"))
    described = _description(document, version)
    kept = ("Name", "CreatedDate", "DocumentVersion", "Status", "DocumentType", "DocumentFormat")
    return {key: described[key] for key in kept} | {"Content": document["Contents"][version - 1]}


def delete_document(data: Params) -> Record:
    """Forget a document with all its versions."""
    find(data["Name"])
    ssm._documents.pop(data["Name"])
    ssm._tags.pop(data["Name"], None)
    return {}


def describe_document_permission(data: Params) -> Record:
    """Answer that a document is shared with nobody."""
    find(data["Name"])
    return {"AccountIds": [], "AccountSharingInfoList": []}


def find(name: str) -> Record:
    """
    Find a document of the account, by its name or its ARN.

    :raises RefusedError: there is none
    :raises NotImplementedError: it is AWS's own, and none of those is played
    """
    if name.startswith(("AWS-", "AWSEC2-", "AWSFleetManager-", "AmazonCloudWatch-")):
        raise NotImplementedError(f"the document {name}: only the account's own are played")
    document: Record | None = ssm._documents.get(name.rpartition("/")[2])
    if document is None:
        raise RefusedError("InvalidDocument", f"Document with name {name} does not exist.")
    return document


def content(document: Record, version: str) -> Record:
    """Read what a version of a document says."""
    read: Record = json.loads(document["Contents"][_version(document, version or "$DEFAULT") - 1])
    return read


def _version(document: Record, version: str) -> int:
    latest = len(document["Contents"])
    named = {"$LATEST": latest, "$DEFAULT": document["DefaultVersion"]}
    number = int(named.get(version) or (version if version.isdigit() else 0))
    if not 1 <= number <= latest:
        raise RefusedError("InvalidDocumentVersion", "The document version is not valid or does not exist.")
    return number


def _checked(text: str) -> str:
    try:
        read = json.loads(text)
    except ValueError as error:
        raise RefusedError("InvalidDocumentContent", f"Document content is not well-formed: {error}") from None
    if read.get("schemaVersion") != SCHEMA or not read.get("mainSteps"):
        raise RefusedError("InvalidDocumentContent", f"The schemaVersion must be {SCHEMA}, with mainSteps.")
    return text


def _description(document: Record, version: int) -> Record:
    text = document["Contents"][version - 1]
    read = json.loads(text)
    parameters = read.get("parameters", {}).items()
    described: Record = {
        "Name": document["Name"],
        "CreatedDate": document["CreatedDate"],
        "DefaultVersion": str(document["DefaultVersion"]),
        "Description": read.get("description", ""),
        "DocumentFormat": "JSON",
        "DocumentType": "Command",
        "DocumentVersion": str(version),
        "Hash": hashlib.sha256(text.encode()).hexdigest(),
        "HashType": "Sha256",
        "LatestVersion": str(len(document["Contents"])),
        "Owner": get_account_id(),
        "Parameters": [_parameter(name, parameter) for name, parameter in parameters],
        "PlatformTypes": ["Linux", "MacOS"],
        "SchemaVersion": SCHEMA,
        "Status": "Active",
        "Tags": [{"Key": key, "Value": value} for key, value in ssm._tags.get(document["Name"], {}).items()],
    }
    return described | ({"TargetType": document["TargetType"]} if document["TargetType"] else {})


def _parameter(name: str, parameter: Record) -> Record:
    described = {"Name": name, "Type": parameter["type"], "Description": parameter.get("description", "")}
    return described | ({"DefaultValue": parameter["default"]} if "default" in parameter else {})


ACTIONS = {
    "CreateDocument": create_document,
    "DeleteDocument": delete_document,
    "DescribeDocument": describe_document,
    "DescribeDocumentPermission": describe_document_permission,
    "GetDocument": get_document,
    "UpdateDocument": update_document,
    "UpdateDocumentDefaultVersion": update_document_default_version,
}


async def _handle(method: str, path: str, headers: dict[str, str], body: bytes, query: Params) -> Response:
    action = ACTIONS.get(headers.get("x-amz-target", "").rpartition(".")[2])
    if action is None:
        return cast(Response, await _handle_request(method, path, headers, body, query))
    try:
        return cast(Response, json_response(action(json.loads(body))))
    except RefusedError as error:
        return cast(Response, error_response_json(error.code, str(error), 400))


def apply() -> None:
    """Patch the service."""
    ssm._documents = AccountRegionScopedDict()
    ssm.handle_request = _handle
