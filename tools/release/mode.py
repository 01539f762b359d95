"""The ways to run a service, and which one a service has: what the steps of a release do differently for it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from tools.release import (
    blue_green,
    diagnosis,
    finding,
    history,
    intent,
    migration,
    revision,
    rolling,
    verify,
)
from tools.release.aws import Aws
from tools.release.compose import deploying as hosts_deploying
from tools.release.compose import diagnosis as hosts_diagnosis
from tools.release.compose import hosts
from tools.release.compose import migration as hosts_migration
from tools.release.compose import revision as hosts_revision
from tools.release.compose import verify as hosts_verify
from tools.release.context import Context
from tools.release.intent import Intent
from tools.release.manifest import Color, Manifest
from tools.release.revision import Serving


class Migrate(Protocol):
    """`Steps.migrate` of one mode."""

    def __call__(self, context: Context, revision: str, /, *, task: str, on_started: Callable[[str], None]) -> None:
        """Run the migration of a revision to its end, or wait for the one that runs."""


class Watch(Protocol):
    """`Steps.watch` of one mode."""

    def __call__(self, context: Context, deployment: str, /, *, timeout_s: float) -> None:
        """Tell how a deployment goes on until it has moved all traffic."""


class Verify(Protocol):
    """`Steps.verify` of one mode."""

    def __call__(self, context: Context, revision: str, /, *, url: bool) -> None:
        """Make sure that a revision is what serves."""


@dataclass(frozen=True, kw_only=True)
class Mode:
    """One function for each thing that is another one elsewhere; what they promise stands in `Steps`."""

    obstacles: Callable[[Aws, Manifest], Iterable[str]]
    """What forbids a release, beside what does so in every mode."""

    alarms: Callable[[Aws, Manifest], list[str]]
    """The names of those that must be quiet before a release."""

    serving: Callable[[Context], Serving]
    register: Callable[[Aws, Manifest, str, str], str]
    migrate: Migrate
    find_migration: Callable[[Context, str], str | None]
    stop_migration: Callable[[Context, str, str], None]
    start: Callable[[Context, str], str]
    find: Callable[[Aws, Manifest, str], str]
    watch: Watch
    stop: Callable[[Context, str], None]
    verify: Verify
    diagnose: Callable[[Context, str], list[str]]
    older: Callable[[Aws, Manifest, Serving], list[tuple[str, list[str]]]]
    """Other images that ran before and that the registry still has, the youngest first, and their tags."""

    intent: Callable[[Manifest, Color | None], Intent]


_ROLLING = Mode(
    obstacles=rolling.obstacles,
    alarms=rolling.alarms,
    serving=lambda context: revision.serving(context.aws, context.manifest),
    register=revision.register,
    migrate=migration.migrate,
    find_migration=migration.find,
    stop_migration=migration.stop,
    start=rolling.start,
    find=finding.find_deployment,
    watch=rolling.watch,
    stop=rolling.stop,
    verify=verify.verify,
    diagnose=diagnosis.diagnose,
    older=history.older,
    intent=intent.rolling,
)
_BLUE_GREEN = replace(
    _ROLLING,
    obstacles=blue_green.obstacles,
    alarms=blue_green.alarms,
    start=blue_green.start,
    watch=blue_green.watch,
    stop=blue_green.stop,
    intent=intent.blue_green,
)
_HOSTS = Mode(
    obstacles=hosts.obstacles,
    alarms=hosts_revision.alarms,
    serving=hosts_revision.serving,
    register=hosts_revision.register,
    migrate=hosts_migration.migrate,
    find_migration=hosts_migration.find,
    stop_migration=hosts_migration.stop,
    start=hosts_deploying.start,
    find=hosts_deploying.find,
    watch=hosts_deploying.watch,
    stop=hosts_deploying.stop,
    verify=hosts_verify.verify,
    diagnose=hosts_diagnosis.diagnose,
    older=hosts_revision.older,
    intent=intent.hosts,
)


def mode_of(manifest: Manifest) -> Mode:
    """Choose by the manifest alone; deploy mode `terraform` looks like a rolling update, and is never released here."""
    if manifest.compose is not None:
        return _HOSTS
    return _BLUE_GREEN if manifest.deploy_mode == "blue_green" else _ROLLING
