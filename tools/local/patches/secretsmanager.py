"""Secrets Manager, in ministack."""

import json
from typing import Any, cast

from ministack.services import secretsmanager  # type: ignore[import-untyped]

from tools.local.patches.ministack import Response

CURRENT = "AWSCURRENT"

_create_secret = secretsmanager._create_secret
_put_secret_value = secretsmanager._put_secret_value


def create_secret(data: dict[str, Any]) -> Response:
    """
    Make a secret that is given no value without a version, as there is nothing in it yet.

    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
    """
    response: Response = _create_secret(data)
    if response[0] == 200 and not {"SecretString", "SecretBinary"} & data.keys():
        secretsmanager._secrets[data["Name"]]["Versions"].clear()
    return response


def put_secret_value(data: dict[str, Any]) -> Response:
    """
    Give a version the staging labels that were asked for, all of them, and take each from the version that had it.

    A secret's first version becomes the current one whatever was asked for, and a token writes one value once.
    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
    """
    _, secret = secretsmanager._resolve(data.get("SecretId"))
    versions: dict[str, Any] = secret["Versions"] if secret else {}
    labels = {*data.get("VersionStages", [CURRENT]), *([] if versions else [CURRENT])}
    written = versions.get(data.get("ClientRequestToken", ""))
    if written is not None and written["SecretString"] != data.get("SecretString"):
        message = "You can't use ClientRequestToken with a different value."
        return cast(Response, secretsmanager.error_response_json("ResourceExistsException", message, 400))
    if written is not None:
        return _answer(secret, data["ClientRequestToken"])
    response: Response = _put_secret_value(data | {"VersionStages": sorted(labels)})
    if response[0] != 200:
        return response
    version_id = json.loads(response[2])["VersionId"]
    for label in labels - {CURRENT}:
        secretsmanager._remove_stage_everywhere(secret, label, except_version_id=version_id)
        secretsmanager._add_stage(secret, version_id, label)
    return _answer(secret, version_id)


def _answer(secret: dict[str, Any], version_id: str) -> Response:
    return cast(
        Response,
        secretsmanager.json_response(
            {
                "ARN": secret["ARN"],
                "Name": secret["Name"],
                "VersionId": version_id,
                "VersionStages": list(secret["Versions"][version_id]["Stages"]),
            }
        ),
    )


def apply() -> None:
    """Patch the service."""
    secretsmanager._create_secret = create_secret
    secretsmanager._put_secret_value = put_secret_value
