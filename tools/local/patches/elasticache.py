"""ElastiCache, in ministack."""

import re
from collections.abc import Callable
from typing import cast

from ministack.services import elasticache  # type: ignore[import-untyped]

from tools.local.patches.ministack import Params, Response

Action = Callable[[Params], Response]

ANSWERED = {"no-password-required": "no-password"}
"""ElastiCache API: InputAuthenticationType in a call, AuthenticationType in the answer."""

_describe_cache_parameters = elasticache._describe_cache_parameters


def describe_cache_parameters(params: Params) -> Response:
    """Answer only what was changed when asked for the source `user`, as the provider does."""
    status, headers, body = cast(Response, _describe_cache_parameters(params))
    if elasticache._p(params, "Source") == "user":
        body = re.sub(rb"<Parameter>(?:(?!</Parameter>).)*<Source>system</Source>.*?</Parameter>", b"", body)
    return status, headers, body


def authenticate(stock: Action) -> Action:
    """Make a create or modify call of a user keep how the user is authenticated, which stock ministack derives."""

    def call(params: Params) -> Response:
        response = stock(params)
        asked = elasticache._p(params, "AuthenticationMode.Type")
        if response[0] == 200 and asked:
            user = elasticache._users[elasticache._p(params, "UserId")]
            user["Authentication"] = {"Type": ANSWERED.get(asked, asked), "PasswordCount": 0}
        return response

    return call


def apply() -> None:
    """Patch the service."""
    elasticache._describe_cache_parameters = describe_cache_parameters
    elasticache._create_user = authenticate(elasticache._create_user)
    elasticache._modify_user = authenticate(elasticache._modify_user)
