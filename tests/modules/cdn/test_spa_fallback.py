"""The function that gives the application its addresses, run as JavaScript."""

import json
import subprocess
from pathlib import Path

import pytest

from modules.cdn.spa_fallback import SOURCE, SpaFallback
from tests.support import Synthesized, synth_scope

PATHS = [
    ("/", "/index.html"),
    ("/machines", "/index.html"),
    ("/machines/7", "/index.html"),
    ("/machines/7/", "/index.html"),
    ("/v1.2/machines", "/index.html"),
    ("/index.html", "/index.html"),
    ("/assets/app.3f2a.js", "/assets/app.3f2a.js"),
    ("/missing.js", "/missing.js"),
    ("/robots.txt", "/robots.txt"),
    ("/.well-known/apple-app-site-association", "/.well-known/apple-app-site-association"),
    ("/.well-known/acme-challenge/a-b_c", "/.well-known/acme-challenge/a-b_c"),
    ("/.well-known/did.json", "/.well-known/did.json"),
    ("/.well-knownish", "/.well-knownish"),
    ("/app/.well-known/x", "/index.html"),
    ("/my%20file.pdf", "/my%20file.pdf"),
]

TO_THE_ROOT = [
    "//",
    "/.",
    "/..",
    "/%2e",
    "/a.js/..",
    "/a.js/%2E%2E",
    "/a.js/%2e.",
    "/a.js%2f..",
    "/a.js%2F%2e%2e%2f",
    "/.well-known/",
    "/.well-known/..",
    "/.well-known/%2e%2e",
    "/.well-known/x/../../",
    "/.well-known/..%2f",
]
"""Paths that are `/`, or may be, once somebody resolves them (RFC 3986, 5.2.4 and 6.2.2)."""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    """What the function makes of a request for each path."""
    script = tmp_path_factory.mktemp("function") / "function.js"
    events = {
        path: {"version": "1.0", "request": {"method": "GET", "uri": path, "querystring": {"a": {"value": "1"}}}}
        for path in [*(path for path, _ in PATHS), *TO_THE_ROOT]
    }
    script.write_text(
        f"{SOURCE}\nconst events = {json.dumps(events)};\n"
        "console.log(JSON.stringify("
        "Object.fromEntries(Object.entries(events).map(([path, event]) => [path, handler(event)]))));"
    )
    return run(script)


def run(script: Path) -> dict[str, dict[str, object]]:
    """Run a script with Node and parse what it prints."""
    result = subprocess.run(  # noqa: S603 our own script
        ["node", str(script)],  # noqa: S607 the machine's own
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    parsed: dict[str, dict[str, object]] = json.loads(result.stdout)
    return parsed


@pytest.mark.parametrize(("path", "expected"), PATHS)
def test_path(answers: dict[str, dict[str, object]], path: str, expected: str) -> None:
    """An address of the application is answered with its page; a file, also a missing one, is looked for."""
    assert expected == answers[path]["uri"]


@pytest.mark.parametrize("path", TO_THE_ROOT)
def test_no_list_of_the_files(answers: dict[str, dict[str, object]], path: str) -> None:
    """Nothing that may stand for the bucket's root gets through, where S3 would answer with a list of the files.

    Source: CloudFront Developer Guide, "Cache behavior settings", "Path normalization": the origin gets the raw path.
    """
    assert "/index.html" == answers[path]["uri"]


def test_rest_of_the_request(answers: dict[str, dict[str, object]]) -> None:
    """Nothing else of the request changes."""
    assert {"method": "GET", "uri": "/index.html", "querystring": {"a": {"value": "1"}}} == answers["/machines"]


@pytest.fixture(scope="module")
def fallback() -> Synthesized:
    """The function as Terraform JSON."""
    return synth_scope(lambda scope: SpaFallback(scope, "fallback", name="x" * 80))


def test_function(fallback: Synthesized) -> None:
    """The function that was run here is published, in the runtime that knows this JavaScript."""
    function = fallback.resource("aws_cloudfront_function")

    assert (SOURCE, "cloudfront-js-2.0", True) == (function["code"], function["runtime"], function["publish"])


def test_name(fallback: Synthesized) -> None:
    """A name that is too long is cut (CloudFront API, CreateFunction)."""
    assert 64 == len(fallback.resource("aws_cloudfront_function")["name"])


def test_terraform_reads_no_expression() -> None:
    """Terraform would evaluate these in the source."""
    assert not {"${", "%{"} & {SOURCE[i : i + 2] for i in range(len(SOURCE))}


def test_size() -> None:
    """CloudFront quotas, "Quotas on CloudFront Functions": a function has at most 10 KB."""
    assert len(SOURCE.encode()) < 10_240
