"""Ctrl-C in the middle of a release: stop and roll back, leave it running, or go on."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from io import StringIO

import pytest

from tests.tools.release.orchestra import NEW, OLD, SERVES_OLD, Stage, light_manifest
from tools.console import err
from tools.release import entry as entries
from tools.release import question
from tools.release.aws import Aws
from tools.release.context import Clock
from tools.release.display import Display, Plain
from tools.release.interrupt import Interrupt, Interruption, Signals, Wish
from tools.release.outcome import Outcome
from tools.release.run import Release
from tools.release.together import release_all

BACK = "rolled back: what served before serves again"
NO_TRAFFIC = "no traffic has moved: what served before serves on"
NEXT = (
    "it stays locked: infra release staging backend --resume goes on with it, "
    "infra rollback staging backend --resume goes back"
)


@pytest.fixture
def stage(aws: Aws) -> Stage:
    """A service of which sha-0 serves."""
    return Stage(aws, light_manifest())


def locked(stage: Stage) -> bool:
    """Whether the lock is held."""
    return entries.read(stage.aws, stage.manifest) is not None


def interrupt(stage: Stage, step: str, wish: Wish | None, number: int = signal.SIGINT) -> Outcome:
    """Begin a release, and press Ctrl-C in a step that takes as long as it takes to answer."""
    release = stage.begin()
    answered = threading.Event()

    def ask() -> Wish | None:
        answered.set()
        return wish

    (outcome,) = release_all([pressed(stage, step, release, answered, number)], ask)
    return outcome


def pressed(stage: Stage, step: str, release: Release, answered: threading.Event, number: int) -> Release:
    """Let a step send a signal to this process once, and wait like a step that polls."""

    def wait() -> None:
        if not answered.is_set():
            os.kill(os.getpid(), number)
            for _ in range(50):
                release.context.clock.sleep(0.1)
                if answered.is_set():
                    break
        release.context.clock.sleep(0.2)

    stage.steps.problems[step] = wait
    return release


class TestStop:
    """Stop and roll back."""

    def test_while_shifting(self, stage: Stage) -> None:
        """The deployment is stopped, and what served before serves."""
        outcome = interrupt(stage, "watch", "stop")

        assert ("backend: stopped by you", BACK, SERVES_OLD) == (outcome.text, outcome.after, outcome.serves)

    def test_nothing_under_way(self, stage: Stage) -> None:
        """Nothing is under way any more, and the lock is given back."""
        outcome = interrupt(stage, "watch", "stop")

        assert (False, {}, False) == (outcome.ok, stage.steps.under_way, locked(stage))

    def test_while_verifying(self, stage: Stage) -> None:
        """When all traffic has moved, what served before is deployed again."""
        outcome = interrupt(stage, f"verify {NEW}", "stop")

        assert (BACK, OLD) == (outcome.after, stage.steps.serves)

    def test_while_migrating(self, stage: Stage) -> None:
        """The migration is stopped and waited for."""
        outcome = interrupt(stage, "migrate", "stop")

        assert "the migration was stopped; what it did to the database stays" == outcome.reasons[0]
        assert (NO_TRAFFIC, False) == (outcome.after, locked(stage))

    def test_while_checking(self, stage: Stage) -> None:
        """Nothing has changed."""
        outcome = interrupt(stage, "check", "stop")

        assert ("nothing has changed", False) == (outcome.after, locked(stage))

    def test_between_steps(self, stage: Stage) -> None:
        """A step that does not wait is finished, and the next one is not taken."""
        stage.steps.problems["register"] = lambda: stage.interruption.ask("stop")
        release = stage.begin()
        release_all([release], lambda: None)

        assert ["check sha-1", "register sha-1"] == stage.steps.log

    def test_while_going_back(self, stage: Stage) -> None:
        """A release that is going back already is not stopped by it."""

        def ask() -> None:
            stage.interruption.ask("stop")
            stage.interruption.check()

        stage.steps.problems |= {"watch": ask, "stop": ask}
        (outcome,) = release_all([stage.begin()], lambda: None)

        assert BACK == outcome.after


class TestLeave:
    """Leave it running."""

    def test_while_shifting(self, stage: Stage) -> None:
        """Nothing is stopped, the lock is kept, and the operator reads how to go on or back."""
        outcome = interrupt(stage, "watch", "leave")

        assert ({"d-1": NEW}, True) == (stage.steps.under_way, locked(stage))
        assert f"what AWS has begun goes on; {NEXT}" == outcome.after

    def test_text(self, stage: Stage) -> None:
        """The operator reads where it was left; it is no success."""
        outcome = interrupt(stage, "watch", "leave")

        assert (False, True, "backend: left as it is, at shifting") == (outcome.ok, outcome.left, outcome.text)

    def test_resumed(self, stage: Stage) -> None:
        """It can be resumed."""
        interrupt(stage, "watch", "leave")
        del stage.steps.problems["watch"]
        (outcome,) = release_all([stage.resume()], lambda: None)

        assert (True, NEW) == (outcome.ok, stage.steps.serves)

    def test_before_anything(self, stage: Stage) -> None:
        """Where nothing has been done there is nothing to leave."""
        outcome = interrupt(stage, "check", "leave")

        assert ("nothing has changed", False) == (outcome.after, locked(stage))

    def test_while_going_back(self, stage: Stage) -> None:
        """A rollback can be left too; what failed is said."""
        stage.steps.problems["watch"] = KeyError("status")
        outcome = interrupt(stage, "stop", "leave")

        assert outcome.text.startswith("backend: unexpected KeyError: 'status'")
        assert (f"left while it was going back; {NEXT}", True) == (outcome.after, locked(stage))

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
    def test_ended(self, stage: Stage, number: int) -> None:
        """A process that is to end, or whose terminal is closed, asks nobody and leaves it running."""
        release = stage.begin()
        (outcome,) = release_all(
            [pressed(stage, "watch", release, threading.Event(), number)], lambda: pytest.fail("asked")
        )

        assert (True, True) == (outcome.left, locked(stage))


class TestGoOn:
    """Go on."""

    def test_succeeds(self, stage: Stage) -> None:
        """The release is finished as if nothing had been."""
        outcome = interrupt(stage, "watch", None)

        assert (True, NEW, False) == (outcome.ok, stage.steps.serves, locked(stage))


class TestSeveral:
    """Two services in one command."""

    @pytest.fixture
    def stages(self, aws: Aws) -> list[Stage]:
        """Backend and frontend."""
        return [Stage(aws, light_manifest("backend")), Stage(aws, light_manifest("frontend"))]

    def test_all_are_left(self, stages: list[Stage]) -> None:
        """Those that wait for a migration are left with it, so that --resume goes on with all."""
        backend, frontend = stages[0].begin(), stages[1].begin(migrated=True)
        release = pressed(stages[0], "migrate", backend, threading.Event(), signal.SIGTERM)
        outcomes = release_all([release, frontend], lambda: None)

        assert [True, True] == [outcome.left for outcome in outcomes]
        assert [True, True] == [locked(stage) for stage in stages]

    def test_all_are_stopped(self, stages: list[Stage]) -> None:
        """Both go back."""
        answered = threading.Event()

        def ask() -> Wish:
            answered.set()
            return "stop"

        releases = [stages[0].begin(), stages[1].begin()]
        stages[1].steps.problems["watch"] = lambda: stages[1].interruption.sleep(5)
        pressed(stages[0], "watch", releases[0], answered, signal.SIGINT)
        outcomes = release_all(releases, ask)

        assert [BACK, BACK] == [outcome.after for outcome in outcomes]

    def test_finished_stays(self, stages: list[Stage]) -> None:
        """One that was finished by then stays released."""
        answered = threading.Event()

        def ask() -> Wish:
            answered.set()
            return "stop"

        releases = [stages[0].begin(), stages[1].begin()]
        pressed(stages[0], "watch", releases[0], answered, signal.SIGINT)
        wait = stages[0].steps.problems["watch"]

        def after_frontend() -> None:
            for _ in range(100):
                if releases[1].outcome is not None:
                    break
                threading.Event().wait(0.05)
            assert callable(wait)
            wait()

        stages[0].steps.problems["watch"] = after_frontend
        outcomes = release_all(releases, ask)

        assert [BACK, ""] == [outcome.after for outcome in outcomes]


class TestInterruption:
    """The operator's wish on its way to a step."""

    def test_once(self) -> None:
        """A wish is fulfilled once."""
        interruption = Interruption()
        interruption.ask("stop")
        with pytest.raises(Interrupt):
            interruption.check()

        interruption.check()

    def test_is_no_failure(self) -> None:
        """No step can take it for a failure of its own."""
        assert not issubclass(Interrupt, Exception)

    def test_clock(self) -> None:
        """A step that sleeps by the context's clock is woken."""
        interruption = Interruption()
        clock: Clock = interruption.clock()
        threading.Timer(0.05, interruption.ask, ["leave"]).start()
        before = clock.now()
        with pytest.raises(Interrupt):
            clock.sleep(30)

        assert clock.now() - before < 10


