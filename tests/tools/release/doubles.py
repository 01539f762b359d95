"""What stands in for the world in tests of a release: AWS's answers, the clock, and who is told."""

from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from tools.release.context import Clock
from tools.release.progress import State

Answer = Exception | dict[str, Any] | Callable[[dict[str, Any]], Any]
"""What an operation answers: an error, an answer, or a function of the parameters that gives either or None."""


@dataclass
class Calls:
    """The calls to AWS; some are answered as told in place of the emulator."""

    made: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    """By operation. A function gets the parameters; what it returns is the answer, None lets the emulator answer."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    """What the registry keeps, by digest."""

    def of(self, operation: str) -> list[dict[str, Any]]:
        """The parameters of all calls of one operation."""
        return [parameters for name, parameters in self.made if name == operation]

    def refuse(self, operation: str, code: str, message: str = "refused by the test", *, times: int = 1000) -> None:
        """Let an operation fail with an error of AWS, so many times."""
        left = iter(range(times))

        def answer(parameters: dict[str, Any]) -> None:  # noqa: ARG001 whatever is asked
            if next(left, None) is not None:
                raise ClientError({"Error": {"Code": code, "Message": message}}, operation)

        self.answers[operation] = answer

    def record(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Stand for botocore's one way to make a call. Retries are below it, so that none are made here."""

        def call(client: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:  # noqa: ANN401 any answer
            self.made.append((operation, parameters))
            answer = self.answers.get(operation)
            if isinstance(answer, Exception):
                raise answer
            try:
                found = answer(parameters) if callable(answer) else answer
            except ClientError as error:  # as the client's own exception, which the code may wait for
                known: Any = client.exceptions.from_code(error.response["Error"]["Code"])
                raise known(error.response, operation) from None
            if found is not None:
                return found
            if operation == "GetDownloadUrlForLayer":  # the emulator has no blobs
                return {"downloadUrl": f"https://blobs.invalid/{parameters['layerDigest']}"}
            return original(client, operation, parameters)

        return call

    def open(self, url: str, **_: object) -> BytesIO:
        """Stand for `urlopen` where a blob of the registry is read."""
        return BytesIO(self.blobs[url.rpartition("/")[2]])


@dataclass
class FakeClock:
    """A clock that stands still until somebody sleeps; what is to happen later happens on the way."""

    time_s: float = 1000.0
    _later: list[tuple[float, Callable[[], object]]] = field(default_factory=list)

    @property
    def clock(self) -> Clock:
        """As the code sees it."""
        return Clock(now=lambda: self.time_s, sleep=self.sleep)

    def later(self, seconds: float, action: Callable[[], object]) -> None:
        """Do something once so much time has passed."""
        self._later.append((self.time_s + seconds, action))

    def sleep(self, seconds: float) -> None:
        """Let time pass at once."""
        end = self.time_s + seconds
        while due := sorted((each for each in self._later if each[0] <= end), key=lambda each: each[0]):
            self._later.remove(due[0])
            self.time_s = max(self.time_s, due[0][0])
            due[0][1]()
        self.time_s = end


@dataclass
class Told:
    """What the operator was told."""

    states: list[State] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    @property
    def phases(self) -> list[str]:
        """The phases, each once in a row."""
        names = [state.phase for state in self.states]
        return [name for index, name in enumerate(names) if index == 0 or names[index - 1] != name]


def patch_calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Let all calls to AWS pass through one object."""
    calls = Calls()
    monkeypatch.setattr(BaseClient, "_make_api_call", calls.record(BaseClient._make_api_call))  # type: ignore[attr-defined]
    return calls
