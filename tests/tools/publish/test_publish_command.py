"""`infra publish`: what the operator types, reads, and gets as exit code."""

import io
import json
import os
import signal
from collections.abc import Callable

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from tests.tools.publish.site_world import NEW, OLD, Scene, manifest_document
from tools.cli import app
from tools.errors import InfraError
from tools.publish import command
from tools.publish import journal as journals
from tools.publish.display import Bars, Plain, human, open_display
from tools.publish.invalidation import paths_of
from tools.publish.manifest import parse
from tools.publish.target import open_target

Infra = Callable[..., Result]


@pytest.fixture
def infra(scene: Scene) -> Infra:
    """Run `infra publish edgemind` for the new build."""
    scene.build(NEW)
    return lambda *words: CliRunner().invoke(app, ["publish", "edgemind", str(scene.folder), *words])


class TestPublish:
    """Publishing."""

    def test_success(self, infra: Infra) -> None:
        """Exit code 0, and 2 lines on standard output."""
        result = infra("--no-url-check")

        assert (
            0,
            "site: published: 4 files sent, 0 removed, 0 as they were\n  served at https://trust.demo.paythru.com\n",
        ) == (result.exit_code, result.stdout)

    def test_progress(self, infra: Infra) -> None:
        """Progress is on standard error, one line a phase, as it is in a pipe here."""
        assert [
            "site: comparing: 4 files",
            "site: sending new files: 1 file, 9 bytes",
            "site: sending changed files: 3 files, 25 bytes",
            "site: putting in place: 3 files, 25 bytes",
            "site: invalidating 4 paths",
            "site: removing old files",
        ] == infra("--no-url-check").stderr.splitlines()

    def test_skipped(self, infra: Infra, scene: Scene) -> None:
        """What is not published is named."""
        (scene.folder / ".env").write_text("x")

        assert "site: not published, because of the dot: .env" in infra("--no-url-check").stderr.splitlines()

    def test_failure(self, infra: Infra, scene: Scene) -> None:
        """Exit code 1, and why and what was done about it on standard error."""
        scene.calls.refuse("PutObject", "AccessDenied")
        result = infra("--no-url-check")

        assert (1, "") == (result.exit_code, result.stdout)
        assert "error: site: An error occurred (AccessDenied)" in result.stderr
        assert "  the page is as it was; publish again" == result.stderr.splitlines()[-1]

    def test_wrong_usage(self, infra: Infra) -> None:
        """Exit code 2."""
        assert 2 == infra("--dry-run", "--resume").exit_code

    def test_no_folder(self, infra: Infra, scene: Scene) -> None:
        """What cannot be published is refused before AWS is asked."""
        (scene.folder / "index.html").unlink()
        scene.calls.made.clear()
        result = infra()

        assert (True, []) == (isinstance(result.exception, InfraError), scene.calls.made)

    def test_ctrl_c_before_the_lock(self, infra: Infra, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
        """While files are hashed, or AWS does not answer, Ctrl-C ends it at once."""
        monkeypatch.setattr(command, "open_target", lambda _: os.kill(os.getpid(), signal.SIGINT))
        result = infra()

        assert (130, False) == (result.exit_code, scene.locked())

    def test_held(self, infra: Infra, scene: Scene) -> None:
        """While somebody else publishes, nothing is done."""
        scene.take()
        result = infra()

        assert "publish again with --resume" in str(result.exception)
        assert OLD == scene.live()

    def test_resume(self, infra: Infra, scene: Scene) -> None:
        """Of somebody who was killed the lock is taken over, and given back at the end."""
        scene.take()

        assert (0, False) == (infra("--resume", "--no-url-check").exit_code, scene.locked())

    def test_without_terraform(self, infra: Infra, monkeypatch: pytest.MonkeyPatch) -> None:
        """It needs no Terraform providers: a mirror that is none does not matter."""
        monkeypatch.setenv("TF_PLUGIN_MIRROR", "nowhere")

        assert 0 == infra("--no-url-check").exit_code

    def test_throttled(self, infra: Infra, scene: Scene) -> None:
        """AWS that wants to be asked less is asked again by botocore, 6 times in all."""
        assert ("standard", 6) == (
            scene.target.s3.meta.config.retries["mode"],  # type: ignore[attr-defined,unused-ignore]
            scene.target.s3.meta.config.retries["total_max_attempts"],  # type: ignore[attr-defined,unused-ignore]
        )
        scene.calls.refuse("PutObject", "SlowDown")

        assert "(SlowDown)" in infra("--no-url-check").stderr


class TestDryRun:
    """`--dry-run`."""

    def test_says_what_would_happen(self, infra: Infra, scene: Scene) -> None:
        """All that a publication would do, in its order."""
        (scene.folder / "styles.css").unlink()

        assert [
            "send chunk.4f2a91bd.js (9 bytes, text/javascript; charset=utf-8, public, max-age=31536000, immutable)",
            "replace app.js (7 bytes, text/javascript; charset=utf-8, no-cache)",
            "replace index.html (8 bytes, text/html; charset=utf-8, no-cache)",
            "invalidate /",
            "invalidate /app.js",
            "invalidate /index.html",
            "keep chunk.3f2a91bc.js for a while, for pages that are open",
            "remove styles.css",
            "invalidate /styles.css",
            "leave 0 files as they are",
        ] == infra("--dry-run").stdout.splitlines()

    def test_writes_nothing(self, infra: Infra, scene: Scene) -> None:
        """It reads, and takes no lock."""
        scene.calls.made.clear()
        infra("--dry-run")

        reads = {"GetCallerIdentity", "GetParameter", "ListObjectsV2", "HeadObject"}
        assert reads == {name for name, _ in scene.calls.made}

    def test_held(self, infra: Infra, scene: Scene) -> None:
        """What would be refused is refused."""
        scene.take()

        assert isinstance(infra("--dry-run").exception, journals.HeldError)


class TestTarget:
    """Which account, region and site."""

    @pytest.mark.usefixtures("scene")
    def test_unknown_stack(self) -> None:
        """A stack without a site is told apart."""
        with pytest.raises(InfraError, match=r"no manifest at /dev/publish/site: .* cdktf deploy dev .looked in us-e"):
            open_target("dev")

    def test_another_account(self, scene: Scene) -> None:
        """A manifest of another account than the credentials' is refused."""
        text = json.dumps(manifest_document("E1") | {"account_id": "641918319442"})
        scene.target.ssm.put_parameter(Name="/edgemind/publish/site", Value=text, Overwrite=True)

        with pytest.raises(InfraError, match="is of account 641918319442 in us-east-1, but was found in account 95688"):
            open_target("edgemind")

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("no", "is no JSON"),
            ("[]", "schema must be 1, got None"),
            ('{"schema": 2}', "schema must be 1, got 2: use the infra of the commit"),
            ('{"schema": 1}', "stack: Field required: deploy the stack again"),
            (json.dumps(manifest_document("E1") | {"url": "ftp://x"}), "url: String should match"),
        ],
    )
    def test_broken_manifest(self, text: str, message: str) -> None:
        """What is no manifest is one line."""
        with pytest.raises(InfraError, match=message):
            parse(text, "/edgemind/publish/site")


