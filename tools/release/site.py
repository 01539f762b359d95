"""The health URL, asked like a client asks: over TLS that is verified, and only where it says."""

from http import HTTPStatus
from http.client import HTTPException, HTTPMessage
from typing import IO
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from tools.aws import one_line

_TIMEOUT_S = 10.0


class _OwnRedirects(HTTPRedirectHandler):
    """
    Follows a service to another path, or from HTTP to HTTPS.

    A login page or a parking page of another host answers 200 too, which says nothing of the service.
    """

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        old, new = urlsplit(req.full_url), urlsplit(newurl)
        if old.hostname != new.hostname or (old.scheme, new.scheme) == ("https", "http"):
            raise HTTPError(newurl, code, f"redirects to {newurl}", headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


urlopen = build_opener(_OwnRedirects).open
"""Verifies certificates and host names, as Python's `ssl.create_default_context` does, which urllib uses."""


def ask(url: str) -> list[str]:
    """Ask for a URL; what is wrong with the answer, if anything."""
    if not url.startswith(("https://", "http://")):
        return [f"{url} is no URL of the web"]
    request = Request(url, headers={"User-Agent": "infra", "Cache-Control": "no-cache"})  # noqa: S310 of the web
    try:
        with urlopen(request, timeout=_TIMEOUT_S) as answer:
            status = answer.status
    except HTTPError as error:
        elsewhere = f" and {error.msg}" if error.msg.startswith("redirects to ") else ""
        return [f"{url} answers {error.code}{elsewhere}"]
    except (OSError, HTTPException, ValueError) as error:
        return [f"{url} does not answer ({one_line(error)})"]
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return []
    return [f"{url} answers {status}"]
