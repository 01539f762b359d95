"""A call that is sent twice counts once."""

import asyncio

import pytest

from tools.local.gateway import Gateway, Message, Receive, Send

AUTHORIZATION = "AWS4-HMAC-SHA256 Credential=956880242582/20250101/us-east-1/route53/aws4_request, Signature=x"


class Emulator:
    """An app that counts its calls, and answers with the number."""

    def __init__(self, status: int = 200) -> None:
        self.calls = 0
        self._status = status

    async def __call__(self, _scope: Message, _receive: Receive, send: Send) -> None:
        """Answer one call."""
        self.calls += 1
        await send({"type": "http.response.start", "status": self._status, "headers": []})
        await send({"type": "http.response.body", "body": str(self.calls).encode()})


def ask(gateway: Gateway, id_: str | None, attempt: int) -> bytes:
    """Send one attempt of a call; answer the body."""
    headers = {"authorization": AUTHORIZATION, "amz-sdk-request": f"attempt={attempt}; max=25"}
    if id_ is not None:
        headers["amz-sdk-invocation-id"] = id_
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(gateway(scope, receive, send))
    return b"".join(message.get("body", b"") for message in sent)


def gateway_before(emulator: Emulator) -> Gateway:
    """A gateway before one emulator."""
    return Gateway(ministack=emulator, moto=emulator, account_of=lambda key: key, local={})


def test_second_attempt_gets_the_first_answer() -> None:
    """The emulator sees the call once."""
    emulator = Emulator()
    gateway = gateway_before(emulator)

    answers = [ask(gateway, "a", 1), ask(gateway, "a", 2)]

    assert ([b"1", b"1"], 1) == (answers, emulator.calls)


@pytest.mark.parametrize(("first", "second"), [(("a", 1), ("b", 2)), (("a", 1), ("a", 1)), ((None, 1), (None, 2))])
def test_other_calls_are_served(first: tuple[str | None, int], second: tuple[str | None, int]) -> None:
    """Another call, a call that is no second attempt, and one that has no id are not taken for the same."""
    emulator = Emulator()
    gateway = gateway_before(emulator)

    ask(gateway, *first)
    ask(gateway, *second)

    assert 2 == emulator.calls


def test_failure_is_tried_again() -> None:
    """What failed is not remembered."""
    emulator = Emulator(status=400)
    gateway = gateway_before(emulator)

    ask(gateway, "a", 1)
    ask(gateway, "a", 2)

    assert 2 == emulator.calls


def test_only_the_last_answers_are_kept() -> None:
    """A long life does not fill the memory."""
    emulator = Emulator()
    gateway = gateway_before(emulator)
    for number in range(600):
        ask(gateway, str(number), 1)

    ask(gateway, "0", 2)

    assert 601 == emulator.calls
