"""What the steps of a release would do, in the words of `--dry-run`."""

from dataclasses import dataclass

from tools.release.looking import short
from tools.release.manifest import Color, Manifest


@dataclass(frozen=True, kw_only=True)
class Intent:
    """Parts of sentences, one for each step that is another one elsewhere."""

    registering: tuple[str, ...]
    migrating: str
    """Where the command runs."""

    shifting: str
    serving: str
    """What must serve."""


def rolling(manifest: Manifest, _: Color | None) -> Intent:
    """ECS replaces the tasks."""
    return _on_ecs(manifest, f"let ECS replace the tasks of {manifest.ecs.service}")


def blue_green(manifest: Manifest, going: Color | None) -> Intent:
    """
    CodeDeploy moves the traffic.

    :param going: the side whose tasks serve now
    """
    coming = "blue" if going == "green" else "green"
    config = manifest.expect_code_deploy().deployment_config
    return _on_ecs(manifest, f"let CodeDeploy move the traffic to {coming} ({config})")


def hosts(manifest: Manifest, _: Color | None) -> Intent:
    """The hosts start the image."""
    compose = manifest.expect_compose()
    return Intent(
        registering=(),
        migrating="on one host",
        shifting=f"write it into {compose.image_parameter}, and let the hosts of {compose.auto_scaling_group} "
        "start it, one after the other",
        serving="all of them run it",
    )


def _on_ecs(manifest: Manifest, shifting: str) -> Intent:
    return Intent(
        registering=(f"register a copy of {short(manifest.ecs.task_definition)} with this image",),
        migrating="in one task",
        shifting=shifting,
        serving="its tasks serve",
    )
