"""
A call that is sent twice counts once.

A client that loses the answer to a call sends the call again, with the same `amz-sdk-invocation-id` and a higher
`attempt` in `amz-sdk-request` (AWS SDKs and Tools Reference Guide, "Retry behavior"). On a busy machine that happens,
and the second one would find what the first one made: "already exists".
"""

import re
from collections import OrderedDict
from typing import Any

Message = dict[str, Any]

_KEPT = 512
"""How many answers are kept: far more than there can be calls under way."""

_LARGEST = 262_144
"""Bytes of an answer that is kept: what changes something has a short one."""


class Retries:
    """The answers to the last calls, by the id of the call."""

    def __init__(self) -> None:
        self._answers: OrderedDict[str, list[Message]] = OrderedDict()

    def earlier_answer(self, scope: Message) -> list[Message] | None:
        """Give the answer to an earlier attempt of the same call, unless it is none or there was no success."""
        headers = _headers(scope)
        attempt = re.search(r"attempt=(\d+)", headers.get("amz-sdk-request", ""))
        if attempt is None or int(attempt[1]) < 2:
            return None
        return self._answers.get(headers.get("amz-sdk-invocation-id", ""))

    def remember(self, scope: Message, messages: list[Message]) -> None:
        """Keep the answer to a call that has an id, when it is a success."""
        id_ = _headers(scope).get("amz-sdk-invocation-id")
        size = sum(len(message.get("body", b"")) for message in messages)
        if id_ is None or not messages or messages[0].get("status", 500) >= 400 or size > _LARGEST:
            return
        self._answers[id_] = messages
        while len(self._answers) > _KEPT:
            self._answers.popitem(last=False)


def _headers(scope: Message) -> dict[str, str]:
    return {name.decode().lower(): value.decode(errors="replace") for name, value in scope["headers"]}
