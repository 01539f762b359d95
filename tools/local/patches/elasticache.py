"""ElastiCache, in ministack."""

import re
from typing import cast

from ministack.services import elasticache  # type: ignore[import-untyped]

from tools.local.patches.ministack import Params, Response

_describe_cache_parameters = elasticache._describe_cache_parameters


def describe_cache_parameters(params: Params) -> Response:
    """Answer only what was changed when asked for the source `user`, as the provider does."""
    status, headers, body = cast(Response, _describe_cache_parameters(params))
    if elasticache._p(params, "Source") == "user":
        body = re.sub(rb"<Parameter>(?:(?!</Parameter>).)*<Source>system</Source>.*?</Parameter>", b"", body)
    return status, headers, body


def apply() -> None:
    """Patch the service."""
    elasticache._describe_cache_parameters = describe_cache_parameters
