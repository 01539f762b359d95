"""A publication that works: what is sent, in which order, with which headers, and what is removed."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.tools.publish.site_world import BUCKET, NEW, OLD, Scene
from tools.publish import run, served
from tools.publish.bucket import STAGING


def later(monkeypatch: pytest.MonkeyPatch, **passed: int) -> None:
    """Let time pass."""
    now = datetime.now(UTC) + timedelta(**passed)

    class Later(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override] # noqa: ARG003 always UTC
            return now

    monkeypatch.setattr(run, "datetime", Later)


class TestFirst:
    """The first publication."""

    def test_all_is_served(self, empty: Scene) -> None:
        """All files are in the bucket, and nothing else."""
        assert empty.publish(OLD).ok
        assert OLD == empty.objects()

    def test_lock_is_given_back(self, empty: Scene) -> None:
        """Nothing stays locked."""
        empty.publish(OLD)

        assert not empty.locked()

    @pytest.mark.parametrize(
        ("key", "headers"),
        [
            ("index.html", ("text/html; charset=utf-8", "no-cache")),
            ("app.js", ("text/javascript; charset=utf-8", "no-cache")),
            ("chunk.3f2a91bc.js", ("text/javascript; charset=utf-8", "public, max-age=31536000, immutable")),
        ],
    )
    def test_headers(self, scene: Scene, key: str, headers: tuple[str, str]) -> None:
        """Each file has its content type, and says how long it may be kept."""
        head = scene.head(key)

        assert headers == (head["ContentType"], head["CacheControl"])

    def test_bytes_are_checked(self, empty: Scene) -> None:
        """S3 gets the hash of each file that is sent."""
        empty.publish(OLD)

        assert all("ChecksumSHA256" in call for call in empty.calls.of("PutObject"))

    def test_progress(self, empty: Scene) -> None:
        """What takes time is told, down to the bytes."""
        empty.publish(OLD)

        assert [
            "comparing",
            "sending new files",
            "sending changed files",
            "putting in place",
            "invalidating 4 paths",
        ] == empty.display.phases


class TestChange:
    """Publishing another build."""

    def test_is_served(self, scene: Scene) -> None:
        """The new build is served, and the chunk that open pages may still ask for."""
        assert scene.publish(NEW).ok
        assert NEW | {"chunk.3f2a91bc.js": "old chunk"} == scene.objects()

    def test_order(self, scene: Scene) -> None:
        """New files first; then aside; then in place, the page last; only then CloudFront, and at the end removal."""
        scene.publish(NEW | {"about.html": "about"})
        writes = [one for one in scene.writes() if STAGING not in one]

        assert "PutObject chunk.4f2a91bd.js" == writes[0]
        assert {"CopyObject app.js", "CopyObject styles.css"} == set(writes[1:3])
        assert ["CopyObject about.html", "CopyObject index.html", "CreateInvalidation"] == writes[3:6]
        assert ["CopyObject chunk.3f2a91bc.js"] == writes[6:]

    def test_aside_before_in_place(self, scene: Scene) -> None:
        """All that is put in place lies aside before the first file is."""
        scene.publish(NEW)
        writes = scene.writes()
        first = min(writes.index(f"CopyObject {key}") for key in ("app.js", "styles.css"))

        assert {"index.html", "app.js", "styles.css"} == {
            one.partition("/new/")[2] for one in writes[:first] if one.startswith("PutObject .publish/")
        }

    def test_only_what_changed(self, scene: Scene) -> None:
        """Files with the same content are left alone."""
        scene.publish(OLD | {"app.js": "new app"})

        assert ["app.js"] == [call["Key"].partition("/new/")[2] for call in scene.calls.of("PutObject")]

    def test_invalidates_what_changed(self, scene: Scene) -> None:
        """CloudFront drops what changed; no hashed file, no page that stays."""
        scene.publish(NEW | {"logo.svg": "<svg/>", "styles.css": "old styles"})

        assert [["/", "/app.js", "/index.html", "/logo.svg"]] == scene.invalidated()

    def test_waits_for_cloudfront(self, scene: Scene) -> None:
        """Only then it is published."""
        answers = iter(["InProgress", "InProgress", "Completed"])
        scene.calls.answers["GetInvalidation"] = lambda _: {"Invalidation": {"Status": next(answers)}}
        scene.publish(NEW)

        assert ["InProgress, 0 s", "InProgress, 5 s"] == scene.display.details

    def test_other_headers(self, scene: Scene) -> None:
        """A file that somebody gave other headers is sent again."""
        scene.target.s3.put_object(Bucket=BUCKET, Key="app.js", Body=b"old app", ContentType="text/plain")
        scene.publish()

        assert "text/javascript; charset=utf-8" == scene.head("app.js")["ContentType"]

    def test_hashed_name_with_another_content(self, scene: Scene) -> None:
        """It is put in place and invalidated, and the operator is told that browsers may not see it."""
        scene.publish(OLD | {"chunk.3f2a91bc.js": "another"})

        assert [["/chunk.3f2a91bc.js"]] == scene.invalidated()
        assert "chunk.3f2a91bc.js has a hash in its name" in scene.display.lines[0]

    def test_odd_names(self, scene: Scene) -> None:
        """Names with blanks, signs and other letters, and empty files, are sent and put in place like all others."""
        names = ["a b+c.js", "ä.js", "50%20.txt", "q?x#&=.txt", "empty.txt"]
        scene.publish(OLD | dict.fromkeys(names, ""))
        scene.publish(NEW | dict.fromkeys(names, "x"))

        assert dict.fromkeys(names, "x") == {key: text for key, text in scene.live().items() if key in names}


class TestNothing:
    """Publishing the same build."""

    def test_says_so(self, scene: Scene) -> None:
        """It worked, and there was nothing to do."""
        outcome = scene.publish()

        assert (True, "site: nothing to do: all 4 files are published") == (outcome.ok, outcome.text)

    def test_writes_nothing(self, scene: Scene) -> None:
        """Nothing is sent, and nothing invalidated."""
        scene.publish()

        assert [] == scene.writes()

    def test_idempotent(self, scene: Scene) -> None:
        """What was published is not published again."""
        scene.publish(NEW)
        scene.publish()

        assert [] == scene.writes()


class TestRemoval:
    """Files that a build no longer has."""

    def test_unhashed_goes(self, scene: Scene) -> None:
        """A file without a hash in its name is removed at the end, and invalidated."""
        scene.publish({key: text for key, text in OLD.items() if key != "styles.css"} | {"index.html": "new"})

        assert "styles.css" not in scene.live()
        assert ["DeleteObject styles.css", "CreateInvalidation"] == [
            one for one in scene.writes() if STAGING not in one
        ][-2:]
        assert ["/styles.css"] == scene.invalidated()[-1]

    def test_hashed_stays_for_days(self, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
        """It stays for 7 days from the first build on that does not have it, however old it is."""
        scene.publish(NEW)
        later(monkeypatch, days=6, hours=23)
        scene.publish()
        assert "chunk.3f2a91bc.js" in scene.live()
        later(monkeypatch, days=7, minutes=1)
        scene.publish()

        assert "chunk.3f2a91bc.js" not in scene.live()

    def test_stays_as_it_was(self, scene: Scene) -> None:
        """What is kept is served as before."""
        before = scene.head("chunk.3f2a91bc.js")
        scene.publish(NEW)
        after = scene.head("chunk.3f2a91bc.js")

        assert [before[name] for name in ("ContentType", "CacheControl", "ETag")] == [
            after[name] for name in ("ContentType", "CacheControl", "ETag")
        ]

    def test_encoding_stays(self, scene: Scene) -> None:
        """So is what somebody else put there compressed, before this command published the site."""
        scene.target.s3.put_object(
            Bucket=BUCKET, Key="vendor.5f2a91bc.js", Body=b"x", ContentEncoding="gzip", ContentDisposition="inline"
        )
        scene.publish()
        head = scene.head("vendor.5f2a91bc.js")

        assert ("gzip", "inline") == (head["ContentEncoding"], head["ContentDisposition"])
        assert "retired" in head["Metadata"]

    def test_comes_back(self, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
        """For a file that a later build has again the days begin anew, and it is not invalidated."""
        scene.publish(NEW)
        scene.publish(OLD)
        assert "/chunk.3f2a91bc.js" not in scene.invalidated()[0]
        later(monkeypatch, days=30)
        scene.publish(NEW)

        assert "chunk.3f2a91bc.js" in scene.live()

    def test_what_others_left_aside(self, scene: Scene) -> None:
        """What somebody who was killed left aside is removed."""
        scene.target.s3.put_object(Bucket=BUCKET, Key=".publish/1/new/app.js", Body=b"x")
        scene.publish(NEW)

        assert [] == [key for key in scene.objects() if key.startswith(STAGING)]


class TestVerify:
    """What visitors get."""

    @pytest.fixture
    def page(self, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
        """What the URL answers, one after the other; the last one stays."""
        pages: list[bytes] = []

        class Answer:
            def __enter__(self) -> "Answer":
                return self

            def __exit__(self, *_: object) -> None:
                return

            def read(self, size: int) -> bytes:
                return (pages.pop(0) if len(pages) > 1 else pages[0])[:size]

        monkeypatch.setattr(served, "urlopen", lambda *_, **__: Answer())
        return pages

    def test_is_served(self, scene: Scene, page: list[bytes]) -> None:
        """The page that is served is the one that was published, some seconds later."""
        page += [b"old page", b"new page"]

        assert scene.publish(NEW, url=True).ok

    def test_something_else(self, scene: Scene, page: list[bytes]) -> None:
        """When another page is served, that is a failure, and nothing is removed."""
        page += [b"new page and more"]
        outcome = scene.publish(NEW | {"styles.css": "x"}, url=True)

        assert (
            "site: https://trust.demo.paythru.com serves another page than the index.html that was published; "
            "where it cannot be reached from here: --no-url-check",
            "the new page is in place; publish again to finish",
        ) == (outcome.text, outcome.after)
        assert "CopyObject chunk.3f2a91bc.js" not in scene.writes()

    def test_nothing_to_do(self, scene: Scene, page: list[bytes]) -> None:
        """It is asked for when there was nothing to do, too."""
        page += [b"another page"]

        assert "nothing has changed" == scene.publish(url=True).after

    def test_no_answer(self, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
        """So is no answer."""

        def refuse(*_: object, **__: object) -> None:
            raise OSError("connection refused")

        monkeypatch.setattr(served, "urlopen", refuse)

        assert "does not answer (connection refused)" in scene.publish(NEW, url=True).text
