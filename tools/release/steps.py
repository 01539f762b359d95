"""
What a release does to AWS, as one value: each step on its own is elsewhere, and their order can be shown without.

Each step can be taken again when AWS gives no usable answer, and then finds what it has made already.
"""

import math
from collections.abc import Callable
from typing import TypeVar

from tools.release import blue_green, checks, tags
from tools.release.context import Context
from tools.release.looking import patient
from tools.release.mode import mode_of
from tools.release.revision import Serving

T = TypeVar("T")


def patiently(context: Context, act: Callable[[], T]) -> T:
    """
    Do something again until AWS gives a usable answer.

    :param act: does no harm when it is done twice
    :raises UndecidedError: AWS has given none for a while
    """
    found: list[T] = []

    def look() -> bool:
        found[:] = [act()]
        return True

    context.poll(patient(context, look), timeout_s=math.inf, what="an answer of AWS")
    return found[0]


class Steps:
    """The real steps."""

    def check(self, context: Context, image_tag: str, *, allow_moving_tag: bool, despite_alarms: bool) -> str:
        """Find the image by digest, or refuse the release."""
        return patiently(
            context,
            lambda: checks.check(
                context.aws,
                context.manifest,
                image_tag,
                allow_moving_tag=allow_moving_tag,
                despite_alarms=despite_alarms,
            ),
        )

    def serving(self, context: Context) -> Serving:
        """Find out what serves, by one look."""
        return mode_of(context.manifest).serving(context)

    def register(self, context: Context, image: str, image_tag: str) -> str:
        """Make a revision with an image, and say which; on hosts there is nothing to make."""
        register = mode_of(context.manifest).register
        return patiently(context, lambda: register(context.aws, context.manifest, image, image_tag))

    def migrate(self, context: Context, task_definition: str, *, task: str, on_started: Callable[[str], None]) -> None:
        """Run the migration to its end, or wait for the one that runs."""
        run, known = mode_of(context.manifest).migrate, [task]

        def note(started: str) -> None:
            known[:] = [started]
            on_started(started)

        patiently(context, lambda: run(context, task_definition, task=known[0], on_started=note))

    def find_migration(self, context: Context, task_definition: str) -> str:
        """Find the migration of a revision that runs; empty when there is none."""
        found = patiently(context, lambda: mode_of(context.manifest).find_migration(context, task_definition))
        return "" if found is None else found

    def stop_migration(self, context: Context, task: str, reason: str) -> None:
        """Let a migration stop."""
        patiently(context, lambda: mode_of(context.manifest).stop_migration(context, task, reason))

    def start(self, context: Context, task_definition: str) -> str:
        """Begin to deploy a revision, or find its deployment that is under way; give the id."""
        return patiently(context, lambda: mode_of(context.manifest).start(context, task_definition))

    def find(self, context: Context, task_definition: str) -> str:
        """Find the deployment of a revision that is under way; empty when there is none."""
        find = mode_of(context.manifest).find
        return patiently(context, lambda: find(context.aws, context.manifest, task_definition))

    def watch(self, context: Context, deployment: str, *, timeout_s: float) -> None:
        """Wait until a deployment has moved all traffic."""
        mode_of(context.manifest).watch(context, deployment, timeout_s=timeout_s)

    def settle(self, context: Context, deployment: str, *, timeout_s: float) -> None:
        """Wait until CodeDeploy has ended the replaced tasks: until then an alarm still rolls back."""
        blue_green.watch(context, deployment, timeout_s=timeout_s, to_the_end=True)

    def stop(self, context: Context, deployment: str) -> None:
        """Stop a deployment, and wait until what it replaces serves again."""
        mode_of(context.manifest).stop(context, deployment)

    def verify(self, context: Context, task_definition: str, *, url: bool) -> None:
        """Make sure that a revision is what serves."""
        mode_of(context.manifest).verify(context, task_definition, url=url)

    def diagnose(self, context: Context, task_definition: str) -> list[str]:
        """Say what is wrong with a revision's tasks or containers."""
        return mode_of(context.manifest).diagnose(context, task_definition)

    def tag(self, context: Context, image: str, image_tag: str) -> None:
        """Tag the image of a verified release."""
        tags.tag(context, image, image_tag)
