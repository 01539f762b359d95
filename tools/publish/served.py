"""Whether visitors get what was published."""

import hashlib
from http.client import HTTPException
from urllib.request import Request, urlopen

from tools.aws import one_line
from tools.errors import InfraError
from tools.publish.context import Context
from tools.publish.files import LocalFile

_URL_TIMEOUT_S = 10.0
_SETTLED_S = 60.0
"""How long CloudFront may take to ask the bucket again."""


def expect_served(context: Context, index: LocalFile) -> None:
    """
    Ask for the page like a visitor, and compare it with the file.

    :raises InfraError: something else is served, or nothing
    """
    url = context.target.manifest.url
    deadline = context.clock.now() + _SETTLED_S
    while problem := _problem(url, index):
        context.display.detail(problem)
        if context.clock.now() >= deadline:
            raise InfraError(f"{url} {problem}; where it cannot be reached from here: --no-url-check")
        context.clock.sleep(context.poll_s)


def _problem(url: str, index: LocalFile) -> str:
    request = Request(url, headers={"User-Agent": "infra", "Cache-Control": "no-cache"})  # noqa: S310 of the web
    try:
        with urlopen(request, timeout=_URL_TIMEOUT_S) as answer:  # noqa: S310 of the web
            body = answer.read(index.size + 1)
    except (OSError, HTTPException, ValueError) as error:
        return f"does not answer ({one_line(error)})"
    if hashlib.sha256(body).hexdigest() == index.sha256:
        return ""
    return f"serves another page than the {index.path.name} that was published"
