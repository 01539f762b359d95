"""The health URL, asked at real servers on this machine."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.client import RemoteDisconnected
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar
from urllib.request import HTTPSHandler, build_opener

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tools.release import site
from tools.release.site import ask


class Handler(BaseHTTPRequestHandler):
    """Answers by path: a status, or a redirect to a URL."""

    answers: ClassVar[dict[str, int | str]] = {}
    asked: ClassVar[list[tuple[str, str | None]]] = []

    def do_GET(self) -> None:
        """Answer."""
        self.asked.append((self.path, self.headers["User-Agent"]))
        answer = self.answers[self.path]
        self.send_response(302 if isinstance(answer, str) else answer)
        if isinstance(answer, str):
            self.send_header("Location", answer)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


def serve(context: ssl.SSLContext | None = None) -> Iterator[HTTPServer]:
    """Serve until the test is over."""
    server = HTTPServer(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    Handler.answers, Handler.asked = {"/health": 200}, []
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def url() -> Iterator[str]:
    """A service that answers."""
    for server in serve():
        yield f"http://127.0.0.1:{server.server_port}/health"


@pytest.fixture
def self_signed(tmp_path: Path) -> Iterator[str]:
    """A service whose certificate nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    content = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "both.pem").write_bytes(content + made.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "both.pem")
    for server in serve(context):
        yield f"https://127.0.0.1:{server.server_port}/health"


def test_answers(url: str) -> None:
    """A success is one, and the service sees who asked."""
    assert ([], [("/health", "infra")]) == (ask(url), Handler.asked)


@pytest.mark.parametrize("status", [304, 401, 404, 500, 503])
def test_no_success(url: str, status: int) -> None:
    """Another status is none."""
    Handler.answers["/health"] = status

    assert [f"{url} answers {status}"] == ask(url)


def test_no_success_without_error(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A status that urllib calls no error is still none outside of 200 to 299."""
    monkeypatch.setattr("tools.release.site._OwnRedirects.redirect_request", lambda *_: None)
    Handler.answers["/health"] = "/elsewhere"

    assert [f"{url} answers 302"] == ask(url)


def test_own_redirect(url: str) -> None:
    """A service may send its clients to another path."""
    Handler.answers |= {"/health": "/health/", "/health/": 200}

    assert ([], "/health/") == (ask(url), Handler.asked[-1][0])


def test_own_redirect_fails(url: str) -> None:
    """What counts is the answer there."""
    Handler.answers |= {"/health": "/health/", "/health/": 503}

    assert [f"{url} answers 503"] == ask(url)


def test_foreign_redirect(url: str) -> None:
    """A login page of another host says nothing of the service, however well it answers."""
    login = url.replace("127.0.0.1", "localhost").replace("/health", "/login")
    Handler.answers |= {"/health": login, "/login": 200}

    assert [f"{url} answers 302 and redirects to {login}"] == ask(url)
    assert ["/health"] == [path for path, _ in Handler.asked]


def test_unverified(self_signed: str) -> None:
    """A certificate that clients would not accept is no success."""
    (problem,) = ask(self_signed)

    assert problem.startswith(f"{self_signed} does not answer (<urlopen error [SSL: CERTIFICATE_VERIFY_FAILED]")
    assert [] == Handler.asked


def test_downgrade(self_signed: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """TLS that ends in a redirect to plain HTTP is no success."""
    accepting = ssl.create_default_context()
    accepting.check_hostname, accepting.verify_mode = False, ssl.CERT_NONE  # only here
    opener = build_opener(site._OwnRedirects, HTTPSHandler(context=accepting))
    monkeypatch.setattr(site, "urlopen", opener.open)
    Handler.answers |= {"/health": url}

    assert [f"{self_signed} answers 302 and redirects to {url}"] == site.ask(self_signed)


@pytest.mark.parametrize(
    ("error", "text"),
    [(TimeoutError("timed out"), "timed out"), (RemoteDisconnected("closed\nearly"), "closed early")],
)
def test_no_answer(monkeypatch: pytest.MonkeyPatch, error: Exception, text: str) -> None:
    """Whatever keeps it from answering is said in a line."""

    def fail(*_: object, timeout: float) -> None:
        assert 10 == timeout  # not for ever
        raise error

    monkeypatch.setattr("tools.release.site.urlopen", fail)

    assert [f"http://127.0.0.1/ does not answer ({text})"] == ask("http://127.0.0.1/")


def test_nobody_there() -> None:
    """A port on which nobody listens is said in a line."""
    (problem,) = ask("http://127.0.0.1:1/")

    assert problem.startswith("http://127.0.0.1:1/ does not answer (<urlopen error [Errno 111]")


def test_not_the_web() -> None:
    """A file is no service."""
    assert ["file:///etc/hostname is no URL of the web"] == ask("file:///etc/hostname")
