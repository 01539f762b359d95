"""A publication that breaks off, anywhere: visitors get the old page with all its files, or the new one."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, EndpointConnectionError

from tests.tools.publish.site_world import BUCKET, NEW, OLD, WRITES, Scene
from tools.publish import journal as journals
from tools.publish.stop import Stop
from tools.release.outcome import Outcome

CALLS = 24
"""How many writing calls publishing NEW over OLD takes; the first one takes the lock."""


class Killed(BaseException):
    """The process is gone."""


class Breaks:
    """Lets writing calls fail, counted over all threads."""

    def __init__(self, fails: Callable[[int, str, dict[str, Any]], BaseException | None]) -> None:
        self._fails = fails
        self._lock = threading.Lock()
        self.count = 0

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Stand before botocore's one way to make a call."""
        original = BaseClient._make_api_call  # type: ignore[attr-defined]

        def call(client: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:  # noqa: ANN401 any answer
            if operation in WRITES:
                with self._lock:
                    problem = self._fails(self.count, operation, parameters)
                    self.count += 1
                if problem is not None:
                    raise problem
            return original(client, operation, parameters)

        monkeypatch.setattr(BaseClient, "_make_api_call", call)


def refused(operation: str, code: str = "AccessDenied") -> ClientError:
    """AWS refuses a call."""
    return ClientError({"Error": {"Code": code, "Message": "refused by the test"}}, operation)


def page(scene: Scene) -> dict[str, str | None]:
    """The page and all that it names, as visitors get it."""
    live = scene.live()
    chunk = "chunk.4f2a91bd.js" if live["index.html"] == "new page" else "chunk.3f2a91bc.js"
    return {key: live.get(key) for key in ("index.html", "app.js", "styles.css", chunk)}


def test_number_of_calls(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests below go through all of them."""
    breaks = Breaks(lambda *_: None)
    with monkeypatch.context() as patch:
        breaks.install(patch)
        scene.publish(NEW)

    assert CALLS == breaks.count


@pytest.mark.parametrize("number", range(1, CALLS))
def test_one_call_fails(scene: Scene, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """When one call fails and the ones after it work, the page is whole, and a second run finishes."""
    with monkeypatch.context() as patch:
        Breaks(lambda count, operation, _: refused(operation) if count == number else None).install(patch)
        scene.publish(NEW)
    assert page(scene) in (OLD, NEW)
    assert scene.publish().ok

    assert NEW | {"chunk.3f2a91bc.js": "old chunk"} == scene.objects()
    assert not scene.locked()


@pytest.mark.parametrize("number", range(1, CALLS))
def test_killed(scene: Scene, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """When the process is killed before a call, a second run finishes, and lets CloudFront drop what changed."""
    with monkeypatch.context() as patch:
        Breaks(lambda count, *_: Killed() if count >= number else None).install(patch)
        with pytest.raises(Killed):
            scene.publish(NEW)
    dropped = scene.invalidated()
    assert scene.publish(resume=True).ok

    assert NEW | {"chunk.3f2a91bc.js": "old chunk"} == scene.objects()
    assert ["/", "/app.js", "/index.html", "/styles.css"] in dropped + scene.invalidated()
    assert not scene.locked()


class TestPlacing:
    """The moment at which files are put in place."""

    @pytest.fixture(autouse=True)
    def outcome(self, scene: Scene) -> Outcome:
        """The page itself cannot be put in place, the last of all."""

        def answer(parameters: dict[str, Any]) -> None:
            if parameters["Key"] == "index.html" and "/new/" in parameters["CopySource"]["Key"]:
                raise refused("CopyObject")

        scene.calls.answers["CopyObject"] = answer
        return scene.publish(NEW | {"about.html": "about"})

    def test_put_back(self, scene: Scene) -> None:
        """What was there is there again; a page that was not there is gone."""
        assert OLD | {"chunk.4f2a91bd.js": "new chunk"} == scene.objects()

    def test_said(self, outcome: Outcome) -> None:
        """The operator reads why, and that the page is as it was."""
        assert "AccessDenied" in outcome.text
        assert ([], "put back: the page is as it was") == (outcome.reasons, outcome.after)

    def test_headers_too(self, scene: Scene) -> None:
        """What is put back is served as before, and known as before."""
        assert "text/javascript; charset=utf-8" == scene.head("app.js")["ContentType"]
        scene.calls.answers.clear()
        assert scene.publish(OLD).ok
        assert [] == scene.calls.of("PutObject")

    def test_cloudfront_drops_what_was_seen(self, scene: Scene) -> None:
        """The new files were there for a moment."""
        assert [["/", "/about.html", "/app.js", "/index.html", "/styles.css"]] == scene.invalidated()


class TestErrors:
    """How failures read."""

    def test_not_put_back(self, scene: Scene) -> None:
        """When even that fails, the operator reads which files, and what to do; a second run finishes."""

        def answer(parameters: dict[str, Any]) -> None:
            into = parameters["Key"]
            if into == "index.html" or (into == "app.js" and "/before/" in parameters["CopySource"]["Key"]):
                raise refused("CopyObject")

        scene.calls.answers["CopyObject"] = answer
        outcome = scene.publish(NEW)

        assert ["app.js", "index.html"] == [reason.split()[3] for reason in outcome.reasons]
        assert "the page may be broken: publish again at once" == outcome.after
        scene.calls.answers.clear()
        assert scene.publish().ok
        assert page(scene) == NEW

    @pytest.mark.parametrize("operation", ["PutObject", "HeadObject", "ListObjectsV2", "CreateInvalidation"])
    def test_access_denied(self, scene: Scene, operation: str) -> None:
        """What AWS refuses is one line."""
        scene.calls.refuse(operation, "AccessDenied")
        outcome = scene.publish(NEW)

        assert not outcome.ok
        assert outcome.text.startswith("site: An error occurred (AccessDenied)")
        assert "\n" not in outcome.text

    def test_unreachable(self, scene: Scene) -> None:
        """So is a network that is gone."""
        scene.calls.answers["PutObject"] = EndpointConnectionError(endpoint_url="https://s3.amazonaws.com")

        assert scene.publish(NEW).text.startswith("site: AWS does not answer")

    def test_too_many_invalidations(self, scene: Scene) -> None:
        """What CloudFront did not take is remembered, and made up for by whoever publishes next, without --resume."""
        scene.calls.refuse("CreateInvalidation", "TooManyInvalidationsInProgress")
        assert "the new page is in place; publish again to finish" == scene.publish(NEW).after
        scene.calls.answers.clear()
        scene.publish()

        assert [["/", "/app.js", "/index.html", "/styles.css"]] == scene.invalidated()
        assert not scene.locked()

    def test_cloudfront_does_not_answer_for_a_while(self, scene: Scene) -> None:
        """The invalidation goes on, so it is asked for again."""
        scene.calls.refuse("GetInvalidation", "ServiceUnavailable", times=2)

        assert scene.publish(NEW).ok
        assert "CloudFront does not answer (ServiceUnavailable" in scene.display.details[0]

    def test_credentials_expire_meanwhile(self, scene: Scene) -> None:
        """That does not pass by itself, so it is said at once."""
        scene.calls.refuse("GetInvalidation", "ExpiredToken")

        assert "the AWS credentials have expired (ExpiredToken)" in scene.publish(NEW).text

    def test_invalidation_takes_too_long(self, scene: Scene) -> None:
        """After 15 minutes it is given up."""
        scene.calls.answers["GetInvalidation"] = {"Invalidation": {"Status": "InProgress"}}

        assert "took longer than 900 s" in scene.publish(NEW).text

    def test_file_changes_meanwhile(self, scene: Scene) -> None:
        """S3 refuses a file that is not the one that was hashed; that is said."""
        scene.calls.refuse("PutObject", "BadDigest")

        assert "has changed while it was being published" in scene.publish(NEW).text

    def test_file_is_gone_meanwhile(self, scene: Scene) -> None:
        """So is a file that is not there any more."""

        def remove(_: dict[str, Any]) -> None:
            (scene.folder / "app.js").unlink(missing_ok=True)

        scene.calls.answers["HeadObject"] = remove

        assert "app.js cannot be read" in scene.publish(NEW).text

    def test_lock_is_taken_over(self, scene: Scene) -> None:
        """Whoever lost the lock puts nothing in place."""

        def steal(_: dict[str, Any]) -> None:
            del scene.calls.answers["PutObject"]
            scene.take(resume=True)

        scene.calls.answers["PutObject"] = steal
        outcome = scene.publish(OLD | {"app.js": "new app"})

        assert "somebody else has taken over" in outcome.text
        assert OLD == scene.live()

    def test_lock_of_the_other_stays(self, scene: Scene) -> None:
        """And the lock of the other stays."""
        self.test_lock_is_taken_over(scene)

        with pytest.raises(journals.HeldError):
            scene.take()

    @pytest.mark.parametrize("operation", ["PutObject", "CopyObject"])
    def test_what_the_other_has_aside_stays(self, scene: Scene, operation: str) -> None:
        """Whoever fails after the lock was lost leaves alone what lies aside: the other needs it."""

        def steal(parameters: dict[str, Any]) -> None:
            if "/before/" not in parameters["Key"]:
                del scene.calls.answers[operation]
                scene.take(resume=True)
                scene.target.s3.put_object(Bucket=BUCKET, Key=".publish/other/new/app.js", Body=b"x")
                raise refused(operation)

        scene.calls.answers[operation] = steal
        outcome = scene.publish(OLD | {"app.js": "new app"})

        assert "somebody else has taken over" in outcome.reasons[0]
        assert ".publish/other/new/app.js" in scene.objects()


class TestCtrlC:
    """Ctrl-C, and what a pipeline sends when it is cancelled."""

    @pytest.fixture
    def press(self, scene: Scene) -> Iterator[Callable[[str], Outcome]]:
        """Publish, and press Ctrl-C when a call is made for the first time."""

        def publish(operation: str) -> Outcome:
            def answer(parameters: dict[str, Any]) -> None:
                if "/before/" not in parameters.get("Key", ""):
                    os.kill(os.getpid(), signal.SIGINT)
                    time.sleep(0.3)  # until the main thread has looked

            scene.calls.answers[operation] = answer
            return scene.publish(NEW)

        with scene.signals:
            yield publish

    @pytest.mark.parametrize("operation", ["HeadObject", "PutObject"])
    def test_before(self, scene: Scene, press: Callable[[str], Outcome], operation: str) -> None:
        """Nothing that visitors see has changed."""
        outcome = press(operation)
        scene.calls.answers.clear()

        assert (False, "site: stopped by you", OLD) == (outcome.ok, outcome.text, page(scene))

    def test_while_placing(self, scene: Scene, press: Callable[[str], Outcome]) -> None:
        """What was there is put back, whatever else is pressed."""
        outcome = press("CopyObject")
        scene.calls.answers.clear()

        assert ("put back: the page is as it was", OLD) == (outcome.after, page(scene))
        assert not scene.locked()

    def test_while_waiting(self, scene: Scene, press: Callable[[str], Outcome]) -> None:
        """The new page is there, and nothing was removed."""
        scene.clock.sleep = Stop(signals=scene.signals).sleep  # type: ignore[method-assign]
        scene.calls.answers["GetInvalidation"] = {"Invalidation": {"Status": "InProgress"}}
        outcome = press("CreateInvalidation")

        assert "the new page is in place; publish again to finish" == outcome.after
        assert NEW == page(scene)
