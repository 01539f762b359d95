"""The one comment on a pull request that says what it would change, brought up to date with every push."""

import json
import os
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tools.errors import InfraError

MARK = "<!-- infra ci comment -->"
"""By which the comment is found again. It is not shown."""

_TIMEOUT_S = 30
_PAGE = 100


def put(body: str, *, create: bool) -> bool:
    """
    Write the comment, over the one that is there already.

    It reads what GitHub Actions gives every step (GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_EVENT_PATH), and the token
    GITHUB_TOKEN, which has to be passed on.

    :param create: False: only when there is a comment already
    :return: whether there is a comment now
    :raises InfraError: this is no run for a pull request, or GitHub refuses
    """
    repository, number = _variable("GITHUB_REPOSITORY"), _pull_request()
    text = f"{MARK}\n{body}"
    found = _find(repository, number)
    if found is not None:
        _call("PATCH", f"/repos/{repository}/issues/comments/{found}", {"body": text})
    elif create:
        _call("POST", f"/repos/{repository}/issues/{number}/comments", {"body": text})
    return found is not None or create


def _find(repository: str, number: int) -> int | None:
    page = 1
    while True:
        comments = _call("GET", f"/repos/{repository}/issues/{number}/comments?per_page={_PAGE}&page={page}")
        for comment in comments:
            # Anybody may write the mark into a comment; ours are the ones of a bot.
            if comment["body"].startswith(MARK) and comment["user"]["type"] == "Bot":
                return int(comment["id"])
        if len(comments) < _PAGE:
            return None
        page += 1


def _pull_request() -> int:
    event = json.loads(Path(_variable("GITHUB_EVENT_PATH")).read_text())
    try:
        return int(event["pull_request"]["number"])
    except KeyError:
        raise InfraError("infra ci comment: the run is not for a pull request") from None


def _call(method: str, path: str, body: dict[str, str] | None = None) -> Any:  # noqa: ANN401 whatever GitHub answers
    url = _variable("GITHUB_API_URL")
    request = urllib.request.Request(  # noqa: S310 the address is GitHub's
        f"{url}{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {_variable('GITHUB_TOKEN')}",
            "Content-Type": "application/json",
            "X-GitHub-Api-Version": "2022-11-28",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise InfraError(f"GitHub: {method} {path}: {error.code} {error.reason}") from None
    except OSError as error:
        raise InfraError(f"GitHub does not answer at {url}: {getattr(error, 'reason', error)}") from None


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise InfraError(f"infra ci comment: {name} is not set: it runs in GitHub Actions")
    return value
