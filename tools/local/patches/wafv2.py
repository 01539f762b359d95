"""WAF, in ministack."""

import json
from typing import Any, cast

from ministack.core.responses import AccountRegionScopedDict, json_response  # type: ignore[import-untyped]
from ministack.services import waf  # type: ignore[import-untyped]

from tools.local.patches.ministack import Params, Response

_handle_request = waf.handle_request
_configurations = AccountRegionScopedDict()


def put_logging_configuration(data: dict[str, Any]) -> Response:
    """Keep where a web ACL writes its log, by the web ACL's ARN; AWS checks the destination, which is not done here."""
    configuration = data["LoggingConfiguration"]
    _configurations[configuration["ResourceArn"]] = configuration
    return _answer(configuration)


def get_logging_configuration(data: dict[str, Any]) -> Response:
    """Answer it, or that there is none."""
    configuration = _configurations.get(data["ResourceArn"])
    return _missing(data) if configuration is None else _answer(configuration)


def delete_logging_configuration(data: dict[str, Any]) -> Response:
    """Forget it."""
    if _configurations.pop(data["ResourceArn"], None) is None:
        return _missing(data)
    return cast(Response, json_response({}))


def _answer(configuration: dict[str, Any]) -> Response:
    return cast(Response, json_response({"LoggingConfiguration": configuration}))


def _missing(data: dict[str, Any]) -> Response:
    return cast(Response, waf._waf_not_found(data["ResourceArn"]))


_HANDLERS = {
    "PutLoggingConfiguration": put_logging_configuration,
    "GetLoggingConfiguration": get_logging_configuration,
    "DeleteLoggingConfiguration": delete_logging_configuration,
}


async def _handle(method: str, path: str, headers: dict[str, str], body: bytes, query: Params) -> Response:
    handler = _HANDLERS.get(headers.get("x-amz-target", "").split(".")[-1])
    if handler is not None:
        return handler(json.loads(body))
    return cast(Response, await _handle_request(method, path, headers, body, query))


def apply() -> None:
    """Patch the service."""
    waf.handle_request = _handle
    # The inventory looks for what is left in the emulator's own modules.
    waf._logging_configurations = _configurations
