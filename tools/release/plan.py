"""What an operator may ask for, how long it may take, and what would come of it (`--dry-run`)."""

from dataclasses import dataclass

from tools.release.context import Context
from tools.release.manifest import Manifest
from tools.release.mode import mode_of
from tools.release.outcome import describe_serving, short_digest
from tools.release.steps import Steps

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

    wait: bool = True
    """Whether to stay until CodeDeploy has ended the replaced tasks."""


def shift_timeout_s(manifest: Manifest) -> float:
    """How long new tasks and the traffic may take, as the manifest has it."""
    seconds = manifest.healthy_timeout_s + _SLACK_S
    if manifest.code_deploy is not None:
        approval = manifest.code_deploy.approval_wait_min
        seconds += 60 * (manifest.code_deploy.shift_min + (0 if approval is None else approval))
    return seconds


def settle_timeout_s(manifest: Manifest) -> float:
    """How long CodeDeploy may take to end the replaced tasks, once all traffic has moved."""
    return 60 * manifest.expect_code_deploy().termination_wait_min + _SLACK_S


def plan(context: Context, image_tag: str, *, migrate: bool, options: Options, steps: Steps) -> list[str]:
    """
    Say what a release would do, in order. Nothing is written.

    :raises ReleaseError: it would be refused
    """
    manifest = context.manifest
    image = steps.check(
        context,
        image_tag,
        allow_moving_tag=options.allow_moving_tag,
        despite_alarms=options.despite_alarms,
    )
    now = steps.serving(context)
    intent = mode_of(manifest).intent(manifest, now.tasks_color)
    lines = [
        f"{manifest.service}: {image_tag} (sha256:{short_digest(image)}) would be released",
        f"  {describe_serving(now)}",
        *(f"  {line}" for line in intent.registering),
    ]
    if manifest.migration_command is not None:
        command, seconds = " ".join(manifest.migration_command), manifest.migration_timeout_s
        what = f"run {command} {intent.migrating}, for {seconds} s at most"
        lines.append(f"  {what}" if migrate else "  migrate nothing, as asked")
    timeout_s = shift_timeout_s(manifest) if options.timeout_s is None else options.timeout_s
    lines.append(f"  {intent.shifting}, for {timeout_s:.0f} s at most")
    address = f", and {manifest.routes.url} answers" if manifest.routes is not None and options.url else ""
    lines.append(f"  verify that {intent.serving}{address}")
    if options.wait and manifest.code_deploy is not None:
        minutes = manifest.code_deploy.termination_wait_min
        lines.append(f"  stay until CodeDeploy has ended the replaced tasks, after {minutes} min, and verify it again")
    return lines
