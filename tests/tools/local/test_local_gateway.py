"""Where the gateway sends a call, and what it makes of a failure; with emulators of a few lines."""

import asyncio
import json
from typing import Any

import pytest

from tools.local.gateway import App, Gateway, Message, Receive, Send
from tools.local.refusal import CODE

CREDENTIAL = "AWS4-HMAC-SHA256 Credential=956880242582/20250101/us-east-1/{}/aws4_request, Signature=x"


def emulator(status: int = 200, body: bytes = b"fine", seen: list[Message] | None = None) -> App:
    """Make an app that always answers the same, and notes what it was asked."""

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if seen is not None:
            seen.append(scope | {"body": (await receive())["body"]})
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body[:3], "more_body": True})
        await send({"type": "http.response.body", "body": body[3:]})

    return app


async def broken(_scope: Message, _receive: Receive, _send: Send) -> None:
    """Fail as moto does for a call that it lacks."""
    raise NotImplementedError("The frobnicate action has not been implemented")


def ask(ministack: App, moto: App, service: str, headers: dict[str, str] | None = None, path: str = "/") -> Any:  # noqa: ANN401
    """Send one POST through a gateway; answer status, headers and body."""
    gateway = Gateway(ministack=ministack, moto=moto, account_of=lambda key: key, local={"/_local/hello": dict})
    given = {"authorization": CREDENTIAL.format(service), "x-amz-target": "Service.Frobnicate"} | (headers or {})
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": b"name=you",
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
    }
    chunks: list[Message] = [
        {"type": "http.request", "body": b"a", "more_body": True},
        {"type": "http.request", "body": b"b"},
    ]
    sent: list[Message] = []

    async def receive() -> Message:
        return chunks.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(gateway(scope, receive, send))
    return sent[0]["status"], dict(sent[0]["headers"]), b"".join(message["body"] for message in sent[1:])


@pytest.mark.parametrize("service", ["codedeploy", "application-autoscaling", "monitoring"])
def test_moto_serves_what_ministack_cannot(service: str) -> None:
    """Three services go to moto."""
    status, _, body = ask(broken, emulator(body=b"moto"), service)

    assert (200, b"moto") == (status, body)


def test_ministack_serves_the_rest() -> None:
    """Every other service goes to ministack."""
    status, _, body = ask(emulator(body=b"ministack"), broken, "ecs")

    assert (200, b"ministack") == (status, body)


def test_moto_is_told_the_account_of_the_access_key() -> None:
    """The account travels to moto in the header that it reads."""
    seen: list[Message] = []
    ask(broken, emulator(seen=seen), "codedeploy")

    assert (b"x-moto-account-id", b"956880242582") in seen[0]["headers"]


def test_emulator_reads_the_whole_body() -> None:
    """A body that came in pieces is handed on in one."""
    seen: list[Message] = []
    ask(emulator(seen=seen), broken, "ecs")

    assert b"ab" == seen[0]["body"]


def test_client_error_passes_unchanged() -> None:
    """An error that AWS has too is the emulator's to word."""
    body = b'{"__type": "ClusterNotFoundException", "message": "Cluster not found."}'

    assert (400, {}, body) == ask(emulator(400, body), broken, "ecs")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b'{"__type": "InternalError"}'),
        (501, b""),
        (503, b"<html>"),
        (400, b'{"__type": "InvalidAction", "message": "Unknown action: Frobnicate"}'),
        (400, b'{"error": "Unsupported service: glacier"}'),
        (404, b"<Error><Code>NoSuchResource</Code><Message>No route for GET /x</Message></Error>"),
        (400, b'{"__type": "ThrottlingException"}'),
    ],
)
def test_failure_becomes_one_error_that_is_not_retried(status: int, body: bytes) -> None:
    """Whatever would send a client into its retries becomes status 400 with our code."""
    answered, headers, _ = ask(emulator(status, body), broken, "ecs")

    assert (400, CODE.encode()) == (answered, headers[b"x-amzn-errortype"])


def test_exception_becomes_an_error_that_names_the_call() -> None:
    """An emulator that raises is answered for."""
    _, _, body = ask(broken, broken, "codedeploy")

    assert "local AWS cannot serve codedeploy:Frobnicate" in json.loads(body)["message"]


def test_failure_is_logged_with_its_call(caplog: pytest.LogCaptureFixture) -> None:
    """The server log tells every call that was refused."""
    ask(emulator(500, b"boom"), broken, "ecs")

    assert "refused ecs:Frobnicate: 500 boom" in caplog.text


def test_own_pages_answer_json() -> None:
    """Our own pages get the query and answer JSON."""
    _, _, body = ask(broken, broken, "ecs", path="/_local/hello")

    assert {"name": "you"} == json.loads(body)
