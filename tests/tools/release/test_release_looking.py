"""Looking at AWS while something takes time, and bearing with answers that fail."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError
from botocore.parsers import ResponseParserError

from tests.tools.release.deployments import refusal
from tests.tools.release.doubles import FakeClock, Told
from tools.release.context import Context, ReleaseError, UndecidedError
from tools.release.looking import patient

UNREACHABLE = EndpointConnectionError(endpoint_url="https://codedeploy.eu-west-2.amazonaws.com/")


class Answers:
    """What is looked at: an answer until something else is said. It is over at True."""

    def __init__(self) -> None:
        self.answer: Exception | Callable[[], Any] = lambda: False

    def look(self) -> bool:
        """Look at it."""
        if isinstance(self.answer, Exception):
            raise self.answer
        return bool(self.answer())

    def become(self, answer: Exception | Callable[[], Any]) -> Callable[[], None]:
        """Say something else later."""
        return lambda: setattr(self, "answer", answer)


@pytest.fixture
def answers() -> Answers:
    """Nothing is over yet."""
    return Answers()


def wait(context: Context, answers: Answers) -> None:
    """Wait for the end."""
    context.poll(patient(context, answers.look), timeout_s=3600, what="it")


def test_passes(context: Context, answers: Answers, clock: FakeClock) -> None:
    """Throttling that passes does no harm."""
    answers.answer = refusal("ThrottlingException", "GetDeployment")
    clock.later(100, answers.become(lambda: True))
    wait(context, answers)

    assert 1100 == clock.time_s


def test_told(context: Context, answers: Answers, clock: FakeClock, told: Told) -> None:
    """The operator reads why nothing moves."""
    answers.answer = refusal("ThrottlingException", "GetDeployment")
    clock.later(10, answers.become(lambda: True))
    wait(context, answers)

    assert "AWS does not answer (ThrottlingException: refused by the test)" == told.states[-1].detail


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (refusal("ThrottlingException", "GetDeployment"), "ThrottlingException: refused by the test"),
        (refusal("Unknown", "GetDeployment", status=502), "Unknown: refused by the test"),
        (UNREACHABLE, 'Could not connect to the endpoint URL: "https://codedeploy.eu-west-2.amazonaws.com/"'),
        (KeyError("deploymentInfo"), "the answer lacks 'deploymentInfo'"),
        (TypeError("no\nobject"), "the answer makes no sense: no object"),
        (ResponseParserError("no XML"), "the answer makes no sense: no XML"),
    ],
)
def test_does_not_pass(context: Context, answers: Answers, clock: FakeClock, answer: Any, text: str) -> None:  # noqa: ANN401
    """What does not pass is one clear error after a while, of the kind that says that it goes on."""
    answers.answer = answer
    with pytest.raises(UndecidedError) as caught:
        wait(context, answers)

    assert (f"backend: AWS has given no usable answer for 120 s ({text})", 1120) == (str(caught.value), clock.time_s)


def test_renewed(context: Context, answers: Answers, clock: FakeClock) -> None:
    """Failures with an answer between them do not add up."""
    answers.answer = refusal("ServerException", "GetDeployment")
    clock.later(100, answers.become(lambda: False))
    clock.later(104, answers.become(refusal("ServerException", "GetDeployment")))
    clock.later(206, answers.become(lambda: True))
    wait(context, answers)

    assert 1210 == clock.time_s


@pytest.mark.parametrize(
    "error",
    [refusal("AccessDeniedException", "GetDeployment"), NoCredentialsError()],
    ids=["permission", "credentials"],
)
def test_never_comes(context: Context, answers: Answers, clock: FakeClock, error: Exception) -> None:
    """What is missing does not come by waiting."""
    answers.answer = error
    with pytest.raises((ClientError, NoCredentialsError)):
        wait(context, answers)

    assert 1000 == clock.time_s


def test_own_errors(context: Context, answers: Answers, clock: FakeClock) -> None:
    """What a step itself finds wrong is not AWS's failure."""
    answers.answer = ReleaseError("backend: wrong")
    with pytest.raises(ReleaseError, match="backend: wrong"):
        wait(context, answers)

    assert 1000 == clock.time_s