class TestSignals:
    """What catches them."""

    def test_handlers_come_back(self) -> None:
        """Afterwards Ctrl-C does what it did before."""
        before = signal.getsignal(signal.SIGINT)
        with Signals():
            pass

        assert before is signal.getsignal(signal.SIGINT)

    def test_ignored(self) -> None:
        """What is ignored stays so: `nohup infra release …` outlives its terminal."""
        before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        try:
            with Signals() as signals:
                os.kill(os.getpid(), signal.SIGHUP)

                assert signals.take() is None
        finally:
            signal.signal(signal.SIGHUP, before)

    def test_once(self) -> None:
        """A signal is given once."""
        with Signals() as signals:
            os.kill(os.getpid(), signal.SIGINT)

            assert [signal.SIGINT, None] == [signals.take(), signals.take()]


class Terminal(StringIO):
    """What the operator types."""

    def isatty(self) -> bool:
        """It is a terminal."""
        return True


class Asked(Plain):
    """A display before which somebody sits."""

    interactive = True


class TestQuestion:
    """What is asked, and what the answers mean."""

    @pytest.fixture
    def display(self) -> Display:
        """A display before which somebody sits."""
        return Asked(err)

    @pytest.fixture
    def typed(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
        """Type something."""
        return lambda text: monkeypatch.setattr(sys, "stdin", Terminal(text))

    @pytest.mark.parametrize(
        ("text", "wish"),
        [
            ("s\n", "stop"),
            ("l\n", "leave"),
            ("g\n", None),
            ("Stop\n", "stop"),
            ("\nwhat?\ns\n", "stop"),
            ("", "leave"),
        ],
    )
    def test_answers(self, display: Display, typed: Callable[[str], None], text: str, wish: Wish | None) -> None:
        """One letter answers; anything else is asked again; a terminal that is gone leaves it running."""
        typed(text)

        assert wish == question.ask(display)

    def test_says_what_they_mean(
        self, display: Display, typed: Callable[[str], None], capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The operator reads the three ways."""
        typed("g\n")
        question.ask(display)

        words = [line.split() for line in capsys.readouterr().err.splitlines()]
        assert [["s", "stop", "and"], ["l", "leave", "it"], ["g", "go", "on,"]] == [line[:3] for line in words[:3]]

    def test_pipe(self, typed: Callable[[str], None]) -> None:
        """Where nobody sits before the display, nobody is asked."""
        typed("s\n")

        assert "leave" == question.ask(Plain(err))

    def test_no_input(self, display: Display, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nor where nobody can type."""
        monkeypatch.setattr(sys, "stdin", StringIO("s\n"))

        assert "leave" == question.ask(display)

    def test_again(self, display: Display, monkeypatch: pytest.MonkeyPatch) -> None:
        """Another Ctrl-C leaves it running."""
        terminal = Terminal()
        monkeypatch.setattr(terminal, "readline", lambda: os.kill(os.getpid(), signal.SIGINT))
        monkeypatch.setattr(sys, "stdin", terminal)

        assert "leave" == question.ask(display)
