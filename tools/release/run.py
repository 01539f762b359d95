"""
One service's release: checked, registered, migrated, shifted, verified.

Three stages, so that several services can wait for each other between them: nothing is written before all are checked,
and no traffic moves before all have migrated. Every step stands in the journal before it is taken. A release that is
resumed begins at the step that it finds there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tools.release import ending
from tools.release.context import Context, ReleaseError
from tools.release.going_back import serves
from tools.release.interrupt import Interrupt, Interruption
from tools.release.journal import Journal
from tools.release.manifest import Manifest
from tools.release.outcome import Outcome
from tools.release.steps import Steps

Stage = Literal["check", "prepare", "shift"]
STAGES: tuple[Stage, ...] = ("check", "prepare", "shift")

_SLACK_S = 600
"""Beside what the manifest says: ECS places tasks, CodeDeploy takes its steps."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the operator may ask for."""

    allow_moving_tag: bool = False
    despite_alarms: bool = False
    timeout_s: float | None = None
    """How long new tasks and the traffic may take; None: what follows from the manifest."""

    url: bool = True
    """Whether the health URL must answer."""


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
        return self.undo or self.journal.entry.step in ("shifting", "verifying", "rolling_back")

    @property
    def timeout_s(self) -> float:
        """How long new tasks and the traffic may take."""
        given = self.options.timeout_s
        return shift_timeout_s(self.context.manifest) if given is None else given

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
        before = self.steps.serving(context).task_definition
        journal.write(step="registering", image=image, previous=before)

    def _prepare(self) -> None:
        context, journal = self.context, self.journal
        if journal.entry.step == "registering":
            context.reporter.tell(phase="registering", detail="")
            entry = journal.entry
            made = self.steps.register(context, entry.image, entry.image_tag)
            journal.write(step="migrating", task_definition=made)
        if journal.entry.step == "migrating" and not journal.entry.migrated:
            self.interruption.check()
            self.steps.migrate(
                context,
                journal.entry.task_definition,
                task=journal.entry.migration_task,
                on_started=lambda task: journal.write(migration_task=task),
            )
            journal.write(migrated=True)
        context.reporter.tell(phase="prepared", detail="")

    def _shift(self) -> None:
        journal = self.journal
        if journal.entry.step == "rolling_back":
            raise ReleaseError(f"{self.context.manifest.service}: the release was being rolled back")
        if journal.entry.step == "migrating":
            journal.write(step="shifting")
        if journal.entry.step == "shifting":
            self._move()
            journal.write(step="verifying")
        self._verify()

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
            self.journal.write(deployment=deployment)
        self.steps.watch(context, deployment, timeout_s=self.timeout_s)

    def _verify(self) -> None:
        context, entry = self.context, self.journal.entry
        context.reporter.tell(phase="verifying", detail="")
        self.steps.verify(context, entry.task_definition, url=self.options.url)
        self.outcome = ending.succeeded(self)

    def _go_back(self) -> None:
        self.outcome = ending.gone_back(self)


def shift_timeout_s(manifest: Manifest) -> float:
    """How long new tasks and the traffic may take, as the manifest has it."""
    seconds = manifest.healthy_timeout_s + _SLACK_S
    if manifest.code_deploy is not None:
        approval = manifest.code_deploy.approval_wait_min
        seconds += 60 * (manifest.code_deploy.shift_min + (0 if approval is None else approval))
    return seconds
