"""The comment on a pull request, against a GitHub on the loopback interface."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tools.ci import comment
from tools.errors import InfraError

COMMENTS = "/repos/octo-org/octo-repo/issues/7/comments"


class GitHub:
    """Comments, and the requests that were made."""

    def __init__(self) -> None:
        self.comments: list[dict[str, Any]] = []
        self.requests: list[tuple[str, str, Any]] = []
        self.tokens: set[str | None] = set()
        self.status = 200

    def add(self, body: str, kind: str) -> None:
        """Let somebody comment."""
        self.comments.append({"id": len(self.comments) + 1, "body": body, "user": {"type": kind}})

    def changes(self) -> list[tuple[str, str, Any]]:
        """The requests that were not for reading."""
        return [request for request in self.requests if request[0] != "GET"]

    def answer(self, method: str, path: str, body: Any) -> Any:  # noqa: ANN401 JSON
        """Answer a request."""
        self.requests.append((method, path, body))
        if method != "GET":
            return {}
        page = int(path.rpartition("page=")[2])
        return self.comments[100 * (page - 1) : 100 * page]


@pytest.fixture
def github(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHub]:
    """A run for pull request 7."""
    found = GitHub()

    class Handler(BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            found.tokens.add(self.headers["Authorization"])
            text = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = json.dumps(found.answer(self.command, self.path, json.loads(text) if text else None)).encode()
            self.send_response(found.status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PATCH = handle_one  # noqa: N815 http.server's names

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    (tmp_path / "event.json").write_text('{"pull_request": {"number": 7}}')
    monkeypatch.setenv("GITHUB_API_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("GITHUB_REPOSITORY", "octo-org/octo-repo")
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(tmp_path / "event.json"))
    monkeypatch.setenv("GITHUB_TOKEN", "token")
    yield found
    server.shutdown()
    server.server_close()


def test_first(github: GitHub) -> None:
    """The first one is made, with a mark that is not shown."""
    comment.put("Plan", create=True)

    assert [("POST", COMMENTS, {"body": f"{comment.MARK}\nPlan"})] == github.changes()


def test_again(github: GitHub) -> None:
    """The next one is written over it."""
    github.add("Looks good", "User")
    github.add(f"{comment.MARK}\nOld", "Bot")
    comment.put("Plan", create=True)

    assert [
        ("PATCH", "/repos/octo-org/octo-repo/issues/comments/2", {"body": f"{comment.MARK}\nPlan"})
    ] == github.changes()


def test_of_somebody_else(github: GitHub) -> None:
    """A person's comment with the mark in it is left alone."""
    github.add(f"{comment.MARK}\nForged", "User")
    comment.put("Plan", create=True)

    assert ["POST"] == [method for method, _, _ in github.changes()]


def test_long_discussion(github: GitHub) -> None:
    """It is found behind more comments than GitHub lists at once."""
    for number in range(100):
        github.add(f"Comment {number}", "User")
    github.add(f"{comment.MARK}\nOld", "Bot")
    comment.put("Plan", create=True)

    assert ["PATCH"] == [method for method, _, _ in github.changes()]


def test_only_if_there(github: GitHub) -> None:
    """Where there is none, one that is only an update is not made."""
    assert comment.put("Nothing", create=False) is False
    assert [] == github.changes()


def test_token(github: GitHub) -> None:
    """GitHub is told who asks."""
    comment.put("Plan", create=True)

    assert {"Bearer token"} == github.tokens


def test_refused(github: GitHub) -> None:
    """A refusal is one line, without the token."""
    github.status = 403

    with pytest.raises(InfraError, match=r"^GitHub: GET /repos/octo-org/octo-repo/issues/7/\S+: 403 Forbidden$"):
        comment.put("Plan", create=True)


@pytest.mark.usefixtures("github")
def test_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A GitHub that is not there is one line too."""
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:1")

    with pytest.raises(InfraError, match=r"GitHub does not answer at http://127\.0\.0\.1:1: .*Connection refused"):
        comment.put("Plan", create=True)


@pytest.mark.usefixtures("github")
def test_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of GitHub Actions it says what it needs."""
    monkeypatch.delenv("GITHUB_REPOSITORY")

    with pytest.raises(InfraError, match="GITHUB_REPOSITORY is not set: it runs in GitHub Actions"):
        comment.put("Plan", create=True)


@pytest.mark.usefixtures("github")
def test_other_event(tmp_path: Path) -> None:
    """A run for a push has no pull request to comment on."""
    (tmp_path / "event.json").write_text("{}")

    with pytest.raises(InfraError, match="the run is not for a pull request"):
        comment.put("Plan", create=True)
