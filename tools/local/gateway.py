"""The one door of local AWS: sends each call to its emulator and turns every failure into an answer at once."""

import contextvars
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

from tools.local.call import Call
from tools.local.refusal import Answer, refuse
from tools.local.retries import Retries

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
Page = Callable[[dict[str, str]], object]

MOTO_SERVICES = {
    "application-autoscaling": "application-autoscaling",
    "codedeploy": "codedeploy",
    "monitoring": "cloudwatch",
}
"""
What moto serves, by signing name, with its own name for it.

Ministack lacks the first two and forgets most of an alarm.
"""

log = logging.getLogger("local-aws")


class Gateway:
    """
    An ASGI app over both emulators.

    `account_of` tells the account of an access key id, so that both emulators agree on it. `local` holds our own
    pages by path, each a function from the query to something that JSON can say.
    """

    def __init__(self, *, ministack: App, moto: App, account_of: Callable[[str], str], local: dict[str, Page]) -> None:
        self._ministack = ministack
        self._moto = moto
        self._account_of = account_of
        self._local = local
        self._retries = Retries()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request; the lifespan and web sockets are ministack's."""
        if scope["type"] != "http":
            await self._ministack(scope, receive, send)
        elif page := self._local.get(scope["path"]):
            await _send(send, _page(page, scope))
        else:
            call = Call.of(scope, await _body(receive))
            await self._serve_once(call, scope, _replay(call.body, receive), send)

    async def _serve_once(self, call: Call, scope: Message, receive: Receive, send: Send) -> None:
        """Serve a call, or answer it as it was answered when it was sent before."""
        if (earlier := self._retries.earlier_answer(scope)) is not None:
            for message in earlier:
                await send(message)
            return
        answer: list[Message] = []

        async def note(message: Message) -> None:
            answer.append(message)
            if not message.get("more_body", message["type"] == "http.response.start"):
                self._retries.remember(scope, answer)
            await send(message)

        await self._serve(call, scope, receive, note)

    async def _serve(self, call: Call, scope: Message, receive: Receive, send: Send) -> None:
        holder = _Holder(send)
        try:
            if call.service in MOTO_SERVICES:
                await self._moto(self._with_account(call, scope), receive, holder)
            else:
                await self._ministack(scope, receive, holder)
        except Exception as error:
            log.error("refused %s: %r", call.name, error, exc_info=not isinstance(error, NotImplementedError))
            if not holder.has_passed:
                await _send(send, refuse(call, f"{type(error).__name__}: {error}"))
            return
        if held := holder.answer():
            await _send(send, self._judge(call, held))

    def _judge(self, call: Call, answer: Answer) -> Answer:
        if not answer.is_refused:
            return answer
        cause = answer.body.decode(errors="replace")
        refused = refuse(call, f"{answer.status} {cause}")
        log.error("refused %s: %s %s", call.name, answer.status, cause[:2000])
        return refused

    def _with_account(self, call: Call, scope: Message) -> Message:
        """Give moto the account that ministack takes from the access key."""
        account = contextvars.copy_context().run(self._account_of, call.credential[0])
        return scope | {"headers": [*scope["headers"], (b"x-moto-account-id", account.encode())]}


class _Holder:
    """Lets a success pass as it comes and holds an error until it is judged."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message = {}
        self._body = b""
        self.has_passed = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] >= 400:
            self._start = message
        elif self._start and message["type"] == "http.response.body":
            self._body += message.get("body", b"")
        else:
            self.has_passed = True
            await self._send(message)

    def answer(self) -> Answer | None:
        if not self._start:
            return None
        return Answer(status=self._start["status"], headers=list(self._start.get("headers", [])), body=self._body)


async def _body(receive: Receive) -> bytes:
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


def _replay(body: bytes, receive: Receive) -> Receive:
    pending = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay


async def _send(send: Send, answer: Answer) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": answer.body})


def _page(page: Page, scope: Message) -> Answer:
    query = {key: values[-1] for key, values in parse_qs(scope["query_string"].decode()).items()}
    body = json.dumps(page(query)).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    return Answer(status=200, headers=headers, body=body)
