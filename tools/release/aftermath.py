"""What an ending needs to know and to do beside undoing a release; none of it hides how the release ended."""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from tools.aws import one_line
from tools.errors import InfraError
from tools.release.context import ReleaseError, UndecidedError
from tools.release.interrupt import Interrupt
from tools.release.outcome import describe_serving

if TYPE_CHECKING:
    from tools.release.run import Release


def describe_now(release: "Release") -> str:
    """Say what serves, as far as AWS tells."""
    try:
        return describe_serving(release.steps.serving(release.context))
    except Interrupt:  # hosts are waited for, but by now the release has ended
        return "serves now: not known (you did not wait for the hosts)"
    except (InfraError, ClientError, BotoCoreError, LookupError, TypeError) as error:
        return f"serves now: not known ({one_line(error)})"


def tag_serving(release: "Release") -> None:
    """Move the tags to what serves again. That they cannot be moved is no failure."""
    try:
        now = release.steps.serving(release.context)
        if "@" in now.image:
            release.steps.tag(release.context, now.image, now.image_tag)
    except Interrupt:  # as above
        release.context.reporter.line("the image is not tagged: you did not wait for the hosts")
    except (InfraError, ClientError, BotoCoreError) as error:
        release.context.reporter.line(f"the image is not tagged: {one_line(error)}")


def may_migrate(release: "Release") -> bool:
    """Say whether a migration may be under way whose end was not seen."""
    entry = release.journal.entry
    try:
        return entry.migration_task != "" or release.steps.find_migration(release.context, entry.task_definition) != ""
    except Exception:  # nobody knows
        return True


def stop_migration(release: "Release") -> list[str]:
    """Stop the migration, if it runs, and wait for its end; a release that was killed may not have noted it."""
    entry = release.journal.entry
    if entry.migrated:
        return []
    release.interruption.goes_back()
    task = entry.migration_task
    if not task:
        task = release.steps.find_migration(release.context, entry.task_definition)
    if not task:
        return []
    release.steps.stop_migration(release.context, task, "stopped by the operator")
    try:
        release.steps.migrate(release.context, entry.task_definition, task=task, on_started=lambda _: None)
    except UndecidedError:
        raise
    except ReleaseError as error:
        return ["the migration was stopped; what it did to the database stays", *error.reasons]
    return ["the migration had succeeded before it could be stopped"]


def diagnose(release: "Release") -> list[str]:
    """Say what is wrong with the new tasks."""
    try:
        return release.steps.diagnose(release.context, release.journal.entry.task_definition)
    except Interrupt as interrupt:  # hosts are waited for; the wish is for what comes next
        release.interruption.ask(interrupt.wish)
        return ["no diagnosis: you did not wait for the hosts"]
    except Exception as error:  # why it failed must not hide that it did
        return [f"no diagnosis: {one_line(error)}"]
