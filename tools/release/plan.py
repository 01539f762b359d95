"""`--dry-run`: what a release would do, after all that it would look at."""

from tools.release.context import Context
from tools.release.outcome import describe_serving, short_digest
from tools.release.run import Options, shift_timeout_s
from tools.release.steps import Steps


def plan(context: Context, image_tag: str, *, migrate: bool, options: Options, steps: Steps) -> list[str]:
    """
    Say what a release would do, in order. Nothing is written.

    :raises ReleaseError: it would be refused
    """
    manifest, ecs = context.manifest, context.manifest.ecs
    image = steps.check(
        context,
        image_tag,
        allow_moving_tag=options.allow_moving_tag,
        despite_alarms=options.despite_alarms,
    )
    now = steps.serving(context)
    lines = [
        f"{manifest.service}: {image_tag} (sha256:{short_digest(image)}) would be released",
        f"  {describe_serving(now)}",
        f"  register a copy of {ecs.task_definition.rpartition('/')[2]} with this image",
    ]
    if manifest.migration_command is not None:
        what = f"run {' '.join(manifest.migration_command)} in one task, for {manifest.migration_timeout_s} s at most"
        lines.append(f"  {what}" if migrate else "  migrate nothing, as asked")
    seconds = shift_timeout_s(manifest) if options.timeout_s is None else options.timeout_s
    lines.append(f"  {_shift(context, now.tasks_color)}, for {seconds:.0f} s at most")
    address = f", and {manifest.routes.url} answers" if manifest.routes is not None and options.url else ""
    lines.append(f"  verify that its tasks serve{address}")
    return lines


def _shift(context: Context, going: str | None) -> str:
    manifest = context.manifest
    if manifest.code_deploy is None:
        return f"let ECS replace the tasks of {manifest.ecs.service}"
    coming = "blue" if going == "green" else "green"
    return f"let CodeDeploy move the traffic to {coming} ({manifest.code_deploy.deployment_config})"
