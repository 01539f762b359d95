"""
One service's release: checked, registered, migrated, shifted, verified.

Three stages, so that several services can wait for each other between them: nothing is written before all are checked,
and no traffic moves before all have migrated. Every step stands in the journal before it is taken. A release that is
resumed begins at the step that it finds there.

CodeDeploy keeps the replaced tasks for a while, and goes back to them when an alarm fires. So a release is over only
when they are gone, unless the operator does not want to wait: until then a success may turn into none.
"""

from collections.abc import Callable
from typing import Literal

from tools.release import ending
from tools.release.context import Context, ReleaseError
from tools.release.going_back import serves
from tools.release.interrupt import Interrupt, Interruption
from tools.release.journal import Journal
from tools.release.outcome import Outcome
from tools.release.plan import Options, settle_timeout_s, shift_timeout_s
from tools.release.steps import Steps, patiently

Stage = Literal["check", "prepare", "shift"]
STAGES: tuple[Stage, ...] = ("check", "prepare", "shift")


class Release:
    """The release of one service, whose lock is held; `outcome` is set once it has ended."""

    def __init__(
        self,
        context: Context,
        journal: Journal,
        *,
        steps: Steps,
        options: Options,
        interruption: Interruption,
        undo: bool = False,
    ) -> None:
        """:param undo: do not go on with what the journal says, but go back."""
        self.context = context
        self.journal = journal
        self.steps = steps
        self.options = options
        self.interruption = interruption
        self.undo = undo
        self.outcome: Outcome | None = None

    @property
    def moves(self) -> bool:
        """Whether traffic has moved, or is about to."""
        return self.undo or self.journal.entry.step in ("shifting", "verifying", "settling", "rolling_back")

    @property
    def waits(self) -> bool:
        """Whether CodeDeploy keeps replaced tasks for whose end the release stays."""
        blue_green = self.context.manifest.deploy_mode == "blue_green"
        return self.options.wait and blue_green and self.journal.entry.deployment != ""

    @property
    def timeout_s(self) -> float:
        """How long new tasks and the traffic may take."""
        given = self.options.timeout_s
        return shift_timeout_s(self.context.manifest) if given is None else given

    def note(self, **changes: object) -> None:
        """
        Write something into the journal.

        :raises LostError: somebody else has taken over
        """
        patiently(self.context, lambda: self.journal.write(**changes))

    def give_back(self) -> None:
        """Give the lock back."""
        patiently(self.context, self.journal.give_back)

    def run(self, stage: Stage) -> None:
        """Go through one stage, unless the release has ended. Nothing is raised: `outcome` says how it ended."""
        acts: dict[Stage, Callable[[], None]] = {"check": self._check, "prepare": self._prepare, "shift": self._shift}
        if self.outcome is None and not self.undo:
            self._guard(acts[stage])
        elif self.outcome is None and stage == "shift":
            self._guard(self._go_back)

    def abandon(self, others: str) -> None:
        """End it before traffic moves, because others that belong to it failed."""
        self.outcome = ending.guarded(self, lambda: ending.abandoned(self, others))

    def leave(self) -> None:
        """Leave it as it is, to be resumed."""
        self.outcome = ending.guarded(self, lambda: ending.left(self))

    def _guard(self, act: Callable[[], None]) -> None:
        try:
            self.interruption.check()
            act()
        except Interrupt as interrupt:
            wish = interrupt.wish
            self.outcome = ending.guarded(self, lambda: ending.interrupted(self, wish))
        except Exception as error:  # whatever it is, traffic must not be left halfway
            problem = error
            self.outcome = ending.guarded(self, lambda: ending.failed(self, problem))

    def _check(self) -> None:
        context, journal, options = self.context, self.journal, self.options
        if journal.entry.step != "checking":
            return
        context.reporter.tell(phase="checking", detail=journal.entry.image_tag)
        image = self.steps.check(
            context,
            journal.entry.image_tag,
            allow_moving_tag=options.allow_moving_tag,
            despite_alarms=options.despite_alarms,
        )
        before = patiently(context, lambda: self.steps.serving(context)).task_definition
        self.note(step="registering", image=image, previous=before)

    def _prepare(self) -> None:
        context, journal = self.context, self.journal
        if journal.entry.step == "registering":
            context.reporter.tell(phase="registering", detail="")
            entry = journal.entry
            made = self.steps.register(context, entry.image, entry.image_tag)
            self.note(step="migrating", task_definition=made)
        if journal.entry.step == "migrating" and not journal.entry.migrated:
            self.interruption.check()
            self.steps.migrate(
                context,
                journal.entry.task_definition,
                task=journal.entry.migration_task,
                on_started=lambda task: self.note(migration_task=task),
            )
            self.note(migrated=True)
        context.reporter.tell(phase="prepared", detail="")

    def _shift(self) -> None:
        journal = self.journal
        if journal.entry.step == "rolling_back":
            raise ReleaseError(f"{self.context.manifest.service}: the release was being rolled back")
        if journal.entry.step == "migrating":
            self.note(step="shifting")
        if journal.entry.step == "shifting":
            self._move()
            self.note(step="verifying")
        if journal.entry.step == "verifying":
            self._verify()
        if journal.entry.step == "settling":
            self._settle()
        self.outcome = ending.succeeded(self)

    def _move(self) -> None:
        """Move the traffic, unless it has moved already."""
        context, entry = self.context, self.journal.entry
        deployment = entry.deployment
        if not deployment:
            # A rolling update's revision is the service's own long before its tasks run; to start it twice is no harm.
            if context.manifest.deploy_mode == "blue_green" and serves(self, entry.task_definition):
                context.reporter.line("its tasks serve already")
                return
            self.interruption.check()
            deployment = self.steps.start(context, entry.task_definition)
            self.note(deployment=deployment)
        self.steps.watch(context, deployment, timeout_s=self.timeout_s)

    def _verify(self) -> None:
        """See whether it serves; somebody who has taken over meanwhile is noticed before anything is tagged."""
        context, entry = self.context, self.journal.entry
        context.reporter.tell(phase="verifying", detail="")
        self.steps.verify(context, entry.task_definition, url=self.options.url)
        if self.waits:
            self.note(step="settling")

    def _settle(self) -> None:
        """Stay until nothing can roll back any more, and see whether it still serves."""
        context, entry = self.context, self.journal.entry
        self.steps.settle(context, entry.deployment, timeout_s=settle_timeout_s(context.manifest))
        context.reporter.tell(phase="verifying", detail="")
        self.steps.verify(context, entry.task_definition, url=self.options.url)

    def _go_back(self) -> None:
        self.outcome = ending.gone_back(self)
