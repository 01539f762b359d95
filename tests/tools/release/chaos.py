"""What goes wrong with one single call of a release: AWS refuses it, its answer is lost, or the process ends."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, ReadTimeoutError

from tests.tools.release.orchestra import KilledError

LOOKS = ("Describe", "Get", "List", "BatchGet")
"""How the names of operations begin that change nothing."""

WORLD = ("CreateTaskSet", "ModifyRule")
"""What CodeDeploy does by itself, which the played one does through the same client."""

Moment = Literal["before", "after"]


@dataclass
class Chaos:
    """The one call that goes wrong, of those that write or of one operation."""

    at: int = -1
    """Which one, counted from 0."""

    problem: Callable[[str], BaseException] = lambda _: KilledError()
    """What is raised, by the name of the operation."""

    moment: Moment = "before"
    """Whether the call has had its effect by then."""

    operation: str = ""
    """Of which calls are counted; empty: of all that write."""

    seen: list[str] = field(default_factory=list)
    """The operations counted so far."""

    def patch(self, monkeypatch: pytest.MonkeyPatch) -> "Chaos":
        """Stand for botocore's one way to make a call; below it are only the retries."""
        original: Any = BaseClient._make_api_call  # type: ignore[attr-defined]

        def call(client: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:  # noqa: ANN401 any answer
            counts = operation == self.operation if self.operation else not operation.startswith(LOOKS)
            if operation in WORLD or not counts:
                return original(client, operation, parameters)
            self.seen.append(operation)
            mine = len(self.seen) - 1 == self.at
            if mine and self.moment == "before":
                raise self.problem(operation)
            answer = original(client, operation, parameters)
            if mine:
                raise self.problem(operation)
            return answer

        monkeypatch.setattr(BaseClient, "_make_api_call", call)
        return self


def throttled(operation: str) -> ClientError:
    """AWS's answer to too many calls, after all tries."""
    error: Any = {"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}
    return ClientError(error, operation)


def lost(operation: str) -> ReadTimeoutError:
    """An answer that does not come, after all tries."""
    return ReadTimeoutError(endpoint_url=f"https://aws.invalid/{operation}")