class TestLock:
    """The lock."""

    def test_one_of_two(self, scene: Scene) -> None:
        """Of two only one gets it."""
        scene.take()

        with pytest.raises(journals.HeldError):
            scene.take()

    def test_many_paths(self, scene: Scene) -> None:
        """Paths that do not fit are replaced by all."""
        journal = scene.take()
        journals.expect_invalidation(journal, "placing", [f"/{'x' * 400}{number}" for number in range(10)])

        assert ["/*"] == journal.entry.pending

    def test_something_else(self, scene: Scene) -> None:
        """What is no lock is not overwritten."""
        scene.target.ssm.put_parameter(Name="/edgemind/publish-lock/site", Value="x", Type="String")

        with pytest.raises(InfraError, match="is no lock of infra"):
            scene.take(resume=True)

    def test_call_made_again(self, scene: Scene) -> None:
        """A lock that was created by a call whose answer got lost is one's own."""
        original = scene.target.ssm.put_parameter

        def twice(parameters: dict[str, str]) -> None:
            del scene.calls.answers["PutParameter"]
            original(**parameters)  # type: ignore[arg-type]

        scene.calls.answers["PutParameter"] = twice
        scene.take().write(step="uploading")

        with pytest.raises(journals.HeldError, match="uploading"):
            scene.take()


class TestPaths:
    """What CloudFront drops."""

    def test_index_has_two(self) -> None:
        """The page is kept under both of its names."""
        assert ["/", "/app.js", "/index.html"] == paths_of(["index.html", "app.js"])

    @pytest.mark.parametrize("key", ["a b.js", "ä.js", "a*.js", "a~.js", "a%20.js"])
    def test_unsafe(self, key: str) -> None:
        """A name that would have to be encoded is covered by all."""
        assert ["/*"] == paths_of([key])

    @pytest.mark.parametrize(("count", "all_"), [(50, False), (51, True)])
    def test_many(self, count: int, all_: bool) -> None:
        """More than 50 are all."""
        assert all_ == (["/*"] == paths_of(f"{number}.js" for number in range(count)))


class TestDisplay:
    """What the operator sees."""

    def test_lines_now_and_then(self) -> None:
        """In a pipe, what is sent is told every 5 seconds."""
        file, times = io.StringIO(), iter([0.0, 1.0, 6.0, 6.0])
        plain = Plain(Console(file=file), now=lambda: next(times))
        plain.phase("sending", files=2, size=2_000_000)
        plain.advance(size=500_000)
        plain.advance(files=1, size=500_000)

        assert ["site: sending: 2 files, 2.0 MB", "site: sending: 1 of 2 files, 1.0 MB of 2.0 MB"] == (
            file.getvalue().splitlines()
        )

    def test_bars(self) -> None:
        """On a terminal there are bars with bytes and files."""
        file = io.StringIO()
        with Bars(Console(file=file, force_terminal=True, width=100)) as bars:
            bars.phase("sending", files=2, size=2_000_000)
            bars.advance(files=1, size=1_000_000)
            bars.line("a [line]")

        assert "1/2 files" in file.getvalue()
        assert "1.0/2.0 MB" in file.getvalue()
        assert "a [line]" in file.getvalue()

    def test_pipe(self) -> None:
        """FORCE_COLOR makes no terminal."""
        assert isinstance(open_display(Console(file=io.StringIO(), force_terminal=True)), Plain)

    @pytest.mark.parametrize(("size", "text"), [(999, "999 bytes"), (1000, "1.0 kB"), (5_300_000_000, "5.3 GB")])
    def test_human(self, size: int, text: str) -> None:
        """Sizes are written like those of rich."""
        assert text == human(size)

    def test_bytes(self, scene: Scene) -> None:
        """Each byte that is sent or put in place counts once, however often it is read."""
        scene.publish(NEW)

        assert {"sending new files": 9, "sending changed files": 25, "putting in place": 25} == {
            phase: size for phase, size in scene.display.sizes.items() if size
        }
