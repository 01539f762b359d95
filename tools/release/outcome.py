"""How the release of one service ended, and how the operator reads it."""

import traceback
from dataclasses import dataclass, field

from tools.aws import clear_errors, one_line
from tools.console import err, out
from tools.errors import InfraError
from tools.release.context import ReleaseError
from tools.release.looking import short
from tools.release.manifest import Manifest
from tools.release.revision import Serving


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The end of one service's release."""

    service: str
    ok: bool
    """Whether what was asked for is done."""

    text: str
    """One line: what was done, or what failed."""

    reasons: list[str] = field(default_factory=list)
    after: str = ""
    """What was done about it."""

    serves: str = ""
    """What serves now."""

    left: bool = False
    """Whether something is still under way, so that the lock is kept."""


def next_commands(manifest: Manifest) -> str:
    """Name the commands for a release whose lock is kept."""
    target = f"{manifest.stack} {manifest.service}"
    return (
        f"it stays locked: infra release {target} --resume goes on with it, infra rollback {target} --resume goes back"
    )


def describe_error(service: str, error: Exception) -> tuple[str, list[str]]:
    """Say in one line what failed, and in others why."""
    reasons = error.reasons if isinstance(error, ReleaseError) else []
    try:
        with clear_errors():
            raise error
    except InfraError as clear:
        text = str(clear)
    except Exception as unclear:  # a fault of ours, or an answer that AWS does not document
        (*_, last) = traceback.extract_tb(unclear.__traceback__)
        text = f"unexpected {type(unclear).__name__}: {one_line(unclear)} ({last.filename}:{last.lineno})"
    return (text if text.startswith(f"{service}:") else f"{service}: {text}"), reasons


def describe_serving(serving: Serving) -> str:
    """Say in one line what serves."""
    if not serving.task_definition:
        return "serves now: nothing"
    words = [serving.image_tag if serving.image_tag else "an unknown image", f"({_revision(serving)}),"]
    words.append(f"{serving.running} of {serving.desired} {serving.unit}")
    side = f", {serving.color}" if serving.color is not None else ""
    since = f", since {serving.since.astimezone():%Y-%m-%d %H:%M}" if serving.since is not None else ""
    return f"serves now: {' '.join(words)}{side}{since}"


def short_digest(image: str) -> str:
    """Give the first 12 digits of an image's digest; empty when it has none."""
    return image.partition("@sha256:")[2][:12]


def print_outcomes(outcomes: list[Outcome]) -> None:
    """Print how each release ended: what worked to standard output, the rest to standard error."""
    for outcome in outcomes:
        if outcome.ok:
            out.print(outcome.text, markup=False)
            for line in (*outcome.reasons, outcome.serves):
                if line:
                    out.print(f"  {line}", markup=False)
            continue
        err.print(f"error: {outcome.text}", markup=False, style="red")
        for line in (*outcome.reasons, outcome.after, outcome.serves):
            if line:
                err.print(f"  {line}", markup=False)


def _revision(serving: Serving) -> str:
    """Name the revision and its image's digest, which on hosts are one."""
    digest = short_digest(serving.image)
    names = [] if serving.task_definition == serving.image else [short(serving.task_definition)]
    return ", ".join([*names, *([f"sha256:{digest}"] if digest else [])])
